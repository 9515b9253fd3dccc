//! What others changed: the live state against what is expected of it.
//!
//! Expected is what we applied last; where a target has no record yet, what the files ask for. What the files ask for and was
//! never applied is a change of ours that is still to come, and no drift.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Attribution, LivePolicy, Ownership, PolicyKey, RecordedPolicy, Target};
use crate::policy::{AccessChange, Document};

use super::change::{wanted, was_ours};
use super::{Change, Meaning, States, changes, meanings};

/// What others did to a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftKind {
    /// It is there, and says something else.
    Changed,
    /// It is gone.
    Removed,
    /// It is there, and neither the files nor the record name it.
    Added,
}

impl DriftKind {
    /// All of them, in the order shown.
    pub const ALL: [Self; 3] = [Self::Changed, Self::Removed, Self::Added];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Added => "added",
        }
    }
}

/// A policy that is not as expected.
#[derive(Debug, Clone)]
pub struct Drifted {
    /// The policy.
    pub key: PolicyKey,
    /// What was done to it.
    pub kind: DriftKind,
    /// From what is expected to what is there: one of create, update and delete.
    pub change: Change,
    /// What that means for access.
    pub meaning: Option<Meaning>,
    /// When what is expected was applied, RFC 3339 in UTC; nothing for what we never applied.
    pub applied_at: Option<String>,
    /// When what is there was written, in milliseconds since 1970, as far as AWS says.
    pub written_at: Option<i64>,
    /// Who did it; nothing where nobody asked.
    pub attribution: Option<Attribution>,
}

/// What others changed at a target.
#[derive(Debug, Clone)]
pub struct Drift {
    /// Policies that are not as expected, by key.
    pub drifted: Vec<Drifted>,
    /// Changes of ours that are not applied yet, with the word for what a plan would do.
    pub pending: Vec<(PolicyKey, &'static str)>,
    /// How access differs from what is expected, as a whole.
    pub access: AccessChange,
}

/// A policy's expected document, and when it was applied.
type Expected = (Option<Arc<Document>>, Option<String>);

/// Compares what is live with what is expected. Policies in `left_out` are read over.
pub fn drift(target: &Target, states: States<'_>, left_out: &BTreeSet<PolicyKey>) -> Drift {
    // A record that was never saved says nothing about what was applied.
    let recorded = states.recorded.filter(|recorded| recorded.serial > 0);
    let ours = recorded.iter().flat_map(|recorded| recorded.policies.keys());
    let keys: BTreeSet<&PolicyKey> =
        states.desired.keys().chain(states.live.policies.keys()).chain(ours).collect();
    let (mut found, mut facts) = (BTreeMap::new(), BTreeMap::new());
    for key in keys {
        let live = states.live.policies.get(key);
        let differs = expected(key, states)
            .filter(|_| !left_out.contains(key))
            .and_then(|(expected, applied_at)| Some((between(expected, live)?, applied_at)));
        match (differs, live) {
            (Some((change, applied_at)), _) => {
                // Nought is no time: the API allows it, and says nothing by it.
                let written_at = live.and_then(|live| live.last_updated).filter(|time| *time > 0);
                facts.insert(key.clone(), (applied_at, written_at));
                found.insert(key.clone(), change);
            }
            (None, Some(live)) => {
                found.insert(key.clone(), Change::Unchanged { live: live.clone() });
            }
            (None, None) => {}
        }
    }
    let mut meanings = meanings(target, &found);
    let drifted = found.into_iter().filter_map(|(key, change)| {
        let kind = match change {
            Change::Create { .. } => DriftKind::Added,
            Change::Update { .. } => DriftKind::Changed,
            Change::Delete { .. } => DriftKind::Removed,
            _ => return None,
        };
        let meaning = meanings.changes.remove(&key);
        let (applied_at, written_at) = facts.remove(&key).unwrap_or_default();
        Some(Drifted { key, kind, change, meaning, applied_at, written_at, attribution: None })
    });
    let drifted: Vec<Drifted> = drifted.collect();
    let pending = pending(states, &drifted, left_out, recorded.is_some());
    Drift { drifted, pending, access: meanings.access }
}

/// What is expected of a policy; nothing where everything is right.
fn expected(key: &PolicyKey, states: States<'_>) -> Option<Expected> {
    let (desired, live) = (states.desired.get(key), states.live.policies.get(key));
    let record = states.recorded.filter(|recorded| recorded.serial > 0);
    match (record, desired, live) {
        (Some(record), _, _) if record.policies.contains_key(key) => {
            let recorded = record.ours(key, live)?;
            // Somebody made of it what the files ask for: nothing is left to say or to do.
            let as_asked = match (desired, live) {
                (Some(desired), Some(live)) => *wanted(desired, live, Some(recorded)) == *live.document,
                (None, None) => true,
                _ => false,
            };
            let begun = live.is_some_and(|live| record.begun(key, &live.document).is_some());
            let expected = (!as_asked && !begun).then(|| of_record(recorded, live))??;
            Some((Some(expected), Some(recorded.applied_at.clone())))
        }
        (Some(_), Some(_), _) => None,
        (Some(record), None, Some(live)) => {
            let counts = record.ours(key, Some(live)).is_none() && !states.unmanaged.ignores(key);
            counts.then_some((None, None))
        }
        (None, Some(desired), Some(live)) => Some((Some(wanted(desired, live, None)), None)),
        (None, Some(desired), None) => Some((Some(Arc::clone(&desired.document)), None)),
        (None, None, Some(_)) => (!states.unmanaged.ignores(key)).then_some((None, None)),
        (_, None, None) => None,
    }
}

/// What was applied, with whatever others have in the policy now where only statements of it are ours; nothing where none
/// is.
fn of_record(recorded: &RecordedPolicy, live: Option<&LivePolicy>) -> Option<Arc<Document>> {
    if recorded.claim.ownership == Ownership::Document {
        return Some(Arc::clone(&recorded.document));
    }
    let own = recorded.document.without_statements(|statement| !recorded.claim.holds(statement))?;
    let merged = live.and_then(|live| live.document.with_statements(|found| was_ours(recorded, found), &own));
    Some(Arc::new(merged.unwrap_or(own)))
}

/// The way from what is expected to what is there; nothing where both are equal.
fn between(expected: Option<Arc<Document>>, live: Option<&LivePolicy>) -> Option<Change> {
    let standing = |document| LivePolicy { document, revision: None, last_updated: None };
    match (expected, live) {
        (Some(expected), Some(live)) if *expected == *live.document => None,
        (Some(expected), Some(live)) => {
            Some(Change::Update { before: standing(expected), after: Arc::clone(&live.document) })
        }
        (Some(expected), None) => Some(Change::Delete { before: standing(expected), recorded: None }),
        (None, Some(live)) => Some(Change::Create { after: Arc::clone(&live.document) }),
        (None, None) => None,
    }
}

/// What a plan would do besides undoing the drift. Without a record nothing tells the two apart.
fn pending(
    states: States<'_>,
    drifted: &[Drifted],
    left_out: &BTreeSet<PolicyKey>,
    has_record: bool,
) -> Vec<(PolicyKey, &'static str)> {
    if !has_record {
        return Vec::new();
    }
    let is_drifted = |key: &PolicyKey| drifted.iter().any(|drifted| drifted.key == *key);
    let recorded = |key: &PolicyKey| states.recorded.and_then(|recorded| recorded.policies.get(key));
    let asks_otherwise = |key: &PolicyKey, change: &Change| match (recorded(key), change.after()) {
        // The plan for a drifted policy undoes the drift; it is more only where the files changed as well.
        (Some(recorded), Some(after)) => *recorded.document != **after,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let planned = changes(states).into_iter().filter(|(key, change)| {
        let counts = change.is_change() && !left_out.contains(key);
        counts && (!is_drifted(key) || asks_otherwise(key, change))
    });
    planned.map(|(key, change)| (key, change.action())).collect()
}
