//! `logpolicy plan`

use crate::plan::{PlanFormat, Summary, TargetResult};
use crate::report::{plan_json, plan_text, validate_json};

use super::arguments::{Format, Global, PlanArguments};
use super::exit::Exit;
use super::failure::Failure;
use super::planning::{allowed, exit, plan_targets};
use super::streams::Streams;
use super::world::{Opened, World};

/// Shows what `apply` would do.
pub(super) async fn plan(
    arguments: &PlanArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let planning = &arguments.planning;
    let world = match World::open(global, streams).await? {
        Opened::Ready(world) => world,
        Opened::Findings(files) => {
            if planning.format == Format::Json {
                streams.data(&validate_json(&files.diagnostics, &files.sources))?;
            }
            return Ok(files.exit());
        }
    };
    let planned = plan_targets(&world, &allowed(&planning.allow)).await;
    let results: Vec<TargetResult> = planned.into_iter().map(|planned| planned.result).collect();
    let format = PlanFormat::new(&results);
    match planning.format {
        Format::Text => streams.data(&plan_text(&results, format.digest(), streams.layout()))?,
        Format::Json => streams.data(&plan_json(&format))?,
    }
    let changes = arguments.detailed_exitcode && Summary::of(&results).has_changes();
    let end = if changes { Exit::Changes } else { Exit::Done };
    Ok(Exit::worst(results.iter().map(exit).chain([end])))
}
