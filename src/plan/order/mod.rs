//! The safe order of the writes: after each of them, what was allowed before and will be allowed afterwards is allowed,
//! nothing else is, and never more account policies stand than fit.
//!
//! A request that neither side speaks about does not matter, so the world is made of statements (`world`), what must
//! hold is a list of requirements about them (`requirement`), and an order is a way through the looks that policies can have
//! (`search`, `choice`, `carry`). Where there is none, the order with the smallest gap is shown and refused (`gap`).
//! What is found is replayed on the documents themselves before anyone sees it (`replay`).

mod bits;
mod bound;
mod carry;
mod choice;
mod gap;
mod graph;
mod reason;
mod relation;
mod replay;
mod requirement;
mod search;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Claim, Limits, Ownership, PolicyKey, Target};
use crate::policy::{Document, Statement};

use super::{Operation, OperationKind, PlannedChange, Precondition, Slots};
use choice::AFTER;
use reason::{Reason, Waits};
use requirement::Requirements;
use search::{Search, Step};
use world::{Actor, World};

/// Writes in order, the meter, and what an order that is not safe would break.
pub(super) struct Ordered {
    pub(super) operations: Vec<Operation>,
    pub(super) slots: Slots,
    /// Nothing where the order is safe.
    pub(super) gap: Option<AccessGap>,
}

/// Why no order is safe.
pub(super) struct AccessGap {
    /// For each step that breaks something, its number and what it breaks, in words.
    pub(super) steps: Vec<(usize, Vec<String>)>,
    /// Whether there was too much to look at, so that nothing was searched.
    pub(super) is_unknown: bool,
}

/// Puts the writes of a plan in the shortest safe order, the lowest address first. A policy of the name `bridge` may stand in
/// a free slot for a while.
pub(super) fn order(
    target: &Target,
    changes: &BTreeMap<PolicyKey, PlannedChange>,
    limits: Limits,
    bridge: PolicyKey,
) -> Ordered {
    let here = |document: fn(&crate::diff::Change) -> Option<&Arc<Document>>| {
        let account = changes.values().filter(|planned| planned.key.takes_slot());
        account.filter(|planned| document(&planned.change).is_some()).count()
    };
    let (before, after) = (here(crate::diff::Change::before), here(crate::diff::Change::after));
    let writes = changes.values().any(|planned| planned.change.is_write());
    // Nothing to order; or the end does not fit, which is refused whatever the order (`slots-exceeded`).
    if !writes || (after > limits.account_policies && after > before) {
        let slots = Slots { limit: limits.account_policies, before, after, peak: before.max(after) };
        return Ordered { operations: Vec::new(), slots, gap: None };
    }
    let mut world = World::new(target, changes, limits.account_policies, limits.document_bytes, bridge);
    let Some(requirements) = Requirements::of(&mut world) else {
        let unknown = Requirements::none();
        let mut search = Search::new(&mut world, unknown);
        let steps = search.smallest_gap().steps;
        let gap = AccessGap { steps: Vec::new(), is_unknown: true };
        return search.ordered(&steps, Some(gap));
    };
    let mut search = Search::new(&mut world, requirements);
    let start = search.state.clone();
    let way = search.run();
    search.state = start;
    if let Some(steps) = way
        && search.replays(&steps)
    {
        return search.ordered(&steps, None);
    }
    let gap = search.smallest_gap();
    let broken = gap.broken.iter().enumerate().filter(|(_, broken)| !broken.is_empty());
    let steps = broken.map(|(number, broken)| {
        let mut words: Vec<String> = broken.iter().map(|index| search.sentence(*index)).collect();
        words.sort();
        words.dedup();
        (number + 1, words)
    });
    let access_gap = AccessGap { steps: steps.collect(), is_unknown: false };
    search.ordered(&gap.steps, Some(access_gap))
}

impl Search<'_> {
    /// Steps as operations, each with what it waits for.
    fn ordered(&mut self, steps: &[Step], gap: Option<AccessGap>) -> Ordered {
        let before = self.slots();
        let mut slots = Slots { limit: self.world.limit, before, after: before, peak: before };
        let mut reasons = self.reasons(steps);
        if gap.is_none() {
            self.harden(steps, &mut reasons);
        }
        let knots = if steps.iter().any(|step| step.to != AFTER) { self.knots() } else { Vec::new() };
        let mut revisions: BTreeMap<usize, Option<String>> = BTreeMap::new();
        let mut operations: Vec<Operation> = Vec::new();
        let frees = self.frees(steps, &reasons);
        for (number, step) in steps.iter().enumerate() {
            self.state[step.actor] = step.to;
            slots.after = self.slots();
            slots.peak = slots.peak.max(slots.after);
            let actor = &self.world.actors[step.actor];
            let before = self.choices[step.actor][step.from].document();
            let document = self.choices[step.actor][step.to].document();
            let revision = revisions.entry(step.actor).or_insert_with(|| actor.revision.clone());
            let precondition = precondition(before.as_ref(), revision.as_ref());
            *revision = following(actor, document.is_some(), revision.as_ref());
            let claim = document.as_ref().and_then(|document| actor.claim(document, step.to == AFTER));
            let waits: BTreeMap<usize, Vec<String>> = reasons[number]
                .iter()
                .map(|(earlier, why)| (earlier + 1, why.iter().map(Reason::words).collect()))
                .collect();
            let mut because: Vec<String> = waits.values().flatten().cloned().collect();
            because.extend(frees[number].iter().cloned());
            if step.to != AFTER {
                because.push("carries statements until their new place is there".to_owned());
                because.extend(
                    knots.iter().find(|knot| knot.contains(&step.actor)).map(|knot| self.knot_words(knot)),
                );
            }
            because.sort();
            because.dedup();
            operations.push(Operation {
                id: number + 1,
                key: actor.key.clone(),
                kind: document.map_or(OperationKind::Delete, OperationKind::Put),
                precondition,
                waits,
                because,
                slots: slots.after,
                before,
                claim,
            });
        }
        Ordered { operations, slots, gap }
    }

    /// `cuts the knot of policy:a and policy:b`
    fn knot_words(&self, knot: &[usize]) -> String {
        let names: Vec<String> = knot.iter().map(|actor| self.world.actors[*actor].key.to_string()).collect();
        format!("cuts the knot of {}, each of which waits for another", names.join(" and "))
    }

    /// For each step, the policies that take the slot it frees.
    fn frees(&self, steps: &[Step], reasons: &[Waits]) -> Vec<Vec<String>> {
        let mut frees = vec![Vec::new(); steps.len()];
        for (number, waits) in reasons.iter().enumerate() {
            for (earlier, why) in waits {
                if why.contains(&Reason::FreesSlot) {
                    frees[*earlier]
                        .push(format!("frees a slot for {}", self.world.actors[steps[number].actor].key));
                }
            }
        }
        frees
    }
}

impl Actor {
    /// What of a document of this policy is ours: on the way also what is carried, and what is yet to be taken out.
    fn claim(&self, document: &Document, is_last: bool) -> Option<Claim> {
        if is_last {
            return self.claim.clone();
        }
        let mut claim = self.claim.as_ref().or(self.until.as_ref())?.clone();
        // What others have in it stands there at the end, too.
        let end = self.new.as_ref().or(self.old.as_ref());
        let end = end.iter().flat_map(|content| content.document.statements());
        let known: Vec<&str> = end.filter_map(Statement::sid).collect();
        let sids = document.statements().iter().filter_map(Statement::sid);
        let ours = |sid: &&str| claim.ownership == Ownership::Document || !known.contains(sid);
        let added: Vec<String> = sids.filter(ours).map(ToOwned::to_owned).collect();
        claim.statements.extend(added);
        Some(claim)
    }
}

/// What must be true right before a write: what the plan says is there.
fn precondition(before: Option<&Arc<Document>>, revision: Option<&String>) -> Precondition {
    match (before, revision) {
        (None, _) => Precondition::Absent,
        (Some(document), None) => Precondition::Document(document.fingerprint().clone()),
        (Some(document), Some(revision)) => {
            Precondition::Revision { revision: revision.clone(), document: document.fingerprint().clone() }
        }
    }
}

/// The revision after a write: one more for each put, and 1 for the first (recorded 2026).
fn following(actor: &Actor, is_there: bool, revision: Option<&String>) -> Option<String> {
    if actor.key.takes_slot() || !is_there {
        return None;
    }
    let next = revision.map_or(Some(1), |revision| revision.parse::<u64>().ok().map(|number| number + 1));
    next.map(|number| number.to_string())
}
