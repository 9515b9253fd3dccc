//! From a world to the plans of its targets.

use std::collections::BTreeSet;

use crate::fleet;
use crate::model::{DesiredTarget, Diagnostic, PolicyKey, PolicyScope, RecordedState};
use crate::plan::{PlanInput, RefusalName, TargetResult, plan};
use crate::provider::PolicyReader;
use crate::validate::when_planning;

use super::exit::Exit;
use super::failure::Failure;
use super::world::World;

/// A target's plan and the record that it was made from.
pub(super) struct Planned {
    pub(super) result: TargetResult,
    pub(super) recorded: RecordedState,
}

/// Plans every target; the failure of one is a value and stops no other.
pub(super) async fn plan_targets(world: &World, allowed: &[RefusalName]) -> Vec<Planned> {
    fleet::across(&world.desired.targets, world.width, |at| async move {
        let target = at.target.clone();
        match plan_target(world, at, allowed).await {
            Ok((plan, recorded)) => Planned { result: TargetResult { target, plan: Ok(plan) }, recorded },
            Err(failure) => {
                let result = TargetResult { target, plan: Err(failure.sentence()) };
                Planned { result, recorded: RecordedState::default() }
            }
        }
    })
    .await
}

async fn plan_target(
    world: &World,
    at: &DesiredTarget,
    allowed: &[RefusalName],
) -> Result<(crate::plan::Plan, RecordedState), Failure> {
    let recorded = world.store.load(&at.target)?;
    let desired = world.desired.at(at);
    let ours = recorded.iter().flat_map(|recorded| recorded.policies.keys());
    let log_groups = log_groups_of(desired.policies.keys().chain(ours));
    let reader = world.aws.reader(at).await;
    let (account, live) = tokio::join!(world.aws.account(at), reader.read(&log_groups));
    let account = account?;
    let live = if account == at.target.account { live? } else { live.unwrap_or_default() };
    let here =
        |finding: &&Diagnostic| finding.address.as_ref().is_none_or(|address| address.target == at.target);
    let mut plan = plan(&PlanInput {
        desired: &desired,
        sources: &world.sources,
        account: &account,
        live: &live,
        recorded: recorded.as_ref(),
        allowed,
        tests: &world.desired.tests_at(at),
        diagnostics: world.diagnostics.iter().filter(here).cloned().collect(),
    });
    if plan.slots.is_some() {
        let new = desired.policies.keys().filter(|key| !live.policies.contains_key(key));
        let missing = missing_log_groups(&reader, &log_groups_of(new)).await;
        let findings =
            when_planning(&world.desired, at, &live, plan.slots.map_or(0, |slots| slots.after), &missing);
        let place = |finding: &Diagnostic| finding.span.and_then(|span| world.sources.location(span));
        plan.diagnostics.extend(findings.into_iter().map(|finding| {
            let place = place(&finding);
            (finding, place)
        }));
    }
    Ok((plan, recorded.unwrap_or_default()))
}

/// Those of the log groups that are not there. Only a lint asks, so that a missing right is no failure.
async fn missing_log_groups(reader: &impl PolicyReader, names: &BTreeSet<String>) -> BTreeSet<String> {
    if names.is_empty() {
        BTreeSet::new()
    } else {
        reader.missing_log_groups(names).await.unwrap_or_default()
    }
}

/// The log groups among some keys.
fn log_groups_of<'a>(keys: impl Iterator<Item = &'a PolicyKey>) -> BTreeSet<String> {
    let groups = keys.filter(|key| key.scope == PolicyScope::Resource);
    groups.map(|key| key.identity.clone()).collect()
}

/// The refusals that the user allows; clap has checked the names.
pub(super) fn allowed(names: &[String]) -> Vec<RefusalName> {
    RefusalName::ALL.into_iter().filter(|name| names.iter().any(|given| given == name.as_str())).collect()
}

/// What a target's plan means for the exit code; changes count as none.
pub(super) fn exit(result: &TargetResult) -> Exit {
    match &result.plan {
        Err(_) => Exit::Error,
        Ok(plan) if plan.standing_refusals().next().is_some() => Exit::Refused,
        Ok(plan) if plan.has_errors() => Exit::Findings,
        Ok(_) => Exit::Done,
    }
}
