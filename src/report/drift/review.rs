//! From drift to what is shown of it.

use crate::diff::{Change, DriftKind, Drifted};
use crate::plan::Slots;
use crate::report::count::{counted, thousands};
use crate::report::review::{Access, access, breadth, difference, folded};
use crate::report::style::Style;
use crate::report::{Count, Line, Review, ReviewItem, ReviewTarget};

use super::{DriftedTarget, FoundDrift};

/// What others changed at some targets.
pub fn drift_review(targets: &[DriftedTarget]) -> Review {
    // Only who has looked everywhere may say that there is nothing.
    let is_none = targets.iter().all(|target| target.found.is_some() && !target.has_drift());
    Review {
        kind: "drift",
        title: "Drift",
        lead: if is_none { "Nobody changed anything behind our back.".to_owned() } else { String::new() },
        digest: None,
        counts: counts(targets),
        command: "logpolicy drift",
        folds_calm: true,
        findings: Vec::new(),
        targets: folded(targets.iter().map(review_target).collect()),
    }
}

/// `1 changed`, `2 added`, `in 2 of 9 targets`, `1 target not read`; never empty, and nothing about what was not read.
pub(super) fn counts(targets: &[DriftedTarget]) -> Vec<Count> {
    let mut counts: Vec<Count> = DriftKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let number: usize = targets.iter().map(|target| target.count(kind)).sum();
            let text = format!("{} {}", thousands(number), kind.as_str());
            (number > 0).then_some(Count { text, style: Style::Plain })
        })
        .collect();
    let read = targets.iter().filter(|target| target.found.is_some()).count();
    let all = counted(read, "target");
    let plain = match targets.iter().filter(|target| target.has_drift()).count() {
        0 if read == 0 && !targets.is_empty() => None,
        0 => Some(format!("none in {all}")),
        drifted => Some(format!("in {} of {all}", thousands(drifted))),
    };
    counts.extend(plain.map(|text| Count { text, style: Style::Plain }));
    let unread = targets.len() - read;
    if unread > 0 {
        counts.push(Count { text: format!("{} not read", counted(unread, "target")), style: Style::Bad });
    }
    counts
}

/// One target's drift, or why it is not known.
pub(super) fn review_target(target: &DriftedTarget) -> ReviewTarget {
    let mut review = ReviewTarget::new(target.target.clone());
    review.error = target.error.clone().map(|error| ("error", error));
    let Some(found) = &target.found else { return review };
    let used = found.slots.total();
    let limit = found.limits.account_policies;
    review.slots = Some(Slots { limit, before: used, after: used, peak: used });
    review.items = found.drift.drifted.iter().map(|drifted| item(found, drifted)).collect();
    review.access = access(&found.drift.access, !found.drift.drifted.is_empty());
    if !found.drift.pending.is_empty() {
        let words = found.drift.pending.iter().map(|(key, action)| format!("{action} {key}"));
        let words: Vec<String> = words.collect();
        review.notes.push(Line::new(Style::Faint, format!("not applied yet: {}", words.join(", "))));
    }
    review
}

fn item(of: &FoundDrift, drifted: &Drifted) -> ReviewItem {
    let Drifted { key, kind, change, meaning, applied_at, written_at: _, attribution } = drifted;
    let (symbol, style) = match kind {
        DriftKind::Changed => ('~', Style::Changed),
        DriftKind::Removed => ('-', Style::Removed),
        DriftKind::Added => ('+', Style::Added),
    };
    let mut item = ReviewItem::new(kind.as_str(), kind.as_str(), symbol, style, key);
    item.aside = match (kind, applied_at) {
        (DriftKind::Added, _) => "unmanaged".to_owned(),
        (_, Some(at)) => format!("as applied on {}", at.get(..10).unwrap_or(at)),
        (_, None) => "never applied by us".to_owned(),
    };
    if let Some(meaning) = meaning {
        let Access { gained, lost } = Access::of(meaning);
        (item.gained, item.lost) = (gained, lost);
        if matches!(change, Change::Update { .. }) {
            item.breadth = breadth(meaning.breadth);
        }
    }
    item.notes.extend(attribution.as_ref().map(ToString::to_string));
    item.lines =
        difference(change.before().map(AsRef::as_ref), change.after().map(AsRef::as_ref), meaning.as_ref());
    (item.before, item.after) = (change.before().cloned(), change.after().cloned());
    item.source = of.sources.get(key).cloned();
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_is_not_called_free_of_drift() {
        let unread = |name: &str| DriftedTarget {
            target: name.parse().expect("a target"),
            found: None,
            error: Some("denied".to_owned()),
        };
        let targets = [unread("111122223333/us-east-1"), unread("111122223333/eu-west-1")];
        let review = drift_review(&targets);
        assert_eq!(review.lead, "");
        let words: Vec<String> = review.counts.into_iter().map(|count| count.text).collect();
        assert_eq!(words, ["2 targets not read"]);
        let review = drift_review(&[]);
        assert_eq!(review.counts[0].text, "none in 0 targets");
    }
}
