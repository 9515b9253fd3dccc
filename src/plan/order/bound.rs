//! How many further writes a way needs at least: what its first and its last step say without a search.

use super::bits::Bits;
use super::choice::{AFTER, BEFORE};
use super::search::{Search, Step};

impl Search<'_> {
    /// The fewest writes beside those that must be. Where none of these can be the first, some policy is given statements to
    /// carry first; where none can be the last, some policy gives up last what it carried; and one policy does both only if
    /// there is a slot for it at the beginning and at the end.
    pub(super) fn fewest_extra(&mut self, actors: &[usize]) -> usize {
        let begins = actors.iter().any(|&actor| {
            let from = self.state[actor];
            from != AFTER && self.is_safe(Step { actor, from, to: AFTER })
        });
        self.last = self.possibly_last(actors);
        let ends = self.last.iter().next().is_some();
        if begins && ends {
            return 0;
        }
        let has_slot_at_end = self.slots_at_end(actors) < self.world.limit;
        let has_slot_now = self.slots() < self.world.limit;
        let carries_throughout = |actor: &usize| {
            let takes_none = !self.world.actors[*actor].key.takes_slot();
            let is_there = |look: usize| self.choices[*actor][look].is_there();
            (takes_none || is_there(BEFORE) || has_slot_now)
                && (takes_none || is_there(AFTER) || has_slot_at_end)
        };
        if begins || ends || actors.iter().any(carries_throughout) { 1 } else { 2 }
    }

    /// The actors whose write can be the last one while nothing is carried: with all others as they shall be, and this one
    /// as it is, everything holds.
    fn possibly_last(&mut self, actors: &[usize]) -> Bits {
        let start = self.state.clone();
        actors.iter().for_each(|&actor| self.state[actor] = AFTER);
        let mut last = Bits::default();
        for &actor in actors {
            if start[actor] == AFTER {
                continue;
            }
            self.state[actor] = start[actor];
            let fits = self.slots() <= self.world.limit.max(self.slots_of(&start));
            let here = Step { actor, from: start[actor], to: start[actor] };
            if fits && self.broken(here).next().is_none() {
                last.insert(actor);
            }
            self.state[actor] = AFTER;
        }
        self.state = start;
        last
    }

    /// Whether the writes that are left cannot end without carrying something, and nothing is carried.
    pub(super) fn must_carry(&self, open: &[usize]) -> bool {
        open.iter().all(|&actor| self.state[actor] <= AFTER && !self.last.contains(actor))
    }

    fn slots_at_end(&self, actors: &[usize]) -> usize {
        let mut end = self.state.clone();
        actors.iter().for_each(|&actor| end[actor] = AFTER);
        self.slots_of(&end)
    }
}
