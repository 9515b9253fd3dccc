//! How an entry of the files speaks about one target alone.

use std::collections::BTreeMap;

use crate::model::DesiredTarget;
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
                    profile: at.access.profile.clone(),
                    limits: at.limits,
                };
                self.declared.insert(name.clone(), declared);
                Scope { targets: vec![name], regions: Vec::new() }
            }
        }
    }

    /// The targets that the entries need.
    pub(super) fn declared(self) -> BTreeMap<String, DeclaredTarget> {
        self.declared
    }
}
