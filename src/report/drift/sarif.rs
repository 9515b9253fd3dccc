//! Drift for code scanning: one result for each policy that is not as expected.

use serde_json::{Value, json};

use crate::diff::{DriftKind, Drifted};
use crate::model::{Location, Target};
use crate::report::sarif::{log, uri};

use super::DriftedTarget;

/// The rule of each kind.
fn rule(kind: DriftKind) -> (&'static str, &'static str) {
    match kind {
        DriftKind::Changed => ("drift-changed", "A policy says something else than what was applied."),
        DriftKind::Removed => ("drift-removed", "A policy that was applied is gone."),
        DriftKind::Added => ("drift-added", "A policy is there that neither the files nor the record name."),
    }
}

/// What others changed at some targets; what belongs to no entry stands at `file`, the first of the desired state.
pub fn drift_sarif(targets: &[DriftedTarget], file: &str) -> String {
    let rules = DriftKind::ALL.map(|kind| {
        let (id, summary) = rule(kind);
        json!({
            "id": id,
            "shortDescription": { "text": summary },
            "fullDescription": { "text": "See `logpolicy drift` for the differences, and `logpolicy plan` for what would undo them." },
            "defaultConfiguration": { "level": "warning" },
        })
    });
    let mut results = Vec::new();
    for DriftedTarget { target, found, error: _ } in targets {
        let Some(found) = found else { continue };
        let drifted = found.drift.drifted.iter();
        results.extend(drifted.map(|drifted| result(target, drifted, found.sources.get(&drifted.key), file)));
    }
    log(&rules, &results)
}

fn result(target: &Target, drifted: &Drifted, source: Option<&Location>, file: &str) -> Value {
    let (address, (id, summary)) = (drifted.key.at(target).to_string(), rule(drifted.kind));
    let region = match source {
        Some(source) => json!({ "startLine": source.line, "startColumn": source.column }),
        None => json!({ "startLine": 1 }),
    };
    let file = source.map_or(file, |source| source.file.as_str());
    json!({
        "ruleId": id,
        "level": "warning",
        "message": { "text": format!("{address}: {summary}") },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(file) }, "region": region } }],
        // One alert for each policy and kind, however the file moves.
        "partialFingerprints": { "address/v1": format!("{id} {address}") },
        "properties": { "address": address },
    })
}
