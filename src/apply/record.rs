//! Keeping the record true to what was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    HISTORY, LivePolicy, PolicyKey, RecordedApply, RecordedChange, RecordedPolicy, RecordedState, Version,
};
use crate::plan::{ApprovedPlan, Operation, RecordChange};

/// Where the record is kept.
pub trait Recorder {
    /// Saves the record; on success its serial has gone up by one.
    ///
    /// # Errors
    /// What went wrong and what to do, in words for people.
    fn save(&mut self, recorded: &mut RecordedState) -> impl Future<Output = Result<(), String>>;
}

/// What a record says about when and why.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// RFC 3339 in UTC.
    pub applied_at: String,
}

/// The record of one target during an apply.
pub(super) struct Record<'a, R> {
    recorder: &'a mut R,
    state: RecordedState,
    plan: &'a ApprovedPlan,
    stamp: &'a Stamp,
    /// What this apply has changed so far.
    changes: BTreeMap<PolicyKey, RecordedChange>,
}

impl<'a, R: Recorder> Record<'a, R> {
    pub(super) fn new(
        recorder: &'a mut R,
        state: RecordedState,
        plan: &'a ApprovedPlan,
        stamp: &'a Stamp,
    ) -> Self {
        Self { recorder, state, plan, stamp, changes: BTreeMap::new() }
    }

    /// Takes over what is there as desired, strikes what is gone, and notes the writes to come: after a crash
    /// between a write and its record, what stands as it was to be written is known as ours. With writes to come the
    /// record is saved in any case, so that a store that cannot be written to is found out before the first write.
    pub(super) async fn begin(&mut self) -> Result<(), String> {
        let plan = self.plan;
        let mut changed = !plan.operations().is_empty() || !self.state.pending.is_empty();
        for change in plan.records() {
            changed |= match change {
                RecordChange::Strike { key } => self.strike(key),
                RecordChange::Keep { key, document, revision, claim } => self.keep(
                    key,
                    RecordedPolicy {
                        document: Arc::clone(document),
                        revision: revision.clone(),
                        claim: claim.clone(),
                        applied_at: self.stamp.applied_at.clone(),
                        plan: plan.digest().to_owned(),
                    },
                ),
            };
        }
        self.settle_begun();
        for operation in plan.operations() {
            // Of several writes to one policy the first counts: once that is done, the policy is recorded.
            if let Some(policy) = operation.record(None, &self.stamp.applied_at, plan.digest()) {
                self.state.pending.entry(operation.key.clone()).or_insert(policy);
            }
        }
        if changed { self.save().await } else { Ok(()) }
    }

    /// Settles the writes that an earlier run began and did not record, unless the plan leaves their policies out. What stands
    /// there as it was to be written is recorded: what the plan does about it may not come about, and it would be nobody's.
    fn settle_begun(&mut self) {
        let plan = self.plan;
        let before = |key: &PolicyKey| {
            plan.operations().iter().find(|operation| operation.key == *key)?.before.as_ref()
        };
        let keys: Vec<PolicyKey> = self.state.pending.keys().cloned().collect();
        for key in keys.into_iter().filter(|key| !plan.left_out().contains(key)) {
            let is_done = before(&key).is_some_and(|before| self.state.begun(&key, before).is_some());
            if let Some(policy) = self.state.pending.remove(&key).filter(|_| is_done) {
                self.state.policies.insert(key, policy);
            }
        }
    }

    fn strike(&mut self, key: &PolicyKey) -> bool {
        let Some(held) = self.state.policies.remove(key) else { return false };
        let before = Some(Version { document: held.document, claim: held.claim });
        self.changes.insert(key.clone(), RecordedChange { before, after: None });
        true
    }

    /// Records what is there as desired; says whether that is news.
    fn keep(&mut self, key: &PolicyKey, policy: RecordedPolicy) -> bool {
        let held = self.state.policies.get(key);
        let same = held.is_some_and(|held| {
            *held.document == *policy.document
                && held.revision == policy.revision
                && held.claim == policy.claim
        });
        if same {
            return false;
        }
        let version = Version { document: Arc::clone(&policy.document), claim: policy.claim.clone() };
        // What we find as desired and did not write stood there before.
        let before = held.map_or_else(
            || version.clone(),
            |held| Version { document: Arc::clone(&held.document), claim: held.claim.clone() },
        );
        if before != version || held.is_none() {
            self.changes.insert(key.clone(), RecordedChange { before: Some(before), after: Some(version) });
        }
        self.state.policies.insert(key.clone(), policy);
        true
    }

    /// Records one operation; `found` is the policy as it was read back.
    pub(super) async fn done(
        &mut self,
        operation: &Operation,
        found: Option<&LivePolicy>,
    ) -> Result<(), String> {
        let key = &operation.key;
        let revision = found.and_then(|found| found.revision.clone());
        let written = operation.record(revision, &self.stamp.applied_at, self.plan.digest());
        let held = self.state.policies.get(key).map(|held| held.claim.clone());
        let after = written
            .as_ref()
            .map(|policy| Version { document: Arc::clone(&policy.document), claim: policy.claim.clone() });
        let claim = held.or_else(|| operation.claim.clone());
        let before = operation
            .before
            .as_ref()
            .zip(claim)
            .map(|(document, claim)| Version { document: Arc::clone(document), claim });
        // Of several writes to one policy, what was there before the first one counts.
        let change = self.changes.entry(key.clone()).or_insert(RecordedChange { before, after: None });
        change.after = after;
        match written {
            Some(policy) => self.state.policies.insert(key.clone(), policy),
            None => self.state.policies.remove(key),
        };
        self.state.pending.remove(key);
        self.save().await
    }

    /// Forgets the writes that were not done, but for those of which nobody knows.
    pub(super) async fn end(&mut self, unknown: &[&PolicyKey]) -> Result<(), String> {
        let before = self.state.pending.len();
        self.state.pending.retain(|key, _| unknown.contains(&key) || self.plan.left_out().contains(key));
        if self.state.pending.len() == before { Ok(()) } else { self.save().await }
    }

    /// Saves the record, with this apply as the last of its history.
    async fn save(&mut self) -> Result<(), String> {
        let plan = self.plan.digest();
        let ours = |apply: &RecordedApply| apply.plan == plan && apply.applied_at == self.stamp.applied_at;
        if self.state.history.last().is_some_and(ours) {
            self.state.history.pop();
        }
        if !self.changes.is_empty() {
            self.state.history.push(RecordedApply {
                serial: self.state.serial + 1,
                applied_at: self.stamp.applied_at.clone(),
                plan: plan.to_owned(),
                changes: self.changes.clone(),
            });
        }
        let too_many = self.state.history.len().saturating_sub(HISTORY);
        self.state.history.drain(..too_many);
        self.recorder.save(&mut self.state).await
    }
}
