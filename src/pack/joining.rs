//! Joins statements without loss: what differs in one of principal, action and resource only becomes one.

use std::collections::BTreeMap;

use super::piece::Piece;
use super::shape::{ACTION, PRINCIPAL, RESOURCE};

/// Pieces that can stand as fewer statements, joined until nothing can be joined any more.
pub(super) fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    joined_by(pieces, &[RESOURCE, PRINCIPAL, ACTION], |_| None)
}

/// Pieces that speak about the same resources, joined where they stand in one place: the rest may be spread.
pub(super) fn joined_at_home(pieces: Vec<Piece>) -> Vec<Piece> {
    joined_by(pieces, &[PRINCIPAL, ACTION], |piece| piece.home)
}

fn joined_by(mut pieces: Vec<Piece>, sets: &[usize], home: fn(&Piece) -> Option<usize>) -> Vec<Piece> {
    loop {
        let before = pieces.len();
        for &set in sets {
            pieces = once(pieces, set, home);
        }
        if pieces.len() == before {
            return pieces;
        }
    }
}

/// Joins by one of the sets, the first piece of those that become one keeping its place.
fn once(pieces: Vec<Piece>, set: usize, home: fn(&Piece) -> Option<usize>) -> Vec<Piece> {
    let mut first: BTreeMap<_, usize> = BTreeMap::new();
    let mut kept: Vec<Option<Piece>> = Vec::new();
    let mut joins: Vec<Option<usize>> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let known = piece.shape.but(set).map(|rest| *first.entry((rest, home(piece))).or_insert(index));
        joins.push(known.filter(|known| *known < index));
    }
    for (piece, join) in pieces.into_iter().zip(joins) {
        match join.and_then(|index| kept.get_mut(index)).and_then(Option::as_mut) {
            Some(one) => {
                one.shape.add(&piece.shape, set);
                one.names.extend(piece.names);
                kept.push(None);
            }
            None => kept.push(Some(piece)),
        }
    }
    kept.into_iter().flatten().collect()
}
