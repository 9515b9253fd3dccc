//! Finds a policy for each piece: it fits, the fewest policies change, the fewest pieces move, the fewest policies stand.
//!
//! Pieces with a home stay there. For those without, sets of policies that may change are tried, small sets first: with
//! nothing moved, then with one, two or three pieces moved (`repair`), then all of the set anew (`subset_sum`).

use super::bin::{Bin, Measures};
use super::piece::Piece;
use super::repair::{into_room, with_moves};
use super::subset_sum::repacked;

/// What shall be placed, and where.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub(super) measures: &'a Measures,
    /// The length of a document with each piece alone.
    pub(super) alone: Vec<usize>,
    /// The least that each piece adds to a document.
    pub(super) least: Vec<usize>,
    /// The length of a document without any, and a comma less.
    pub(super) frame: usize,
    /// Where each piece stands.
    pub(super) home: Vec<Option<usize>>,
    /// The longest document.
    pub(super) limit: usize,
    /// How many policies there may be.
    pub(super) bins: usize,
    /// Policies that change anyhow.
    pub(super) dirty: Vec<bool>,
}

/// Where everything stands.
#[derive(Debug, Clone)]
pub(super) struct Placing {
    /// The policy of each piece; nothing for those that have no room.
    pub(super) bin_of: Vec<Option<usize>>,
}

/// The most pieces that are moved one by one; more are placed anew.
const MOST_MOVES: usize = 3;

/// The most trials in all: some tenths of a second.
const MOST_TRIALS: usize = 10_000;

/// The length of a document with no statement at all, less the comma that the first does not need.
const FRAME: usize = 38;

impl<'a> Problem<'a> {
    pub(super) fn new(
        pieces: &[Piece],
        measures: &'a Measures,
        limit: usize,
        bins: usize,
        dirty: Vec<bool>,
    ) -> Self {
        let alone = (0..pieces.len()).map(|piece| measures.alone(piece)).collect();
        let least = (0..pieces.len()).map(|piece| measures.least(&[piece])).collect();
        let home = pieces.iter().map(|piece| piece.home.filter(|home| *home < bins)).collect();
        Self { measures, alone, least, frame: FRAME, home, limit, bins, dirty }
    }

    /// A place for each piece, as far as there is room.
    pub(super) fn place(&self) -> Placing {
        let mut placing = Placing { bin_of: self.home.clone() };
        let mut filled = self.filled(&placing);
        let evicted = self.evict(&mut placing, &mut filled);
        let new: Vec<usize> =
            (0..placing.bin_of.len()).filter(|piece| placing.bin_of[*piece].is_none()).collect();
        if new.is_empty() {
            return placing;
        }
        let dirty: Vec<bool> = (0..self.bins).map(|bin| self.dirty[bin] || evicted[bin]).collect();
        let clean: Vec<usize> = (0..self.bins).filter(|bin| !dirty[*bin]).collect();
        let always: Vec<usize> = (0..self.bins).filter(|bin| dirty[*bin]).collect();
        let mut trials = MOST_TRIALS;
        for more in 0..=clean.len() {
            let sets = self.sets(&always, &clean, more, &filled);
            let sets: Vec<Vec<usize>> =
                sets.into_iter().filter(|set| self.may_hold(set, &filled, &new)).collect();
            if let Some(found) = self.best(&sets, &placing, &filled, &new, &mut trials) {
                return found;
            }
        }
        self.as_far_as_possible(placing, filled, &new)
    }

    /// The best placing that changes no policy outside one of the sets.
    fn best(
        &self,
        sets: &[Vec<usize>],
        placing: &Placing,
        filled: &[Bin],
        new: &[usize],
        trials: &mut usize,
    ) -> Option<Placing> {
        for moves in 0..=MOST_MOVES {
            let mut best: Option<(usize, Placing)> = None;
            for set in sets {
                let found = if moves == 0 {
                    into_room(self, set, filled, new, trials)
                } else {
                    with_moves(self, set, filled, placing, new, moves, trials)
                };
                let Some(found) = found else { continue };
                let mut with = placing.clone();
                found.into_iter().for_each(|(piece, bin)| with.bin_of[piece] = Some(bin));
                let policies = with.policies();
                if best.as_ref().is_none_or(|(fewest, _)| policies < *fewest) {
                    best = Some((policies, with));
                }
            }
            if let Some((_, found)) = best {
                return Some(found);
            }
        }
        let anew = sets.iter().filter_map(|set| {
            let inside = |piece: &usize| placing.bin_of[*piece].is_none_or(|bin| set.contains(&bin));
            let pieces: Vec<usize> = (0..placing.bin_of.len()).filter(inside).collect();
            let bins = repacked(self, &pieces, set)?;
            let mut with = placing.clone();
            pieces.iter().zip(bins).for_each(|(piece, bin)| with.bin_of[*piece] = Some(bin));
            Some((self.moved(&with), with))
        });
        anew.min_by_key(|(moved, _)| *moved).map(|(_, found)| found)
    }

    /// Pieces that leave their home.
    fn moved(&self, placing: &Placing) -> usize {
        let pairs = self.home.iter().zip(&placing.bin_of);
        pairs.filter(|(home, bin)| home.is_some() && home != bin).count()
    }

    pub(super) fn filled(&self, placing: &Placing) -> Vec<Bin> {
        let mut bins = vec![Bin::default(); self.bins];
        for (piece, bin) in placing.bin_of.iter().enumerate() {
            if let Some(bin) = bin {
                bins[*bin].add(self.measures, piece);
            }
        }
        bins
    }

    /// Takes pieces out of policies that have grown too long: the shortest one that is enough, else the longest.
    fn evict(&self, placing: &mut Placing, filled: &mut [Bin]) -> Vec<bool> {
        let mut evicted = vec![false; self.bins];
        for bin in 0..self.bins {
            while filled[bin].bytes() > self.limit {
                let inside: Vec<usize> =
                    (0..placing.bin_of.len()).filter(|piece| placing.bin_of[*piece] == Some(bin)).collect();
                let length = |piece: &usize| {
                    let mut without = filled[bin].clone();
                    without.remove(self.measures, *piece);
                    (without.bytes(), *piece)
                };
                let lengths: Vec<(usize, usize)> = inside.iter().map(length).collect();
                let enough = lengths.iter().filter(|(bytes, _)| *bytes <= self.limit).max();
                let Some((_, piece)) = enough.or_else(|| lengths.iter().min()).copied() else { break };
                filled[bin].remove(self.measures, piece);
                placing.bin_of[piece] = None;
                evicted[bin] = true;
            }
        }
        evicted
    }

    /// Sets of policies that change: those that do anyhow, and so many more. Of the empty ones only the first are tried, for
    /// one is like the other.
    fn sets(&self, always: &[usize], clean: &[usize], more: usize, filled: &[Bin]) -> Vec<Vec<usize>> {
        let empty: Vec<usize> = clean.iter().copied().filter(|bin| filled[*bin].is_empty()).collect();
        let mut sets = Vec::new();
        for chosen in 0_u32..(1 << clean.len()) {
            if chosen.count_ones() as usize != more {
                continue;
            }
            let picked: Vec<usize> = clean
                .iter()
                .enumerate()
                .filter(|(index, _)| chosen & (1 << index) != 0)
                .map(|(_, bin)| *bin)
                .collect();
            let opened = picked.iter().filter(|bin| empty.contains(bin)).count();
            if picked.iter().filter(|bin| empty[..opened].contains(bin)).count() < opened {
                continue;
            }
            let mut set: Vec<usize> = always.iter().copied().chain(picked).collect();
            set.sort_unstable();
            sets.push(set);
        }
        sets
    }

    /// Whether the lengths alone do not rule it out.
    fn may_hold(&self, set: &[usize], filled: &[Bin], new: &[usize]) -> bool {
        let room: usize = set.iter().map(|bin| self.limit.saturating_sub(filled[*bin].bytes())).sum();
        !set.is_empty() && self.measures.least(new) <= room
    }

    /// What fits, and the rest without a place.
    fn as_far_as_possible(&self, mut placing: Placing, mut filled: Vec<Bin>, new: &[usize]) -> Placing {
        for piece in new {
            let room =
                (0..self.bins).find(|bin| filled[*bin].bytes_with(self.measures, *piece) <= self.limit);
            if let Some(bin) = room {
                filled[bin].add(self.measures, *piece);
                placing.bin_of[*piece] = Some(bin);
            }
        }
        placing
    }
}

impl Placing {
    fn policies(&self) -> usize {
        let bins: std::collections::BTreeSet<usize> = self.bin_of.iter().flatten().copied().collect();
        bins.len()
    }
}
