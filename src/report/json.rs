//! JSON for programs.

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
    format_version: &'static str,
    kind: &'static str,
    tool_version: &'static str,
    digest: Fingerprint,
    summary: OutcomeCount,
    targets: Vec<AppliedTarget>,
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
    let mut summary = OutcomeCount::default();
    for operation in outcomes.iter().flat_map(|target| &target.outcomes) {
        *match operation.outcome.as_str() {
            "applied" => &mut summary.applied,
            "skipped" => &mut summary.skipped,
            "conflict" => &mut summary.conflict,
            _ => &mut summary.failed,
        } += 1;
    }
    let targets = results.iter().map(|result| {
        let outcome = outcomes.iter().find(|outcome| outcome.target == result.target);
        AppliedTarget {
            planned: TargetFormat::new(result).failing(outcome.and_then(|outcome| outcome.error.clone())),
            outcomes: outcome.map(target_outcomes).unwrap_or_default(),
        }
    });
    pretty(&ApplyFormat {
        format_version: FORMAT_VERSION,
        kind: "apply",
        tool_version: TOOL_VERSION,
        digest: digest.clone(),
        summary,
        targets: targets.collect(),
    })
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

/// Pretty-printed, with a line feed at the end.
pub(super) fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
