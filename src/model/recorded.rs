//! What we last applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::Document;

use super::PolicyKey;

/// A policy that we wrote or adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedPolicy {
    /// The document as it was sent.
    pub document: Arc<Document>,
    /// The revision of a log-group policy after our write.
    pub revision: Option<String>,
    /// Whether it was protected when we last applied it; a policy that leaves the files takes its entry along.
    pub prevent_delete: bool,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// The digest of the plan that applied it.
    pub plan: String,
}

/// The record of one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedState {
    /// Names this record for ever; empty before the first save.
    pub lineage: String,
    /// One more with each save; zero before the first.
    pub serial: u64,
    /// The policies that are ours.
    pub policies: BTreeMap<PolicyKey, RecordedPolicy>,
}
