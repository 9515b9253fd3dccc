//! Keeping the record true to what was written.

use std::sync::Arc;

use crate::model::{LivePolicy, RecordedPolicy, RecordedState};
use crate::plan::{ApprovedPlan, Operation, RecordChange};

/// Where the record is kept.
pub trait Recorder {
    /// Saves the record; on success its serial has gone up by one.
    ///
    /// # Errors
    /// What went wrong and what to do, in words for people.
    fn save(&mut self, recorded: &mut RecordedState) -> Result<(), String>;
}

/// What a record says about when and why.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// RFC 3339 in UTC.
    pub applied_at: String,
}

/// The record of one target during an apply.
pub(super) struct Record<'a, R> {
    pub(super) recorder: &'a mut R,
    pub(super) state: RecordedState,
    pub(super) stamp: &'a Stamp,
}

impl<R: Recorder> Record<'_, R> {
    /// Takes over what is there as desired and strikes what is gone. With writes to come the record is saved in
    /// any case, so that a store that cannot be written to is found out before the first write.
    pub(super) fn begin(&mut self, plan: &ApprovedPlan) -> Result<(), String> {
        let mut changed = !plan.operations().is_empty();
        for change in plan.records() {
            changed |= match change {
                RecordChange::Strike { key } => self.state.policies.remove(key).is_some(),
                RecordChange::Keep { key, document, revision, prevent_delete } => {
                    let held = self.state.policies.get(key);
                    let same = held.is_some_and(|held| {
                        *held.document == **document
                            && held.revision == *revision
                            && held.prevent_delete == *prevent_delete
                    });
                    if !same {
                        let policy = RecordedPolicy {
                            document: Arc::clone(document),
                            revision: revision.clone(),
                            prevent_delete: *prevent_delete,
                            applied_at: self.stamp.applied_at.clone(),
                            plan: plan.digest().to_owned(),
                        };
                        self.state.policies.insert(key.clone(), policy);
                    }
                    !same
                }
            };
        }
        if changed { self.recorder.save(&mut self.state) } else { Ok(()) }
    }

    /// Records one operation; `found` is the policy as it was read back.
    pub(super) fn done(
        &mut self,
        plan: &ApprovedPlan,
        operation: &Operation,
        found: Option<&LivePolicy>,
    ) -> Result<(), String> {
        let revision = found.and_then(|found| found.revision.clone());
        match operation.record(revision, &self.stamp.applied_at, plan.digest()) {
            Some(policy) => {
                self.state.policies.insert(operation.key.clone(), policy);
            }
            None => {
                self.state.policies.remove(&operation.key);
            }
        }
        self.recorder.save(&mut self.state)
    }
}
