//! From three states to a plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{Change, Meaning, States, changes, meanings};
use crate::model::{
    AccessTest, AccountId, ByOwner, Claim, Diagnostic, Guards, Limits, LiveState, Location, PolicyAddress,
    PolicyKey, RecordedState, Sources, Target, TargetDesired, Unmanaged, owners, slots_by_owner,
};
use crate::policy::AccessChange;

use super::order::{Ordered, order};
use super::refuse::{refusals, wrong_account};
use super::{Base, Operation, Refusal, RefusalName, Slots, Summary};

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
    /// What is done about policies that nobody names.
    pub unmanaged: &'a Unmanaged,
    /// How much may change at once.
    pub guards: Guards,
    /// Policies that the user left out of this run (`--only`): they stay as they are.
    pub left_out: &'a BTreeSet<PolicyKey>,
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
    /// What the plan was made from.
    pub base: Base,
    /// The meter; nothing where the live state could not be trusted.
    pub slots: Option<Slots>,
    /// Whose the slots are that are in use before; all nought where `slots` is nothing.
    pub owners: ByOwner,
    /// How access changes as a whole; nothing where the live state could not be trusted.
    pub access: Option<AccessChange>,
    /// How many policies of each action.
    pub summary: Summary,
    /// Every policy that the files, AWS or the record name, by address; none once they were [let go](Plan::let_go).
    pub changes: Vec<PlannedChange>,
    /// Where each grant of the files stands, by id.
    pub grants: Vec<GrantPlace>,
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
    /// What of it is ours from now on; nothing where it is not, or no longer, recorded.
    pub claim: Option<Claim>,
    /// Whether the user left it out of this run (`--only`).
    pub left_out: bool,
    /// The entry in the files; nothing for what they do not name.
    pub source: Option<Location>,
}

/// The policy and statement of a grant, or of a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantPlace {
    /// The grant.
    pub id: String,
    /// The policy that it was packed into.
    pub key: PolicyKey,
    /// The Sid of the statement.
    pub sid: String,
    /// The entry in the files.
    pub source: Option<Location>,
}

impl Plan {
    /// Whether nothing changes and nothing speaks against that.
    pub fn is_calm(&self) -> bool {
        !self.summary.has_changes() && self.operations.is_empty() && self.refusals.is_empty()
    }

    /// What of ours is to be deleted, and when it was applied, RFC 3339 in UTC.
    pub fn ours_since(&self) -> impl Iterator<Item = (PolicyAddress, String)> {
        self.changes.iter().filter_map(|planned| match &planned.change {
            Change::Delete { recorded: Some(recorded), .. } => {
                Some((planned.key.at(&self.target), recorded.applied_at.clone()))
            }
            _ => None,
        })
    }

    /// Lets go of what is not kept; what is left tells the numbers, the refusals, the findings and the access.
    pub fn let_go(&mut self, kept: Kept) {
        let goes = match kept {
            Kept::All => false,
            Kept::Changes => self.is_calm(),
            Kept::Numbers => true,
        };
        if goes {
            (self.changes, self.grants, self.operations) = (Vec::new(), Vec::new(), Vec::new());
        }
    }
}

/// What of the plans of many targets is kept until all are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Everything.
    All,
    /// Policies and writes of the targets where something changes: the others are but counted.
    Changes,
    /// No policies and no writes.
    Numbers,
}

/// Decides what is done at one target.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use logpolicy::config;
/// use logpolicy::model::{LiveState, RecordedState};
/// use logpolicy::plan::{PlanFormat, PlanInput, TargetResult, plan};
/// use logpolicy::report::{Layout, plan_text};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let loaded = config::load(&["examples/quickstart".into()])?;
/// let at = &loaded.desired.targets[0];
/// let plan = plan(&PlanInput {
///     desired: &loaded.desired.at(at),
///     sources: &loaded.sources,
///     account: &at.target.account,
///     live: &LiveState::default(),
///     recorded: Some(&RecordedState::default()),
///     unmanaged: &loaded.desired.unmanaged,
///     guards: loaded.desired.guards,
///     left_out: &BTreeSet::new(),
///     allowed: &[],
///     tests: &loaded.desired.tests_at(at),
///     diagnostics: Vec::new(),
/// });
/// assert_eq!(plan.operations.len(), 2);
///
/// let results = [TargetResult { target: at.target.clone(), plan: Ok(plan) }];
/// let digest = PlanFormat::new(&results).digest().clone();
/// let text = plan_text(&results, &digest, Layout::default());
/// assert!(text.contains("policy:route53-query-logs"));
/// # Ok(())
/// # }
/// ```
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let (target, limits) = (&input.desired.at.target, input.desired.at.limits);
    let diagnostics = input.diagnostics.iter().map(|finding| {
        let place = finding.span.and_then(|span| input.sources.location(span));
        (finding.clone(), place)
    });
    let mut plan = Plan {
        target: target.clone(),
        limits,
        base: Base::default(),
        slots: None,
        owners: ByOwner::default(),
        access: None,
        summary: Summary::default(),
        changes: Vec::new(),
        grants: Vec::new(),
        operations: Vec::new(),
        refusals: Vec::new(),
        diagnostics: diagnostics.collect(),
    };
    if *input.account != target.account {
        plan.refusals.push(wrong_account(target, input.account));
        return plan;
    }
    plan.base = Base::of(input.live, input.recorded, input.unmanaged.discover_log_groups);
    let mut changes = planned_changes(input);
    let mut meanings = meanings(target, changes.iter().map(|(key, planned)| (key, &planned.change)));
    for (key, planned) in &mut changes {
        planned.meaning = meanings.changes.remove(key);
    }
    let owners = owners(input.desired, input.live, input.recorded);
    let Ordered { operations, slots, gap } = order(target, &changes, limits, input.desired.packing.bridge());
    plan.refusals = refusals(input, &changes, slots, &owners, gap.as_ref());
    plan.slots = Some(slots);
    plan.owners = slots_by_owner(input.live.policies.keys(), &owners);
    plan.access = Some(meanings.access);
    // An order that ends above the limit is none.
    let fits = plan.refusals.iter().all(|refusal| refusal.name != RefusalName::SlotsExceeded);
    plan.operations = if fits { operations } else { Vec::new() };
    plan.changes = changes.into_values().collect();
    plan.summary = Summary::of_changes(plan.changes.iter().map(|planned| &planned.change));
    plan.grants = grant_places(input);
    plan
}

fn grant_places(input: &PlanInput<'_>) -> Vec<GrantPlace> {
    let mut places: Vec<GrantPlace> = Vec::new();
    for (key, policy) in &input.desired.policies {
        places.extend(policy.grants.iter().map(|placed| GrantPlace {
            id: placed.grant.id.clone(),
            key: key.clone(),
            sid: placed.sid.clone(),
            source: input.sources.location(placed.grant.entry.span),
        }));
    }
    places.sort();
    places
}

fn planned_changes(input: &PlanInput<'_>) -> BTreeMap<PolicyKey, PlannedChange> {
    let policies = &input.desired.policies;
    let states =
        States { desired: policies, live: input.live, recorded: input.recorded, unmanaged: input.unmanaged };
    let planned = |(key, change): (PolicyKey, Change)| {
        let desired = policies.get(&key);
        let left_out = input.left_out.contains(&key);
        let planned = PlannedChange {
            key: key.clone(),
            change: if left_out { change.left_out()? } else { change },
            meaning: None,
            claim: desired.map(|desired| desired.claim()),
            left_out,
            source: desired.and_then(|desired| input.sources.location(desired.entry.span)),
        };
        Some((key, planned))
    };
    changes(states).into_iter().filter_map(planned).collect()
}
