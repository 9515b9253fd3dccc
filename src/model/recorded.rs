//! What we last applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::Document;

use super::{Claim, LivePolicy, PolicyKey};

/// Applies that a record remembers with before and after.
pub const HISTORY: usize = 20;

/// A policy that we wrote or adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedPolicy {
    /// The document as it was sent, the statements of others included.
    pub document: Arc<Document>,
    /// The revision of a log-group policy after our write.
    pub revision: Option<String>,
    /// What of it is ours, and whether it is protected; a policy that leaves the files takes its entry along.
    pub claim: Claim,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// The digest of the plan that applied it.
    pub plan: String,
}

/// A document and what of it was ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The document.
    pub document: Arc<Document>,
    /// What of it was ours.
    pub claim: Claim,
}

/// A policy before and after an apply; nothing stands for "not there".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    /// What was there.
    pub before: Option<Version>,
    /// What was there afterwards.
    pub after: Option<Version>,
}

/// One apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedApply {
    /// The serial of the record once it was done.
    pub serial: u64,
    /// When, RFC 3339 in UTC.
    pub applied_at: String,
    /// The digest of its plan.
    pub plan: String,
    /// What it changed.
    pub changes: BTreeMap<PolicyKey, RecordedChange>,
}

/// The record of one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedState {
    /// Names this record for ever; empty before the first save.
    pub lineage: String,
    /// One more with each save; zero before the first.
    pub serial: u64,
    /// The policies that are ours.
    pub policies: BTreeMap<PolicyKey, RecordedPolicy>,
    /// Writes that were begun and not yet seen to be done: after a crash, a policy that stands like this is ours.
    pub pending: BTreeMap<PolicyKey, RecordedPolicy>,
    /// The last applies, oldest first.
    pub history: Vec<RecordedApply>,
}

impl RecordedState {
    /// Our record of a policy. A write that was begun and that shows in what is there counts before what was recorded
    /// earlier, for it may have added statements to what was ours.
    pub fn ours(&self, key: &PolicyKey, live: Option<&LivePolicy>) -> Option<&RecordedPolicy> {
        live.and_then(|live| self.begun(key, &live.document)).or_else(|| self.policies.get(key))
    }

    /// The write to a policy whose end a crash kept us from recording, where what is there shows that it was done: all that
    /// was or is to be ours stands as it was to be written, whatever others have added since.
    pub fn begun(&self, key: &PolicyKey, live: &Document) -> Option<&RecordedPolicy> {
        let begun = self.pending.get(key)?;
        let mut claim = begun.claim.clone();
        // A statement that the write was to take out must be gone.
        claim.statements.extend(self.policies.get(key).iter().flat_map(|held| held.claim.statements.clone()));
        claim.same(&begun.document, live).then_some(begun)
    }

    /// What stood in this record when its serial was `serial`; nothing where the history does not reach back.
    pub fn as_of(&self, serial: u64) -> Option<BTreeMap<PolicyKey, Version>> {
        let oldest = self.history.first()?.serial;
        if !(oldest..=self.serial).contains(&serial) {
            return None;
        }
        let mut policies: BTreeMap<PolicyKey, Version> = self
            .policies
            .iter()
            .map(|(key, policy)| {
                let version = Version { document: Arc::clone(&policy.document), claim: policy.claim.clone() };
                (key.clone(), version)
            })
            .collect();
        let (then, later): (Vec<_>, Vec<_>) = self.history.iter().partition(|apply| apply.serial <= serial);
        // What a later apply found stands in for what no earlier one wrote ...
        for (key, change) in later.iter().rev().flat_map(|apply| &apply.changes) {
            set(&mut policies, key, change.before.as_ref());
        }
        // ... and what an earlier one wrote counts, whatever others made of it afterwards.
        let touched: Vec<&PolicyKey> = later.iter().flat_map(|apply| apply.changes.keys()).collect();
        for key in touched {
            let written = then.iter().rev().find_map(|apply| apply.changes.get(key));
            if let Some(change) = written {
                set(&mut policies, key, change.after.as_ref());
            }
        }
        Some(policies)
    }
}

fn set(policies: &mut BTreeMap<PolicyKey, Version>, key: &PolicyKey, version: Option<&Version>) {
    match version {
        Some(version) => policies.insert(key.clone(), version.clone()),
        None => policies.remove(key),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Ownership;

    fn version(text: &str) -> Version {
        let document = Arc::new(Document::from_text(text));
        let claim = Claim::on(&document, Ownership::Document, false);
        Version { document, claim }
    }

    fn apply(serial: u64, changes: &[(&str, Option<&str>, Option<&str>)]) -> RecordedApply {
        let change = |(name, before, after): &(&str, Option<&str>, Option<&str>)| {
            let change = RecordedChange { before: before.map(version), after: after.map(version) };
            (PolicyKey::account(*name), change)
        };
        let (applied_at, plan) = (String::new(), String::new());
        RecordedApply { serial, applied_at, plan, changes: changes.iter().map(change).collect() }
    }

    #[test]
    fn an_earlier_serial_is_what_was_written_then() {
        let ours = version("b2");
        let policy = RecordedPolicy {
            document: ours.document,
            revision: None,
            claim: ours.claim,
            applied_at: String::new(),
            plan: String::new(),
        };
        let state = RecordedState {
            serial: 9,
            policies: [(PolicyKey::account("b"), policy)].into_iter().collect(),
            history: vec![
                apply(2, &[("a", None, Some("a1"))]),
                // Somebody else made "odd" of a1 in between; what we wrote is what counts.
                apply(5, &[("a", Some("odd"), Some("a2")), ("b", Some("theirs"), Some("b1"))]),
                apply(9, &[("a", Some("a2"), None), ("b", Some("b1"), Some("b2"))]),
            ],
            ..RecordedState::default()
        };
        let texts = |serial| {
            let policies = state.as_of(serial)?;
            Some(
                policies
                    .iter()
                    .map(|(key, version)| format!("{key}={}", version.document.text()))
                    .collect::<Vec<_>>(),
            )
        };
        let all = |texts: &[&str]| Some(texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
        assert_eq!(texts(9), all(&["policy:b=b2"]));
        assert_eq!(texts(7), all(&["policy:a=a2", "policy:b=b1"]));
        assert_eq!(texts(5), all(&["policy:a=a2", "policy:b=b1"]));
        assert_eq!(texts(3), all(&["policy:a=a1", "policy:b=theirs"]));
        assert_eq!(texts(1), None, "before the first apply that is remembered");
        assert_eq!(texts(10), None, "not there yet");
    }

    #[test]
    fn a_write_that_a_crash_kept_from_the_record_is_ours() {
        let key = PolicyKey::account("a");
        let ours = version("written");
        let policy = RecordedPolicy {
            document: ours.document,
            revision: None,
            claim: ours.claim,
            applied_at: String::new(),
            plan: String::new(),
        };
        let state = RecordedState {
            pending: [(key.clone(), policy)].into_iter().collect(),
            ..RecordedState::default()
        };
        let live = |text: &str| LivePolicy {
            document: Arc::new(Document::from_text(text)),
            revision: None,
            last_updated: None,
        };
        assert!(state.ours(&key, Some(&live("written"))).is_some());
        assert!(state.ours(&key, Some(&live("theirs"))).is_none());
        assert!(state.ours(&key, None).is_none());
    }

    #[test]
    fn such_a_write_is_ours_also_where_others_have_added_to_the_document() {
        let shared = |sids: &[&str]| {
            let statement = |sid: &&str| {
                format!(
                    r#"{{"Sid":"{sid}","Effect":"Allow","Principal":"*","Action":"logs:*","Resource":"*"}}"#
                )
            };
            let statements: Vec<String> = sids.iter().map(statement).collect();
            Document::from_text(format!(r#"{{"Statement":[{}]}}"#, statements.join(",")))
        };
        let policy = |document: Document, ours: &[&str]| RecordedPolicy {
            claim: Claim::on(&shared(ours), Ownership::Statements, false),
            document: Arc::new(document),
            revision: None,
            applied_at: String::new(),
            plan: String::new(),
        };
        let key = PolicyKey::account("a");
        let state = RecordedState {
            policies: [(key.clone(), policy(shared(&["A", "Gone"]), &["A", "Gone"]))].into_iter().collect(),
            pending: [(key.clone(), policy(shared(&["A", "B"]), &["A", "B"]))].into_iter().collect(),
            ..RecordedState::default()
        };
        let ours = |sids: &[&str]| {
            let live = LivePolicy { document: Arc::new(shared(sids)), revision: None, last_updated: None };
            let ours = state.ours(&key, Some(&live)).unwrap();
            ours.claim.statements.iter().cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ours(&["A", "B"]), "A B");
        assert_eq!(ours(&["A", "B", "Theirs"]), "A B");
        assert_eq!(ours(&["A", "Gone", "Theirs"]), "A Gone", "the write was not done");
        assert_eq!(ours(&["A", "B", "Gone"]), "A Gone", "nor is it where what was to go is there");
    }
}
