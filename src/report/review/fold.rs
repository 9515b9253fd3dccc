//! A fleet: the worst first, and targets where the same happens as one.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::Target;
use crate::report::count::thousands;

use super::{ReviewItem, ReviewStep, ReviewTarget};

/// So many targets are shown one by one, as they come.
const FEW_TARGETS: usize = 10;

/// Whether there are too many targets to look at each.
pub fn is_large(targets: usize) -> bool {
    targets > FEW_TARGETS
}

/// Of many targets the worst first, and those that differ in nothing but account and Region as one; few stay as they are.
pub(in crate::report) fn folded(targets: Vec<ReviewTarget>) -> Vec<ReviewTarget> {
    if !is_large(targets.len()) {
        return targets;
    }
    let mut shown: Vec<ReviewTarget> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for target in targets {
        if target.is_calm() {
            shown.push(target);
            continue;
        }
        let same = known.entry(content(&target)).or_insert(shown.len());
        match shown.get_mut(*same) {
            Some(first) => first.also.push(target.target),
            None => shown.push(target),
        }
    }
    shown.sort_by_cached_key(|target| (badness(target), Reverse(target.changes()), target.target.clone()));
    shown
}

/// What went wrong stands before what was refused, and both before what changes.
fn badness(target: &ReviewTarget) -> u8 {
    match target.trouble() {
        "error" => 0,
        "not all done" => 1,
        "" if target.is_calm() => 4,
        "" => 3,
        _ => 2,
    }
}

/// Everything that happens at a target, as it would be at any.
fn content(target: &ReviewTarget) -> String {
    let ReviewTarget {
        target: Target { account, region },
        also: _,
        slots: _,
        notes: _,
        items,
        access: _,
        steps,
        refusals,
        error,
    } = target;
    let mut text = String::new();
    // Writing to a string cannot fail.
    for ReviewItem { kind, key, breadth, grants, notes, gained, lost, lines, before, after, .. } in items {
        let _ = writeln!(text, "{kind} {key:?} {breadth} {grants:?} {notes:?} {gained:?} {lost:?} {lines:?}");
        let _ = writeln!(text, "{before:?} {after:?}");
    }
    for ReviewStep { id, kind, key, outcome, .. } in steps {
        let _ = writeln!(text, "{id} {kind} {key} {outcome:?}");
    }
    let _ = writeln!(text, "{refusals:?} {error:?}");
    text.replace(account.as_str(), "${account}").replace(region.as_str(), "${region}")
}

impl ReviewTarget {
    /// How many targets it stands for.
    pub(in crate::report) fn number(&self) -> usize {
        1 + self.also.len()
    }

    /// `111122223333/us-east-1`, and how many others it stands for.
    pub(in crate::report) fn name(&self) -> String {
        match self.also.len() {
            0 => self.target.to_string(),
            1 => format!("{} and 1 more target", self.target),
            others => format!("{} and {} more targets", self.target, thousands(others)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PolicyKey;
    use crate::report::style::Style;

    fn target(number: usize, sentence: &str) -> ReviewTarget {
        let target: Target = format!("{number:012}/eu-west-1").parse().expect("a target");
        let mut item = ReviewItem::new("create", "create", '+', Style::Added, &PolicyKey::account("dns"));
        item.gained = vec![sentence.replace("HERE", target.account.as_str())];
        ReviewTarget { items: vec![item], ..ReviewTarget::new(target) }
    }

    #[test]
    fn few_targets_stay_as_they_are() {
        let targets: Vec<ReviewTarget> = (0..FEW_TARGETS).map(|number| target(number, "HERE")).collect();
        assert_eq!(folded(targets).len(), FEW_TARGETS);
    }

    #[test]
    fn the_same_becomes_one_and_the_worst_comes_first() {
        let mut targets: Vec<ReviewTarget> = (0..20).map(|number| target(number, "of HERE")).collect();
        targets.extend((20..23).map(|number| target(number, "of another")));
        targets.push(ReviewTarget::new("000000000030/eu-west-1".parse().expect("a target")));
        for number in 40..42 {
            let mut failed = ReviewTarget::new(format!("{number:012}/eu-west-1").parse().expect("a target"));
            failed.error = Some(("error", format!("denied at {}", failed.target)));
            targets.push(failed);
        }
        let shown = folded(targets);
        let seen: Vec<(usize, usize)> =
            shown.iter().map(|target| (target.number(), target.changes())).collect();
        assert_eq!(seen, [(2, 0), (20, 1), (3, 1), (1, 0)]);
        assert_eq!(shown[1].target.account.as_str(), "000000000000");
    }
}
