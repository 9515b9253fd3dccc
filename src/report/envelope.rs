//! What every JSON output has around its content: versions, kind, and which part of the targets it is about.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::PolicyAddress;
use crate::plan::{FORMAT_VERSION, TOOL_VERSION};

use super::count::counted;
use super::review::Review;
use super::style::Style;

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

/// One of so many shards, and what no plan says but its text shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Counted from one.
    pub number: u64,
    /// How many there are.
    pub of: u64,
    /// How its run ended.
    pub exit_code: u8,
    /// When what is to be deleted was applied, by address. It stands here, for a digest covers no time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ours_since: BTreeMap<PolicyAddress, String>,
}

impl Coverage {
    /// What everybody must see first where shards are missing.
    fn gap(&self) -> Option<String> {
        let missing = &self.missing_shards;
        let number = counted(missing.len(), "shard");
        let shards = missing.join(", ");
        (!missing.is_empty()).then(|| {
            format!("Incomplete: the report of {number} is missing ({shards}), and nothing is known of the targets there.")
        })
    }

    /// A text with what is missing in front.
    pub fn before(&self, text: String) -> String {
        match self.gap() {
            Some(gap) => format!("{}\n\n{text}", Style::Bad.paint(&gap)),
            None => text,
        }
    }

    /// A review with what is missing in front.
    #[must_use]
    pub fn of_review(&self, mut review: Review) -> Review {
        let sentences = self.gap().into_iter().chain((!review.lead.is_empty()).then_some(review.lead));
        review.lead = sentences.collect::<Vec<_>>().join(" ");
        review
    }
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
