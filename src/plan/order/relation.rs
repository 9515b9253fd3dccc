//! What pairs of statements have to do with each other, each asked once.

use super::world::World;

/// Answers about pairs of atoms.
#[derive(Debug, Default)]
pub(super) struct Relations {
    width: usize,
    /// Bits for each pair: see the constants.
    known: Vec<u8>,
}

const APART_ASKED: u8 = 1;
const APART: u8 = 2;
const WITHIN_ASKED: u8 = 4;
const WITHIN: u8 = 8;

impl Relations {
    fn cell(&mut self, atoms: usize, one: usize, other: usize) -> &mut u8 {
        if self.width < atoms {
            let mut known = vec![0; atoms * atoms];
            for row in 0..self.width {
                let (from, to) = (row * self.width, row * atoms);
                known[to..to + self.width].copy_from_slice(&self.known[from..from + self.width]);
            }
            (self.width, self.known) = (atoms, known);
        }
        &mut self.known[one * self.width + other]
    }
}

impl World {
    /// Whether two atoms have no request in common: proved.
    pub(super) fn are_apart(&mut self, one: usize, other: usize) -> bool {
        let (one, other) = (one.min(other), one.max(other));
        let atoms = self.atoms.len();
        let cell = *self.relations.cell(atoms, one, other);
        if cell & APART_ASKED != 0 {
            return cell & APART != 0;
        }
        let (left, right) = (&self.atoms[one].requests, &self.atoms[other].requests);
        let apart = one != other && self.comparison.are_apart(left, right);
        *self.relations.cell(atoms, one, other) |= APART_ASKED | if apart { APART } else { 0 };
        apart
    }

    /// Whether every request of one atom lies in another: proved.
    pub(super) fn lies_within(&mut self, inner: usize, outer: usize) -> bool {
        let atoms = self.atoms.len();
        let cell = *self.relations.cell(atoms, inner, outer);
        if cell & WITHIN_ASKED != 0 {
            return cell & WITHIN != 0;
        }
        let (left, right) = (&self.atoms[inner].requests, &self.atoms[outer].requests);
        let within = inner == outer || self.comparison.is_within(left, right);
        *self.relations.cell(atoms, inner, outer) |= WITHIN_ASKED | if within { WITHIN } else { 0 };
        within
    }
}
