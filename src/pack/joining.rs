//! Joins statements without loss: what differs in one of principal, action and resource only becomes one.

use super::piece::Piece;
use super::shape::{ACTION, PRINCIPAL, RESOURCE};

/// Pieces that can stand as fewer statements, joined until nothing can be joined any more.
pub(super) fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    joined_by(pieces, &[RESOURCE, PRINCIPAL, ACTION], |_, _| true)
}

/// Pieces that speak about the same resources, joined where they stand in one place: the rest may be spread.
pub(super) fn joined_at_home(pieces: Vec<Piece>) -> Vec<Piece> {
    joined_by(pieces, &[PRINCIPAL, ACTION], |one, other| one.home == other.home)
}

fn joined_by(mut pieces: Vec<Piece>, sets: &[usize], may: impl Fn(&Piece, &Piece) -> bool) -> Vec<Piece> {
    loop {
        let before = pieces.len();
        for &set in sets {
            pieces = once(pieces, set, &may);
        }
        if pieces.len() == before {
            return pieces;
        }
    }
}

fn once(pieces: Vec<Piece>, set: usize, may: &impl Fn(&Piece, &Piece) -> bool) -> Vec<Piece> {
    let mut kept: Vec<Piece> = Vec::new();
    for piece in pieces {
        let shape = |other: &Piece| {
            if may(other, &piece) { other.shape.joined(&piece.shape, set) } else { None }
        };
        let found = kept.iter().enumerate().find_map(|(index, other)| Some((index, shape(other)?)));
        match found {
            Some((index, shape)) => {
                kept[index].shape = shape;
                kept[index].names.extend(piece.names);
            }
            None => kept.push(piece),
        }
    }
    kept
}
