//! Which targets a run is about: `--target` and `--shard`.

use std::collections::BTreeSet;

use globset::{Glob, GlobMatcher};

use crate::model::{DesiredState, DesiredTarget, Target};

use super::arguments::Global;
use super::failure::Failure;
use super::streams::Streams;

/// A pattern of `--target` or `--wave`, for `account/region` and for the names under `targets`.
#[derive(Debug)]
pub(super) struct TargetPattern {
    /// As it was given.
    pub(super) text: String,
    glob: GlobMatcher,
}

impl TargetPattern {
    /// Reads the pattern of an argument.
    ///
    /// # Errors
    /// A usage error where it is no pattern.
    pub(super) fn new(argument: &str, text: &str) -> Result<Self, Failure> {
        let wrong = |error: globset::Error| {
            Failure::usage(format!("{argument} {text}: {}", error.kind()), "A pattern looks like 1111*/eu-*.")
        };
        let glob = Glob::new(text).map_err(wrong)?.compile_matcher();
        Ok(Self { text: text.to_owned(), glob })
    }

    /// Whether it names a target of which nothing else is known.
    pub(super) fn names_target(&self, target: &Target) -> bool {
        self.glob.is_match(target.to_string())
    }

    /// Whether it names a target of the files.
    pub(super) fn names(&self, at: &DesiredTarget) -> bool {
        self.names_target(&at.target) || at.names.iter().any(|name| self.glob.is_match(name))
    }

    /// The usage error where it names none of these targets.
    pub(super) fn names_some(&self, argument: &str, targets: &[DesiredTarget]) -> Result<(), Failure> {
        if targets.iter().any(|at| self.names(at)) {
            return Ok(());
        }
        let known: BTreeSet<&str> = targets.iter().flat_map(|at| &at.names).map(String::as_str).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        let hint =
            format!("The files have these targets: {known}. A pattern for ACCOUNT/REGION does as well.");
        Err(Failure::usage(format!("{argument} {} names no target", self.text), hint))
    }
}

/// Keeps the targets that one of the patterns of `--target` names, all of them where there is none, and of these the shard.
pub(super) fn choose_targets(
    desired: &mut DesiredState,
    global: &Global,
    streams: Streams,
) -> Result<(), Failure> {
    let pattern = |text: &String| TargetPattern::new("--target", text);
    let patterns: Vec<TargetPattern> = global.target.iter().map(pattern).collect::<Result<_, _>>()?;
    for pattern in &patterns {
        pattern.names_some("--target", &desired.targets)?;
    }
    if !patterns.is_empty() {
        desired.targets.retain(|at| patterns.iter().any(|pattern| pattern.names(at)));
    }
    if let Some(shard) = global.shard {
        desired.targets.retain(|at| shard.holds(&at.target));
        if desired.targets.is_empty() {
            streams.say(&format!("note: no target belongs to shard {shard}\n"));
        }
    }
    Ok(())
}
