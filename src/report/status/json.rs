//! The status for programs.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::{ByOwner, Meter, MeteredPolicy, Owner, Target};
use crate::report::json::{Targets, enveloped};

use super::TargetStatus;

#[derive(Serialize)]
struct TargetFormat<'a> {
    target: &'a Target,
    slots: Option<SlotsFormat>,
    /// Of all documents, those of log groups too.
    bytes: Option<UsedFormat>,
    policies: Vec<PolicyFormat<'a>>,
    error: Option<&'a str>,
}

/// What a plan calls `before`: here nothing comes after it.
#[derive(Serialize)]
struct UsedFormat {
    used: usize,
    #[serde(flatten)]
    owners: ByOwner,
}

#[derive(Serialize)]
struct SlotsFormat {
    limit: usize,
    #[serde(flatten)]
    used: UsedFormat,
}

#[derive(Serialize)]
struct PolicyFormat<'a> {
    address: String,
    owner: Owner,
    bytes: usize,
    bytes_limit: usize,
    /// `null`: not known.
    dead_log_groups: Option<&'a BTreeSet<String>>,
}

/// The status of some targets, in the order given.
pub fn status_json(statuses: &[TargetStatus]) -> String {
    let targets = statuses.iter().map(|TargetStatus { target, meter, error }| TargetFormat {
        target,
        slots: meter.as_ref().map(|meter| SlotsFormat {
            limit: meter.limits.account_policies,
            used: UsedFormat::new(meter.slots),
        }),
        bytes: meter.as_ref().map(|meter| UsedFormat::new(meter.bytes)),
        policies: meter.as_ref().map(|meter| policies(target, meter)).unwrap_or_default(),
        error: error.as_deref(),
    });
    enveloped("status", Targets { targets: targets.collect() })
}

fn policies<'a>(target: &Target, meter: &'a Meter) -> Vec<PolicyFormat<'a>> {
    let format = |policy: &'a MeteredPolicy| {
        let MeteredPolicy { key, owner, bytes, dead_log_groups, is_all_dead: _ } = policy;
        PolicyFormat {
            address: key.at(target).to_string(),
            owner: *owner,
            bytes: *bytes,
            bytes_limit: meter.limits.document_bytes,
            dead_log_groups: meter.looked_up.is_ok().then_some(dead_log_groups),
        }
    };
    meter.policies.iter().map(format).collect()
}

impl UsedFormat {
    fn new(owners: ByOwner) -> Self {
        Self { used: owners.total(), owners }
    }
}
