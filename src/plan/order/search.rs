//! Searches for the fewest writes that are safe at each step.
//!
//! A depth-first search with a memory of what failed, over the looks of the actors. The writes that must be come first in
//! the order of their addresses; where no order of them is safe, one more write is allowed, then another: a policy that
//! keeps its old statements beside the new ones for a while, or that carries those of another policy. Policies that
//! have no requirement and no scarce slot in common are searched on their own.

use std::collections::BTreeMap;

use super::bits::Bits;
use super::choice::{AFTER, BEFORE, Choice, looks};
use super::requirement::Requirements;
use super::world::World;

/// One write: an actor and its looks before and after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) actor: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The most writes beside those that must be.
const MOST_EXTRA: usize = 6;

/// The most states that are looked at for one number of extra writes: what a fraction of a second allows.
const MOST_STATES: usize = 6_000;

pub(super) struct Search<'a> {
    pub(super) world: &'a mut World,
    pub(super) requirements: Requirements,
    /// The looks of each actor.
    pub(super) choices: Vec<Vec<Choice>>,
    /// The look of each actor now.
    pub(super) state: Vec<usize>,
    pub(super) path: Vec<Step>,
    /// States from which there is no way, with the extra writes that were allowed.
    failed: BTreeMap<Vec<usize>, usize>,
    /// Looks that were made already, by actor, look they were made from, and statements.
    pub(super) made: BTreeMap<(usize, usize, Vec<usize>), usize>,
    states: usize,
    haste: Haste,
    /// The actors whose write can be the last one while nothing is carried.
    pub(super) last: Bits,
}

/// How a way is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Haste {
    /// Whether there is one, in few states.
    Any,
    /// The one in which the lowest address goes first, if it is found soon.
    Lowest,
}

impl Haste {
    /// The most states that are looked at for one number of extra writes.
    fn most_states(self) -> usize {
        match self {
            Self::Any => MOST_STATES,
            Self::Lowest => MOST_STATES / 20,
        }
    }
}

impl<'a> Search<'a> {
    pub(super) fn new(world: &'a mut World, requirements: Requirements) -> Self {
        let choices: Vec<Vec<Choice>> = world.actors.iter().map(looks).collect();
        let state = world.actors.iter().map(|actor| if actor.changes { BEFORE } else { AFTER }).collect();
        let (path, failed, made) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let (haste, last) = (Haste::Any, Bits::default());
        Self { world, requirements, choices, state, path, failed, made, states: 0, haste, last }
    }

    /// The steps of a safe way, each part of the plan on its own and, where that fails, all together. Where a part needs further
    /// writes, all together may need fewer: a policy of another part that is written anyway can carry for it.
    pub(super) fn run(&mut self) -> Option<Vec<Step>> {
        let start = self.state.clone();
        let parts = self.parts();
        let all: Vec<usize> = parts.iter().flatten().copied().collect();
        let ways: Option<Vec<Vec<Step>>> = parts.iter().map(|part| self.search(part, MOST_EXTRA)).collect();
        self.state.clone_from(&start);
        let Some(ways) = ways else { return self.search(&all, MOST_EXTRA) };
        let further = ways.iter().map(Vec::len).sum::<usize>() - all.len();
        if parts.len() > 1
            && further > 0
            && let Some(shorter) = self.search(&all, further - 1)
        {
            return Some(shorter);
        }
        self.state = start;
        Some(self.merged(ways))
    }

    /// The steps of a safe way for some actors with so many further writes at most; the state moves along.
    fn search(&mut self, actors: &[usize], most_extra: usize) -> Option<Vec<Step>> {
        let mut actors = actors.to_vec();
        actors.sort_unstable();
        for extra in self.fewest_extra(&actors)..=most_extra {
            let start = self.state.clone();
            let Some(way) = self.attempt(&actors, extra, Haste::Any) else {
                self.state = start;
                continue;
            };
            let goal = std::mem::replace(&mut self.state, start);
            // There is a way; the one with the lowest addresses first is shown where it is found soon.
            if let Some(lowest) = self.attempt(&actors, extra, Haste::Lowest) {
                return Some(lowest);
            }
            self.state = goal;
            return Some(way);
        }
        None
    }

    fn attempt(&mut self, actors: &[usize], extra: usize, haste: Haste) -> Option<Vec<Step>> {
        (self.states, self.haste) = (0, haste);
        self.failed.clear();
        self.path.clear();
        self.solve(actors, extra).then(|| std::mem::take(&mut self.path))
    }

    fn solve(&mut self, actors: &[usize], extra: usize) -> bool {
        let open = self.open(actors);
        if open.is_empty() {
            return true;
        }
        if extra == 0 && self.must_carry(&open) {
            return false;
        }
        if self.failed.get(&self.state).is_some_and(|tried| *tried >= extra) {
            return false;
        }
        self.states += 1;
        if self.states > self.haste.most_states() {
            return false;
        }
        let found = match self.haste {
            Haste::Any => self.any_first(&open, actors, extra),
            Haste::Lowest => self.lowest_first(&open, actors, extra),
        };
        if found.unwrap_or_else(|| extra > 0 && self.with_extra(&open, actors, extra)) {
            return true;
        }
        self.failed.insert(self.state.clone(), extra);
        false
    }

    /// Tries the writes that must be, the lowest address first; nothing where a further write may still help.
    fn lowest_first(&mut self, open: &[usize], actors: &[usize], extra: usize) -> Option<bool> {
        for &actor in open {
            let step = Step { actor, from: self.state[actor], to: AFTER };
            if !self.is_safe(step) {
                continue;
            }
            let harmless = self.is_harmless(step, open);
            if self.follow(step, actors, extra) {
                return Some(true);
            }
            // What takes nothing from the others is as good now as later: only an earlier write could have helped.
            if harmless {
                break;
            }
        }
        None
    }

    /// Tries what takes nothing from the others first, and then nothing else: if there is a way at all, one begins with it.
    /// Without further writes the same is true of a creation behind which a deletion frees its slot again.
    fn any_first(&mut self, open: &[usize], actors: &[usize], extra: usize) -> Option<bool> {
        let steps = open.iter().map(|&actor| Step { actor, from: self.state[actor], to: AFTER });
        let safe: Vec<Step> =
            steps.collect::<Vec<_>>().into_iter().filter(|step| self.is_safe(*step)).collect();
        if let Some(&step) = safe.iter().find(|step| self.is_harmless(**step, open)) {
            return if self.follow(step, actors, extra) { Some(true) } else { None };
        }
        if extra == 0
            && let Some(&step) = safe.iter().find(|step| self.frees_its_slot(**step, actors))
        {
            return Some(self.follow(step, actors, extra));
        }
        safe.into_iter().any(|step| self.follow(step, actors, extra)).then_some(true)
    }

    /// Whether behind a creation a deletion is safe that takes nothing from the others.
    fn frees_its_slot(&mut self, step: Step, actors: &[usize]) -> bool {
        let is_there = |search: &Self, actor: usize, look: usize| search.choices[actor][look].is_there();
        let creates = !is_there(self, step.actor, step.from) && is_there(self, step.actor, step.to);
        if !creates || self.takes_from_others(step) {
            return false;
        }
        self.state[step.actor] = step.to;
        let open = self.open(actors);
        let frees = open.iter().any(|&actor| {
            let deletion = Step { actor, from: self.state[actor], to: AFTER };
            self.world.actors[actor].key.takes_slot()
                && is_there(self, actor, deletion.from)
                && !is_there(self, actor, AFTER)
                && self.is_safe(deletion)
                && self.is_harmless(deletion, &open)
        });
        self.state[step.actor] = step.from;
        frees
    }

    pub(super) fn follow(&mut self, step: Step, actors: &[usize], extra: usize) -> bool {
        self.state[step.actor] = step.to;
        self.path.push(step);
        if self.solve(actors, extra) {
            return true;
        }
        self.path.pop();
        self.state[step.actor] = step.from;
        false
    }

    /// The actors that do not look yet as they shall, among these and those that carry something.
    fn open(&self, actors: &[usize]) -> Vec<usize> {
        let carries = |actor: usize| self.state[actor] > AFTER;
        let all = 0..self.state.len();
        all.filter(|&actor| {
            carries(actor) || (self.state[actor] != AFTER && actors.binary_search(&actor).is_ok())
        })
        .collect()
    }

    /// All atoms that are there, with one actor in another look.
    pub(super) fn there(&self, other: Option<(usize, usize)>) -> Bits {
        let mut there = Bits::default();
        for (actor, look) in self.state.iter().enumerate() {
            let look = other.filter(|(changed, _)| *changed == actor).map_or(*look, |(_, look)| look);
            if let Some(content) = &self.choices[actor][look].content {
                there.add(&content.atoms);
            }
        }
        there
    }

    /// Account policies that are there.
    pub(super) fn slots(&self) -> usize {
        self.slots_of(&self.state)
    }

    /// Account policies that are there where the actors look like this.
    pub(super) fn slots_of(&self, state: &[usize]) -> usize {
        let takes = |(actor, look): (usize, &usize)| {
            self.world.actors[actor].key.takes_slot() && self.choices[actor][*look].is_there()
        };
        self.world.others + state.iter().enumerate().filter(|(actor, look)| takes((*actor, look))).count()
    }

    /// Whether a step keeps to the slots.
    pub(super) fn fits(&self, step: Step) -> bool {
        let is_there = |look: usize| self.choices[step.actor][look].is_there();
        let takes =
            self.world.actors[step.actor].key.takes_slot() && !is_there(step.from) && is_there(step.to);
        !takes || self.slots() < self.world.limit
    }

    pub(super) fn is_safe(&mut self, step: Step) -> bool {
        self.fits(step) && self.newly_broken(step).next().is_none()
    }

    /// The requirements that a step breaks, where all hold before it.
    pub(super) fn newly_broken(&mut self, step: Step) -> impl Iterator<Item = usize> {
        let there = self.there(Some((step.actor, step.to)));
        let atoms =
            |look: usize| self.choices[step.actor][look].content.as_ref().map(|content| &content.atoms);
        let nothing = Bits::default();
        let (before, after) = (atoms(step.from).unwrap_or(&nothing), atoms(step.to).unwrap_or(&nothing));
        let (gone, come) = (before.without(&there), after.without(before));
        let touched: Vec<usize> = self.requirements.touched(&gone, &come).iter().collect();
        touched.into_iter().filter(move |index| !self.requirements.holds(self.world, *index, &there))
    }

    /// The requirements that do not hold after a step.
    pub(super) fn broken(&mut self, step: Step) -> impl Iterator<Item = usize> {
        let there = self.there(Some((step.actor, step.to)));
        (0..self.requirements.all.len())
            .filter(move |index| !self.requirements.holds(self.world, *index, &there))
    }

    /// Whether a step takes nothing away that a requirement may still need, and no slot that is scarce.
    fn is_harmless(&self, step: Step, open: &[usize]) -> bool {
        let Step { actor, from, to } = step;
        let takes = !self.choices[actor][from].is_there() && self.choices[actor][to].is_there();
        let creations =
            open.iter().filter(|&&other| !self.choices[other][self.state[other]].is_there()).count();
        let is_scarce = self.slots() + creations > self.world.limit;
        let takes_scarce_slot = takes && self.world.actors[actor].key.takes_slot() && is_scarce;
        !takes_scarce_slot && !self.takes_from_others(step)
    }

    /// Whether a step takes something away that a requirement may still need, or brings what must be denied.
    fn takes_from_others(&self, step: Step) -> bool {
        let Step { actor, from, to } = step;
        let atoms = |look: usize| self.choices[actor][look].content.as_ref().map(|content| &content.atoms);
        let nothing = Bits::default();
        // What others hold for now counts, too: the next step may take it from them.
        let (before, after) = (atoms(from).unwrap_or(&nothing), atoms(to).unwrap_or(&nothing));
        let mut settled = self.world.always.clone();
        for (other, look) in self.state.iter().enumerate().filter(|(_, look)| **look == AFTER) {
            if let Some(content) = &self.choices[other][*look].content {
                settled.add(&content.atoms);
            }
        }
        let gone = before.without(after);
        let mut changed = after.without(before);
        changed.add(&gone);
        // What stands where it shall stand already is not lost.
        let touched = self.requirements.touched(&gone.without(&settled), &changed);
        self.requirements.need_more(&touched, &settled)
    }

    /// The actors that change, in parts that have nothing to do with each other.
    pub(super) fn parts(&mut self) -> Vec<Vec<usize>> {
        let changing: Vec<usize> =
            (0..self.world.actors.len()).filter(|actor| self.world.actors[*actor].changes).collect();
        let mut part: Vec<usize> = (0..self.world.actors.len()).collect();
        let spoken: Vec<Bits> = changing.iter().map(|actor| self.spoken(*actor)).collect();
        for index in 0..self.requirements.all.len() {
            let while_there = self.requirements.all[index].while_there;
            let serving = self.requirements.serving(self.world, index);
            let is_bound = |spoken: &Bits| {
                spoken.meets(&serving) || while_there.is_some_and(|atom| spoken.contains(atom))
            };
            let bound = changing.iter().zip(&spoken).filter(|(_, spoken)| is_bound(spoken));
            join(&mut part, &bound.map(|(actor, _)| *actor).collect::<Vec<usize>>());
        }
        let takes = |actor: &usize| {
            let actor = &self.world.actors[*actor];
            actor.key.takes_slot() && actor.old.is_some() != actor.new.is_some()
        };
        let creations =
            changing.iter().filter(|actor| takes(actor) && self.world.actors[**actor].new.is_some());
        if self.slots() + creations.count() > self.world.limit {
            let scarce: Vec<usize> = changing.iter().copied().filter(takes).collect();
            join(&mut part, &scarce);
        }
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for actor in changing {
            parts.entry(part[actor]).or_default().push(actor);
        }
        parts.into_values().collect()
    }

    /// The atoms of an actor before and after, less those that stay anyway.
    fn spoken(&self, actor: usize) -> Bits {
        let mut atoms = Bits::default();
        for choice in &self.choices[actor] {
            choice.content.iter().for_each(|content| atoms.add(&content.atoms));
        }
        atoms.without(&self.world.always)
    }

    /// Ways that have nothing to do with each other as one: the lowest address goes first.
    fn merged(&mut self, ways: Vec<Vec<Step>>) -> Vec<Step> {
        let in_turn: Vec<Step> = ways.iter().flatten().copied().collect();
        let mut ways: Vec<std::collections::VecDeque<Step>> = ways.into_iter().map(Into::into).collect();
        let mut merged = Vec::new();
        while let Some(next) = ways
            .iter_mut()
            .filter(|way| !way.is_empty())
            .min_by_key(|way| way.front().map_or(usize::MAX, |step| step.actor))
        {
            merged.extend(next.pop_front());
        }
        if self.is_way(&merged) { merged } else { in_turn }
    }

    /// Whether each step is safe from here.
    fn is_way(&mut self, steps: &[Step]) -> bool {
        let start = self.state.clone();
        let safe = steps.iter().all(|step| {
            let fits = self.state[step.actor] == step.from && self.is_safe(*step);
            self.state[step.actor] = step.to;
            fits
        });
        self.state = start;
        safe
    }
}

fn join(part: &mut [usize], actors: &[usize]) {
    let Some(&first) = actors.first() else { return };
    let home = actors.iter().map(|actor| part[*actor]).min().unwrap_or(part[first]);
    let homes: Vec<usize> = actors.iter().map(|actor| part[*actor]).collect();
    part.iter_mut().filter(|held| homes.contains(held)).for_each(|held| *held = home);
}
