//! What AWS has.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::Document;

use super::{PolicyKey, TargetDesired};

/// A policy as it was read.
#[derive(Debug, Clone)]
pub struct LivePolicy {
    /// The document, in AWS's own form.
    pub document: Arc<Document>,
    /// The revision of a log-group policy; account policies have none.
    pub revision: Option<String>,
    /// When it was last written, in milliseconds since 1970.
    pub last_updated: Option<i64>,
}

/// The policies of one target: every account policy, and those of the log groups that were asked for.
#[derive(Debug, Clone, Default)]
pub struct LiveState {
    /// The policies by key.
    pub policies: BTreeMap<PolicyKey, LivePolicy>,
}

impl LiveState {
    /// Takes the desired document wherever its very text is live, so that it is read and compared once.
    pub fn share(&mut self, desired: &TargetDesired<'_>) {
        for (key, policy) in &mut self.policies {
            let document = desired.policies.get(key).map(|desired| &desired.document);
            if let Some(document) = document.filter(|document| document.text() == policy.document.text()) {
                policy.document = Arc::clone(document);
            }
        }
    }

    /// How many of the account's slots are in use.
    pub fn slots(&self) -> usize {
        self.policies.keys().filter(|key| key.takes_slot()).count()
    }
}
