//! One write, with everything that is needed to carry it out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Claim, PolicyKey, RecordedPolicy};
use crate::policy::{Document, Fingerprint};

/// What is written.
#[derive(Debug, Clone)]
pub enum OperationKind {
    /// PutResourcePolicy with this document.
    Put(Arc<Document>),
    /// DeleteResourcePolicy.
    Delete,
}

/// What must be true right before the write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing is there.
    Absent,
    /// A log group's policy stands at this revision and has this content; revisions start again at 1 after a
    /// re-creation, so that the number alone proves nothing.
    Revision {
        /// `expectedRevisionId` of the write.
        revision: String,
        /// The fingerprint of what is there.
        document: Fingerprint,
    },
    /// An account policy has this content. AWS has no compare-and-swap there: the content is read again right
    /// before the write.
    Document(Fingerprint),
}

/// One write of a plan.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `1`, `2`, ... in the order of execution.
    pub id: usize,
    /// The policy.
    pub key: PolicyKey,
    /// The write.
    pub kind: OperationKind,
    /// What must be true right before it.
    pub precondition: Precondition,
    /// The operations that must have been done, each with the reasons.
    pub waits: BTreeMap<usize, Vec<String>>,
    /// Why it stands where it stands: all reasons together, and what it does for others.
    pub because: Vec<String>,
    /// Slots in use once it is done.
    pub slots: usize,
    /// What is there before it, by plan; nothing for a creation.
    pub before: Option<Arc<Document>>,
    /// What of the policy is ours once it is done; nothing where it is struck from the record.
    pub claim: Option<Claim>,
}

impl OperationKind {
    /// `put` or `delete`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Put(_) => "put",
            Self::Delete => "delete",
        }
    }
}

impl Operation {
    /// The record of this operation, once it is done; nothing where the policy is struck from the record.
    pub fn record(&self, revision: Option<String>, applied_at: &str, plan: &str) -> Option<RecordedPolicy> {
        match (&self.kind, &self.claim) {
            (OperationKind::Put(document), Some(claim)) => Some(RecordedPolicy {
                document: Arc::clone(document),
                revision,
                claim: claim.clone(),
                applied_at: applied_at.to_owned(),
                plan: plan.to_owned(),
            }),
            _ => None,
        }
    }
}
