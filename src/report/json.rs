//! JSON for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Diagnostics, Severity, Sources};
use crate::plan::{
    DiagnosticFormat, Outcome, PlanFormat, Summary, TargetFormat, TargetOutcome, TargetResult,
};
use crate::policy::Fingerprint;

use super::envelope::{Coverage, json_last_line, json_line, json_report};

#[derive(Serialize)]
struct ValidateFormat {
    summary: FindingCount,
    diagnostics: Vec<DiagnosticFormat>,
}

#[derive(Serialize)]
struct FindingCount {
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct PlansFormat<'a> {
    #[serde(flatten)]
    head: PlanHead<'a>,
    targets: &'a [TargetFormat],
}

#[derive(Serialize)]
struct PlanHead<'a> {
    digest: &'a Fingerprint,
    summary: &'a Summary,
}

#[derive(Serialize)]
struct ApplyFormat<'a> {
    #[serde(flatten)]
    head: ApplyHead<'a>,
    targets: Vec<AppliedTarget>,
}

#[derive(Serialize)]
struct ApplyHead<'a> {
    digest: &'a Fingerprint,
    summary: OutcomeCount,
}

#[derive(Default, Serialize)]
struct OutcomeCount {
    applied: usize,
    skipped: usize,
    conflict: usize,
    failed: usize,
}

#[derive(Serialize)]
struct AppliedTarget {
    #[serde(flatten)]
    planned: TargetFormat,
    outcomes: Vec<OutcomeFormat>,
    /// Whether its plan was begun.
    carried_out: bool,
    /// Whether the run was stopped before it was done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    interrupted: bool,
}

#[derive(Serialize)]
struct OutcomeFormat {
    operation: String,
    address: String,
    outcome: &'static str,
    message: Option<String>,
    /// Whether what was not tried stands there as planned all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    satisfied: bool,
}

/// The plans of some targets, each in a line, and a last line with all else.
pub fn plan_lines(plan: &PlanFormat, coverage: &Coverage) -> String {
    let mut text: String = plan.targets().iter().map(json_line).collect();
    text.push_str(&plan_last_line(plan, coverage));
    text
}

/// What stands behind the lines of the targets: versions, digest and summary.
pub fn plan_last_line(plan: &PlanFormat, coverage: &Coverage) -> String {
    json_last_line("plan", coverage, PlanHead::of(plan))
}

/// The plans of some targets.
pub fn plan_json(plan: &PlanFormat, coverage: &Coverage) -> String {
    json_report("plan", coverage, PlansFormat { head: PlanHead::of(plan), targets: plan.targets() })
}

impl<'a> PlanHead<'a> {
    fn of(plan: &'a PlanFormat) -> Self {
        Self { digest: plan.digest(), summary: plan.summary() }
    }
}

/// The findings of a validation.
pub fn validate_json(diagnostics: &Diagnostics, sources: &Sources, coverage: &Coverage) -> String {
    let finding = |finding: &crate::model::Diagnostic| {
        DiagnosticFormat::new(finding, finding.span.and_then(|span| sources.location(span)))
    };
    let summary = FindingCount {
        errors: diagnostics.count(Severity::Error),
        warnings: diagnostics.count(Severity::Warning),
    };
    let diagnostics = diagnostics.iter().map(finding).collect();
    json_report("validate", coverage, ValidateFormat { summary, diagnostics })
}

/// What became of the plans: the same targets, with one outcome for each operation.
pub fn apply_json(
    results: &[TargetResult],
    digest: &Fingerprint,
    outcomes: &[TargetOutcome],
    coverage: &Coverage,
) -> String {
    let targets = applied_targets(results, outcomes).collect();
    json_report("apply", coverage, ApplyFormat { head: ApplyHead::new(digest, outcomes), targets })
}

/// What became of the plans, each target in a line, and a last line with all else.
pub fn apply_lines(
    results: &[TargetResult],
    digest: &Fingerprint,
    outcomes: &[TargetOutcome],
    coverage: &Coverage,
) -> String {
    let mut text: String = applied_targets(results, outcomes).map(|target| json_line(&target)).collect();
    text.push_str(&json_last_line("apply", coverage, ApplyHead::new(digest, outcomes)));
    text
}

fn applied_targets<'a>(
    results: &'a [TargetResult],
    outcomes: &'a [TargetOutcome],
) -> impl Iterator<Item = AppliedTarget> + 'a {
    let by_target: BTreeMap<_, _> = outcomes.iter().map(|outcome| (&outcome.target, outcome)).collect();
    results.iter().map(move |result| {
        let outcome = by_target.get(&result.target);
        AppliedTarget {
            planned: TargetFormat::new(result).failing(outcome.and_then(|outcome| outcome.error.clone())),
            outcomes: outcome.map(|outcome| target_outcomes(outcome)).unwrap_or_default(),
            carried_out: outcome.is_some(),
            interrupted: outcome.is_some_and(|outcome| outcome.interrupted),
        }
    })
}

impl<'a> ApplyHead<'a> {
    fn new(digest: &'a Fingerprint, outcomes: &[TargetOutcome]) -> Self {
        let mut summary = OutcomeCount::default();
        for operation in outcomes.iter().flat_map(|target| &target.outcomes) {
            *match operation.outcome.as_str() {
                "applied" => &mut summary.applied,
                "skipped" => &mut summary.skipped,
                "conflict" => &mut summary.conflict,
                _ => &mut summary.failed,
            } += 1;
        }
        Self { digest, summary }
    }
}

fn target_outcomes(target: &TargetOutcome) -> Vec<OutcomeFormat> {
    let outcome = |operation: &crate::plan::OperationOutcome| OutcomeFormat {
        operation: operation.id.to_string(),
        address: operation.key.at(&target.target).to_string(),
        outcome: operation.outcome.as_str(),
        message: operation.outcome.message(),
        satisfied: matches!(operation.outcome, Outcome::Skipped { satisfied: true, .. }),
    };
    target.outcomes.iter().map(outcome).collect()
}
