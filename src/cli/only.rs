//! `--only`: the policies that a run is about.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{Glob, GlobMatcher};

use crate::model::{PolicyKey, Target};

use super::failure::Failure;

/// Patterns for addresses; without any, every policy is meant.
#[derive(Debug, Default)]
pub(super) struct Only {
    patterns: Vec<GlobMatcher>,
    matched: AtomicBool,
}

impl Only {
    /// Reads the patterns.
    pub(super) fn new(patterns: &[String]) -> Result<Self, Failure> {
        let read = |pattern: &String| {
            Glob::new(pattern).map(|glob| glob.compile_matcher()).map_err(|error| {
                Failure::usage(
                    format!("--only {pattern}: {}", error.kind()),
                    "A pattern looks like 111122223333/*/policy:dns* or log-group:/aws/x.",
                )
            })
        };
        let patterns = patterns.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { patterns, matched: AtomicBool::new(false) })
    }

    /// Those of some policies of a target that no pattern names.
    pub(super) fn left_out<'a>(
        &self,
        target: &Target,
        keys: impl Iterator<Item = &'a PolicyKey>,
    ) -> BTreeSet<PolicyKey> {
        if self.patterns.is_empty() {
            return BTreeSet::new();
        }
        let named = |key: &PolicyKey| {
            let (short, long) = (key.to_string(), key.at(target).to_string());
            self.patterns.iter().any(|pattern| pattern.is_match(&short) || pattern.is_match(&long))
        };
        let (named, left_out): (BTreeSet<&PolicyKey>, BTreeSet<&PolicyKey>) =
            keys.partition(|key| named(key));
        self.matched.fetch_or(!named.is_empty(), Ordering::Relaxed);
        left_out.into_iter().cloned().collect()
    }

    /// A run that is about nothing is a mistake in the pattern.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.patterns.is_empty() || self.matched.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Failure::usage(
            "--only names no policy of these targets",
            "Addresses look like 111122223333/us-east-1/policy:dns; `logpolicy plan -v` shows them all.",
        ))
    }
}
