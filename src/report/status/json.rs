//! The status for programs.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::{ByOwner, Meter, MeteredPolicy, Owner, Target};
use crate::report::envelope::{Coverage, Targets, json_last_line, json_line, json_report};

use super::TargetStatus;

#[derive(Serialize)]
struct TargetFormat<'a> {
    target: &'a Target,
    slots: Option<SlotsFormat>,
    /// Of all documents, those of log groups too.
    bytes: Option<UsedFormat>,
    /// How many documents these are.
    documents: Option<UsedFormat>,
    policies: Vec<PolicyFormat<'a>>,
    /// Why dead log groups are not known.
    dead_log_groups_error: Option<&'a str>,
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
    /// Whether it speaks about nothing else.
    all_dead: bool,
}

/// The status of some targets, in the order given.
pub fn status_json(statuses: &[TargetStatus], coverage: &Coverage) -> String {
    let targets = statuses.iter().map(TargetFormat::new).collect();
    json_report("status", coverage, Targets { targets })
}

/// The status of some targets, each in a line, and a last line with the versions.
pub fn status_lines(statuses: &[TargetStatus], coverage: &Coverage) -> String {
    let mut text: String = statuses.iter().map(|status| json_line(&TargetFormat::new(status))).collect();
    text.push_str(&json_last_line("status", coverage, Nothing {}));
    text
}

/// Nothing but what stands around it.
#[derive(Serialize)]
struct Nothing {}

impl<'a> TargetFormat<'a> {
    fn new(TargetStatus { target, meter, error }: &'a TargetStatus) -> Self {
        let meter = meter.as_ref();
        Self {
            target,
            slots: meter.map(|meter| SlotsFormat {
                limit: meter.limits.account_policies,
                used: UsedFormat::new(meter.slots),
            }),
            bytes: meter.map(|meter| UsedFormat::new(meter.bytes)),
            documents: meter.map(|meter| UsedFormat::new(meter.documents)),
            policies: meter.map(|meter| policies(target, meter)).unwrap_or_default(),
            dead_log_groups_error: meter.and_then(|meter| Some(meter.looked_up.as_ref().err()?.as_str())),
            error: error.as_deref(),
        }
    }
}

fn policies<'a>(target: &Target, meter: &'a Meter) -> Vec<PolicyFormat<'a>> {
    let format = |policy: &'a MeteredPolicy| {
        let MeteredPolicy { key, owner, bytes, dead_log_groups, is_all_dead } = policy;
        PolicyFormat {
            address: key.at(target).to_string(),
            owner: *owner,
            bytes: *bytes,
            bytes_limit: meter.limits.document_bytes,
            dead_log_groups: meter.looked_up.is_ok().then_some(dead_log_groups),
            all_dead: *is_all_dead,
        }
    };
    meter.policies.iter().map(format).collect()
}

impl UsedFormat {
    fn new(owners: ByOwner) -> Self {
        Self { used: owners.total(), owners }
    }
}
