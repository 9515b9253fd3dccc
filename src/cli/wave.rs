//! `apply --wave canary,rest`: the targets one group after the other, so that what goes wrong goes wrong in the first.

use std::collections::BTreeSet;

use globset::GlobMatcher;

use crate::model::{DesiredTarget, Target};

use super::choice::target_pattern;
use super::failure::Failure;

/// The order in which the targets are applied; one wave of all where none is named.
#[derive(Debug)]
pub(super) struct Waves {
    patterns: Vec<(String, GlobMatcher)>,
    /// Whether the next wave begins although one failed.
    pub(super) keeps_going: bool,
}

/// One wave.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wave {
    /// As it was named; empty where there is but one.
    pub(super) name: String,
    /// Its targets that are chosen.
    pub(super) targets: BTreeSet<Target>,
}

impl Waves {
    /// All targets at once.
    pub(super) fn one() -> Self {
        Self { patterns: Vec::new(), keeps_going: false }
    }

    /// Waves by the names or patterns of `--wave`, each of which must name one of these targets.
    ///
    /// # Errors
    /// A usage error where a name leads to no target, or a target is in no wave: it would never be applied.
    pub(super) fn new(
        names: &[String],
        keeps_going: bool,
        targets: &[DesiredTarget],
    ) -> Result<Self, Failure> {
        let pattern = |name: &String| Ok((name.clone(), target_pattern("--wave", name)?));
        let waves =
            Self { patterns: names.iter().map(pattern).collect::<Result<_, Failure>>()?, keeps_going };
        for (name, glob) in &waves.patterns {
            if !targets.iter().any(|at| is_named(glob, at)) {
                let known: BTreeSet<&str> =
                    targets.iter().flat_map(|at| &at.names).map(String::as_str).collect();
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                let hint =
                    format!("A wave is a name under `targets`, or a pattern for ACCOUNT/REGION: {known}.");
                return Err(Failure::usage(format!("--wave {name} names no target"), hint));
            }
        }
        let forgotten: Vec<_> = targets.iter().filter(|at| waves.number(at).is_none()).collect();
        if let Some(first) = forgotten.first() {
            let message = match forgotten.len() {
                1 => format!("{} is in no wave", first.target),
                number => format!("{number} targets are in no wave, among them {}", first.target),
            };
            let hint = "Name them as well: a last wave `*` is all that are left.";
            return Err(Failure::usage(message, hint));
        }
        Ok(waves)
    }

    /// The number of a target's wave: the first that names it.
    fn number(&self, at: &DesiredTarget) -> Option<usize> {
        if self.patterns.is_empty() {
            return Some(0);
        }
        self.patterns.iter().position(|(_, glob)| is_named(glob, at))
    }

    /// The waves in their order; without names one.
    pub(super) fn of(&self, targets: &[DesiredTarget]) -> Vec<Wave> {
        let names = self.patterns.iter().map(|(name, _)| name.clone());
        let mut waves: Vec<Wave> = names.map(|name| Wave { name, targets: BTreeSet::new() }).collect();
        if waves.is_empty() {
            waves.push(Wave { name: String::new(), targets: BTreeSet::new() });
        }
        for at in targets {
            if let Some(wave) = self.number(at).and_then(|number| waves.get_mut(number)) {
                wave.targets.insert(at.target.clone());
            }
        }
        waves
    }
}

fn is_named(glob: &GlobMatcher, at: &DesiredTarget) -> bool {
    glob.is_match(at.target.to_string()) || at.names.iter().any(|name| glob.is_match(name))
}
