//! `logpolicy plan`

use crate::model::{Diagnostic, Diagnostics};
use crate::plan::{PlanFormat, Summary, TargetResult};
use crate::policy::Found;
use crate::report::{diagnostics_text, plan_json, plan_text, request_text};

use super::arguments::{Format, Global, PlanArguments};
use super::exit::Exit;
use super::failure::Failure;
use super::planning::{allowed, exit, plan_targets};
use super::streams::Streams;
use super::world::{World, open_world};

/// Shows what `apply` would do.
pub(super) async fn plan(
    arguments: &PlanArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let planning = &arguments.planning;
    let world = match open_world(global, streams, planning.format).await? {
        Ok(world) => world,
        Err(exit) => return Ok(exit),
    };
    let planned = plan_targets(&world, &allowed(&planning.allow)).await;
    let results: Vec<TargetResult> = planned.into_iter().map(|planned| planned.result).collect();
    show_new_findings(&world, &results, streams);
    let format = PlanFormat::new(&results);
    match planning.format {
        Format::Text => streams.data(&plan_text(&results, format.digest(), streams.layout()))?,
        Format::Json => streams.data(&plan_json(&format))?,
    }
    let changes = arguments.detailed_exitcode && Summary::of(&results).has_changes();
    let end = if changes { Exit::Changes } else { Exit::Done };
    let widened = if arguments.deny_new_access { new_access(&results, streams) } else { Exit::Done };
    Ok(Exit::worst(results.iter().map(exit).chain([end, widened])))
}

/// Says for each target what is newly allowed; what could not be shown counts as new.
fn new_access(results: &[TargetResult], streams: Streams) -> Exit {
    let mut exit = Exit::Done;
    for plan in results.iter().filter_map(|result| result.plan.as_ref().ok()) {
        let target = &plan.target;
        let found = match plan.access.as_ref().map(|access| &access.gained) {
            None | Some(Found::None) => continue,
            Some(Found::Witness(request)) => {
                format!("is newly allowed, for example: {}", request_text(request))
            }
            Some(Found::NotShown) => "may be newly allowed: it could not be shown that nothing is".to_owned(),
        };
        streams.report(&format!("new access: at {target} something {found}\n"));
        exit = Exit::Findings;
    }
    exit
}

/// What only planning finds; what the files say was shown before.
pub(super) fn show_new_findings(world: &World, results: &[TargetResult], streams: Streams) {
    let known = |finding: &Diagnostic| world.diagnostics.iter().any(|shown| shown == finding);
    let plans = results.iter().filter_map(|result| result.plan.as_ref().ok());
    let found = plans.flat_map(|plan| &plan.diagnostics).map(|(finding, _)| finding);
    let new = Diagnostics::new(found.filter(|finding| !known(finding)).cloned().collect());
    if !new.is_empty() {
        streams.report(&diagnostics_text(&new, &world.sources, streams.layout()));
    }
}
