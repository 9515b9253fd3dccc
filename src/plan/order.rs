//! The order of the writes: never more account policies than fit.
//!
//! Writes come first and deletions last, so that what moves from one policy to another is never refused on the
//! way; where there is no free slot for a new account policy, a deletion comes before it.

use std::collections::BTreeMap;

use crate::diff::Change;
use crate::model::{LivePolicy, PolicyKey};

use super::{Operation, OperationKind, PlannedChange, Precondition, Slots};

/// Puts the writes of a plan in order and measures the slots on the way.
pub(super) fn order(
    changes: &BTreeMap<PolicyKey, PlannedChange>,
    before: usize,
    limit: usize,
) -> (Vec<Operation>, Slots) {
    let mut sequence = Sequence { operations: Vec::new(), slots: before, peak: before };
    let kind =
        |wanted: &'static str| changes.values().filter(move |planned| planned.change.action() == wanted);
    for planned in kind("update") {
        sequence.put(planned, Vec::new());
    }
    let mut deletions: Vec<&PlannedChange> = kind("delete").collect();
    for planned in kind("create") {
        let mut freed = Vec::new();
        if planned.key.takes_slot() && sequence.slots >= limit {
            let next = deletions.iter().position(|deletion| deletion.key.takes_slot());
            if let Some(deletion) = next.map(|index| deletions.remove(index)) {
                let because = format!("frees a slot for {}", planned.key);
                freed.push(sequence.delete(deletion, Vec::new(), Some(because)));
            }
        }
        sequence.put(planned, freed);
    }
    let puts = sequence.puts();
    let because =
        (!puts.is_empty()).then_some("comes after the writes, so that what moves is allowed all the way");
    for deletion in deletions {
        sequence.delete(deletion, puts.clone(), because.map(ToOwned::to_owned));
    }
    let slots = Slots { limit, before, after: sequence.slots, peak: sequence.peak };
    (sequence.operations, slots)
}

/// Operations so far, and the slots that they leave in use.
struct Sequence {
    operations: Vec<Operation>,
    slots: usize,
    peak: usize,
}

impl Sequence {
    /// Writes the document of a creation or an update; the operations in `freed` made room for it.
    fn put(&mut self, planned: &PlannedChange, freed: Vec<usize>) {
        let (precondition, document) = match &planned.change {
            Change::Create { after } => (Precondition::Absent, after),
            Change::Update { before, after } => (unchanged_since(before), after),
            _ => return,
        };
        let because = if freed.is_empty() { Vec::new() } else { vec!["waits for a free slot".to_owned()] };
        let is_new = precondition == Precondition::Absent;
        self.slots += usize::from(is_new && planned.key.takes_slot());
        self.push(planned, OperationKind::Put(document.clone()), precondition, freed, because);
    }

    /// Deletes a policy and returns the operation's number.
    fn delete(&mut self, planned: &PlannedChange, after: Vec<usize>, because: Option<String>) -> usize {
        if let Change::Delete { before, .. } = &planned.change {
            self.slots -= usize::from(planned.key.takes_slot());
            let because = because.into_iter().collect();
            self.push(planned, OperationKind::Delete, unchanged_since(before), after, because);
        }
        self.operations.len()
    }

    fn push(
        &mut self,
        planned: &PlannedChange,
        kind: OperationKind,
        precondition: Precondition,
        after: Vec<usize>,
        because: Vec<String>,
    ) {
        self.peak = self.peak.max(self.slots);
        self.operations.push(Operation {
            id: self.operations.len() + 1,
            key: planned.key.clone(),
            kind,
            precondition,
            after,
            because,
            slots: self.slots,
            before: planned.change.before().cloned(),
            claim: planned.claim.clone(),
        });
    }

    fn puts(&self) -> Vec<usize> {
        let is_put = |operation: &&Operation| matches!(operation.kind, OperationKind::Put(_));
        self.operations.iter().filter(is_put).map(|operation| operation.id).collect()
    }
}

/// The precondition of a write on a policy that is there: it is still what the plan was made from.
fn unchanged_since(live: &LivePolicy) -> Precondition {
    let document = live.document.fingerprint().clone();
    match &live.revision {
        Some(revision) => Precondition::Revision { revision: revision.clone(), document },
        None => Precondition::Document(document),
    }
}
