//! What became of plans.

use std::collections::BTreeMap;

use crate::plan::{OperationOutcome, Outcome, TargetOutcome, TargetResult};
use crate::policy::Fingerprint;
use crate::report::count::counted;
use crate::report::style::Style;

use super::plan::each_review;
use super::{Count, Review, ReviewOutcome, ReviewTarget, folded};

/// The plans of some targets with one outcome for each step; without outcomes nothing was written.
pub fn apply_review(results: &[TargetResult], digest: &Fingerprint, outcomes: &[TargetOutcome]) -> Review {
    let mut review = each_review(results, digest);
    review.kind = "apply";
    review.title = "Apply of plan";
    if outcomes.is_empty() {
        review.lead = "Nothing was written.".to_owned();
        review.targets = folded(review.targets);
        return review;
    }
    let (line, is_complete) = outcome_summary(outcomes);
    let all_planned = outcomes.len() == results.len();
    review.lead = match (is_complete, all_planned) {
        (true, true) => format!("{line}. What AWS has is what the files ask for."),
        (true, false) => format!("{line}."),
        (false, _) => format!("{line}. Not everything was done."),
    };
    for word in ["skipped", "conflict", "failed"] {
        let all = outcomes.iter().flat_map(|target| &target.outcomes);
        let number = all.filter(|operation| operation.outcome.as_str() == word).count();
        if number > 0 {
            review.counts.push(Count { text: format!("{number} {word}"), style: Style::Bad });
        }
    }
    let mut by_target: BTreeMap<_, &TargetOutcome> =
        outcomes.iter().map(|outcome| (outcome.target.clone(), outcome)).collect();
    for target in &mut review.targets {
        if let Some(outcome) = by_target.remove(&target.target) {
            fill(target, outcome);
        }
    }
    review.targets = folded(review.targets);
    review
}

fn fill(target: &mut ReviewTarget, outcome: &TargetOutcome) {
    let found = |operation: &OperationOutcome| ReviewOutcome {
        word: operation.outcome.as_str(),
        style: outcome_style(&operation.outcome),
        message: operation.outcome.message().unwrap_or_default(),
    };
    let mut outcomes: BTreeMap<usize, ReviewOutcome> =
        outcome.outcomes.iter().map(|operation| (operation.id, found(operation))).collect();
    for step in &mut target.steps {
        step.outcome = outcomes.remove(&step.id);
    }
    if let Some(error) = &outcome.error {
        target.error = Some(("error", error.clone()));
    }
}

/// The role of an outcome.
pub(in crate::report) fn outcome_style(outcome: &Outcome) -> Style {
    match outcome {
        Outcome::Applied => Style::Added,
        Outcome::Skipped { satisfied: true, .. } => Style::Faint,
        Outcome::Skipped { .. } => Style::Warning,
        Outcome::Conflict { .. } | Outcome::Failed { .. } => Style::Bad,
    }
}

/// `Applied 3 operations, 1 failed`, and whether everything that was planned is there.
pub(in crate::report) fn outcome_summary(outcomes: &[TargetOutcome]) -> (String, bool) {
    let all = || outcomes.iter().flat_map(|target| &target.outcomes);
    let count = |word: &str| all().filter(|operation| operation.outcome.as_str() == word).count();
    let mut line = format!("Applied {}", counted(count("applied"), "operation"));
    for word in ["skipped", "conflict", "failed"] {
        let number = count(word);
        if number > 0 {
            line.push_str(&format!(", {number} {word}"));
        }
    }
    (line, outcomes.iter().all(TargetOutcome::is_complete))
}
