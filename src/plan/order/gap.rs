//! Where no order is safe: the one that breaks the least, and what it breaks.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::AFTER;
use super::search::{Search, Step};

/// An order that is not safe, with the requirements that each step breaks.
pub(super) struct Gap {
    pub(super) steps: Vec<Step>,
    pub(super) broken: Vec<Vec<usize>>,
}

/// The most writes for which every order is weighed; of more, each step takes what breaks least then.
const MOST_WEIGHED: usize = 10;

impl Search<'_> {
    /// The order of the writes that must be with the smallest gap; the state is there again afterwards.
    pub(super) fn smallest_gap(&mut self) -> Gap {
        let start = self.state.clone();
        let open: Vec<usize> = (0..start.len()).filter(|actor| start[*actor] != AFTER).collect();
        let steps = if open.len() <= MOST_WEIGHED { self.weighed(&open) } else { None };
        self.state.clone_from(&start);
        let steps = steps.unwrap_or_else(|| self.greedy(&open));
        self.state.clone_from(&start);
        let mut broken = Vec::new();
        for step in &steps {
            broken.push(self.broken(*step).collect());
            self.state[step.actor] = step.to;
        }
        self.state = start;
        Gap { steps, broken }
    }

    /// The lightest way through all sets of writes that are done, by Dijkstra's algorithm.
    fn weighed(&mut self, open: &[usize]) -> Option<Vec<Step>> {
        let start = self.state.clone();
        let all = (1_usize << open.len()) - 1;
        let mut known: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut queue: BTreeSet<(usize, Vec<usize>, usize)> = BTreeSet::from([(0, Vec::new(), 0)]);
        while let Some((weight, order, done)) = queue.pop_first() {
            if known.contains_key(&done) {
                continue;
            }
            known.insert(done, order.clone());
            if done == all {
                break;
            }
            self.state.clone_from(&start);
            order.iter().for_each(|index| self.state[open[*index]] = AFTER);
            for (index, &actor) in open.iter().enumerate().filter(|(index, _)| done & (1 << index) == 0) {
                let step = Step { actor, from: self.state[actor], to: AFTER };
                if self.fits(step) {
                    let heavier = weight + self.broken(step).count();
                    let order = order.iter().copied().chain([index]).collect();
                    queue.insert((heavier, order, done | (1 << index)));
                }
            }
        }
        let order = known.remove(&all)?;
        Some(
            order
                .into_iter()
                .map(|index| Step { actor: open[index], from: start[open[index]], to: AFTER })
                .collect(),
        )
    }

    fn greedy(&mut self, open: &[usize]) -> Vec<Step> {
        let mut left = open.to_vec();
        let mut steps = Vec::new();
        while !left.is_empty() {
            let weighed = left.iter().map(|&actor| {
                let step = Step { actor, from: self.state[actor], to: AFTER };
                let weight = if self.fits(step) { self.broken(step).count() } else { usize::MAX };
                (weight, actor, step)
            });
            let Some((_, actor, step)) = weighed.min_by_key(|(weight, actor, _)| (*weight, *actor)) else {
                break;
            };
            self.state[actor] = AFTER;
            steps.push(step);
            left.retain(|other| *other != actor);
        }
        steps
    }
}
