//! SARIF 2.1.0, for code scanning (OASIS, "Static Analysis Results Interchange Format").

use serde_json::{Value, json};

use crate::model::{Diagnostics, Severity, SourceSpan, Sources};
use crate::plan::TOOL_VERSION;
use crate::validate::rules;

/// The findings as one run.
pub fn validate_sarif(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let used: Vec<&str> = diagnostics.iter().map(|finding| finding.code.0).collect();
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
    let results = diagnostics.iter().map(|finding| {
        let mut text = finding.message.clone();
        for note in &finding.notes {
            text.push(' ');
            text.push_str(note);
        }
        let mut result = json!({
            "ruleId": finding.code.0,
            "level": level(finding.severity),
            "message": { "text": text },
            "locations": finding.span.and_then(|span| location(span, sources)).into_iter().collect::<Vec<_>>(),
        });
        if let Some(address) = &finding.address {
            result["properties"] = json!({ "address": address.to_string() });
        }
        result
    });
    log(&described, results.collect())
}

/// One run of this tool.
pub(super) fn log(rules: &[Value], results: Vec<Value>) -> String {
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

fn location(span: SourceSpan, sources: &Sources) -> Option<Value> {
    let start = sources.location(span)?;
    let end = sources.location(SourceSpan { start: span.end, ..span })?;
    let region = json!({
        "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
    });
    Some(json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&start.file) }, "region": region } }))
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
