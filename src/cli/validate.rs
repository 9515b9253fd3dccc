//! `logpolicy validate`

use crate::report::{
    Coverage, Layout, diagnostics_text, findings_summary, validate_github, validate_json, validate_sarif,
};

use super::arguments::{FindingsFormat, Global, ValidateArguments};
use super::exit::Exit;
use super::failure::Failure;
use super::report_file::Reports;
use super::streams::Streams;
use super::world::{Files, read_files};

/// Checks the desired state, offline.
pub(super) fn validate(
    arguments: &ValidateArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let reports = Reports::new(&arguments.reports, None)?;
    let files = read_files(global, streams)?;
    let text = |format| shown(format, &files, streams.layout());
    streams.data(&text(arguments.format))?;
    Ok(Exit::worst([files.exit(), reports.write(streams, text)]))
}

fn shown(format: FindingsFormat, files: &Files, layout: Layout) -> String {
    let Files { sources, diagnostics, desired, open: _, is_whole: _ } = files;
    match format {
        FindingsFormat::Json => validate_json(diagnostics, sources, &Coverage::default()),
        FindingsFormat::Sarif => validate_sarif(diagnostics, sources),
        FindingsFormat::Github => validate_github(diagnostics, sources),
        FindingsFormat::Text => {
            let (policies, grants) = (desired.policies.len(), desired.grants.len());
            let summary = findings_summary(diagnostics, policies, grants, desired.targets.len());
            diagnostics_text(diagnostics, sources, layout) + &summary
        }
    }
}
