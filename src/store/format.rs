//! The text of a record: sorted, pretty-printed, fit for git.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    Claim, Ownership, PolicyKey, RecordedApply, RecordedChange, RecordedPolicy, RecordedState, Target,
    Version,
};
use crate::policy::{Document, Fingerprint};

/// The version that this program writes and reads.
const FORMAT_VERSION: &str = "1";

/// The highest serial that is read: what every reader of JSON keeps exactly (RFC 8259, section 6).
pub(super) const MOST_SERIAL: u64 = (1 << 53) - 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    format_version: String,
    kind: String,
    tool_version: String,
    lineage: String,
    serial: u64,
    /// Makes equal records different objects, where a store tells writes apart by their bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    target: Target,
    policies: BTreeMap<PolicyKey, PolicyRecord>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pending: BTreeMap<PolicyKey, PolicyRecord>,
    history: Vec<ApplyRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyRecord {
    document: String,
    fingerprint: Fingerprint,
    revision: Option<String>,
    claim: ClaimRecord,
    applied_at: String,
    plan: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimRecord {
    ownership: Ownership,
    statements: Vec<String>,
    prevent_delete: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplyRecord {
    serial: u64,
    applied_at: String,
    plan: String,
    changes: BTreeMap<PolicyKey, ChangeRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeRecord {
    before: Option<VersionRecord>,
    after: Option<VersionRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionRecord {
    document: String,
    claim: ClaimRecord,
}

/// Only the version, to tell a newer file from a broken one.
#[derive(Deserialize)]
struct Versioned {
    format_version: String,
}

/// The text of a record; `nonce` where the store needs one.
pub(super) fn write(target: &Target, recorded: &RecordedState, nonce: Option<String>) -> String {
    let RecordedState { lineage, serial, policies, pending, history } = recorded;
    let records = |policies: &BTreeMap<PolicyKey, RecordedPolicy>| {
        policies.iter().map(|(key, policy)| (key.clone(), PolicyRecord::of(policy))).collect()
    };
    let file = StateFile {
        format_version: FORMAT_VERSION.to_owned(),
        kind: "state".to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        lineage: lineage.clone(),
        serial: *serial,
        nonce,
        target: target.clone(),
        policies: records(policies),
        pending: records(pending),
        history: history.iter().map(ApplyRecord::of).collect(),
    };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

/// A record as it was read, and its nonce.
pub(super) struct Read {
    pub(super) recorded: RecordedState,
    pub(super) nonce: Option<String>,
}

/// Reads the record of `target`; the error says in words why it cannot be used.
pub(super) fn read(target: &Target, text: &str) -> Result<Read, String> {
    let no_state = |error: serde_json::Error| format!("it is no state file: {error}");
    let versioned: Versioned = serde_json::from_str(text).map_err(no_state)?;
    if versioned.format_version != FORMAT_VERSION {
        let found = versioned.format_version;
        return Err(format!(
            "it has format_version {found:?}, and this version reads {FORMAT_VERSION:?}: update logpolicy"
        ));
    }
    let file: StateFile = serde_json::from_str(text).map_err(no_state)?;
    if file.kind != "state" {
        return Err(format!("its kind is {:?} and not \"state\"", file.kind));
    }
    if file.target != *target {
        return Err(format!("it belongs to {}, not to {target}", file.target));
    }
    if file.serial > MOST_SERIAL {
        return Err(format!("its serial is {}, which no number of applies makes", file.serial));
    }
    let policies = |records: BTreeMap<PolicyKey, PolicyRecord>| -> Result<BTreeMap<_, _>, String> {
        records.into_iter().map(|(key, record)| Ok((key.clone(), record.policy(&key)?))).collect()
    };
    let recorded = RecordedState {
        lineage: file.lineage,
        serial: file.serial,
        policies: policies(file.policies)?,
        pending: policies(file.pending)?,
        history: file.history.into_iter().map(ApplyRecord::apply).collect(),
    };
    Ok(Read { recorded, nonce: file.nonce })
}

impl PolicyRecord {
    fn of(policy: &RecordedPolicy) -> Self {
        let RecordedPolicy { document, revision, claim, applied_at, plan } = policy;
        Self {
            document: document.text().to_owned(),
            fingerprint: document.fingerprint().clone(),
            revision: revision.clone(),
            claim: ClaimRecord::of(claim),
            applied_at: applied_at.clone(),
            plan: plan.clone(),
        }
    }

    fn policy(self, key: &PolicyKey) -> Result<RecordedPolicy, String> {
        let Self { document, fingerprint, revision, claim, applied_at, plan } = self;
        let document = Arc::new(Document::from_text(document));
        if *document.fingerprint() != fingerprint {
            return Err(format!(
                "the document of {key} does not have the fingerprint recorded with it: it was edited"
            ));
        }
        Ok(RecordedPolicy { document, revision, claim: claim.claim(), applied_at, plan })
    }
}

impl ClaimRecord {
    fn of(claim: &Claim) -> Self {
        let Claim { ownership, statements, prevent_delete } = claim;
        let statements = statements.iter().cloned().collect();
        Self { ownership: *ownership, statements, prevent_delete: *prevent_delete }
    }

    fn claim(self) -> Claim {
        let Self { ownership, statements, prevent_delete } = self;
        Claim { ownership, statements: statements.into_iter().collect(), prevent_delete }
    }
}

impl ApplyRecord {
    fn of(apply: &RecordedApply) -> Self {
        let RecordedApply { serial, applied_at, plan, changes } = apply;
        let change = |(key, change): (&PolicyKey, &RecordedChange)| {
            let RecordedChange { before, after } = change;
            let version = |version: &Option<Version>| version.as_ref().map(VersionRecord::of);
            (key.clone(), ChangeRecord { before: version(before), after: version(after) })
        };
        Self {
            serial: *serial,
            applied_at: applied_at.clone(),
            plan: plan.clone(),
            changes: changes.iter().map(change).collect(),
        }
    }

    fn apply(self) -> RecordedApply {
        let Self { serial, applied_at, plan, changes } = self;
        let change = |(key, change): (PolicyKey, ChangeRecord)| {
            let ChangeRecord { before, after } = change;
            let version = |version: Option<VersionRecord>| version.map(VersionRecord::version);
            (key, RecordedChange { before: version(before), after: version(after) })
        };
        RecordedApply { serial, applied_at, plan, changes: changes.into_iter().map(change).collect() }
    }
}

impl VersionRecord {
    fn of(version: &Version) -> Self {
        let Version { document, claim } = version;
        Self { document: document.text().to_owned(), claim: ClaimRecord::of(claim) }
    }

    fn version(self) -> Version {
        Version { document: Arc::new(Document::from_text(self.document)), claim: self.claim.claim() }
    }
}
