//! SARIF 2.1.0, for code scanning (OASIS, "Static Analysis Results Interchange Format").

use serde_json::{Value, json};

use crate::model::{Diagnostics, Location, Severity, Sources};
use crate::plan::{TOOL_VERSION, TargetResult};
use crate::validate::rules;

use super::finding::{Finding, found_by_planning, found_in_files, refused};

/// The findings as one run.
pub fn validate_sarif(diagnostics: &Diagnostics, sources: &Sources) -> String {
    sarif(&found_in_files(diagnostics, sources))
}

/// The findings of a plan, its refusals and the targets that could not be planned, as one run.
pub fn plan_sarif(results: &[TargetResult]) -> String {
    let mut findings = found_by_planning(results);
    findings.extend(refused(results));
    sarif(&findings)
}

fn sarif(findings: &[Finding]) -> String {
    let used: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    let described = rules().filter(|rule| used.contains(&rule.code.0)).map(|rule| {
        let mut described = json!({
            "id": rule.code.0,
            "shortDescription": { "text": rule.summary },
            "fullDescription": { "text": rule.help },
            "defaultConfiguration": { "level": level(rule.severity) },
        });
        if !rule.link.is_empty() {
            described["helpUri"] = json!(rule.link);
        }
        described
    });
    let described: Vec<Value> = described.collect();
    let results = findings.iter().map(|finding| {
        let Finding { start, end, code, severity, address, message: _, notes: _ } = finding;
        let place = start.as_ref().map(|start| location(start, end.as_ref()));
        let mut result = json!({
            "ruleId": code,
            "level": level(*severity),
            "message": { "text": finding.text() },
            "locations": place.into_iter().collect::<Vec<_>>(),
        });
        if let Some(address) = address {
            result["properties"] = json!({ "address": address });
        }
        result
    });
    log(&described, &results.collect::<Vec<Value>>())
}

/// One run of this tool.
pub(super) fn log(rules: &[Value], results: &[Value]) -> String {
    let run = json!({
        "tool": { "driver": { "name": "logpolicy", "semanticVersion": TOOL_VERSION, "rules": rules } },
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    format!("{log:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn location(start: &Location, end: Option<&Location>) -> Value {
    let mut region = json!({ "startLine": start.line, "startColumn": start.column });
    if let Some(end) = end {
        region["endLine"] = json!(end.line);
        region["endColumn"] = json!(end.column);
    }
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&start.file) }, "region": region } })
}

/// A relative path as a relative reference (RFC 3986): what is not allowed there is percent-encoded.
pub(super) fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
