//! Why a plan must not be applied: every reason at once.

use std::collections::BTreeMap;

use crate::diff::Change;
use crate::model::{
    AccountId, DesiredPolicy, Guards, LiveState, Owner, Ownership, PolicyKey, RecordedPolicy, RecordedState,
    Target, judge, slots_by_owner,
};

use super::order::AccessGap;
use super::slots::{slots_sentence, what_frees_a_slot};
use super::{Base, Moved, Plan, PlanInput, PlannedChange, Refusal, RefusalName, Slots};

/// Every reason at once.
pub(super) fn refusals(
    input: &PlanInput<'_>,
    changes: &BTreeMap<PolicyKey, PlannedChange>,
    slots: Slots,
    owners: &BTreeMap<PolicyKey, Owner>,
    gap: Option<&AccessGap>,
) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = slots_exceeded(changes, slots, input.live, owners).into_iter().collect();
    if refusals.is_empty() {
        refusals.extend(gap.map(access_gap));
    }
    for (key, planned) in changes {
        let desired = input.desired.policies.get(key);
        let checks = [
            too_large(planned, input),
            takeover(planned, desired, input.recorded),
            prevent_delete(planned, desired, input.recorded),
        ];
        refusals.extend(checks.into_iter().flatten());
    }
    refusals.extend(too_many(changes, input.guards));
    refusals.extend(failing_tests(input, changes));
    for refusal in &mut refusals {
        refusal.allowed = refusal.name.can_be_allowed() && input.allowed.contains(&refusal.name);
    }
    refusals.sort_by(|left, right| (left.name, &left.key).cmp(&(right.name, &right.key)));
    refusals
}

impl Plan {
    /// Refuses a saved plan whose base is no longer true, or for which the credentials are the wrong ones.
    pub fn refuse_what_moved(&mut self, account: &AccountId, now: &Base) {
        if *account != self.target.account {
            self.refusals.push(wrong_account(&self.target, account));
            return;
        }
        for Moved { key, was, is } in self.base.moved(now) {
            let message = format!(
                "The plan was made when this was {was}; now it is {is}. Plan again: an old plan says nothing about what \
                 is there now."
            );
            let name = RefusalName::StalePlan;
            self.refusals.push(match key {
                Some(key) => Refusal::policy(name, &key, message),
                None => Refusal::target(name, message),
            });
        }
    }

    /// Lifts refusals that can be lifted, by name.
    pub fn allow(&mut self, names: &[RefusalName]) {
        for refusal in &mut self.refusals {
            refusal.allowed |= refusal.name.can_be_allowed() && names.contains(&refusal.name);
        }
    }
}

/// The tests, on what will be live: unmanaged policies too.
fn failing_tests(input: &PlanInput<'_>, changes: &BTreeMap<PolicyKey, PlannedChange>) -> Vec<Refusal> {
    let at = input.desired.at;
    let policies = || changes.iter().filter_map(|(key, planned)| Some((key, &**planned.change.after()?)));
    let fails = input.tests.iter().filter_map(|test| {
        let judgement = judge(&at.target, policies(), test.request(&at.target));
        let place = input.sources.location(test.span).map(|place| format!("{}:{}", place.file, place.line));
        (judgement.allowed != test.must_be_allowed).then(|| {
            let message =
                format!("The access test at {} fails: {}.", place.unwrap_or_default(), judgement.sentence());
            Refusal::target(RefusalName::AccessTestFailed, message)
        })
    });
    fails.collect()
}

pub(super) fn wrong_account(target: &Target, found: &AccountId) -> Refusal {
    let message = format!(
        "The credentials belong to account {found}, and the target is {target}. Nothing was read or compared, \
         for it would be another account's policies. Use credentials of {}, or a `profile` under this target.",
        target.account
    );
    Refusal::target(RefusalName::WrongAccount, message)
}

/// The end must fit. A target that stands above the limit already is left alone unless something is added.
fn slots_exceeded(
    changes: &BTreeMap<PolicyKey, PlannedChange>,
    slots: Slots,
    live: &LiveState,
    owners: &BTreeMap<PolicyKey, Owner>,
) -> Option<Refusal> {
    let creates = |(key, planned): (&PolicyKey, &PlannedChange)| {
        key.takes_slot() && planned.change.action() == "create"
    };
    if slots.after <= slots.limit || !changes.iter().any(creates) {
        return None;
    }
    let stays = changes.iter().filter(|(_, planned)| planned.change.after().is_some());
    let end = slots_by_owner(stays.map(|(key, _)| key), owners);
    let message = format!(
        "{} account policies would stand at the end ({}), and {} fit. Now {}. AWS does not raise this quota: at least \
         {} must go. {} `logpolicy status` shows who holds what.",
        slots.after,
        end.words(),
        slots.limit,
        slots_sentence(slots.limit, slots_by_owner(live.policies.keys(), owners)),
        slots.after - slots.limit,
        what_frees_a_slot(end)
    );
    Some(Refusal::target(RefusalName::SlotsExceeded, message))
}

/// The end fits, and there is no safe way to it.
fn access_gap(gap: &AccessGap) -> Refusal {
    let help = "What helps: a free slot or room in a document of ours, so that statements can stay there until their \
                new place is there; or fewer changes at once. `--allow access-gap` takes the order that is shown.";
    let message = if gap.is_unknown {
        format!(
            "There are too many statements to tell whether any order of the writes keeps what stays allowed. {help}"
        )
    } else {
        let step =
            |(number, words): &(usize, Vec<String>)| format!("step {number} no longer {}", words.join(", "));
        let steps: Vec<String> = gap.steps.iter().map(step).collect();
        format!(
            "No order of the writes keeps all the way what is allowed before and after. In the one with the smallest \
             gap, {}. {help}",
            steps.join("; ")
        )
    };
    Refusal::target(RefusalName::AccessGap, message)
}

fn too_large(planned: &PlannedChange, input: &PlanInput<'_>) -> Option<Refusal> {
    // What is not ours to write may be as large as it is.
    planned.claim.as_ref().filter(|_| !planned.left_out)?;
    let bytes = planned.change.after()?.bytes();
    let limit = input.desired.at.limits.document_bytes;
    let packed = input.desired.policies.get(&planned.key).is_some_and(|policy| !policy.grants.is_empty());
    let overflow = input.desired.overflow.as_ref().filter(|_| packed);
    let message = (bytes > limit).then(|| match overflow {
        Some(overflow) => format!("{} {}", overflow.sentence(limit), overflow.help.join(" ")),
        None => format!(
            "The document is {bytes} bytes long, {} more than the {limit} that fit. Join statements, use a \
             wildcard where it grants nothing new, or split the policy.",
            bytes - limit
        ),
    })?;
    Some(Refusal::policy(RefusalName::DocumentTooLarge, &planned.key, message))
}

fn takeover(
    planned: &PlannedChange,
    desired: Option<&DesiredPolicy<'_>>,
    recorded: Option<&RecordedState>,
) -> Option<Refusal> {
    let Change::Update { before, .. } = &planned.change else { return None };
    let desired = desired.filter(|desired| !desired.entry.adopt)?;
    let ours = recorded?.ours(&planned.key, Some(before));
    let message = overwritten(desired, &before.document, ours)?;
    Some(Refusal::policy(RefusalName::Takeover, &planned.key, message))
}

/// What of others an update would overwrite, in words.
fn overwritten(
    desired: &DesiredPolicy<'_>,
    live: &crate::policy::Document,
    ours: Option<&RecordedPolicy>,
) -> Option<String> {
    let remedy = "If it shall be ours, write `adopt: true` at the entry or pass `--allow takeover`";
    match (desired.entry.ownership, ours) {
        (Ownership::Document, None) => Some(format!(
            "A policy of this identity is there, its content differs, and it was not written by us: applying would \
             overwrite it. {remedy}; else choose another name."
        )),
        (Ownership::Document, Some(ours)) => {
            let foreign = live.statements().iter().any(|statement| !ours.claim.holds(statement));
            foreign.then(|| {
                format!(
                    "Others have statements in this policy, and with `ownership: document` they would go. {remedy}; \
                     else keep `ownership: statements`."
                )
            })
        }
        (Ownership::Statements, _) => {
            if live.json().is_err() {
                return Some(format!(
                    "What is there is no JSON, so that no statement of others can be kept in it: applying would \
                     overwrite it. {remedy}."
                ));
            }
            let claim = desired.claim();
            let taken = live.statements().iter().find(|statement| {
                let known = ours
                    .is_some_and(|ours| ours.claim.statements.contains(statement.sid().unwrap_or_default()));
                claim.holds(statement) && !known && !desired.document.statements().contains(statement)
            });
            let sid = taken?.sid().unwrap_or_default().escape_debug().to_string();
            Some(format!(
                "A statement with the Sid \"{sid}\" is there, it differs from ours, and it was not written by us: \
                 applying would overwrite it. {remedy}; else choose another Sid."
            ))
        }
    }
}

fn prevent_delete(
    planned: &PlannedChange,
    desired: Option<&DesiredPolicy<'_>>,
    recorded: Option<&RecordedState>,
) -> Option<Refusal> {
    let (Change::Delete { before, .. } | Change::Update { before, .. }) = &planned.change else {
        return None;
    };
    let ours = recorded?.ours(&planned.key, Some(before))?;
    let message = (desired.is_none() && ours.claim.prevent_delete).then(|| {
        "The policy is protected by `prevent_delete: true`, and the plan would delete it. To let it go, set \
         `prevent_delete: false`, apply, and then remove the entry."
            .to_owned()
    })?;
    Some(Refusal::policy(RefusalName::PreventDelete, &planned.key, message))
}

/// Absolute counts: the typing error in a file that would delete everything.
fn too_many(changes: &BTreeMap<PolicyKey, PlannedChange>, guards: Guards) -> Vec<Refusal> {
    let count = |action: &str| changes.values().filter(|planned| planned.change.action() == action).count();
    let (deletes, updates) = (count("delete"), count("update"));
    let mut refusals = Vec::new();
    if deletes > guards.max_deletes {
        let message = format!(
            "{deletes} policies would be deleted, and `guards.max_deletes` is {}. If that is meant, pass \
             `--allow too-many-deletes` or raise the guard.",
            guards.max_deletes
        );
        refusals.push(Refusal::target(RefusalName::TooManyDeletes, message));
    }
    if deletes + updates > guards.max_changes {
        let message = format!(
            "{} policies would be updated or deleted, and `guards.max_changes` is {}. If that is meant, pass \
             `--allow too-many-changes` or raise the guard.",
            deletes + updates,
            guards.max_changes
        );
        refusals.push(Refusal::target(RefusalName::TooManyChanges, message));
    }
    refusals
}
