//! What the page's template is filled with.

use std::collections::BTreeSet;

use minijinja::value::Value;
use serde::Serialize;

use crate::model::Severity;
use crate::plan::TOOL_VERSION;
use crate::report::finding::Finding;
use crate::report::review::{AccessLine, Count, Problem, Review, ReviewItem};
use crate::report::style::Style;

use super::{SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH};

/// The most lines at the top about who may newly write what, and no longer.
const MOST_LINES: usize = 100;

#[derive(Serialize)]
pub(super) struct PageFormat<'a> {
    kind: &'a str,
    title: &'a str,
    lead: &'a str,
    digest: Option<&'a str>,
    digest_short: Option<&'a str>,
    version: &'static str,
    counts: Vec<CountFormat<'a>>,
    changes: usize,
    problems: Vec<ProblemFormat>,
    access: Vec<AccessFormat>,
    findings: Vec<FindingFormat<'a>>,
    /// The kinds of items, to filter by.
    kinds: BTreeSet<&'a str>,
    targets: Vec<Value>,
    calm: Vec<CalmFormat>,
    style: Value,
    style_hash: Value,
    script: Value,
    script_hash: Value,
}

#[derive(Serialize)]
struct CountFormat<'a> {
    text: &'a str,
    class: &'static str,
}

#[derive(Serialize)]
struct ProblemFormat {
    word: &'static str,
    class: &'static str,
    name: String,
    place: String,
    message: String,
}

#[derive(Serialize)]
struct AccessFormat {
    title: &'static str,
    class: &'static str,
    lines: Vec<LineFormat>,
    more: usize,
}

#[derive(Serialize)]
struct LineFormat {
    sentence: String,
    place: String,
}

#[derive(Serialize)]
struct FindingFormat<'a> {
    severity: Severity,
    class: &'static str,
    code: &'a str,
    place: Option<String>,
    message: &'a str,
    notes: &'a [String],
}

/// A target without changes.
#[derive(Serialize)]
struct CalmFormat {
    target: String,
    meter: Option<String>,
}

impl<'a> PageFormat<'a> {
    /// The page around the targets, which are HTML already.
    pub(super) fn new(review: &'a Review, targets: Vec<Value>) -> Self {
        let Review { kind, title, lead, digest, counts, findings, command: _, folds_calm: _, targets: _ } =
            review;
        let shown = review.targets.iter().filter(|target| !review.folds(target));
        let calm = review.targets.iter().filter(|target| review.folds(target));
        let parts = [
            access("Newly allowed", Style::Added, review, |item| &item.gained),
            access("No longer allowed", Style::Removed, review, |item| &item.lost),
        ];
        Self {
            kind,
            title,
            lead,
            digest: digest.as_ref().map(|digest| digest.as_str()),
            digest_short: digest.as_ref().map(|digest| digest.short()),
            version: TOOL_VERSION,
            counts: counts
                .iter()
                .map(|Count { text, style }| CountFormat { text, class: style.as_str() })
                .collect(),
            changes: review.changes(),
            problems: review.problems().into_iter().map(ProblemFormat::new).collect(),
            access: parts.into_iter().filter(|part| !part.lines.is_empty()).collect(),
            findings: findings.iter().map(FindingFormat::new).collect(),
            kinds: shown
                .flat_map(|target| &target.items)
                .filter(|item| !item.is_quiet)
                .map(|item| item.kind)
                .collect(),
            targets,
            calm: calm
                .map(|target| CalmFormat { target: target.target.to_string(), meter: target.meter() })
                .collect(),
            style: Value::from_safe_string(STYLE.to_owned()),
            style_hash: Value::from_safe_string(STYLE_HASH.to_owned()),
            script: Value::from_safe_string(SCRIPT.to_owned()),
            script_hash: Value::from_safe_string(SCRIPT_HASH.to_owned()),
        }
    }
}

fn access<'a>(
    title: &'static str,
    style: Style,
    review: &'a Review,
    of: impl Fn(&'a ReviewItem) -> &'a [String],
) -> AccessFormat {
    let all = review.access(of);
    let line = |line: &AccessLine| LineFormat { sentence: line.sentence.clone(), place: line.place() };
    let lines: Vec<LineFormat> = all.iter().take(MOST_LINES).map(line).collect();
    AccessFormat { title, class: style.as_str(), more: all.len() - lines.len(), lines }
}

impl ProblemFormat {
    fn new(problem: Problem) -> Self {
        let Problem { word, style, name, place, message } = problem;
        Self { word, class: style.as_str(), name, place, message }
    }
}

impl<'a> FindingFormat<'a> {
    fn new(finding: &'a Finding) -> Self {
        let Finding { start: _, end: _, code, severity, address: _, message, notes } = finding;
        let style = match severity {
            Severity::Error => Style::Bad,
            Severity::Warning => Style::Warning,
        };
        Self { severity: *severity, class: style.as_str(), code, place: finding.place(), message, notes }
    }
}
