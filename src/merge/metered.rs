//! What stands at targets, out of its JSON.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::model::{ByOwner, Limits, Meter, MeteredPolicy, Owner, PolicyAddress, Target};
use crate::report::TargetStatus;

#[derive(Deserialize)]
struct Status {
    target: Target,
    slots: Option<Slots>,
    bytes: Option<ByOwner>,
    documents: Option<ByOwner>,
    policies: Vec<Policy>,
    dead_log_groups_error: Option<String>,
    error: Option<String>,
}

/// The slots of a target in the reports of drift and status: how many there are, and who holds them.
#[derive(Deserialize)]
pub(super) struct Slots {
    pub(super) limit: usize,
    #[serde(flatten)]
    pub(super) owners: ByOwner,
}

#[derive(Deserialize)]
struct Policy {
    address: PolicyAddress,
    owner: Owner,
    bytes: usize,
    bytes_limit: usize,
    dead_log_groups: Option<BTreeSet<String>>,
    all_dead: bool,
}

/// The status of some targets.
pub(super) fn read(targets: &[Value]) -> Result<Vec<TargetStatus>, serde_json::Error> {
    targets.iter().map(|value| Status::deserialize(value).map(Status::read)).collect()
}

impl Status {
    fn read(self) -> TargetStatus {
        let Self { target, slots, bytes, documents, policies, dead_log_groups_error, error } = self;
        let meter = slots.map(|Slots { limit, owners }| {
            let mut limits = Limits { account_policies: limit, ..Limits::default() };
            limits.document_bytes = policies.first().map_or(limits.document_bytes, |one| one.bytes_limit);
            Meter {
                limits,
                slots: owners,
                documents: documents.unwrap_or_default(),
                bytes: bytes.unwrap_or_default(),
                policies: policies.into_iter().map(Policy::read).collect(),
                looked_up: dead_log_groups_error.map_or(Ok(()), Err),
            }
        });
        TargetStatus { target, meter, error }
    }
}

impl Policy {
    fn read(self) -> MeteredPolicy {
        let Self { address, owner, bytes, bytes_limit: _, dead_log_groups, all_dead } = self;
        MeteredPolicy {
            key: address.key,
            owner,
            bytes,
            dead_log_groups: dead_log_groups.unwrap_or_default(),
            is_all_dead: all_dead,
        }
    }
}
