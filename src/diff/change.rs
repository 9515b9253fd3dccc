//! Three states become one change for each policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{DesiredPolicy, LivePolicy, LiveState, PolicyKey, RecordedPolicy, RecordedState};
use crate::policy::Document;

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
        /// Our record of it.
        recorded: RecordedPolicy,
    },
    /// There as desired, but not recorded: only the record changes.
    Adopt {
        /// What is there.
        live: LivePolicy,
    },
    /// Recorded, but gone from AWS and from the files: only the record changes.
    Forget {
        /// Our record of it.
        recorded: RecordedPolicy,
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
            Self::Create { .. } | Self::Forget { .. } => None,
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
            Self::Delete { .. } | Self::Forget { .. } => None,
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

/// Compares what is asked for, what is there and what was recorded, for every policy that any of them names.
///
/// Without a record (`state: none`) every policy that the files name counts as ours, and nothing is deleted.
pub fn changes(
    desired: &BTreeMap<PolicyKey, DesiredPolicy<'_>>,
    live: &LiveState,
    recorded: Option<&RecordedState>,
) -> BTreeMap<PolicyKey, Change> {
    let nothing = BTreeMap::new();
    let ours = recorded.map_or(&nothing, |recorded| &recorded.policies);
    let keys: BTreeSet<&PolicyKey> = desired.keys().chain(live.policies.keys()).chain(ours.keys()).collect();
    let change = |key: &PolicyKey| {
        let is_ours = recorded.is_none() || ours.contains_key(key);
        change(desired.get(key), live.policies.get(key), ours.get(key), is_ours)
    };
    keys.into_iter().filter_map(|key| Some((key.clone(), change(key)?))).collect()
}

fn change(
    desired: Option<&DesiredPolicy<'_>>,
    live: Option<&LivePolicy>,
    recorded: Option<&RecordedPolicy>,
    is_ours: bool,
) -> Option<Change> {
    Some(match (desired, live.cloned(), recorded.cloned()) {
        (Some(desired), None, _) => Change::Create { after: Arc::clone(&desired.document) },
        (Some(desired), Some(live), _) if *live.document == *desired.document => {
            if is_ours {
                Change::Unchanged { live }
            } else {
                Change::Adopt { live }
            }
        }
        (Some(desired), Some(before), _) => Change::Update { before, after: Arc::clone(&desired.document) },
        (None, Some(before), Some(recorded)) => Change::Delete { before, recorded },
        (None, None, Some(recorded)) => Change::Forget { recorded },
        (None, Some(live), None) => Change::Unmanaged { live },
        (None, None, None) => return None,
    })
}
