//! What a plan was made from, so that a saved one can tell when it is no longer true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{LiveState, PolicyKey, RecordedState};
use crate::policy::Fingerprint;

/// Fingerprints of the live and recorded state of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The record's name; empty where there was none.
    pub lineage: String,
    /// The record's serial, for people: what counts is the content.
    pub serial: u64,
    /// Whether policies were looked for on every log group.
    pub discovered: bool,
    /// Every policy that was live or recorded.
    pub policies: BTreeMap<PolicyKey, BasePolicy>,
}

/// One policy that a plan was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasePolicy {
    /// The fingerprint of the live document; nothing where there was none.
    pub live: Option<Fingerprint>,
    /// The revision of a log-group policy.
    pub revision: Option<String>,
    /// The fingerprint of the recorded document; nothing where none was recorded.
    pub recorded: Option<Fingerprint>,
}

/// A policy that is no longer what a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The policy; nothing where the record as a whole is another one.
    pub key: Option<PolicyKey>,
    /// What it was, in words.
    pub was: String,
    /// What it is, in words.
    pub is: String,
}

impl Base {
    /// The fingerprints of two states.
    pub fn of(live: &LiveState, recorded: Option<&RecordedState>, discovered: bool) -> Self {
        let mut policies: BTreeMap<PolicyKey, BasePolicy> = BTreeMap::new();
        for (key, policy) in &live.policies {
            let entry = policies.entry(key.clone()).or_default();
            entry.live = Some(policy.document.fingerprint().clone());
            entry.revision.clone_from(&policy.revision);
        }
        for (key, policy) in recorded.iter().flat_map(|recorded| &recorded.policies) {
            policies.entry(key.clone()).or_default().recorded = Some(policy.document.fingerprint().clone());
        }
        let (lineage, serial) =
            recorded.map(|recorded| (recorded.lineage.clone(), recorded.serial)).unwrap_or_default();
        Self { lineage, serial, discovered, policies }
    }

    /// What is no longer as it was, by address.
    pub fn moved(&self, now: &Self) -> Vec<Moved> {
        let mut moved = Vec::new();
        if self.lineage != now.lineage {
            let name = |base: &Self, other: &Self| match (base.lineage.as_str(), other.lineage.as_str()) {
                ("", _) => "without a record".to_owned(),
                (_, "") => format!("recorded, with serial {}", base.serial),
                (lineage, _) => format!("the record {lineage} with serial {}", base.serial),
            };
            moved.push(Moved { key: None, was: name(self, now), is: name(now, self) });
        }
        let nothing = BasePolicy::default();
        let keys: std::collections::BTreeSet<&PolicyKey> =
            self.policies.keys().chain(now.policies.keys()).collect();
        for key in keys {
            let was = self.policies.get(key).unwrap_or(&nothing);
            let is = now.policies.get(key).unwrap_or(&nothing);
            if was != is {
                moved.push(Moved { key: Some(key.clone()), was: was.words(), is: is.words() });
            }
        }
        moved
    }
}

impl BasePolicy {
    fn words(&self) -> String {
        let Self { live, revision, recorded } = self;
        let live = match (live, revision) {
            (None, _) => "not there".to_owned(),
            (Some(document), None) => format!("document {}", document.short()),
            (Some(document), Some(revision)) => {
                format!("revision {revision} with document {}", document.short())
            }
        };
        let recorded = recorded
            .as_ref()
            .map_or("not recorded".to_owned(), |document| format!("recorded as {}", document.short()));
        format!("{live}, {recorded}")
    }
}
