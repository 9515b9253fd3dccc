//! `logpolicy rollback`: plans back to what an earlier apply recorded.

use std::sync::Arc;

use crate::model::{
    DesiredState, DesiredTarget, DocumentTemplate, Ownership, PolicyKey, PolicyTemplate, RecordedState,
    Version,
};
use crate::plan::Summary;
use crate::policy::Document;

use super::apply::Run;
use super::arguments::Global;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::lock::Locks;
use super::only::Only;
use super::plan::{Out, show_new_findings};
use super::plan_arguments::RollbackArguments;
use super::plan_form::show_files;
use super::planning::{Course, Wish, allowed, plan_targets};
use super::report_file::Reports;
use super::streams::Streams;
use super::wave::Waves;
use super::world::{Files, World, open_world_or};

/// Shows the plan back to an earlier apply; carries it out only when told to.
pub(super) async fn rollback(
    arguments: &RollbackArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let RollbackArguments { to, planning, detailed_exitcode, out, auto_approve, lock_timeout } = arguments;
    let reports = Reports::new(&planning.reports, out.as_deref())?;
    let unusable = |files: &Files| show_files("plan", planning.format, reports, files, global.shard, streams);
    let world: Arc<World> = match open_world_or(global, streams, unusable).await? {
        Ok(world) => Arc::from(world),
        Err(exit) => return Ok(exit),
    };
    if world.store.is_none() {
        return Err(Failure::usage(
            "with `state: none` nothing is recorded",
            "There is nothing to go back to.",
        ));
    }
    let interrupt = Interrupt::listen(streams);
    let targets = world.desired.targets.iter().filter(|_| *auto_approve).map(|at| &at.target);
    let only = Only::new(&global.only)?;
    let locks = Locks::take(&world.store, targets, *lock_timeout, world.width, interrupt.stop()).await;
    let (allowed, refused) = (allowed(&planning.allow), locks.refused.clone());
    let course = Course { wish: Wish::AsOf(*to), allowed, only, refused };
    let planned = interrupt.unless(plan_targets(&world, course)).await;
    let format = planning.format;
    let waves = Waves::one();
    let shard = global.shard;
    let run =
        Run { world: &world, interrupt, streams, format, reports, shard, waves, asks: false, expect: None };
    let exit = match planned {
        None => Ok(run.interrupted()),
        Some(Err(failure)) => Err(failure),
        Some(Ok(planned)) if *auto_approve => run.finish(Some(planned), None).await,
        Some(Ok(planned)) => {
            let out = Out { graph: None, format, reports, file: out.as_deref(), shard: global.shard };
            let mut collected = out.collected(&world, streams);
            planned.into_iter().for_each(|planned| collected.add(planned.result));
            let shown = collected.finish().and_then(|(results, plans)| {
                show_new_findings(&world, &results, streams);
                let changes = Summary::of(&results).has_changes();
                let also = (*detailed_exitcode && changes).then_some(Exit::Changes);
                Ok((out.show(&results, &plans, also, streams)?, changes))
            });
            if out.file.is_none() && matches!(shown, Ok((_, true))) {
                streams.say("Nothing was written; save the plan with `-o FILE`, or pass --auto-approve.\n");
            }
            shown.map(|(exit, _)| exit)
        }
    };
    locks.release(streams).await;
    exit
}

/// The desired state that an earlier apply stood for. Guards and limits are today's; unmanaged policies are kept.
pub(super) fn as_of(
    desired: &DesiredState,
    at: &DesiredTarget,
    recorded: Option<&RecordedState>,
    serial: u64,
) -> Result<DesiredState, Failure> {
    let versions = recorded.and_then(|recorded| recorded.as_of(serial)).ok_or_else(|| {
        let serials: Vec<String> = recorded
            .iter()
            .flat_map(|recorded| &recorded.history)
            .map(|apply| apply.serial.to_string())
            .collect();
        let known = if serials.is_empty() { "none".to_owned() } else { serials.join(", ") };
        let message = format!("the record of {} does not reach back to serial {serial}", at.target);
        Failure::error(message, vec![format!("It remembers the applies with these serials: {known}.")])
    })?;
    let mut unmanaged = desired.unmanaged.clone();
    unmanaged.delete = false;
    Ok(DesiredState {
        targets: vec![at.clone()],
        policies: versions.into_iter().filter_map(|(key, version)| template(key, version)).collect(),
        // What was packed is among the policies.
        grants: Vec::new(),
        packing: desired.packing.clone(),
        tests: desired.tests.clone(),
        lint: desired.lint.clone(),
        unmanaged,
        guards: desired.guards,
        state: desired.state.clone(),
    })
}

/// An entry that asks for an earlier version; nothing where none of its statements was ours.
fn template(key: PolicyKey, version: Version) -> Option<PolicyTemplate> {
    let Version { document, claim } = version;
    let document = match claim.ownership {
        Ownership::Document => document,
        Ownership::Statements => Arc::new(document.without_statements(|statement| !claim.holds(statement))?),
    };
    Some(PolicyTemplate {
        prevent_delete: claim.prevent_delete,
        ownership: claim.ownership,
        ..PolicyTemplate::new(key, DocumentTemplate::Fixed(sent(&document)))
    })
}

/// A document that was read from AWS in the form that AWS takes.
fn sent(document: &Arc<Document>) -> Arc<Document> {
    document.json().map_or_else(|_| Arc::clone(document), |json| Arc::new(Document::from_json(json.clone())))
}
