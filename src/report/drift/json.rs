//! Drift for programs.

use serde::Serialize;

use crate::diff::{Drift, DriftKind, Drifted};
use crate::model::{Attribution, ByOwner, Location, PolicyAddress, PolicyKey, Target, WriteEvent};
use crate::plan::{AccessFormat, GrantsFormat};
use crate::report::envelope::{Coverage, json_last_line, json_line, json_report};

use super::{DriftedTarget, FoundDrift};

#[derive(Serialize)]
struct Content<'a> {
    summary: Summary,
    targets: Vec<TargetFormat<'a>>,
}

#[derive(Serialize)]
struct LastLine {
    summary: Summary,
}

/// Policies of each kind, and targets.
#[derive(Serialize)]
struct Summary {
    changed: usize,
    removed: usize,
    added: usize,
    targets: usize,
    drifted_targets: usize,
    failed_targets: usize,
}

#[derive(Serialize)]
struct TargetFormat<'a> {
    target: &'a Target,
    slots: Option<SlotsFormat>,
    /// Of all documents, those of log groups too.
    bytes: Option<BytesFormat>,
    /// What is newly allowed, and no longer, against what is expected.
    access: Option<AccessFormat>,
    drift: Vec<DriftFormat<'a>>,
    /// Changes of ours that are not applied yet.
    pending: Vec<PendingFormat>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct SlotsFormat {
    limit: usize,
    used: usize,
    #[serde(flatten)]
    owners: ByOwner,
}

#[derive(Serialize)]
struct BytesFormat {
    used: usize,
    #[serde(flatten)]
    owners: ByOwner,
    /// Of one document.
    largest: usize,
    /// Of one document.
    limit: usize,
}

#[derive(Serialize)]
struct DriftFormat<'a> {
    address: PolicyAddress,
    kind: &'static str,
    scope: &'static str,
    expected: Option<String>,
    found: Option<String>,
    grants: GrantsFormat,
    applied_at: Option<&'a str>,
    source: Option<&'a Location>,
    /// The write that did it; `null` where it is not known, or nobody asked.
    attribution: Option<AttributionFormat<'a>>,
    /// `known`, `not_yet_known` or `unknown`; `null` where nobody asked.
    attribution_status: Option<&'static str>,
    /// Why it will not be known: `no_event`, `too_old` or `too_many`.
    attribution_reason: Option<&'static str>,
}

#[derive(Serialize)]
struct AttributionFormat<'a> {
    principal: Option<&'a str>,
    time: &'a str,
    event_id: Option<&'a str>,
    session_issuer: Option<&'a str>,
    invoked_by: Option<&'a str>,
    source_ip: Option<&'a str>,
}

#[derive(Serialize)]
struct PendingFormat {
    address: PolicyAddress,
    action: &'static str,
}

/// What others changed at some targets, in the order given.
pub fn drift_json(targets: &[DriftedTarget], coverage: &Coverage) -> String {
    let all = targets.iter().map(TargetFormat::new).collect();
    json_report("drift", coverage, Content { summary: summary(targets), targets: all })
}

/// What others changed at some targets, each in a line, and a last line with all else.
pub fn drift_lines(targets: &[DriftedTarget], coverage: &Coverage) -> String {
    let mut text: String = targets.iter().map(|target| json_line(&TargetFormat::new(target))).collect();
    text.push_str(&json_last_line("drift", coverage, LastLine { summary: summary(targets) }));
    text
}

fn summary(targets: &[DriftedTarget]) -> Summary {
    let count = |kind| targets.iter().map(|target| target.count(kind)).sum();
    Summary {
        changed: count(DriftKind::Changed),
        removed: count(DriftKind::Removed),
        added: count(DriftKind::Added),
        targets: targets.len(),
        drifted_targets: targets.iter().filter(|target| target.has_drift()).count(),
        failed_targets: targets.iter().filter(|target| target.error.is_some()).count(),
    }
}

impl<'a> TargetFormat<'a> {
    fn new(DriftedTarget { target, found, error }: &'a DriftedTarget) -> Self {
        let drift = |found: &'a FoundDrift| {
            found.drift.drifted.iter().map(|one| DriftFormat::new(target, found, one))
        };
        let pending = |Drift { pending, .. }: &Drift| {
            let format =
                |(key, action): &(PolicyKey, &'static str)| PendingFormat { address: key.at(target), action };
            pending.iter().map(format).collect()
        };
        Self {
            target,
            slots: found.as_ref().map(|found| SlotsFormat {
                limit: found.limits.account_policies,
                used: found.slots.total(),
                owners: found.slots,
            }),
            bytes: found.as_ref().map(|found| BytesFormat {
                used: found.bytes.total(),
                owners: found.bytes,
                largest: found.largest,
                limit: found.limits.document_bytes,
            }),
            access: found.as_ref().map(|found| AccessFormat::new(&found.drift.access)),
            drift: found.iter().flat_map(drift).collect(),
            pending: found.as_ref().map(|found| pending(&found.drift)).unwrap_or_default(),
            error: error.as_deref(),
        }
    }
}

impl<'a> DriftFormat<'a> {
    fn new(target: &Target, of: &'a FoundDrift, drifted: &'a Drifted) -> Self {
        let Drifted { key, kind, change, meaning, applied_at, written_at: _, attribution } = drifted;
        Self {
            address: key.at(target),
            kind: kind.as_str(),
            scope: key.scope.as_str(),
            expected: change.before().map(|document| document.text().to_owned()),
            // What was read may come in another order the next time.
            found: change.after().map(|document| document.stable_text()),
            grants: meaning
                .as_ref()
                .map(|meaning| GrantsFormat::of(target, key, meaning))
                .unwrap_or_default(),
            applied_at: applied_at.as_deref(),
            source: of.sources.get(key),
            attribution: attribution.as_ref().and_then(AttributionFormat::new),
            attribution_status: attribution.as_ref().map(Attribution::as_str),
            attribution_reason: match attribution {
                Some(Attribution::Unknown(why)) => Some(why.as_str()),
                _ => None,
            },
        }
    }
}

impl<'a> AttributionFormat<'a> {
    fn new(attribution: &'a Attribution) -> Option<Self> {
        let Attribution::Known(event) = attribution else { return None };
        let WriteEvent {
            kind: _,
            key: _,
            time: _,
            at,
            event_id,
            principal,
            session_issuer,
            invoked_by,
            source_ip,
        } = event;
        Some(Self {
            principal: principal.as_deref(),
            time: at,
            event_id: event_id.as_deref(),
            session_issuer: session_issuer.as_deref(),
            invoked_by: invoked_by.as_deref(),
            source_ip: source_ip.as_deref(),
        })
    }
}
