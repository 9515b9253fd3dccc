//! From plans to what is shown of them.

use std::collections::BTreeMap;

use crate::diff::{Breadth, Change};
use crate::model::{Diagnostics, PolicyScope, Sources};
use crate::plan::{
    Operation, OperationKind, Plan, PlannedChange, Refusal, RefusalName, Summary, TargetResult,
    slots_sentence, what_frees_a_slot,
};
use crate::policy::{Document, Fingerprint};
use crate::report::count::{counted, thousands};
use crate::report::finding::{found_by_planning, found_in_files};
use crate::report::style::Style;

use super::{
    Access, Count, Line, Review, ReviewItem, ReviewRefusal, ReviewStep, ReviewTarget, access, difference,
    folded,
};

/// The plans of some targets.
pub fn plan_review(results: &[TargetResult], digest: &Fingerprint) -> Review {
    let review = each_review(results, digest);
    Review { targets: folded(review.targets), ..review }
}

/// The plans of some targets, each for itself.
pub(super) fn each_review(results: &[TargetResult], digest: &Fingerprint) -> Review {
    Review {
        kind: "plan",
        title: "Plan",
        lead: if is_calm(results) { "No changes.".to_owned() } else { String::new() },
        digest: Some(digest.clone()),
        counts: plan_counts(results),
        command: "logpolicy plan",
        folds_calm: true,
        findings: found_by_planning(results),
        targets: results.iter().map(review_target).collect(),
    }
}

/// Files that cannot be understood, so that nothing could be planned; `kind` is the report's that was asked for.
pub fn files_review(kind: &'static str, diagnostics: &Diagnostics, sources: &Sources) -> Review {
    let findings = found_in_files(diagnostics, sources);
    let text = format!("{} in the files", counted(findings.len(), "finding"));
    Review {
        kind,
        title: "Files",
        lead: "Nothing was planned: the files must be mended first.".to_owned(),
        digest: None,
        counts: vec![Count { text, style: Style::Bad }],
        command: "logpolicy validate",
        folds_calm: true,
        findings,
        targets: Vec::new(),
    }
}

/// Whether a target has a plan that nothing speaks against.
fn is_planned(result: &TargetResult) -> bool {
    result.plan.as_ref().is_ok_and(|plan| plan.standing_refusals().next().is_none())
}

/// Whether nothing changes and nothing speaks against that.
pub(in crate::report) fn is_calm(results: &[TargetResult]) -> bool {
    !Summary::of(results).has_changes() && results.iter().all(is_planned)
}

/// `1 to create`, `4 unchanged`, `1 target refused`; never empty.
pub(in crate::report) fn plan_counts(results: &[TargetResult]) -> Vec<Count> {
    let Summary { create, update, delete, adopt, forget, unchanged, unmanaged } = Summary::of(results);
    let mut counts = Vec::new();
    for (number, what) in [
        (create, "to create"),
        (update, "to update"),
        (delete, "to delete"),
        (adopt, "to adopt"),
        (forget, "to forget"),
        (unchanged, "unchanged"),
        (unmanaged, "unmanaged"),
    ] {
        if number > 0 {
            counts.push(Count { text: format!("{} {what}", thousands(number)), style: Style::Plain });
        }
    }
    let failed = results.iter().filter(|result| result.plan.is_err()).count();
    let refused = results.iter().filter(|result| !is_planned(result)).count() - failed;
    for (number, what) in [(refused, "refused"), (failed, "not planned")] {
        if number > 0 {
            let text = format!("{} {what}", counted(number, "target"));
            counts.push(Count { text, style: Style::Bad });
        }
    }
    if counts.is_empty() {
        let text = "nothing is there and nothing is asked for".to_owned();
        counts.push(Count { text, style: Style::Plain });
    }
    counts
}

/// One target's plan, or why there is none.
pub(in crate::report) fn review_target(result: &TargetResult) -> ReviewTarget {
    let mut target = ReviewTarget::new(result.target.clone());
    let plan = match &result.plan {
        Ok(plan) => plan,
        Err(error) => {
            let word = if error.locked { "refused" } else { "error" };
            target.error = Some((word, error.message.clone()));
            return target;
        }
    };
    let mut grants: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for place in &plan.grants {
        grants.entry(&place.key).or_default().push(place.id.clone());
    }
    let item = |planned: &PlannedChange| {
        let mut grants = grants.remove(&planned.key).unwrap_or_default();
        grants.dedup();
        item(plan, planned, grants)
    };
    target.slots = plan.slots;
    target.notes = whose_slots(plan);
    target.items = plan.changes.iter().map(item).collect();
    let writes = !plan.operations.is_empty();
    target.access = plan.access.as_ref().map(|found| access(found, writes)).unwrap_or_default();
    target.steps = plan.operations.iter().map(|operation| step(plan, operation)).collect();
    target.refusals = plan.refusals.iter().map(refusal).collect();
    target
}

/// Whose the slots are, where there are too few of them: in use now, or at the end. What helps stands in the refusal, where
/// there is one, and is not needed where the plan itself frees one.
fn whose_slots(plan: &Plan) -> Vec<Line> {
    let Some(slots) = plan.slots else { return Vec::new() };
    let refused = plan.refusals.iter().any(|refusal| refusal.name == RefusalName::SlotsExceeded);
    if slots.before < slots.limit && !refused {
        return Vec::new();
    }
    let mut lines = vec![Line::new(Style::Plain, slots_sentence(slots.limit, plan.owners))];
    if slots.after >= slots.limit && !refused {
        let help = format!("{} `logpolicy status` shows who holds what.", what_frees_a_slot(plan.owners));
        lines.push(Line::new(Style::Faint, help));
    }
    lines
}

fn refusal(refusal: &Refusal) -> ReviewRefusal {
    let Refusal { name, key, message, allowed } = refusal;
    ReviewRefusal {
        name: name.as_str(),
        key: key.as_ref().map(ToString::to_string),
        message: message.clone(),
        allowed: *allowed,
    }
}

fn item(plan: &Plan, planned: &PlannedChange, grants: Vec<String>) -> ReviewItem {
    let PlannedChange { key, change, meaning, claim: _, left_out: _, source } = planned;
    let (symbol, word, style) = look(change);
    let mut item = ReviewItem::new(change.action(), word, symbol, style, key);
    item.is_change = change.is_change();
    item.is_quiet = matches!(change, Change::Unchanged { .. });
    item.aside = aside(plan, planned);
    item.grants = grants;
    item.source.clone_from(source);
    if !change.is_write() {
        return item;
    }
    let (before, after) = (change.before().cloned(), change.after().cloned());
    if let Some(meaning) = meaning {
        let Access { gained, lost } = Access::of(meaning);
        (item.gained, item.lost) = (gained, lost);
        if before.is_some() && after.is_some() {
            item.breadth = breadth(meaning.breadth);
        }
    }
    item.lines = difference(before.as_deref(), after.as_deref(), meaning.as_ref());
    (item.before, item.after) = (before, after);
    item
}

fn aside(plan: &Plan, planned: &PlannedChange) -> String {
    let limit = thousands(plan.limits.document_bytes);
    let size = |document: &Document| format!("{} of {limit} bytes", thousands(document.bytes()));
    match &planned.change {
        Change::Create { after } | Change::Update { after, .. } => size(after),
        Change::Delete { recorded: Some(recorded), .. } => {
            let applied_at = &recorded.applied_at;
            format!("ours since {}", applied_at.get(..10).unwrap_or(applied_at))
        }
        Change::Delete { recorded: None, .. } => "unmanaged".to_owned(),
        Change::Forget { live: None } => "gone already; only the record changes".to_owned(),
        Change::Forget { live: Some(_) } => "none of it is ours any more; only the record changes".to_owned(),
        Change::Adopt { .. } => "there as desired; only the record changes".to_owned(),
        Change::Unchanged { .. } if planned.left_out => "left out".to_owned(),
        Change::Unchanged { live } => size(&live.document),
        Change::Unmanaged { .. } => "unmanaged".to_owned(),
    }
}

fn look(change: &Change) -> (char, &'static str, Style) {
    match change {
        Change::Create { .. } => ('+', "create", Style::Added),
        Change::Update { .. } => ('~', "update", Style::Changed),
        Change::Delete { .. } => ('-', "delete", Style::Removed),
        Change::Adopt { .. } => ('>', "adopt", Style::Added),
        Change::Forget { .. } => ('<', "forget", Style::Removed),
        Change::Unchanged { .. } => ('=', "keep", Style::Faint),
        Change::Unmanaged { .. } => ('.', "leave", Style::Faint),
    }
}

/// What an update means for the policy's own access.
pub(in crate::report) fn breadth(breadth: Breadth) -> &'static str {
    match breadth {
        Breadth::Wider => "wider",
        Breadth::Narrower => "narrower",
        Breadth::Same => "same access",
        Breadth::Other => "other access",
        Breadth::Unknown => "access not shown",
    }
}

fn step(plan: &Plan, operation: &Operation) -> ReviewStep {
    let before = operation.before.as_ref().map_or(0, |document| document.bytes());
    let after = match &operation.kind {
        OperationKind::Put(document) => document.bytes(),
        OperationKind::Delete => 0,
    };
    let slots = match operation.key.scope {
        PolicyScope::Account => format!("{} of {} slots", operation.slots, plan.limits.account_policies),
        PolicyScope::Resource => String::new(),
    };
    ReviewStep {
        id: operation.id,
        kind: operation.kind.as_str(),
        key: operation.key.to_string(),
        bytes: format!("{} → {} bytes", thousands(before), thousands(after)),
        slots,
        reason: reason(operation),
        outcome: None,
    }
}

/// `, after 1 and 2: frees a slot for policy:x`
fn reason(operation: &Operation) -> String {
    let because = operation.because.join("; ");
    let numbers: Vec<String> = operation.waits.keys().map(ToString::to_string).collect();
    match (numbers.is_empty(), because.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!(": {because}"),
        (false, _) => format!(", after {}: {because}", numbers.join(", ")),
    }
}
