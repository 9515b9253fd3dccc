//! How an entry of the files speaks about one target alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DesiredTarget, Region, Target};
use crate::report::DeclaredTarget;

/// The names and Regions of an entry.
pub(super) struct Scope {
    /// Names under `targets`; none where the files have one target alone.
    pub(super) targets: Vec<String>,
    /// Regions; none where the names are enough.
    pub(super) regions: Vec<String>,
}

/// Scopes for the targets of some files, and the targets that have to be declared for them.
pub(super) struct Scopes<'a> {
    /// Every target of the files, also those that were not chosen.
    all: &'a [DesiredTarget],
    declared: BTreeMap<String, DeclaredTarget>,
}

impl<'a> Scopes<'a> {
    pub(super) fn new(all: &'a [DesiredTarget]) -> Self {
        Self { all, declared: BTreeMap::new() }
    }

    /// Names and Regions that lead to a target and to no other; a name of its own where the files have none.
    pub(super) fn of(&mut self, at: &DesiredTarget) -> Scope {
        if self.all.len() == 1 {
            return Scope { targets: Vec::new(), regions: Vec::new() };
        }
        let region = at.target.region.as_str().to_owned();
        let reached = |name: &String, with_region: bool| {
            let here = self.all.iter().filter(|other| other.names.contains(name));
            here.filter(|other| !with_region || other.target.region == at.target.region).count()
        };
        match at.names.iter().find(|name| reached(name, true) == 1) {
            Some(name) if reached(name, false) == 1 => {
                Scope { targets: vec![name.clone()], regions: Vec::new() }
            }
            Some(name) => Scope { targets: vec![name.clone()], regions: vec![region] },
            None => {
                let name = format!("{}-{region}", at.target.account);
                let declared = DeclaredTarget {
                    account: at.target.account.to_string(),
                    regions: vec![region],
                    access: at.access.clone(),
                    limits: at.limits,
                };
                self.declared.insert(name.clone(), declared);
                Scope { targets: vec![name], regions: Vec::new() }
            }
        }
    }

    /// As few scopes as lead to these targets and to no other.
    pub(super) fn covering(&mut self, wanted: &BTreeSet<Target>) -> Vec<Scope> {
        if self.all.iter().all(|at| wanted.contains(&at.target)) {
            return vec![Scope { targets: Vec::new(), regions: Vec::new() }];
        }
        let regions: BTreeSet<&Region> = wanted.iter().map(|target| &target.region).collect();
        let in_words = || regions.iter().map(|region| region.to_string()).collect::<Vec<String>>();
        let (names, left) = self.names(wanted, None);
        if left.is_empty() {
            return vec![Scope { targets: names, regions: Vec::new() }];
        }
        let mut there = self.all.iter().filter(|at| regions.contains(&at.target.region));
        if there.all(|at| wanted.contains(&at.target)) {
            return vec![Scope { targets: Vec::new(), regions: in_words() }];
        }
        let (names, left) = self.names(wanted, Some(&regions));
        if left.is_empty() {
            return vec![Scope { targets: names, regions: in_words() }];
        }
        if regions.len() > 1 {
            let mut parts: BTreeMap<&Region, BTreeSet<Target>> = BTreeMap::new();
            for target in wanted {
                parts.entry(&target.region).or_default().insert(target.clone());
            }
            return parts.values().flat_map(|part| self.covering(part)).collect();
        }
        let mut scopes = Vec::new();
        if !names.is_empty() {
            scopes.push(Scope { targets: names, regions: in_words() });
        }
        let alone = self.all.iter().filter(|at| left.contains(&at.target));
        scopes.extend(alone.map(|at| self.of(at)).collect::<Vec<_>>());
        scopes
    }

    /// Names that lead, within some Regions, to nothing but what is wanted, and the targets to which none of them does.
    fn names(
        &self,
        wanted: &BTreeSet<Target>,
        regions: Option<&BTreeSet<&Region>>,
    ) -> (Vec<String>, BTreeSet<Target>) {
        let mut reached: BTreeMap<&String, BTreeSet<&Target>> = BTreeMap::new();
        let inside = |at: &&DesiredTarget| regions.is_none_or(|regions| regions.contains(&at.target.region));
        for at in self.all.iter().filter(inside) {
            at.names.iter().for_each(|name| {
                reached.entry(name).or_default().insert(&at.target);
            });
        }
        reached.retain(|_, targets| targets.iter().all(|target| wanted.contains(*target)));
        let (mut names, mut left) = (Vec::new(), wanted.clone());
        loop {
            let new = |targets: &BTreeSet<&Target>| targets.iter().filter(|at| left.contains(**at)).count();
            // The first of those that lead to most.
            let best = reached.iter().rev().max_by_key(|(_, targets)| new(targets));
            let Some((name, targets)) = best.filter(|(_, targets)| new(targets) > 0) else { break };
            left.retain(|target| !targets.contains(target));
            names.push((*name).clone());
        }
        names.sort();
        (names, left)
    }

    /// The targets that the entries need.
    pub(super) fn declared(self) -> BTreeMap<String, DeclaredTarget> {
        self.declared
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, Limits, SourceSpan};

    fn at(target: &str, names: &[&str]) -> DesiredTarget {
        DesiredTarget {
            target: target.parse().expect("a target"),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            access: Access::default(),
            limits: Limits::default(),
            span: SourceSpan::NOWHERE,
        }
    }

    #[test]
    fn scopes_are_as_narrow_as_right() {
        let (one, two) = ("111122223333", "222233334444");
        let all = [
            at(&format!("{one}/us-east-1"), &["network", "all"]),
            at(&format!("{one}/eu-west-1"), &["network", "all"]),
            at(&format!("{two}/us-east-1"), &["work", "all"]),
            at(&format!("{two}/eu-west-1"), &["all"]),
        ];
        let scopes = |wanted: &[usize]| -> Vec<String> {
            let mut scopes = Scopes::new(&all);
            let wanted = wanted.iter().map(|index| all[*index].target.clone()).collect();
            let found = scopes.covering(&wanted).into_iter();
            found.map(|scope| format!("{} in {}", scope.targets.join("+"), scope.regions.join("+"))).collect()
        };
        assert_eq!(scopes(&[0, 1, 2, 3]), [" in "]);
        assert_eq!(scopes(&[0, 1]), ["network in "]);
        assert_eq!(scopes(&[0, 1, 2]), ["network+work in "]);
        assert_eq!(scopes(&[0, 2]), [" in us-east-1"]);
        assert_eq!(scopes(&[0]), ["network in us-east-1"]);
        assert_eq!(scopes(&[1, 2]), ["network in eu-west-1", "work in "]);
        assert_eq!(scopes(&[3]), ["222233334444-eu-west-1 in "]);
    }
}
