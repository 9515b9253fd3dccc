//! The forms in which drift is shown.

use clap::ValueEnum;

use crate::report::{
    Coverage, DriftedTarget, Layout, drift_json, drift_lines, drift_review, drift_sarif, drift_text,
    review_html, review_markdown,
};

use super::exit::Exit;
use super::failure::Failure;
use super::plan_form::{PlanForm, same_form};
use super::report_file::Reports;
use super::shard::{Shard, covered};
use super::streams::Streams;
use super::world::Files;

/// How drift is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DriftForm {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For programs, one target in a line: for large fleets.
    Jsonl,
    /// For an issue.
    Markdown,
    /// A page for the browser.
    Html,
    /// For code scanning.
    Sarif,
}

impl DriftForm {
    /// What others changed. What belongs to no entry stands at `file`.
    pub(super) fn targets(
        self,
        targets: &[DriftedTarget],
        file: &str,
        coverage: &Coverage,
        layout: Layout,
    ) -> String {
        let review = || coverage.of_review(drift_review(targets));
        match self {
            Self::Text => coverage.before(drift_text(targets, layout)),
            Self::Json => drift_json(targets, coverage),
            Self::Jsonl => drift_lines(targets, coverage),
            Self::Markdown => review_markdown(&review()),
            Self::Html => review_html(&review()),
            Self::Sarif => drift_sarif(targets, file),
        }
    }
}

/// Shows files that cannot be understood wherever drift was to be shown; text was shown already.
pub(super) fn show_files(
    form: DriftForm,
    reports: Reports<'_, DriftForm>,
    files: &Files,
    shard: Option<Shard>,
    streams: Streams,
) -> Result<Exit, Failure> {
    let coverage = covered(shard, files.exit());
    let text = |form: DriftForm| {
        let form: PlanForm = same_form(&form).unwrap_or(PlanForm::Text);
        form.files("drift", files, &coverage, streams.layout())
    };
    if form != DriftForm::Text {
        streams.data(&text(form))?;
    }
    Ok(Exit::worst([files.exit(), reports.write(streams, text)]))
}
