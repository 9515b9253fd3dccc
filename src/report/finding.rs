//! Findings as every format but text shows them: rules, and what planning refuses.

use std::collections::BTreeSet;

use crate::model::{Diagnostic, Diagnostics, Location, Severity, SourceSpan, Sources};
use crate::plan::{Plan, Refusal, TargetResult};

/// One finding and its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where it begins.
    pub start: Option<Location>,
    /// Where it ends; nothing where that is not known any more.
    pub end: Option<Location>,
    /// The rule's code, or the name of a refusal.
    pub code: &'static str,
    /// Its weight.
    pub severity: Severity,
    /// The policy or target that it is about.
    pub address: Option<String>,
    /// What is wrong.
    pub message: String,
    /// Why it matters and what to do, each a full sentence.
    pub notes: Vec<String>,
}

impl Finding {
    fn new(finding: &Diagnostic, start: Option<Location>, end: Option<Location>) -> Self {
        let Diagnostic { code, severity, message, label: _, span: _, related: _, notes, address } = finding;
        Self {
            start,
            end,
            code: code.0,
            severity: *severity,
            address: address.as_ref().map(ToString::to_string),
            message: message.clone(),
            notes: notes.clone(),
        }
    }

    /// `logpolicy.yaml:7:3`, or else the policy or target; nothing where it is about neither.
    pub(super) fn place(&self) -> Option<String> {
        let start = self.start.as_ref();
        let place = start.map(|place| format!("{}:{}:{}", place.file, place.line, place.column));
        place.or_else(|| self.address.clone())
    }

    /// What is wrong, why it matters and what to do.
    pub(super) fn text(&self) -> String {
        let sentences = [&self.message].into_iter().chain(&self.notes);
        sentences.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// The findings of a validation, in their order.
pub(super) fn found_in_files(diagnostics: &Diagnostics, sources: &Sources) -> Vec<Finding> {
    let place = |span: Option<SourceSpan>| span.and_then(|span| sources.location(span));
    let finding = |finding: &Diagnostic| {
        let end = finding.span.map(|span| SourceSpan { start: span.end, ..span });
        Finding::new(finding, place(finding.span), place(end))
    };
    diagnostics.iter().map(finding).collect()
}

/// What the plans of some targets were made in spite of, each once, by place.
pub(super) fn found_by_planning(results: &[TargetResult]) -> Vec<Finding> {
    let plans = results.iter().filter_map(|result| result.plan.as_ref().ok());
    let found = plans.flat_map(|plan| &plan.diagnostics);
    let found: BTreeSet<Finding> =
        found.map(|(finding, place)| Finding::new(finding, place.clone(), None)).collect();
    found.into_iter().collect()
}

/// Why some targets cannot be applied: refusals, and what went wrong.
pub(super) fn refused(results: &[TargetResult]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for result in results {
        match &result.plan {
            Ok(plan) => findings.extend(plan.refusals.iter().map(|found| refusal(plan, found))),
            Err(error) => findings.push(Finding {
                start: None,
                end: None,
                code: if error.locked { "locked" } else { "error" },
                severity: Severity::Error,
                address: Some(result.target.to_string()),
                message: error.message.clone(),
                notes: Vec::new(),
            }),
        }
    }
    findings
}

fn refusal(plan: &Plan, refusal: &Refusal) -> Finding {
    let Refusal { name, key, message, allowed } = refusal;
    let source = key.as_ref().and_then(|key| plan.changes.iter().find(|planned| planned.key == *key));
    let address =
        key.as_ref().map_or_else(|| plan.target.to_string(), |key| key.at(&plan.target).to_string());
    Finding {
        start: source.and_then(|planned| planned.source.clone()),
        end: None,
        code: name.as_str(),
        severity: if *allowed { Severity::Warning } else { Severity::Error },
        address: Some(address),
        message: message.clone(),
        notes: if *allowed { vec!["It was allowed by name.".to_owned()] } else { Vec::new() },
    }
}
