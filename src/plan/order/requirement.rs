//! What must hold in every world on the way: no gap, and no excess.
//!
//! No gap: what is allowed before and after is allowed all the way. For an Allow `b` that goes and an Allow `a` that
//! comes, the requests of both, less what is denied before or after and less what stays allowed anyway, must be
//! allowed by something. No excess: what is allowed neither before nor after is allowed never. As every statement on
//! the way is one of before or after, only a Deny that comes too late or goes too early can break it: the requests
//! that an Allow and a Deny of the same side share must be denied while the Allow is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{Effect, Requests};

use super::bits::Bits;
use super::world::World;

/// Requests that must be covered while something holds.
#[derive(Debug)]
pub(super) struct Requirement {
    pub(super) requests: Requests,
    /// Covered by these effects: Allow where no gap may be, Deny where no excess may be.
    pub(super) by: Effect,
    /// It counts only while this atom is there.
    pub(super) while_there: Option<usize>,
    /// Atoms that cover it alone.
    pub(super) covers: Bits,
    /// Requests that need no cover.
    exempt: Vec<Requests>,
}

/// All requirements of a plan, and what was found out about them.
pub(super) struct Requirements {
    pub(super) all: Vec<Requirement>,
    /// Whether an atom covers a requirement alone, or has part in it.
    parts: BTreeMap<(usize, usize), Part>,
    /// Whether some atoms cover a requirement together.
    unions: BTreeMap<(usize, Vec<usize>), bool>,
}

/// What an atom has to do with a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Some,
    None,
}

/// The most pairs of statements that are looked at: a few seconds. Ten full documents that are all written anew come close.
const MOST_PAIRS: usize = 2_000_000;

/// What stands before and after, by effect; atoms that stay all the way are left out.
struct Sides {
    old_allow: Vec<usize>,
    new_allow: Vec<usize>,
    old_deny: Vec<usize>,
    new_deny: Vec<usize>,
}

impl Sides {
    fn of(world: &World) -> Self {
        let side = |content: fn(&super::world::Actor) -> Option<&super::world::Content>, effect: Effect| {
            let mut bits = Bits::default();
            world.actors.iter().filter_map(content).for_each(|content| bits.add(&content.atoms));
            let here = bits.without(&world.always);
            here.iter().filter(|atom| world.atoms[*atom].effect == effect).collect::<Vec<usize>>()
        };
        Self {
            old_allow: side(|actor| actor.old.as_ref(), Effect::Allow),
            new_allow: side(|actor| actor.new.as_ref(), Effect::Allow),
            old_deny: side(|actor| actor.old.as_ref(), Effect::Deny),
            new_deny: side(|actor| actor.new.as_ref(), Effect::Deny),
        }
    }
}

impl Requirements {
    /// Nothing must hold.
    pub(super) fn none() -> Self {
        Self { all: Vec::new(), parts: BTreeMap::new(), unions: BTreeMap::new() }
    }

    /// Everything that must hold on the way through a world; nothing where there is too much to look at.
    pub(super) fn of(world: &mut World) -> Option<Self> {
        let sides = Sides::of(world);
        let denies = sides.old_deny.len() + sides.new_deny.len();
        // A statement that only moves is looked at once.
        let moved = sides.old_allow.iter().filter(|atom| sides.new_allow.contains(atom)).count();
        let pairs = (sides.old_allow.len() - moved) * (sides.new_allow.len() - moved) + moved;
        if pairs.saturating_mul(1 + denies) > MOST_PAIRS {
            return None;
        }
        let mut found = Self::none();
        found.no_gap(world, &sides);
        if denies > 0 {
            found.no_excess(world, &sides);
        }
        Some(found)
    }

    fn no_gap(&mut self, world: &mut World, sides: &Sides) {
        let stays: Vec<usize> = atoms(world, &world.always, Effect::Allow);
        let mut exempt: Vec<Requests> = requests(world, &stays);
        exempt.extend(requests(world, &all_denies(world, sides)));
        let moved: BTreeSet<usize> =
            sides.old_allow.iter().copied().filter(|atom| sides.new_allow.contains(atom)).collect();
        for &before in &sides.old_allow {
            for &after in &sides.new_allow {
                // A statement that only moves is one requirement, and holds all its parts.
                let part_of_one = before != after && (moved.contains(&before) || moved.contains(&after));
                if !part_of_one {
                    self.demand(world, before, after, Effect::Allow, None, &exempt);
                }
            }
        }
    }

    fn no_excess(&mut self, world: &mut World, sides: &Sides) {
        let denied_always = requests(world, &atoms(world, &world.always, Effect::Deny));
        let always = atoms(world, &world.always, Effect::Allow);
        for (allows, denies, other_allows, other_denies) in [
            (&sides.old_allow, &sides.old_deny, &sides.new_allow, &sides.new_deny),
            (&sides.new_allow, &sides.new_deny, &sides.old_allow, &sides.old_deny),
        ] {
            let here: Vec<usize> = allows.iter().chain(&always).copied().collect();
            let there: Vec<usize> = other_allows.iter().chain(&always).copied().collect();
            let allowed_there = requests(world, &there);
            for &deny in denies {
                for &allow in &here {
                    let mut exempt = denied_always.clone();
                    exempt.extend(allowed_there.iter().cloned());
                    self.demand(world, deny, allow, Effect::Deny, Some(allow), &exempt);
                    for &other in other_denies {
                        let common = world.common(deny, other);
                        let Some(common) = common else { continue };
                        self.demand_of(
                            world,
                            &common,
                            allow,
                            Effect::Deny,
                            Some(allow),
                            &denied_always,
                            &[deny, other],
                        );
                    }
                }
            }
        }
    }

    fn demand(
        &mut self,
        world: &mut World,
        one: usize,
        other: usize,
        by: Effect,
        while_there: Option<usize>,
        exempt: &[Requests],
    ) {
        let requests = world.atoms[one].requests.clone();
        let covers: &[usize] = if by == Effect::Allow { &[one, other] } else { &[one] };
        self.demand_of(world, &requests, other, by, while_there, exempt, covers);
    }

    #[expect(clippy::too_many_arguments, reason = "a requirement is made of these")]
    fn demand_of(
        &mut self,
        world: &mut World,
        requests: &Requests,
        other: usize,
        by: Effect,
        while_there: Option<usize>,
        exempt: &[Requests],
        covers: &[usize],
    ) {
        let other = world.atoms[other].requests.clone();
        let Some(requests) = world.comparison.common(requests, &other) else { return };
        let mut near: Vec<Requests> = Vec::new();
        for other in exempt {
            if world.comparison.is_within(&requests, other) {
                return;
            }
            if world.comparison.common(&requests, other).is_some() {
                near.push(other.clone());
            }
        }
        if !near.is_empty() && world.comparison.is_covered(&requests, &near.iter().collect::<Vec<_>>()) {
            return;
        }
        let covers = covers.iter().copied().collect();
        self.all.push(Requirement { requests, by, while_there, covers, exempt: near });
    }

    /// Whether a requirement holds where these atoms are there.
    pub(super) fn holds(&mut self, world: &mut World, index: usize, there: &Bits) -> bool {
        let requirement = &self.all[index];
        if requirement.covers.meets(there)
            || requirement
                .while_there
                .is_some_and(|atom| !there.contains(atom) && !world.always.contains(atom))
        {
            return true;
        }
        let by = requirement.by;
        let mut some = Vec::new();
        for atom in there.iter().filter(|atom| world.atoms[*atom].effect == by).collect::<Vec<_>>() {
            match self.part(world, index, atom) {
                Part::All => {
                    self.all[index].covers.insert(atom);
                    return true;
                }
                Part::Some => some.push(atom),
                Part::None => {}
            }
        }
        self.holds_together(world, index, some)
    }

    fn holds_together(&mut self, world: &mut World, index: usize, atoms: Vec<usize>) -> bool {
        if atoms.is_empty() {
            return false;
        }
        let key = (index, atoms);
        if let Some(known) = self.unions.get(&key) {
            return *known;
        }
        let requirement = &self.all[index];
        let by: Vec<&Requests> =
            key.1.iter().map(|atom| &world.atoms[*atom].requests).chain(&requirement.exempt).collect();
        let holds = world.comparison.is_covered(&requirement.requests, &by);
        self.unions.insert(key, holds);
        holds
    }

    /// What an atom has to do with a requirement.
    fn part(&mut self, world: &mut World, index: usize, atom: usize) -> Part {
        if let Some(part) = self.parts.get(&(index, atom)) {
            return *part;
        }
        let (inner, outer) = (&self.all[index].requests, &world.atoms[atom].requests);
        let part = if world.comparison.is_within(inner, outer) {
            Part::All
        } else if world.comparison.common(inner, outer).is_some() {
            Part::Some
        } else {
            Part::None
        };
        self.parts.insert((index, atom), part);
        part
    }

    /// Whether an atom can serve a requirement at all.
    pub(super) fn serves(&mut self, world: &mut World, index: usize, atom: usize) -> bool {
        world.atoms[atom].effect == self.all[index].by && self.part(world, index, atom) != Part::None
    }
}

impl World {
    fn common(&mut self, one: usize, other: usize) -> Option<Requests> {
        let (one, other) = (self.atoms[one].requests.clone(), self.atoms[other].requests.clone());
        self.comparison.common(&one, &other)
    }
}

fn atoms(world: &World, bits: &Bits, effect: Effect) -> Vec<usize> {
    bits.iter().filter(|atom| world.atoms[*atom].effect == effect).collect()
}

fn requests(world: &World, atoms: &[usize]) -> Vec<Requests> {
    atoms.iter().map(|atom| world.atoms[*atom].requests.clone()).collect()
}

fn all_denies(world: &World, sides: &Sides) -> Vec<usize> {
    let mut denies = atoms(world, &world.always, Effect::Deny);
    denies.extend(sides.old_deny.iter().chain(&sides.new_deny));
    denies
}
