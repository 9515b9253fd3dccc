//! The forms in which plans and what became of them are shown.

use clap::ValueEnum;

use crate::plan::{PlanFormat, TargetOutcome, TargetResult};
use crate::policy::Fingerprint;
use crate::report::{
    Coverage, Layout, apply_json, apply_lines, apply_review, apply_text, diagnostics_text, files_review,
    plan_github, plan_json, plan_lines, plan_review, plan_sarif, plan_text, review_html, review_markdown,
    validate_github, validate_json, validate_sarif,
};

use super::exit::Exit;
use super::failure::Failure;
use super::report_file::Reports;
use super::shard::{Shard, covered};
use super::streams::Streams;
use super::world::Files;

/// How a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanForm {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For programs, one target in a line: for large fleets.
    Jsonl,
    /// For the comment of a pull request.
    Markdown,
    /// A page for the browser.
    Html,
    /// Findings and refusals, for code scanning.
    Sarif,
    /// Findings and refusals, as annotations of a GitHub workflow.
    Github,
}

impl PlanForm {
    /// Plans.
    pub(super) fn plans(
        self,
        results: &[TargetResult],
        format: &PlanFormat,
        coverage: &Coverage,
        layout: Layout,
    ) -> String {
        match self.of_values(results, format.digest(), coverage, layout) {
            Some(text) => text,
            None if self == Self::Jsonl => plan_lines(format, coverage),
            None => plan_json(format, coverage),
        }
    }

    /// Plans in any form but JSON, which is made while they come.
    pub(super) fn of_values(
        self,
        results: &[TargetResult],
        digest: &Fingerprint,
        coverage: &Coverage,
        layout: Layout,
    ) -> Option<String> {
        let review = || coverage.of_review(plan_review(results, digest));
        Some(match self {
            Self::Json | Self::Jsonl => return None,
            Self::Text => coverage.before(plan_text(results, digest, layout)),
            Self::Markdown => review_markdown(&review()),
            Self::Html => review_html(&review()),
            Self::Sarif => plan_sarif(results),
            Self::Github => plan_github(results),
        })
    }

    /// What became of plans.
    pub(super) fn outcomes(
        self,
        results: &[TargetResult],
        digest: &Fingerprint,
        outcomes: &[TargetOutcome],
        coverage: &Coverage,
        layout: Layout,
    ) -> String {
        let review = || coverage.of_review(apply_review(results, digest, outcomes));
        match self {
            Self::Text if outcomes.is_empty() => coverage.before(plan_text(results, digest, layout)),
            Self::Text => {
                let plan = plan_text(results, digest, layout);
                coverage.before(format!("{plan}\n{}", apply_text(outcomes)))
            }
            Self::Json => apply_json(results, digest, outcomes, coverage),
            Self::Jsonl => apply_lines(results, digest, outcomes, coverage),
            Self::Markdown => review_markdown(&review()),
            Self::Html => review_html(&review()),
            Self::Sarif => plan_sarif(results),
            Self::Github => plan_github(results),
        }
    }

    /// Files that cannot be understood, in place of a plan.
    pub(super) fn files(
        self,
        kind: &'static str,
        files: &Files,
        coverage: &Coverage,
        layout: Layout,
    ) -> String {
        let Files { sources, diagnostics, .. } = files;
        match self {
            Self::Text => diagnostics_text(diagnostics, sources, layout),
            Self::Json | Self::Jsonl => validate_json(diagnostics, sources, coverage),
            Self::Markdown => review_markdown(&files_review(kind, diagnostics, sources)),
            Self::Html => review_html(&files_review(kind, diagnostics, sources)),
            Self::Sarif => validate_sarif(diagnostics, sources),
            Self::Github => validate_github(diagnostics, sources),
        }
    }
}

/// The form of the same name in another command's choice, where it has one.
pub(super) fn same_form<Form: ValueEnum>(form: &impl ValueEnum) -> Option<Form> {
    Form::from_str(form.to_possible_value()?.get_name(), false).ok()
}

/// Shows files that cannot be understood wherever a plan was to be shown; text was shown already.
pub(super) fn show_files(
    kind: &'static str,
    form: PlanForm,
    reports: Reports<'_, PlanForm>,
    files: &Files,
    shard: Option<Shard>,
    streams: Streams,
) -> Result<Exit, Failure> {
    let coverage = covered(shard, files.exit());
    if form != PlanForm::Text {
        streams.data(&form.files(kind, files, &coverage, streams.layout()))?;
    }
    let written = reports.write(streams, |form| form.files(kind, files, &coverage, streams.layout()));
    Ok(Exit::worst([files.exit(), written]))
}
