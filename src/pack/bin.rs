//! A policy that is being filled, and its exact length.

use std::collections::BTreeMap;

use crate::policy::{Document, Json};

use super::joining::joined;
use super::piece::{Piece, sid};

/// `{"Version":"2012-10-17","Statement":[]}`
const FRAME: usize = 39;

/// What the lengths of documents are made of: the pieces measured once.
#[derive(Debug)]
pub(super) struct Measures {
    measures: Vec<Measure>,
}

#[derive(Debug)]
struct Measure {
    /// Statements with the same head become one, whose resources are joined.
    head: usize,
    /// Its length without Sid and resources.
    fixed: usize,
    /// Numbers and lengths of its resources, quotation marks included.
    resources: Vec<(usize, usize)>,
    names: Vec<String>,
}

impl Measures {
    pub(super) fn of(pieces: &[Piece]) -> Self {
        let (mut heads, mut resources) = (BTreeMap::new(), BTreeMap::new());
        let mut measures = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let next = heads.len();
            let head = *heads.entry(piece.shape.head()).or_insert(next);
            let mut own: Vec<(usize, usize)> = Vec::new();
            for resource in piece.shape.resources() {
                let next = resources.len();
                let number = *resources.entry(resource).or_insert(next);
                own.push((number, Json::String(resource.to_owned()).to_string().len()));
            }
            let length = piece.shape.statement("").to_string().len();
            let fixed = length - list_length(own.len(), own.iter().map(|(_, length)| length).sum());
            let names = piece.names.iter().cloned().collect();
            measures.push(Measure { head, fixed, resources: own, names });
        }
        Self { measures }
    }

    /// The length of a document with one piece alone.
    pub(super) fn alone(&self, piece: usize) -> usize {
        let mut bin = Bin::default();
        bin.add(self, piece);
        bin.bytes()
    }

    /// The least that a piece adds to any document: its resources that no other has, at most.
    pub(super) fn least(&self, pieces: &[usize]) -> usize {
        let mut resources: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for piece in pieces {
            let measure = &self.measures[*piece];
            resources
                .extend(measure.resources.iter().map(|(number, length)| ((measure.head, *number), *length)));
        }
        resources.values().sum()
    }
}

/// The length of a list of strings; a single one stands alone.
fn list_length(number: usize, sum: usize) -> usize {
    if number > 1 { sum + number + 1 } else { sum }
}

/// The pieces of one policy.
#[derive(Debug, Clone, Default)]
pub(super) struct Bin {
    heads: BTreeMap<usize, Head>,
    /// Of all statements.
    length: usize,
    number: usize,
}

/// Pieces that are one statement.
#[derive(Debug, Clone, Default)]
struct Head {
    pieces: Vec<usize>,
    /// How many pieces name a resource.
    resources: BTreeMap<usize, usize>,
    sum: usize,
    length: usize,
}

impl Bin {
    pub(super) fn add(&mut self, measures: &Measures, piece: usize) {
        let measure = &measures.measures[piece];
        let head = self.heads.entry(measure.head).or_default();
        self.length -= head.length;
        for (resource, length) in &measure.resources {
            let held = head.resources.entry(*resource).or_insert(0);
            *held += 1;
            if *held == 1 {
                head.sum += length;
            }
        }
        let at = head.pieces.partition_point(|held| *held < piece);
        head.pieces.insert(at, piece);
        head.measure(measures);
        self.length += head.length;
        self.number += 1;
    }

    pub(super) fn remove(&mut self, measures: &Measures, piece: usize) {
        let measure = &measures.measures[piece];
        let Some(head) = self.heads.get_mut(&measure.head) else { return };
        self.length -= head.length;
        for (resource, length) in &measure.resources {
            if let Some(held) = head.resources.get_mut(resource) {
                *held -= 1;
                if *held == 0 {
                    head.resources.remove(resource);
                    head.sum -= length;
                }
            }
        }
        head.pieces.retain(|held| *held != piece);
        self.number -= 1;
        if head.pieces.is_empty() {
            self.heads.remove(&measure.head);
        } else {
            head.measure(measures);
            self.length += head.length;
        }
    }

    /// The length of the document; an upper bound where statements can be joined by their principals or actions.
    pub(super) fn bytes(&self) -> usize {
        if self.number == 0 { 0 } else { FRAME + self.length + self.heads.len() - 1 }
    }

    /// The length with one piece more.
    pub(super) fn bytes_with(&self, measures: &Measures, piece: usize) -> usize {
        let measure = &measures.measures[piece];
        let Some(head) = self.heads.get(&measure.head) else {
            let comma = usize::from(self.number > 0);
            let frame = if self.number == 0 { FRAME } else { self.bytes() };
            let mut head = Head::default();
            head.resources = measure.resources.iter().map(|(number, _)| (*number, 1)).collect();
            head.sum = measure.resources.iter().map(|(_, length)| length).sum();
            head.pieces.push(piece);
            head.measure(measures);
            return frame + head.length + comma;
        };
        let mut grown = head.clone();
        for (resource, length) in &measure.resources {
            if grown.resources.insert(*resource, 1).is_none() {
                grown.sum += length;
            }
        }
        let at = grown.pieces.partition_point(|held| *held < piece);
        grown.pieces.insert(at, piece);
        grown.measure(measures);
        self.bytes() - head.length + grown.length
    }

    pub(super) fn is_empty(&self) -> bool {
        self.number == 0
    }
}

impl Head {
    fn measure(&mut self, measures: &Measures) {
        let Some(first) = self.pieces.first() else { return };
        let fixed = measures.measures[*first].fixed;
        let mut names: Vec<&str> = self
            .pieces
            .iter()
            .flat_map(|piece| measures.measures[*piece].names.iter().map(String::as_str))
            .collect();
        names.sort_unstable();
        names.dedup();
        let sid = sid(names.iter().copied());
        let sid = if sid.is_empty() { 0 } else { r#""Sid":"","#.len() + sid.len() };
        self.length = fixed + sid + list_length(self.resources.len(), self.sum);
    }
}

/// The document of some pieces, joined; with the Sid of each piece's statement.
pub(super) fn document(pieces: &[&Piece]) -> (Document, Vec<String>) {
    let mut numbered: Vec<Piece> = pieces.iter().map(|piece| (*piece).clone()).collect();
    // The order of the statements depends on their names alone, so that documents differ little.
    numbered.sort_by(|one, other| (&one.names, &one.shape).cmp(&(&other.names, &other.shape)));
    let statements = joined(numbered);
    let mut taken = std::collections::BTreeSet::new();
    let mut sids = Vec::new();
    for statement in &statements {
        let own = sid(statement.names.iter().map(String::as_str));
        let candidates = std::iter::once(own.clone()).chain((2..).map(|number| format!("{own}{number}")));
        let free = candidates.into_iter().find(|sid| own.is_empty() || taken.insert(sid.clone()));
        sids.push(free.unwrap_or_default());
    }
    let json: Vec<Json> =
        statements.iter().zip(&sids).map(|(statement, sid)| statement.shape.statement(sid)).collect();
    let held = |piece: &&Piece| {
        let found = statements.iter().position(|statement| statement.shape.holds(&piece.shape));
        found.map(|index| sids[index].clone()).unwrap_or_default()
    };
    (Document::of_statements(&json, "2012-10-17"), pieces.iter().map(held).collect())
}
