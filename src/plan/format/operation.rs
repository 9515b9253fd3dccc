//! One operation of the JSON.

use serde::Serialize;

use crate::model::{PolicyScope, Target};
use crate::plan::{Operation, OperationKind, Precondition};
use crate::policy::Fingerprint;

use super::change::ClaimFormat;

#[derive(Debug, Serialize)]
pub(super) struct OperationFormat {
    id: String,
    kind: &'static str,
    address: String,
    scope: &'static str,
    policy_name: Option<String>,
    resource_arn: Option<String>,
    document: Option<String>,
    precondition: PreconditionFormat,
    after: Vec<String>,
    because: Vec<String>,
    waits: Vec<WaitFormat>,
    claim: Option<ClaimFormat>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub(super) enum PreconditionFormat {
    Absent,
    Revision(String),
    Document(Fingerprint),
}

/// What an operation waits for, and why.
#[derive(Debug, Serialize)]
struct WaitFormat {
    after: String,
    because: Vec<String>,
}

impl OperationFormat {
    pub(super) fn new(target: &Target, operation: &Operation) -> Self {
        let Operation { id, key, kind, precondition, waits, because, slots: _, before: _, claim } = operation;
        let (policy_name, resource_arn) = match key.scope {
            PolicyScope::Account => (Some(key.identity.clone()), None),
            PolicyScope::Resource => (None, Some(target.log_group_arn(&key.identity))),
        };
        Self {
            id: id.to_string(),
            kind: kind.as_str(),
            address: key.at(target).to_string(),
            scope: key.scope.as_str(),
            policy_name,
            resource_arn,
            document: match kind {
                OperationKind::Put(document) => Some(document.text().to_owned()),
                OperationKind::Delete => None,
            },
            precondition: match precondition {
                Precondition::Absent => PreconditionFormat::Absent,
                Precondition::Revision { revision, document: _ } => {
                    PreconditionFormat::Revision(revision.clone())
                }
                Precondition::Document(fingerprint) => PreconditionFormat::Document(fingerprint.clone()),
            },
            after: waits.keys().map(ToString::to_string).collect(),
            because: because.clone(),
            waits: waits
                .iter()
                .map(|(earlier, because)| WaitFormat { after: earlier.to_string(), because: because.clone() })
                .collect(),
            claim: claim.as_ref().map(ClaimFormat::new),
        }
    }
}
