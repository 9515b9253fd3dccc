//! `logpolicy validate`

use crate::report::{diagnostics_text, findings_summary, validate_github, validate_json, validate_sarif};

use super::arguments::{FindingsFormat, Global, ValidateArguments};
use super::exit::Exit;
use super::failure::Failure;
use super::streams::Streams;
use super::world::read_files;

/// Checks the desired state, offline.
pub(super) fn validate(
    arguments: &ValidateArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let files = read_files(global)?;
    match arguments.format {
        FindingsFormat::Json => streams.data(&validate_json(&files.diagnostics, &files.sources))?,
        FindingsFormat::Sarif => streams.data(&validate_sarif(&files.diagnostics, &files.sources))?,
        FindingsFormat::Github => streams.data(&validate_github(&files.diagnostics, &files.sources))?,
        FindingsFormat::Text => {
            let mut text = diagnostics_text(&files.diagnostics, &files.sources, streams.layout());
            let desired = &files.desired;
            let (policies, grants) = (desired.policies.len(), desired.grants.len());
            text.push_str(&findings_summary(&files.diagnostics, policies, grants, desired.targets.len()));
            streams.data(&text)?;
        }
    }
    Ok(files.exit())
}
