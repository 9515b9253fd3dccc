//! What others changed, out of its JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::diff::{Breadth, Change, Drift, DriftKind, Drifted, Mark, Meaning};
use crate::model::{
    Attribution, ByOwner, Limits, LivePolicy, Location, PolicyAddress, PolicyKey, Target, WhyUnknown,
    WriteEvent, WriteKind,
};
use crate::policy::{AccessChange, Document, Found, Grant, Request};
use crate::report::{DriftedTarget, FoundDrift};

use super::metered::Slots;

#[derive(Deserialize)]
struct TargetJson {
    target: Target,
    slots: Option<Slots>,
    bytes: Option<Bytes>,
    access: Option<Access>,
    drift: Vec<DriftJson>,
    pending: Vec<Pending>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Bytes {
    #[serde(flatten)]
    owners: ByOwner,
    largest: usize,
    limit: usize,
}

#[derive(Deserialize)]
struct Access {
    gained: Option<Request>,
    lost: Option<Request>,
    #[serde(default)]
    not_shown: BTreeSet<String>,
}

#[derive(Deserialize)]
struct DriftJson {
    address: PolicyAddress,
    kind: String,
    expected: Option<String>,
    found: Option<String>,
    grants: Grants,
    applied_at: Option<String>,
    source: Option<Location>,
    attribution: Option<AttributionJson>,
    attribution_status: Option<String>,
    attribution_reason: Option<String>,
}

#[derive(Deserialize)]
struct Grants {
    added: Vec<GrantJson>,
    removed: Vec<GrantJson>,
    access: Option<String>,
    moved: Vec<Moved>,
    #[serde(default)]
    covered: Vec<String>,
}

#[derive(Deserialize)]
struct GrantJson {
    #[serde(flatten)]
    grant: Grant,
    access: String,
}

#[derive(Deserialize)]
struct Moved {
    statement: String,
    from: PolicyAddress,
    to: PolicyAddress,
}

#[derive(Deserialize)]
struct AttributionJson {
    principal: Option<String>,
    time: String,
    event_id: Option<String>,
    session_issuer: Option<String>,
    invoked_by: Option<String>,
    source_ip: Option<String>,
}

#[derive(Deserialize)]
struct Pending {
    address: PolicyAddress,
    action: String,
}

type Read<T> = Result<T, serde_json::Error>;

fn wrong<T>(what: &str, word: &str) -> Read<T> {
    Err(serde::de::Error::custom(format!("{word:?} is no {what}")))
}

/// What others changed at some targets.
pub(super) fn read(targets: &[Value]) -> Read<Vec<DriftedTarget>> {
    targets.iter().map(|value| TargetJson::deserialize(value)?.read()).collect()
}

impl TargetJson {
    fn read(self) -> Read<DriftedTarget> {
        let Self { target, slots, bytes, access, drift, pending, error } = self;
        let (Some(slots), Some(bytes), Some(access)) = (slots, bytes, access) else {
            return Ok(DriftedTarget { target, found: None, error });
        };
        let sources = drift.iter().filter_map(|one| Some((one.address.key.clone(), one.source.clone()?)));
        let sources: BTreeMap<_, _> = sources.collect();
        let drifted = drift.into_iter().map(DriftJson::read).collect::<Read<_>>()?;
        let pending = pending.into_iter().map(Pending::read).collect::<Read<_>>()?;
        let limits =
            Limits { account_policies: slots.limit, document_bytes: bytes.limit, ..Limits::default() };
        let drift = Drift { drifted, pending, access: access.read() };
        let Bytes { owners, largest, limit: _ } = bytes;
        let found = FoundDrift { drift, sources, limits, slots: slots.owners, bytes: owners, largest };
        Ok(DriftedTarget { target, found: Some(found), error })
    }
}

impl Access {
    fn read(self) -> AccessChange {
        let Self { gained, lost, not_shown } = self;
        let found = |name: &str, request: Option<Request>| match request {
            Some(request) => Found::Witness(request),
            None if not_shown.contains(name) => Found::NotShown,
            None => Found::None,
        };
        AccessChange { gained: found("gained", gained), lost: found("lost", lost) }
    }
}

impl DriftJson {
    fn read(self) -> Read<Drifted> {
        let document = |text: Option<String>| text.map(|text| Arc::new(Document::from_text(text)));
        let standing = |document| LivePolicy { document, revision: None, last_updated: None };
        let Some(kind) = DriftKind::ALL.into_iter().find(|kind| kind.as_str() == self.kind) else {
            return wrong("kind of drift", &self.kind);
        };
        let change = match (kind, document(self.expected), document(self.found)) {
            (DriftKind::Added, None, Some(after)) => Change::Create { after },
            (DriftKind::Changed, Some(before), Some(after)) => {
                Change::Update { before: standing(before), after }
            }
            (DriftKind::Removed, Some(before), None) => {
                Change::Delete { before: standing(before), recorded: None }
            }
            _ => return wrong("drift with the documents that it has", &self.kind),
        };
        let key = self.address.key.clone();
        let event = self.attribution.map(|found| found.read(kind, &key));
        Ok(Drifted {
            meaning: self.grants.read(&self.address)?,
            attribution: attribution(
                event,
                self.attribution_status.as_deref(),
                self.attribution_reason.as_deref(),
            )?,
            applied_at: self.applied_at,
            written_at: None,
            key,
            kind,
            change,
        })
    }
}

impl Grants {
    fn read(self, own: &PolicyAddress) -> Read<Option<Meaning>> {
        let Self { added, removed, access, moved, covered } = self;
        let Some(access) = access else { return Ok(None) };
        let grants = |all: Vec<GrantJson>| -> Read<Vec<(Grant, Breadth)>> {
            all.into_iter().map(|one| Ok((one.grant, breadth(&one.access)?))).collect()
        };
        let (mut arriving, mut leaving) = (BTreeMap::new(), BTreeMap::new());
        for statement in covered {
            arriving.insert(statement.clone(), Mark::CoveredAnyway);
            leaving.insert(statement, Mark::CoveredAnyway);
        }
        for Moved { statement, from, to } in moved {
            if to == *own {
                arriving.insert(statement, Mark::Moved(from.key));
            } else {
                leaving.insert(statement, Mark::Moved(to.key));
            }
        }
        let (added, removed) = (grants(added)?, grants(removed)?);
        Ok(Some(Meaning { breadth: breadth(&access)?, added, removed, arriving, leaving }))
    }
}

fn breadth(word: &str) -> Read<Breadth> {
    let found = Breadth::ALL.into_iter().find(|breadth| breadth.as_str() == word);
    found.map_or_else(|| wrong("word for access", word), Ok)
}

fn attribution(
    event: Option<WriteEvent>,
    status: Option<&str>,
    reason: Option<&str>,
) -> Read<Option<Attribution>> {
    let why = |word: &str| WhyUnknown::ALL.into_iter().find(|why| why.as_str() == word);
    match (status, event, reason) {
        (None, ..) => Ok(None),
        (Some("known"), Some(event), _) => Ok(Some(Attribution::Known(event))),
        (Some("not_yet_known"), ..) => Ok(Some(Attribution::NotYetKnown)),
        (Some("unknown"), _, Some(word)) if why(word).is_some() => Ok(why(word).map(Attribution::Unknown)),
        (Some(word), ..) => wrong("attribution with what stands beside it", word),
    }
}

impl AttributionJson {
    fn read(self, kind: DriftKind, key: &PolicyKey) -> WriteEvent {
        let Self { principal, time, event_id, session_issuer, invoked_by, source_ip } = self;
        WriteEvent {
            kind: if kind == DriftKind::Removed { WriteKind::Delete } else { WriteKind::Put },
            key: Some(key.clone()),
            time: 0,
            at: time,
            event_id,
            principal,
            session_issuer,
            invoked_by,
            source_ip,
        }
    }
}

impl Pending {
    fn read(self) -> Read<(PolicyKey, &'static str)> {
        let found = Change::ACTIONS.into_iter().find(|action| *action == self.action);
        found.map_or_else(|| wrong("change", &self.action), |action| Ok((self.address.key, action)))
    }
}
