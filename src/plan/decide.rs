//! From three states to a plan.

use std::collections::BTreeMap;

use crate::diff::{Change, Meaning, changes, meanings};
use crate::model::{
    AccessTest, AccountId, DesiredPolicy, Diagnostic, Limits, LiveState, Location, PolicyKey, RecordedState,
    Sources, Target, TargetDesired, judge,
};
use crate::policy::AccessChange;

use super::order::order;
use super::{Operation, Refusal, RefusalName, Slots};

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct PlanInput<'a> {
    /// What the files ask for at the target.
    pub desired: &'a TargetDesired<'a>,
    /// The files, for places.
    pub sources: &'a Sources,
    /// Whose credentials these are.
    pub account: &'a AccountId,
    /// What AWS has.
    pub live: &'a LiveState,
    /// What we last applied; nothing with `state: none`.
    pub recorded: Option<&'a RecordedState>,
    /// The names of refusals that the user allows.
    pub allowed: &'a [RefusalName],
    /// Requests that must be allowed, or must not, at the end.
    pub tests: &'a [&'a AccessTest],
    /// Findings about the target's policies, for the report.
    pub diagnostics: Vec<Diagnostic>,
}

/// What is done at one target.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The account and Region.
    pub target: Target,
    /// What fits.
    pub limits: Limits,
    /// The meter; nothing where the live state could not be trusted.
    pub slots: Option<Slots>,
    /// How access changes as a whole; nothing where the live state could not be trusted.
    pub access: Option<AccessChange>,
    /// Every policy that the files, AWS or the record name, by address.
    pub changes: Vec<PlannedChange>,
    /// The writes, in order.
    pub operations: Vec<Operation>,
    /// Why it must not be applied.
    pub refusals: Vec<Refusal>,
    /// Findings, with their places.
    pub diagnostics: Vec<(Diagnostic, Option<Location>)>,
}

/// What happens to one policy, and where that is asked for.
#[derive(Debug, Clone)]
pub struct PlannedChange {
    /// The policy.
    pub key: PolicyKey,
    /// What happens.
    pub change: Change,
    /// What that means for access; nothing where nothing is written.
    pub meaning: Option<Meaning>,
    /// Whether it is protected from now on.
    pub prevent_delete: bool,
    /// The entry in the files; nothing for what they do not name.
    pub source: Option<Location>,
}

/// Decides what is done at one target.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let (target, limits) = (&input.desired.at.target, input.desired.at.limits);
    let diagnostics = input.diagnostics.iter().map(|finding| {
        let place = finding.span.and_then(|span| input.sources.location(span));
        (finding.clone(), place)
    });
    let mut plan = Plan {
        target: target.clone(),
        limits,
        slots: None,
        access: None,
        changes: Vec::new(),
        operations: Vec::new(),
        refusals: Vec::new(),
        diagnostics: diagnostics.collect(),
    };
    if *input.account != target.account {
        plan.refusals.push(wrong_account(target, input.account));
        return plan;
    }
    let mut changes = planned_changes(input);
    let mut meanings = meanings(target, changes.iter().map(|(key, planned)| (key, &planned.change)));
    for (key, planned) in &mut changes {
        planned.meaning = meanings.changes.remove(key);
    }
    let (operations, slots) = order(&changes, input.live.slots(), limits.account_policies);
    plan.refusals = refusals(input, &changes, slots);
    plan.slots = Some(slots);
    plan.access = Some(meanings.access);
    // An order that ends above the limit is none.
    let fits = plan.refusals.iter().all(|refusal| refusal.name != RefusalName::SlotsExceeded);
    plan.operations = if fits { operations } else { Vec::new() };
    plan.changes = changes.into_values().collect();
    plan
}

fn planned_changes(input: &PlanInput<'_>) -> BTreeMap<PolicyKey, PlannedChange> {
    let policies = &input.desired.policies;
    let planned = |(key, change): (PolicyKey, Change)| {
        let entry = policies.get(&key).map(|policy| policy.entry);
        let planned = PlannedChange {
            key: key.clone(),
            change,
            meaning: None,
            prevent_delete: entry.is_some_and(|entry| entry.prevent_delete),
            source: entry.and_then(|entry| input.sources.location(entry.span)),
        };
        (key, planned)
    };
    changes(policies, input.live, input.recorded).into_iter().map(planned).collect()
}

/// Every reason at once.
fn refusals(
    input: &PlanInput<'_>,
    changes: &BTreeMap<PolicyKey, PlannedChange>,
    slots: Slots,
) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = slots_exceeded(changes, slots).into_iter().collect();
    for (key, planned) in changes {
        let desired = input.desired.policies.get(key);
        let checks = [
            too_large(key, desired, input.desired.at.limits),
            takeover(key, planned, desired, input.recorded),
            prevent_delete(key, planned),
        ];
        refusals.extend(checks.into_iter().flatten());
    }
    refusals.extend(failing_tests(input, changes));
    for refusal in &mut refusals {
        refusal.allowed = refusal.name.can_be_allowed() && input.allowed.contains(&refusal.name);
    }
    refusals.sort_by(|left, right| (left.name, &left.key).cmp(&(right.name, &right.key)));
    refusals
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

fn wrong_account(target: &Target, found: &AccountId) -> Refusal {
    let message = format!(
        "The credentials belong to account {found}, and the target is {target}. Nothing was read or compared, \
         for it would be another account's policies. Use credentials of {}, or a `profile` under this target.",
        target.account
    );
    Refusal::target(RefusalName::WrongAccount, message)
}

/// The end must fit. A target that stands above the limit already is left alone unless something is added.
fn slots_exceeded(changes: &BTreeMap<PolicyKey, PlannedChange>, slots: Slots) -> Option<Refusal> {
    let count = |action: &str| {
        let here = changes.values().filter(|planned| planned.key.takes_slot());
        here.filter(|planned| planned.change.action() == action).count()
    };
    if slots.after <= slots.limit || count("create") == 0 {
        return None;
    }
    let unmanaged = count("unmanaged");
    let message = format!(
        "{} account policies would stand at the end, and {} fit: {} of the files and {unmanaged} unmanaged. AWS \
         does not raise this quota. Join policies, move one to its log group (`log_group`), or remove at least {}.",
        slots.after,
        slots.limit,
        slots.after - unmanaged,
        slots.after - slots.limit
    );
    Some(Refusal::target(RefusalName::SlotsExceeded, message))
}

fn too_large(key: &PolicyKey, desired: Option<&DesiredPolicy<'_>>, limits: Limits) -> Option<Refusal> {
    let bytes = desired?.document.bytes();
    let limit = limits.document_bytes;
    let message = (bytes > limit).then(|| {
        format!(
            "The document is {bytes} bytes long, {} more than the {limit} that fit. Join statements, use a \
             wildcard where it grants nothing new, or split the policy.",
            bytes - limit
        )
    })?;
    Some(Refusal::policy(RefusalName::DocumentTooLarge, key, message))
}

fn takeover(
    key: &PolicyKey,
    planned: &PlannedChange,
    desired: Option<&DesiredPolicy<'_>>,
    recorded: Option<&RecordedState>,
) -> Option<Refusal> {
    let is_update = matches!(planned.change, Change::Update { .. });
    let is_ours = recorded.is_none_or(|recorded| recorded.policies.contains_key(key));
    if !is_update || is_ours || desired?.entry.adopt {
        return None;
    }
    let message = "A policy of this identity is there, its content differs, and it was not written by us: \
                   applying would overwrite it. If it shall be ours, write `adopt: true` at the entry or pass \
                   `--allow takeover`; else choose another name."
        .to_owned();
    Some(Refusal::policy(RefusalName::Takeover, key, message))
}

fn prevent_delete(key: &PolicyKey, planned: &PlannedChange) -> Option<Refusal> {
    let Change::Delete { recorded, .. } = &planned.change else { return None };
    let message = recorded.prevent_delete.then(|| {
        "The policy is protected by `prevent_delete: true`, and the plan would delete it. To let it go, set \
         `prevent_delete: false`, apply, and then remove the entry."
            .to_owned()
    })?;
    Some(Refusal::policy(RefusalName::PreventDelete, key, message))
}
