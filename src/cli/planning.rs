//! From a world to the plans of its targets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{
    AccountId, DesiredPolicy, DesiredState, DesiredTarget, Diagnostic, LiveState, PolicyKey, PolicyScope,
    RecordedState, Target, TargetDesired,
};
use crate::pack::{Surroundings, place_grants};
use crate::plan::{Base, Plan, PlanInput, RefusalName, TargetResult, Unplanned, plan};
use crate::provider::PolicyReader;
use crate::validate::when_planning;

use super::exit::Exit;
use super::failure::Failure;
use super::only::Only;
use super::progress::Seen;
use super::rollback::as_of;
use super::world::World;

/// A target's plan and the record that it was made from.
pub(super) struct Planned {
    pub(super) result: TargetResult,
    pub(super) recorded: RecordedState,
}

impl Planned {
    pub(super) fn seen(&self) -> Seen {
        let changed = self.result.plan.as_ref().is_ok_and(|plan| plan.summary.has_changes());
        Seen { changed, failed: exit(&self.result) != Exit::Done }
    }
}

/// What is planned towards.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wish {
    /// What the files ask for.
    Files,
    /// What was recorded when the record had this serial.
    AsOf(u64),
}

/// How a run plans.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) wish: Wish,
    /// Refusals that the user allows.
    pub(super) allowed: Vec<RefusalName>,
    /// The policies that it is about.
    pub(super) only: Only,
    /// Targets that are not planned, and why.
    pub(super) refused: BTreeMap<Target, Unplanned>,
}

/// Plans every target; the failure of one is a value and stops no other.
pub(super) async fn plan_targets(world: &Arc<World>, course: Course) -> Result<Vec<Planned>, Failure> {
    let mut planned = Vec::with_capacity(world.desired.targets.len());
    plan_each(world, course, |result| planned.push(result)).await?;
    Ok(planned)
}

/// Plans every target, and hands over each plan as soon as those of all targets before it were handed over.
pub(super) async fn plan_each(
    world: &Arc<World>,
    course: Course,
    mut take: impl FnMut(Planned),
) -> Result<(), Failure> {
    let mut any = false;
    let take = |planned: Planned| {
        any |= planned.result.plan.is_ok();
        take(planned);
    };
    let course = Arc::new(course);
    let work = |at: &DesiredTarget| {
        world.workers.run(plan_one(Arc::clone(world), at.target.clone(), Arc::clone(&course)))
    };
    // Where there are workers, they assume the roles ahead: a target that waits for its role holds up another.
    let ahead = Arc::clone(world);
    let roles = world.workers.run(async move { ahead.aws().assume_ahead(&ahead.desired.targets).await });
    world.each(work, Planned::seen, take).await;
    drop(roles);
    if any { course.only.check() } else { Ok(()) }
}

/// The plan of a target, or why there is none.
async fn plan_one(world: Arc<World>, target: Target, course: Arc<Course>) -> Planned {
    let planned = match (course.refused.get(&target), world.at(&target)) {
        (Some(why), _) => Err(why.clone()),
        (None, Some(at)) => {
            plan_target(&world, at, &course).await.map_err(|failure| Unplanned::failed(failure.sentence()))
        }
        (None, None) => Err(Unplanned::failed("the target is not among the chosen ones".to_owned())),
    };
    let (plan, recorded) = match planned {
        Ok((plan, recorded)) => (Ok(plan), recorded),
        Err(why) => (Err(why), RecordedState::default()),
    };
    Planned { result: TargetResult { target, plan }, recorded }
}

/// What AWS and the store say about a target.
pub(super) struct Gathered {
    pub(super) account: AccountId,
    pub(super) live: LiveState,
    /// Nothing with `state: none`.
    pub(super) recorded: Option<RecordedState>,
}

impl Gathered {
    /// Reads a target: the log groups of these keys and of the record, and all others when asked to discover them.
    pub(super) async fn at<'a>(
        world: &World,
        at: &DesiredTarget,
        recorded: Option<RecordedState>,
        keys: impl Iterator<Item = &'a PolicyKey>,
        discover: bool,
    ) -> Result<Self, Failure> {
        let mut log_groups = log_groups_of(keys);
        if let Some(recorded) = &recorded {
            log_groups.extend(log_groups_of(recorded.policies.keys().chain(recorded.pending.keys())));
        }
        let reader = world.aws().reader(at).await;
        let read = async {
            if discover {
                log_groups.extend(reader.log_groups().await?);
            }
            reader.read(&log_groups).await
        };
        let (account, live) = tokio::join!(world.aws().account(at), read);
        let account = account?;
        let live = if account == at.target.account { live? } else { live.unwrap_or_default() };
        Ok(Self { account, live, recorded })
    }

    /// The fingerprints of it.
    pub(super) fn base(&self, discovered: bool) -> Base {
        Base::of(&self.live, self.recorded.as_ref(), discovered)
    }
}

async fn plan_target(
    world: &World,
    at: &DesiredTarget,
    course: &Course,
) -> Result<(Plan, RecordedState), Failure> {
    let recorded = world.store.load(&at.target).await?;
    let earlier = match course.wish {
        Wish::Files => None,
        Wish::AsOf(serial) => Some(as_of(&world.desired, at, recorded.as_ref(), serial)?),
    };
    let state = earlier.as_ref().unwrap_or(&world.desired);
    let mut desired = state.at(at);
    let discover = state.unmanaged.discover_log_groups;
    let gathered = Gathered::at(world, at, recorded, desired.policies.keys(), discover).await?;
    let Gathered { account, mut live, recorded } = gathered;
    let surroundings = Surroundings { live: &live, recorded: recorded.as_ref(), unmanaged: &state.unmanaged };
    place_grants(&mut desired, Some(surroundings));
    live.share(&desired);
    let ours = recorded.iter().flat_map(|recorded| recorded.policies.keys());
    let keys = desired.policies.keys().chain(live.policies.keys()).chain(ours);
    let mut plan = plan(&PlanInput {
        desired: &desired,
        sources: &world.sources,
        account: &account,
        live: &live,
        recorded: recorded.as_ref(),
        unmanaged: &state.unmanaged,
        guards: state.guards,
        left_out: &course.only.left_out(&at.target, keys),
        allowed: &course.allowed,
        tests: &state.tests_at(at),
        diagnostics: world.found_at(&at.target).map(|finding| placed(finding, &desired)).collect(),
    });
    if plan.slots.is_some() {
        add_findings(world, state, at, &live, &mut plan).await;
    }
    Ok((plan, recorded.unwrap_or_default()))
}

/// A finding about a grant under the policy that the grant is packed into here: it was made before anything was live.
fn placed(finding: &Diagnostic, desired: &TargetDesired<'_>) -> Diagnostic {
    let mut finding = finding.clone();
    let about =
        |policy: &DesiredPolicy<'_>| policy.grants.iter().any(|placed| placed.grant.is_about(&finding));
    let found = desired.policies.iter().find(|(_, policy)| about(policy)).map(|(key, _)| key.clone());
    if let (Some(address), Some(key)) = (&mut finding.address, found) {
        address.key = key;
    }
    finding
}

/// What only planning finds.
async fn add_findings(
    world: &World,
    state: &DesiredState,
    at: &DesiredTarget,
    live: &LiveState,
    plan: &mut Plan,
) {
    let created = plan.changes.iter().filter(|planned| planned.change.action() == "create");
    let new = log_groups_of(created.map(|planned| &planned.key));
    // Only a lint asks, so that a missing right is no failure.
    let missing = if new.is_empty() {
        BTreeSet::new()
    } else {
        world.aws().reader(at).await.missing_log_groups(&new).await.unwrap_or_default()
    };
    let after = plan.slots.map_or(0, |slots| slots.after);
    let place = |finding: &Diagnostic| finding.span.and_then(|span| world.sources.location(span));
    plan.diagnostics.extend(when_planning(state, at, live, after, &missing).into_iter().map(|finding| {
        let place = place(&finding);
        (finding, place)
    }));
}

/// The log groups among some keys.
fn log_groups_of<'a>(keys: impl Iterator<Item = &'a PolicyKey>) -> BTreeSet<String> {
    let groups = keys.filter(|key| key.scope == PolicyScope::Resource);
    groups.map(|key| key.identity.clone()).collect()
}

/// The refusals that the user allows; clap has checked the names.
pub(super) fn allowed(names: &[String]) -> Vec<RefusalName> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// What a target's plan means for the exit code; changes count as none.
pub(super) fn exit(result: &TargetResult) -> Exit {
    match &result.plan {
        Err(why) if why.locked => Exit::Refused,
        Err(_) => Exit::Error,
        Ok(plan) if plan.standing_refusals().next().is_some() => Exit::Refused,
        Ok(plan) if plan.has_errors() => Exit::Findings,
        Ok(_) => Exit::Done,
    }
}
