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
        match self {
            Self::Text => plan_text(results, format.digest(), layout),
            Self::Json => plan_json(format, coverage),
            Self::Jsonl => plan_lines(format, coverage),
            Self::Markdown => review_markdown(&plan_review(results, format.digest())),
            Self::Html => review_html(&plan_review(results, format.digest())),
            Self::Sarif => plan_sarif(results),
            Self::Github => plan_github(results),
        }
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
        let review = || apply_review(results, digest, outcomes);
        match self {
            Self::Text if outcomes.is_empty() => plan_text(results, digest, layout),
            Self::Text => format!("{}\n{}", plan_text(results, digest, layout), apply_text(outcomes)),
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
