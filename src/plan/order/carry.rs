//! Writes beside those that must be: where statements can stay until their new home is there.

use std::collections::BTreeSet;

use super::bits::Bits;
use super::choice::AFTER;
use super::search::{Search, Step};
use super::world::Part;

/// The most sets of statements of which every union is tried.
const MOST_UNIONS: usize = 4;

impl Search<'_> {
    /// Tries extra writes that are safe now. Each costs one write, and one more where the policy that carries is written a
    /// second time only for that.
    pub(super) fn with_extra(&mut self, open: &[usize], actors: &[usize], extra: usize) -> bool {
        let wanted = self.wanted(open);
        for actor in 0..self.state.len() {
            let from = self.state[actor];
            let cost = if from == AFTER { 2 } else { 1 };
            if cost > extra {
                continue;
            }
            let mut tried = BTreeSet::from([from]);
            for base in self.bases(actor) {
                let mut sets: Vec<&[Part]> = vec![&[]];
                if self.world.actors[actor].carries {
                    sets.extend(wanted.iter().map(Vec::as_slice));
                }
                for parts in sets {
                    let Some(to) = self.look(actor, base, parts) else { continue };
                    let step = Step { actor, from, to };
                    if to > AFTER
                        && tried.insert(to)
                        && self.is_safe(step)
                        && self.follow(step, actors, extra - cost)
                    {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// The looks that an actor can carry something in: as it is now, as it shall be, and both together.
    fn bases(&mut self, actor: usize) -> Vec<usize> {
        let now = self.state[actor];
        let mut bases = vec![now];
        if now != AFTER && self.choices[actor][AFTER].is_there() {
            bases.push(AFTER);
            let is_log_group = !self.world.actors[actor].key.takes_slot();
            let revision = self.world.actors[actor].revision.as_ref();
            // The revision after the next write must be known beforehand.
            let counts = revision.is_none_or(|revision| revision.parse::<u64>().is_ok());
            if let Some(content) = self.choices[actor][now].content.clone()
                && (!is_log_group || counts)
            {
                bases.extend(self.look_with(actor, AFTER, &content.parts));
            }
        }
        bases
    }

    /// The number of a look: a base with statements that it does not have yet.
    fn look(&mut self, actor: usize, base: usize, parts: &[Part]) -> Option<usize> {
        let parts: Vec<Part> = parts.iter().filter(|part| part.moves).cloned().collect();
        self.look_with(actor, base, &parts)
    }

    fn look_with(&mut self, actor: usize, base: usize, parts: &[Part]) -> Option<usize> {
        let has = self.choices[actor][base].content.as_ref().map(|content| content.atoms.clone());
        let has = has.unwrap_or_default();
        let mut seen = BTreeSet::new();
        let added: Vec<Part> =
            parts.iter().filter(|part| !has.contains(part.atom) && seen.insert(part.atom)).cloned().collect();
        if added.is_empty() {
            return Some(base);
        }
        let name = (actor, base, seen.into_iter().collect::<Vec<usize>>());
        if let Some(known) = self.made.get(&name) {
            return Some(*known);
        }
        let choice = self.choices[actor][base].with(&added)?;
        if choice.content.as_ref()?.bytes > self.world.bytes {
            return None;
        }
        let number = self.choices[actor].len();
        self.choices[actor].push(choice);
        self.made.insert(name, number);
        Some(number)
    }

    /// Sets of statements that would let a write go on which is not safe now: what it would take away, or what shall come
    /// to stand for it.
    fn wanted(&mut self, open: &[usize]) -> Vec<Vec<Part>> {
        let there = self.there(None);
        let (mut old, mut broken): (Vec<Vec<Part>>, BTreeSet<usize>) = (Vec::new(), BTreeSet::new());
        for &actor in open {
            let step = Step { actor, from: self.state[actor], to: AFTER };
            let failing: Vec<usize> = self.newly_broken(step).collect();
            if failing.is_empty() {
                continue;
            }
            let after = self.there(Some((actor, AFTER)));
            old.push(self.serving(actor, step.from, &failing, &there.without(&after)));
            broken.extend(failing);
        }
        let broken: Vec<usize> = broken.into_iter().collect();
        let mut new = Vec::new();
        for &actor in open {
            let fresh =
                self.choices[actor][AFTER].content.as_ref().map(|content| content.atoms.without(&there));
            if let Some(fresh) = fresh {
                new.push(self.serving(actor, AFTER, &broken, &fresh));
            }
        }
        let mut sets = unions(&old);
        sets.extend(unions(&new));
        // What carries the most leaves the most ways open.
        sets.sort_by_key(|set| std::cmp::Reverse(set.len()));
        let mut seen = BTreeSet::new();
        sets.retain(|set| {
            !set.is_empty() && seen.insert(set.iter().map(|part| part.atom).collect::<Vec<_>>())
        });
        sets
    }

    /// The statements of a look, among some atoms, that can serve one of the requirements.
    fn serving(&mut self, actor: usize, look: usize, requirements: &[usize], among: &Bits) -> Vec<Part> {
        let parts = self.choices[actor][look].content.as_ref().map(|content| content.parts.clone());
        let serves = |part: &Part| {
            among.contains(part.atom)
                && requirements.iter().any(|index| self.requirements.serves(self.world, *index, part.atom))
        };
        parts.unwrap_or_default().into_iter().filter(serves).collect()
    }
}

/// Each set, and their unions: all of them for few sets, else the union of all.
fn unions(sets: &[Vec<Part>]) -> Vec<Vec<Part>> {
    let mut all: Vec<Vec<Part>> = sets.to_vec();
    let number = sets.len();
    if number <= MOST_UNIONS {
        for chosen in 1_usize..(1 << number) {
            if chosen.count_ones() > 1 {
                let some = (0..number).filter(|index| chosen & (1 << index) != 0);
                all.push(some.flat_map(|index| sets[index].clone()).collect());
            }
        }
    } else {
        all.push(sets.iter().flatten().cloned().collect());
    }
    for set in &mut all {
        set.sort_by_key(|part| part.atom);
        set.dedup_by_key(|part| part.atom);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_few_sets_every_union_is_tried() {
        let part = |atom: usize| Part {
            atom,
            json: std::sync::Arc::new(crate::policy::Json::Null),
            bytes: 0,
            version: std::sync::Arc::from("2012-10-17"),
            moves: true,
        };
        let made = |sets: &[&[usize]]| {
            let sets: Vec<Vec<Part>> =
                sets.iter().map(|set| set.iter().map(|atom| part(*atom)).collect()).collect();
            let mut unions: Vec<Vec<usize>> =
                unions(&sets).iter().map(|set| set.iter().map(|part| part.atom).collect()).collect();
            unions.sort();
            unions
        };
        assert_eq!(made(&[]), Vec::<Vec<usize>>::new());
        assert_eq!(made(&[&[2, 1]]), [[1, 2]]);
        assert_eq!(
            made(&[&[1], &[2], &[3, 1]]),
            [vec![1], vec![1, 2], vec![1, 2, 3], vec![1, 2, 3], vec![1, 3], vec![1, 3], vec![2]]
        );
        assert_eq!(made(&[&[1], &[2], &[3], &[4]]).len(), 15);
        assert_eq!(
            made(&[&[1], &[2], &[3], &[4], &[5]]),
            [vec![1], vec![1, 2, 3, 4, 5], vec![2], vec![3], vec![4], vec![5]]
        );
    }
}
