//! `logpolicy apply PLAN`: a saved plan is carried out as it was shown, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::model::{RecordedState, Target};
use crate::plan::{RefusalName, SavedPlan, SavedTarget, TargetResult, Unplanned};
use crate::store::read_plan;
use crate::validate::rule;

use super::arguments::Global;
use super::exit::Exit;
use super::failure::Failure;
use super::planning::{Gathered, Planned};
use super::streams::Streams;
use super::world::World;

/// Reads a saved plan; one that is none, or not as it was saved, is refused.
pub(super) fn read(
    path: &Path,
    global: &Global,
    streams: Streams,
) -> Result<Result<SavedPlan, Exit>, Failure> {
    if !global.only.is_empty() || !global.target.is_empty() || global.shard.is_some() {
        return Err(Failure::usage(
            "a saved plan is carried out as a whole: --only, --target and --shard belong to `plan`",
            "Leave them out, or save a plan that was made with them.",
        ));
    }
    let text = read_plan(path)?;
    match SavedPlan::read(&text) {
        Ok(saved) => Ok(Ok(saved)),
        Err(error) => {
            let help = "save a plan with `logpolicy plan -o FILE` and apply it as it is";
            Ok(Err(refused(streams, &format!("{}: {error}", path.display()), help)))
        }
    }
}

/// Narrows a world to the targets of a saved plan, each of which the files must name.
pub(super) fn choose_targets(
    world: &mut World,
    saved: &SavedPlan,
    path: &Path,
    streams: Streams,
) -> Result<(), Exit> {
    let targets = &world.desired.targets;
    let known = |target: &Target| targets.binary_search_by(|at| at.target.cmp(target)).is_ok();
    let unknown: Vec<String> = saved
        .targets
        .iter()
        .filter(|planned| !known(&planned.target))
        .map(|planned| planned.target.to_string())
        .collect();
    if !unknown.is_empty() {
        let message = format!(
            "{} plans for targets that the files do not name: {}",
            path.display(),
            unknown.join(", ")
        );
        return Err(refused(streams, &message, "name the desired state that it was made from with `-f`"));
    }
    let planned: BTreeSet<&Target> = saved.targets.iter().map(|planned| &planned.target).collect();
    world.desired.targets.retain(|at| planned.contains(&at.target));
    Ok(())
}

fn refused(streams: Streams, message: &str, help: &str) -> Exit {
    streams.report(&format!("refused: {message}; nothing was written\n  help: {help}\n"));
    Exit::Refused
}

/// Each target's plan, refused where what it was made from has moved.
pub(super) async fn check(
    world: &World,
    saved: &SavedPlan,
    allowed: &[RefusalName],
    refused: &BTreeMap<Target, Unplanned>,
) -> Vec<Planned> {
    world
        .over(
            &saved.targets,
            |planned| async move {
                let checked = match refused.get(&planned.target) {
                    Some(why) => Err(why.clone()),
                    None => {
                        let checked = check_target(world, planned, allowed).await;
                        checked.map_err(|failure| Unplanned::failed(failure.sentence()))
                    }
                };
                checked.unwrap_or_else(|why| Planned {
                    result: TargetResult { target: planned.target.clone(), plan: Err(why) },
                    recorded: RecordedState::default(),
                })
            },
            Planned::seen,
        )
        .await
}

async fn check_target(
    world: &World,
    planned: &SavedTarget,
    allowed: &[RefusalName],
) -> Result<Planned, Failure> {
    let at = world.at(&planned.target);
    let at = at.ok_or_else(|| Failure::error("the plan's target is not in the files", Vec::new()))?;
    let recorded = world.store.load(&at.target).await?;
    let discovered = planned.base.discovered;
    let gathered = Gathered::at(world, at, recorded, planned.keys(), discovered).await?;
    let now = gathered.base(discovered);
    let recorded = gathered.recorded.unwrap_or_default();
    let mut result = planned.restored(&recorded, |code| rule(code).map(|rule| rule.code));
    if let Ok(plan) = &mut result.plan {
        plan.refuse_what_moved(&gathered.account, &now);
        plan.allow(allowed);
    }
    Ok(Planned { result, recorded })
}
