//! The forms in which drift is shown.

use clap::ValueEnum;

use crate::report::{
    DriftedTarget, Layout, drift_json, drift_lines, drift_review, drift_sarif, drift_text, review_html,
    review_markdown,
};

use super::exit::Exit;
use super::failure::Failure;
use super::plan_form::PlanForm;
use super::report_file::Reports;
use super::streams::Streams;
use super::world::{DEFAULT_FILE, Files, World};

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
    /// What others changed.
    pub(super) fn targets(self, targets: &[DriftedTarget], world: &World, layout: Layout) -> String {
        match self {
            Self::Text => drift_text(targets, layout),
            Self::Json => drift_json(targets),
            Self::Jsonl => drift_lines(targets),
            Self::Markdown => review_markdown(&drift_review(targets)),
            Self::Html => review_html(&drift_review(targets)),
            Self::Sarif => {
                let first = world.sources.files.first();
                drift_sarif(targets, first.map_or(DEFAULT_FILE, |file| file.path.as_str()))
            }
        }
    }

    /// The form in which files are shown that cannot be understood.
    fn of_files(self) -> PlanForm {
        match self {
            Self::Text => PlanForm::Text,
            Self::Json => PlanForm::Json,
            Self::Jsonl => PlanForm::Jsonl,
            Self::Markdown => PlanForm::Markdown,
            Self::Html => PlanForm::Html,
            Self::Sarif => PlanForm::Sarif,
        }
    }
}

/// Shows files that cannot be understood wherever drift was to be shown; text was shown already.
pub(super) fn show_files(
    form: DriftForm,
    reports: Reports<'_, DriftForm>,
    files: &Files,
    streams: Streams,
) -> Result<Exit, Failure> {
    let text = |form: DriftForm| form.of_files().files("drift", files, streams.layout());
    if form != DriftForm::Text {
        streams.data(&text(form))?;
    }
    Ok(Exit::worst([files.exit(), reports.write(streams, text)]))
}
