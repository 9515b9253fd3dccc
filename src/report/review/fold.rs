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
            Some(first) => first.join(&target),
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

/// Everything that happens at a target and what that means, as it would be at any. What stays as it is does not count.
fn content(target: &ReviewTarget) -> String {
    let ReviewTarget {
        target: Target { account, region },
        also: _,
        slots: _,
        notes,
        items: _,
        access,
        steps,
        refusals,
        error,
    } = target;
    let mut text = String::new();
    // Writing to a string cannot fail.
    for item in target.changing() {
        let ReviewItem { kind, key, breadth, grants, notes, gained, lost, lines, before, after, .. } = item;
        let _ = writeln!(text, "{kind} {key:?} {breadth} {grants:?} {notes:?} {gained:?} {lost:?} {lines:?}");
        let _ = writeln!(text, "{before:?} {after:?}");
    }
    for ReviewStep { id, kind, key, bytes: _, slots: _, reason, outcome } in steps {
        let _ = writeln!(text, "{id} {kind} {key} {reason} {outcome:?}");
    }
    let _ = writeln!(text, "{notes:?} {access:?} {refusals:?} {error:?}");
    text.replace(account.as_str(), "${account}").replace(region.as_str(), "${region}")
}

/// Leaves nothing of a text that is not true of another target.
fn keep_common(text: &mut String, other: &str) {
    if text != other {
        text.clear();
    }
}

impl ReviewTarget {
    /// The policies that change.
    fn changing(&self) -> impl Iterator<Item = &ReviewItem> {
        self.items.iter().filter(|item| item.is_change)
    }

    /// Stands for another target as well, at which the same happens. Numbers that are others there go, and so does what
    /// stays as it is.
    fn join(&mut self, other: &Self) {
        self.items.retain(|item| item.is_change);
        for (item, same) in self.items.iter_mut().zip(other.changing()) {
            keep_common(&mut item.aside, &same.aside);
        }
        for (step, same) in self.steps.iter_mut().zip(&other.steps) {
            keep_common(&mut step.bytes, &same.bytes);
            keep_common(&mut step.slots, &same.slots);
        }
        if self.slots != other.slots {
            self.slots = None;
        }
        self.also.push(other.target.clone());
    }

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
    use crate::plan::Slots;
    use crate::report::review::Line;
    use crate::report::style::Style;

    fn target(number: usize, sentence: &str) -> ReviewTarget {
        let target: Target = format!("{number:012}/eu-west-1").parse().expect("a target");
        let mut item = ReviewItem::new("create", "create", '+', Style::Added, &PolicyKey::account("dns"));
        item.gained = vec![sentence.replace("HERE", target.account.as_str())];
        ReviewTarget { items: vec![item], ..ReviewTarget::new(target) }
    }

    /// A fleet of the same creation, of which some targets are changed.
    fn fleet(change: impl Fn(usize, &mut ReviewTarget)) -> Vec<ReviewTarget> {
        let mut targets: Vec<ReviewTarget> = (0..20).map(|number| target(number, "of HERE")).collect();
        targets.iter_mut().enumerate().for_each(|(number, target)| change(number, target));
        folded(targets)
    }

    #[test]
    fn what_is_lost_at_one_target_alone_is_shown_there() {
        let shown = fleet(|number, target| {
            let line = if number == 7 { "- no longer allowed: x" } else { "nothing is lost: proved" };
            target.access = vec![Line::new(Style::Plain, line)];
        });
        let numbers: Vec<usize> = shown.iter().map(ReviewTarget::number).collect();
        assert_eq!(numbers, [19, 1]);
    }

    #[test]
    fn what_stays_as_it_is_keeps_no_targets_apart_and_is_no_part_of_what_is_the_same() {
        let shown = fleet(|number, target| {
            let key = PolicyKey::account(format!("theirs-{number}"));
            let mut theirs = ReviewItem::new("unmanaged", "leave", '.', Style::Faint, &key);
            theirs.is_change = false;
            target.items.push(theirs);
        });
        assert_eq!(shown.len(), 1);
        assert!(shown[0].items.iter().all(|item| item.is_change), "{:?}", shown[0].items);
    }

    #[test]
    fn a_number_that_is_another_at_some_of_them_is_not_shown() {
        let slots = |before| Some(Slots { limit: 10, before, after: before + 1, peak: before + 1 });
        let step = |slots: &str| ReviewStep {
            id: 1,
            kind: "put",
            key: "policy:dns".to_owned(),
            bytes: "0 → 412 bytes".to_owned(),
            slots: slots.to_owned(),
            reason: String::new(),
            outcome: None,
        };
        let shown = fleet(|number, target| {
            let before = if number == 3 { 8 } else { 2 };
            target.slots = slots(before);
            target.steps = vec![step(&format!("{} of 10 slots", before + 1))];
        });
        assert_eq!(shown.len(), 1);
        assert_eq!((shown[0].slots, shown[0].steps[0].slots.as_str()), (None, ""));
        let alike = fleet(|_, target| target.slots = slots(2));
        assert_eq!(alike[0].slots, slots(2));
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
