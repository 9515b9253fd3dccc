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
    requests: Requests,
    /// The atoms whose common requests these are.
    origins: Vec<usize>,
    /// Covered by these effects: Allow where no gap may be, Deny where no excess may be.
    pub(super) by: Effect,
    /// It counts only while this atom is there.
    pub(super) while_there: Option<usize>,
    /// Atoms that cover it alone.
    pub(super) covers: Bits,
    /// Atoms that may cover a part of it.
    helps: Bits,
    /// How many atoms were looked at for these two.
    looked_at: usize,
    /// Atoms whose requests need no cover.
    exempt: Vec<usize>,
    /// Whether those that may help cover it together, once that was asked.
    can_be_covered: Option<bool>,
}

/// All requirements of a plan, and what was found out about them.
pub(super) struct Requirements {
    pub(super) all: Vec<Requirement>,
    /// The number of the requirement with the same requests, effect, condition and exemptions.
    known: BTreeMap<(Effect, Option<usize>, Requests, Vec<usize>), usize>,
    /// Whether some atoms cover a requirement together.
    unions: BTreeMap<(usize, Bits), bool>,
    /// For each atom, the requirements that it can serve.
    served_by: Vec<Bits>,
    /// For each atom, the requirements that count while it is there.
    counts_while: Vec<Bits>,
}

/// The most pairs of statements that are looked at: some seconds. Ten full documents that are all written anew come close.
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

/// A requirement before it is known whether anything must hold.
struct Demand<'a> {
    origins: &'a [usize],
    by: Effect,
    while_there: Option<usize>,
    exempt: &'a [usize],
    covers: &'a [usize],
}

impl Requirements {
    /// Nothing must hold.
    pub(super) fn none() -> Self {
        let (served_by, counts_while) = (Vec::new(), Vec::new());
        Self { all: Vec::new(), known: BTreeMap::new(), unions: BTreeMap::new(), served_by, counts_while }
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
        found.index(world);
        Some(found)
    }

    /// Notes which requirements each atom is about.
    fn index(&mut self, world: &mut World) {
        self.served_by = vec![Bits::default(); world.atoms.len()];
        self.counts_while = vec![Bits::default(); world.atoms.len()];
        for index in 0..self.all.len() {
            for atom in self.serving(world, index).iter() {
                self.served_by[atom].insert(index);
            }
            if let Some(atom) = self.all[index].while_there {
                self.counts_while[atom].insert(index);
            }
        }
    }

    /// The requirements that may no longer hold where these atoms have gone and those have come.
    pub(super) fn touched(&self, gone: &Bits, come: &Bits) -> Bits {
        let mut touched = Bits::default();
        gone.iter().filter_map(|atom| self.served_by.get(atom)).for_each(|served| touched.add(served));
        come.iter().filter_map(|atom| self.counts_while.get(atom)).for_each(|counts| touched.add(counts));
        touched
    }

    fn no_gap(&mut self, world: &mut World, sides: &Sides) {
        let mut exempt = atoms(world, &world.always, Effect::Allow);
        exempt.extend(atoms(world, &world.always, Effect::Deny));
        exempt.extend(sides.old_deny.iter().chain(&sides.new_deny));
        let moved: BTreeSet<usize> =
            sides.old_allow.iter().copied().filter(|atom| sides.new_allow.contains(atom)).collect();
        for &before in &sides.old_allow {
            for &after in &sides.new_allow {
                // A statement that only moves is one requirement, and holds all its parts.
                let part_of_one = before != after && (moved.contains(&before) || moved.contains(&after));
                if !part_of_one {
                    let origins: &[usize] = if before == after { &[before] } else { &[before, after] };
                    let (by, while_there) = (Effect::Allow, None);
                    self.demand(
                        world,
                        &Demand { origins, by, while_there, exempt: &exempt, covers: origins },
                    );
                }
            }
        }
    }

    fn no_excess(&mut self, world: &mut World, sides: &Sides) {
        let denied_always = atoms(world, &world.always, Effect::Deny);
        let always = atoms(world, &world.always, Effect::Allow);
        for (allows, denies, other_allows, other_denies) in [
            (&sides.old_allow, &sides.old_deny, &sides.new_allow, &sides.new_deny),
            (&sides.new_allow, &sides.new_deny, &sides.old_allow, &sides.old_deny),
        ] {
            let here: Vec<usize> = allows.iter().chain(&always).copied().collect();
            let allowed_there = other_allows.iter().chain(&always).copied();
            let exempt: Vec<usize> = denied_always.iter().copied().chain(allowed_there).collect();
            for &deny in denies {
                for &allow in here.iter().filter(|allow| !world.are_apart(deny, **allow)).collect::<Vec<_>>()
                {
                    let (by, while_there) = (Effect::Deny, Some(allow));
                    let (origins, covers) = ([deny, allow], [deny]);
                    let exempt = &exempt;
                    self.demand(
                        world,
                        &Demand { origins: &origins, by, while_there, exempt, covers: &covers },
                    );
                    for &other in other_denies {
                        let (origins, covers) = ([deny, other, allow], [deny, other]);
                        let (origins, covers, exempt) = (&origins[..], &covers[..], &denied_always);
                        self.demand(world, &Demand { origins, by, while_there, exempt, covers });
                    }
                }
            }
        }
    }

    fn demand(&mut self, world: &mut World, demand: &Demand<'_>) {
        let Demand { origins, by, while_there, exempt, covers } = *demand;
        let pairs =
            (0..origins.len()).flat_map(|one| (0..one).map(move |other| (origins[one], origins[other])));
        if pairs.into_iter().any(|(one, other)| world.are_apart(one, other)) {
            return;
        }
        let mut near: Vec<usize> = Vec::new();
        for &other in exempt {
            match part(world, origins, other) {
                Part::All => return,
                Part::Some => near.push(other),
                Part::None => {}
            }
        }
        let Some(requests) = common(world, origins) else { return };
        if !near.is_empty() {
            let by: Vec<&Requests> = near.iter().map(|atom| &world.atoms[*atom].requests).collect();
            if world.comparison.is_covered(&requests, &by) {
                return;
            }
        }
        let next = self.all.len();
        let name = (by, while_there, requests.clone(), near.clone());
        let number = *self.known.entry(name).or_insert(next);
        if number < next {
            covers.iter().for_each(|atom| self.all[number].covers.insert(*atom));
            return;
        }
        let covers = covers.iter().copied().collect();
        let (helps, looked_at, origins) = (Bits::default(), 0, origins.to_vec());
        let requirement = Requirement {
            requests,
            origins,
            by,
            while_there,
            covers,
            helps,
            looked_at,
            exempt: near,
            can_be_covered: None,
        };
        self.all.push(requirement);
    }

    /// Whether a requirement holds where these atoms are there.
    pub(super) fn holds(&mut self, world: &mut World, index: usize, there: &Bits) -> bool {
        self.look_at_all(world, index);
        let requirement = &self.all[index];
        let is_off = |atom: usize| !there.contains(atom) && !world.always.contains(atom);
        if requirement.covers.meets(there) || requirement.while_there.is_some_and(is_off) {
            return true;
        }
        if !requirement.helps.meets(there) || !self.can_be_covered(world, index) {
            return false;
        }
        let key = (index, self.all[index].helps.both(there));
        if let Some(known) = self.unions.get(&key) {
            return *known;
        }
        let holds = self.is_covered_by(world, index, &key.1);
        self.unions.insert(key, holds);
        holds
    }

    /// Whether all that may help cover it together: where they do not, no smaller set does.
    fn can_be_covered(&mut self, world: &mut World, index: usize) -> bool {
        if let Some(known) = self.all[index].can_be_covered {
            return known;
        }
        let can = self.is_covered_by(world, index, &self.all[index].helps);
        self.all[index].can_be_covered = Some(can);
        can
    }

    fn is_covered_by(&self, world: &mut World, index: usize, helping: &Bits) -> bool {
        let requirement = &self.all[index];
        let all = helping.iter().chain(requirement.exempt.iter().copied());
        let by: Vec<&Requests> = all.map(|atom| &world.atoms[atom].requests).collect();
        world.comparison.is_covered(&requirement.requests, &by)
    }

    /// Tells every atom's part in a requirement, once.
    fn look_at_all(&mut self, world: &mut World, index: usize) {
        let requirement = &mut self.all[index];
        for atom in requirement.looked_at..world.atoms.len() {
            if world.atoms[atom].effect != requirement.by {
                continue;
            }
            match part(world, &requirement.origins, atom) {
                Part::All => requirement.covers.insert(atom),
                Part::Some => requirement.helps.insert(atom),
                Part::None => {}
            }
        }
        requirement.looked_at = world.atoms.len();
    }

    /// The atoms that can serve a requirement at all.
    pub(super) fn serving(&mut self, world: &mut World, index: usize) -> Bits {
        self.look_at_all(world, index);
        let mut serving = self.all[index].covers.clone();
        serving.add(&self.all[index].helps);
        serving
    }

    /// Whether one of these requirements needs more than what stands where it shall stand already.
    pub(super) fn need_more(&self, requirements: &Bits, settled: &Bits) -> bool {
        requirements.iter().any(|index| !self.all[index].covers.meets(settled))
    }

    /// Whether an atom can serve a requirement at all.
    pub(super) fn serves(&mut self, world: &mut World, index: usize, atom: usize) -> bool {
        self.look_at_all(world, index);
        self.all[index].covers.contains(atom) || self.all[index].helps.contains(atom)
    }
}

/// What an atom has to do with the common requests of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It holds them all.
    All,
    /// It may hold some.
    Some,
    /// It holds none.
    None,
}

fn part(world: &mut World, origins: &[usize], atom: usize) -> Part {
    if origins.iter().any(|origin| world.are_apart(*origin, atom)) {
        Part::None
    } else if origins.iter().any(|origin| world.lies_within(*origin, atom)) {
        Part::All
    } else {
        Part::Some
    }
}

/// The requests that all of some atoms speak about; nothing where it is proved that there are none.
fn common(world: &mut World, atoms: &[usize]) -> Option<Requests> {
    let (first, rest) = atoms.split_first()?;
    let mut requests = world.atoms[*first].requests.clone();
    for atom in rest {
        requests = world.comparison.common(&requests, &world.atoms[*atom].requests)?;
    }
    Some(requests)
}

fn atoms(world: &World, bits: &Bits, effect: Effect) -> Vec<usize> {
    bits.iter().filter(|atom| world.atoms[*atom].effect == effect).collect()
}
