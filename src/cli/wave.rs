//! `apply --wave canary,rest`: the targets one group after the other, so that what goes wrong goes wrong in the first.

use crate::model::DesiredTarget;

use super::choice::TargetPattern;
use super::failure::Failure;

/// The order in which the targets are applied; one wave of all where none is named.
#[derive(Debug)]
pub(super) struct Waves {
    patterns: Vec<TargetPattern>,
    /// Whether the next wave begins although one failed.
    pub(super) keeps_going: bool,
}

impl Waves {
    /// All targets at once.
    pub(super) fn one() -> Self {
        Self { patterns: Vec::new(), keeps_going: false }
    }

    /// Waves by the names or patterns of `--wave`, each of which must name one of the files' targets, whichever of them
    /// are chosen.
    ///
    /// # Errors
    /// A usage error where a name leads to no target, or a target is in no wave: it would never be applied.
    pub(super) fn new(
        names: &[String],
        keeps_going: bool,
        targets: &[DesiredTarget],
    ) -> Result<Self, Failure> {
        let pattern = |name: &String| {
            let pattern = TargetPattern::new("--wave", name)?;
            pattern.names_some("--wave", targets).map(|()| pattern)
        };
        let waves =
            Self { patterns: names.iter().map(pattern).collect::<Result<_, Failure>>()?, keeps_going };
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

    /// Each wave as it was named, in order; one without a name where there is but one.
    pub(super) fn names(&self) -> Vec<&str> {
        if self.patterns.is_empty() {
            return vec![""];
        }
        self.patterns.iter().map(|pattern| pattern.text.as_str()).collect()
    }

    /// The number of a target's wave: the first that names it.
    pub(super) fn number(&self, at: &DesiredTarget) -> Option<usize> {
        if self.patterns.is_empty() {
            return Some(0);
        }
        self.patterns.iter().position(|pattern| pattern.names(at))
    }
}
