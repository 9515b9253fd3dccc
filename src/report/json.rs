//! JSON for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Diagnostics, Severity, Sources};
use crate::plan::{
    DiagnosticFormat, FORMAT_VERSION, PlanFormat, TOOL_VERSION, TargetFormat, TargetOutcome, TargetResult,
};
use crate::policy::Fingerprint;

#[derive(Serialize)]
struct ValidateFormat {
    format_version: &'static str,
    kind: &'static str,
    tool_version: &'static str,
    summary: FindingCount,
    diagnostics: Vec<DiagnosticFormat>,
}

#[derive(Serialize)]
struct FindingCount {
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct ApplyFormat {
    #[serde(flatten)]
    head: ApplyHead,
    targets: Vec<AppliedTarget>,
}

#[derive(Serialize)]
struct ApplyHead {
    format_version: &'static str,
    kind: &'static str,
    tool_version: &'static str,
    digest: Fingerprint,
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
}

#[derive(Serialize)]
struct OutcomeFormat {
    operation: String,
    address: String,
    outcome: &'static str,
    message: Option<String>,
}

/// The plans of some targets, each in a line, and a last line with all else.
pub fn plan_lines(plan: &PlanFormat) -> String {
    let mut text: String = plan.targets().iter().map(line).collect();
    text.push_str(&plan_last_line(plan));
    text
}

/// What stands behind the lines of the targets: versions, digest and summary.
pub fn plan_last_line(plan: &PlanFormat) -> String {
    line(&plan.head())
}

/// The plans of some targets.
pub fn plan_json(plan: &PlanFormat) -> String {
    pretty(plan)
}

/// The findings of a validation.
pub fn validate_json(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let finding = |finding: &crate::model::Diagnostic| {
        DiagnosticFormat::new(finding, finding.span.and_then(|span| sources.location(span)))
    };
    pretty(&ValidateFormat {
        format_version: FORMAT_VERSION,
        kind: "validate",
        tool_version: TOOL_VERSION,
        summary: FindingCount {
            errors: diagnostics.count(Severity::Error),
            warnings: diagnostics.count(Severity::Warning),
        },
        diagnostics: diagnostics.iter().map(finding).collect(),
    })
}

/// What became of the plans: the same targets, with one outcome for each operation.
pub fn apply_json(results: &[TargetResult], digest: &Fingerprint, outcomes: &[TargetOutcome]) -> String {
    let head = ApplyHead::new(digest, outcomes);
    pretty(&ApplyFormat { head, targets: applied_targets(results, outcomes).collect() })
}

/// What became of the plans, each target in a line, and a last line with all else.
pub fn apply_lines(results: &[TargetResult], digest: &Fingerprint, outcomes: &[TargetOutcome]) -> String {
    let mut text: String = applied_targets(results, outcomes).map(|target| line(&target)).collect();
    text.push_str(&line(&ApplyHead::new(digest, outcomes)));
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
        }
    })
}

impl ApplyHead {
    fn new(digest: &Fingerprint, outcomes: &[TargetOutcome]) -> Self {
        let mut summary = OutcomeCount::default();
        for operation in outcomes.iter().flat_map(|target| &target.outcomes) {
            *match operation.outcome.as_str() {
                "applied" => &mut summary.applied,
                "skipped" => &mut summary.skipped,
                "conflict" => &mut summary.conflict,
                _ => &mut summary.failed,
            } += 1;
        }
        let (kind, digest) = ("apply", digest.clone());
        Self { format_version: FORMAT_VERSION, kind, tool_version: TOOL_VERSION, digest, summary }
    }
}

fn target_outcomes(target: &TargetOutcome) -> Vec<OutcomeFormat> {
    let outcome = |operation: &crate::plan::OperationOutcome| OutcomeFormat {
        operation: operation.id.to_string(),
        address: operation.key.at(&target.target).to_string(),
        outcome: operation.outcome.as_str(),
        message: operation.outcome.message(),
    };
    target.outcomes.iter().map(outcome).collect()
}

/// What every output begins with.
#[derive(Serialize)]
struct Envelope<T> {
    format_version: &'static str,
    kind: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    content: T,
}

/// A list of targets under its name.
#[derive(Serialize)]
pub(super) struct Targets<T> {
    pub(super) targets: Vec<T>,
}

/// An output of one kind, with the versions in front.
pub(super) fn enveloped(kind: &'static str, content: impl Serialize) -> String {
    pretty(&Envelope { format_version: FORMAT_VERSION, kind, tool_version: TOOL_VERSION, content })
}

/// An output of one kind with each target in a line, and the versions and all else in the last.
pub(super) fn enveloped_lines(
    kind: &'static str,
    targets: impl Iterator<Item = impl Serialize>,
    content: impl Serialize,
) -> String {
    let mut text: String = targets.map(|target| line(&target)).collect();
    text.push_str(&line(&Envelope {
        format_version: FORMAT_VERSION,
        kind,
        tool_version: TOOL_VERSION,
        content,
    }));
    text
}

/// In one line, with a line feed at the end.
fn line(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

/// Pretty-printed, with a line feed at the end.
pub(super) fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
