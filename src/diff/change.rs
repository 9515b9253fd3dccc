//! Three states become one change for each policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{
    Claim, DesiredPolicy, LivePolicy, LiveState, Ownership, PolicyKey, RecordedPolicy, RecordedState,
    Unmanaged,
};
use crate::policy::{Document, Statement};

/// What happens to one policy; each case has just the data it has.
#[derive(Debug, Clone)]
pub enum Change {
    /// Desired, not there.
    Create {
        /// What is written.
        after: Arc<Document>,
    },
    /// Desired, there, and different.
    Update {
        /// What is there.
        before: LivePolicy,
        /// What is written.
        after: Arc<Document>,
    },
    /// Ours, there, and no longer desired.
    Delete {
        /// What is there.
        before: LivePolicy,
        /// Our record of it; nothing for an unmanaged policy.
        recorded: Option<RecordedPolicy>,
    },
    /// There as desired, but not recorded: only the record changes.
    Adopt {
        /// What is there.
        live: LivePolicy,
    },
    /// Recorded, but gone from AWS and from the files: only the record changes.
    Forget {
        /// What is there without our statements; nothing where there is no policy at all.
        live: Option<LivePolicy>,
    },
    /// There as desired.
    Unchanged {
        /// What is there.
        live: LivePolicy,
    },
    /// There, and named by neither the files nor the record.
    Unmanaged {
        /// What is there.
        live: LivePolicy,
    },
}

impl Change {
    /// The words for all of them.
    pub const ACTIONS: [&str; 7] =
        ["create", "update", "delete", "adopt", "forget", "unchanged", "unmanaged"];

    /// The word for it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Delete { .. } => "delete",
            Self::Adopt { .. } => "adopt",
            Self::Forget { .. } => "forget",
            Self::Unchanged { .. } => "unchanged",
            Self::Unmanaged { .. } => "unmanaged",
        }
    }

    /// The document that AWS has now.
    pub fn before(&self) -> Option<&Arc<Document>> {
        match self {
            Self::Create { .. } => None,
            Self::Forget { live } => live.as_ref().map(|live| &live.document),
            Self::Update { before: live, .. }
            | Self::Delete { before: live, .. }
            | Self::Adopt { live }
            | Self::Unchanged { live }
            | Self::Unmanaged { live } => Some(&live.document),
        }
    }

    /// The document that AWS has once the plan is applied.
    pub fn after(&self) -> Option<&Arc<Document>> {
        match self {
            Self::Create { after } | Self::Update { after, .. } => Some(after),
            Self::Adopt { live } | Self::Unchanged { live } | Self::Unmanaged { live } => {
                Some(&live.document)
            }
            Self::Forget { live } => live.as_ref().map(|live| &live.document),
            Self::Delete { .. } => None,
        }
    }

    /// Whether something is written at AWS.
    pub fn is_write(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Update { .. } | Self::Delete { .. })
    }

    /// Whether the policy is ours to write: never an unmanaged one, also where it is to be deleted.
    pub fn is_ours(&self, is_named: bool) -> bool {
        match self {
            Self::Delete { recorded, .. } => recorded.is_some(),
            Self::Unmanaged { .. } | Self::Forget { .. } => false,
            Self::Create { .. } | Self::Update { .. } | Self::Adopt { .. } | Self::Unchanged { .. } => {
                is_named
            }
        }
    }

    /// The revision of what AWS has now.
    pub fn revision(&self) -> Option<&str> {
        match self {
            Self::Update { before: live, .. }
            | Self::Delete { before: live, .. }
            | Self::Adopt { live }
            | Self::Unchanged { live }
            | Self::Unmanaged { live } => live.revision.as_deref(),
            Self::Create { .. } | Self::Forget { .. } => None,
        }
    }

    /// What of a policy that goes was ours.
    pub fn recorded_claim(&self) -> Option<&Claim> {
        match self {
            Self::Delete { recorded, .. } => recorded.as_ref().map(|recorded| &recorded.claim),
            _ => None,
        }
    }

    /// What it becomes when the user leaves the policy out of a run: what is there stays, and counts.
    #[must_use]
    pub fn left_out(self) -> Option<Self> {
        match self {
            Self::Create { .. } => None,
            Self::Update { before: live, .. } | Self::Adopt { live } => Some(Self::Unchanged { live }),
            Self::Delete { before: live, recorded } => Some(match recorded {
                Some(_) => Self::Unchanged { live },
                None => Self::Unmanaged { live },
            }),
            Self::Forget { live } => live.map(|live| Self::Unchanged { live }),
            kept @ (Self::Unchanged { .. } | Self::Unmanaged { .. }) => Some(kept),
        }
    }

    /// Whether anything, at AWS or in the record, is different afterwards.
    pub fn is_change(&self) -> bool {
        match self {
            Self::Create { .. }
            | Self::Update { .. }
            | Self::Delete { .. }
            | Self::Adopt { .. }
            | Self::Forget { .. } => true,
            Self::Unchanged { .. } | Self::Unmanaged { .. } => false,
        }
    }
}

/// The three states of a target, and what is done about policies that nobody names.
#[derive(Debug, Clone, Copy)]
pub struct States<'a> {
    /// What the files ask for.
    pub desired: &'a BTreeMap<PolicyKey, DesiredPolicy<'a>>,
    /// What AWS has.
    pub live: &'a LiveState,
    /// What was recorded; without a record (`state: none`) every policy that the files name counts as ours, and
    /// nothing is deleted.
    pub recorded: Option<&'a RecordedState>,
    /// What is done about policies that nobody names.
    pub unmanaged: &'a Unmanaged,
}

/// Compares what is asked for, what is there and what was recorded, for every policy that any of them names.
pub fn changes(states: States<'_>) -> BTreeMap<PolicyKey, Change> {
    let nothing = RecordedState::default();
    let recorded = states.recorded.unwrap_or(&nothing);
    let begun =
        recorded.pending.keys().filter(|key| recorded.ours(key, states.live.policies.get(key)).is_some());
    let named = states.desired.keys().chain(states.live.policies.keys());
    let keys: BTreeSet<&PolicyKey> = named.chain(recorded.policies.keys()).chain(begun).collect();
    let replaced: BTreeSet<&PolicyKey> =
        states.desired.values().flat_map(|policy| &policy.replaces).collect();
    keys.into_iter().filter_map(|key| Some((key.clone(), change(key, states, &replaced)?))).collect()
}

fn change(key: &PolicyKey, states: States<'_>, replaced: &BTreeSet<&PolicyKey>) -> Option<Change> {
    let goes = deletes(key, states) || replaced.contains(key);
    let live = states.live.policies.get(key).cloned();
    let recorded = states.recorded.and_then(|recorded| recorded.ours(key, live.as_ref())).cloned();
    let is_ours = states.recorded.is_none() || recorded.is_some();
    Some(match (states.desired.get(key), live, recorded) {
        (Some(desired), None, _) => Change::Create { after: Arc::clone(&desired.document) },
        (Some(desired), Some(live), recorded) => {
            let after = wanted(desired, &live, recorded.as_ref());
            match (*live.document == *after, is_ours) {
                (true, true) => Change::Unchanged { live },
                (true, false) => Change::Adopt { live },
                (false, _) => Change::Update { before: live, after },
            }
        }
        (None, Some(live), Some(recorded)) => let_go(live, recorded, goes),
        (None, None, Some(_)) => Change::Forget { live: None },
        (None, Some(live), None) if goes => Change::Delete { before: live, recorded: None },
        (None, Some(live), None) => Change::Unmanaged { live },
        (None, None, None) => return None,
    })
}

/// The document that shall be there: with `ownership: statements`, the statements of others stay in it.
pub(super) fn wanted(
    desired: &DesiredPolicy<'_>,
    live: &LivePolicy,
    recorded: Option<&RecordedPolicy>,
) -> Arc<Document> {
    if desired.entry.ownership == Ownership::Document {
        return Arc::clone(&desired.document);
    }
    let claim = desired.claim();
    let ours = |statement: &Statement| {
        claim.holds(statement) || recorded.is_some_and(|recorded| was_ours(recorded, statement))
    };
    let merged = live.document.with_statements(ours, &desired.document);
    merged.map_or_else(|| Arc::clone(&desired.document), Arc::new)
}

/// Whether a live statement is one that we wrote: by its Sid, or by its words where it has none.
pub(super) fn was_ours(recorded: &RecordedPolicy, statement: &Statement) -> bool {
    match (recorded.claim.ownership, statement.sid()) {
        (Ownership::Statements, _) => recorded.claim.holds(statement),
        (Ownership::Document, Some(sid)) => recorded.claim.statements.contains(sid),
        (Ownership::Document, None) => recorded.document.statements().contains(statement),
    }
}

/// What becomes of a policy of ours that the files no longer name: where others have statements in it, only ours go,
/// unless what is left would be an unmanaged policy that shall go as well.
fn let_go(live: LivePolicy, recorded: RecordedPolicy, rest_goes: bool) -> Change {
    if recorded.claim.ownership == Ownership::Document || rest_goes {
        return Change::Delete { before: live, recorded: Some(recorded) };
    }
    let ours = |statement: &Statement| was_ours(&recorded, statement);
    if !live.document.statements().iter().any(ours) {
        return Change::Forget { live: Some(live) };
    }
    match live.document.without_statements(ours) {
        Some(rest) => Change::Update { before: live, after: Arc::new(rest) },
        None => Change::Delete { before: live, recorded: Some(recorded) },
    }
}

/// Whether an unmanaged policy shall go. Without a record nothing is ever deleted.
fn deletes(key: &PolicyKey, states: States<'_>) -> bool {
    states.unmanaged.delete && states.recorded.is_some() && !states.unmanaged.ignores(key)
}
