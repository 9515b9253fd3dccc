//! Which targets a run is about: `--target` and `--shard`.

use std::collections::BTreeSet;

use globset::{Glob, GlobMatcher};

use crate::model::{DesiredState, DesiredTarget};

use super::arguments::Global;
use super::failure::Failure;

/// A pattern of `--target`, for `account/region` and for the names under `targets`.
pub(super) fn target_pattern(argument: &str, pattern: &str) -> Result<GlobMatcher, Failure> {
    let wrong = |error: globset::Error| {
        Failure::usage(format!("{argument} {pattern}: {}", error.kind()), "A pattern looks like 1111*/eu-*.")
    };
    Glob::new(pattern).map(|glob| glob.compile_matcher()).map_err(wrong)
}

/// Keeps the targets that one of the patterns of `--target` names, all of them where there is none, and of these the shard.
pub(super) fn choose_targets(desired: &mut DesiredState, global: &Global) -> Result<(), Failure> {
    if !global.target.is_empty() {
        choose_named(desired, &global.target)?;
    }
    if let Some(shard) = global.shard {
        desired.targets.retain(|at| shard.holds(&at.target));
    }
    Ok(())
}

fn choose_named(desired: &mut DesiredState, patterns: &[String]) -> Result<(), Failure> {
    let mut kept = vec![false; desired.targets.len()];
    for pattern in patterns {
        let glob = target_pattern("--target", pattern)?;
        let chosen = |at: &DesiredTarget| {
            glob.is_match(at.target.to_string()) || at.names.iter().any(|name| glob.is_match(name))
        };
        let mut any = false;
        for (at, kept) in desired.targets.iter().zip(&mut kept) {
            let chosen = chosen(at);
            *kept |= chosen;
            any |= chosen;
        }
        if !any {
            let names: BTreeSet<&str> =
                desired.targets.iter().flat_map(|at| &at.names).map(String::as_str).collect();
            let names: Vec<&str> = names.into_iter().collect();
            let hint = format!("The files have these targets: {}.", names.join(", "));
            return Err(Failure::usage(format!("--target {pattern} names no target"), hint));
        }
    }
    let mut kept = kept.into_iter();
    desired.targets.retain(|_| kept.next().unwrap_or(false));
    Ok(())
}
