//! What every JSON output has around its content: versions, kind, and which part of the targets it is about.

use serde::{Deserialize, Serialize};

use crate::plan::{FORMAT_VERSION, TOOL_VERSION};

/// What a report is about where it is not about all targets of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The shard whose report it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Part>,
    /// The shards that a merged report lacks, such as `3/5`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_shards: Vec<String>,
}

/// One of so many shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Counted from one.
    pub number: u64,
    /// How many there are.
    pub of: u64,
    /// How its run ended.
    pub exit_code: u8,
}

/// What every output begins with.
#[derive(Serialize)]
struct Envelope<'a, T> {
    format_version: &'static str,
    kind: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    coverage: &'a Coverage,
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
    json_report(kind, &Coverage::default(), content)
}

/// An output of one kind about some of the targets.
pub fn json_report(kind: &'static str, coverage: &Coverage, content: impl Serialize) -> String {
    pretty(&Envelope { format_version: FORMAT_VERSION, kind, tool_version: TOOL_VERSION, coverage, content })
}

/// The last line of an output with each target in a line: versions and all else.
pub fn json_last_line(kind: &'static str, coverage: &Coverage, content: impl Serialize) -> String {
    json_line(&Envelope {
        format_version: FORMAT_VERSION,
        kind,
        tool_version: TOOL_VERSION,
        coverage,
        content,
    })
}

/// In one line, with a line feed at the end.
pub fn json_line(value: &impl Serialize) -> String {
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
