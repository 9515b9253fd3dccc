//! The state file: sorted, pretty-printed, fit for git.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{PolicyKey, RecordedPolicy, RecordedState, Target};
use crate::policy::{Document, Fingerprint};

/// The version that this program writes and reads.
const FORMAT_VERSION: &str = "1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    format_version: String,
    kind: String,
    tool_version: String,
    lineage: String,
    serial: u64,
    target: Target,
    policies: BTreeMap<PolicyKey, PolicyRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyRecord {
    document: String,
    fingerprint: Fingerprint,
    revision: Option<String>,
    prevent_delete: bool,
    applied_at: String,
    plan: String,
}

/// Only the version, to tell a newer file from a broken one.
#[derive(Deserialize)]
struct Versioned {
    format_version: String,
}

/// The text of a state file.
pub(super) fn write(target: &Target, recorded: &RecordedState) -> String {
    let RecordedState { lineage, serial, policies } = recorded;
    let policies = policies.iter().map(|(key, policy)| {
        let RecordedPolicy { document, revision, prevent_delete, applied_at, plan } = policy;
        let record = PolicyRecord {
            document: document.text().to_owned(),
            fingerprint: document.fingerprint().clone(),
            revision: revision.clone(),
            prevent_delete: *prevent_delete,
            applied_at: applied_at.clone(),
            plan: plan.clone(),
        };
        (key.clone(), record)
    });
    let file = StateFile {
        format_version: FORMAT_VERSION.to_owned(),
        kind: "state".to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        lineage: lineage.clone(),
        serial: *serial,
        target: target.clone(),
        policies: policies.collect(),
    };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads a state file of `target`; the error says in words why it cannot be used.
pub(super) fn read(target: &Target, text: &str) -> Result<RecordedState, String> {
    let versioned: Versioned =
        serde_json::from_str(text).map_err(|error| format!("it is no state file: {error}"))?;
    if versioned.format_version != FORMAT_VERSION {
        let found = versioned.format_version;
        return Err(format!(
            "it has format_version {found:?}, and this version reads {FORMAT_VERSION:?}: update logpolicy"
        ));
    }
    let file: StateFile =
        serde_json::from_str(text).map_err(|error| format!("it is no state file: {error}"))?;
    if file.kind != "state" {
        return Err(format!("its kind is {:?} and not \"state\"", file.kind));
    }
    if file.target != *target {
        return Err(format!("it belongs to {}, not to {target}", file.target));
    }
    let mut policies = BTreeMap::new();
    for (key, record) in file.policies {
        let document = Document::from_text(record.document);
        if *document.fingerprint() != record.fingerprint {
            return Err(format!(
                "the document of {key} does not have the fingerprint recorded with it: it was edited"
            ));
        }
        let PolicyRecord { document: _, fingerprint: _, revision, prevent_delete, applied_at, plan } = record;
        let document = Arc::new(document);
        policies.insert(key, RecordedPolicy { document, revision, prevent_delete, applied_at, plan });
    }
    Ok(RecordedState { lineage: file.lineage, serial: file.serial, policies })
}
