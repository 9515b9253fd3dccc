//! `logpolicy apply`

use std::io::{self, IsTerminal};

use crate::apply::{Recorder, Stamp, apply as carry_out};
use crate::fleet;
use crate::model::{RecordedState, Target};
use crate::plan::{ApprovedPlan, PlanFormat, Summary, TargetOutcome, TargetResult};
use crate::policy::Fingerprint;
use crate::report::{apply_json, apply_text, plan_text};
use crate::store::Store;

use super::arguments::{ApplyArguments, Format, Global};
use super::exit::Exit;
use super::failure::Failure;
use super::plan::show_new_findings;
use super::planning::{Planned, allowed, exit, plan_targets};
use super::streams::Streams;
use super::world::{World, open_world};

/// Plans, shows the plan, asks, and carries it out.
pub(super) async fn apply(
    arguments: &ApplyArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let planning = &arguments.planning;
    let world = match open_world(global, streams, planning.format).await? {
        Ok(world) => world,
        Err(exit) => return Ok(exit),
    };
    let planned = plan_targets(&world, &allowed(&planning.allow)).await;
    let results: Vec<TargetResult> = planned.iter().map(|planned| planned.result.clone()).collect();
    show_new_findings(&world, &results, streams);
    let digest = PlanFormat::new(&results).digest().clone();
    let shown = plan_text(&results, &digest, streams.layout());
    match planning.format {
        Format::Text => streams.data(&shown)?,
        Format::Json => streams.say(&shown),
    }
    let work = approved(planned, &digest);
    if work.len() < results.len() {
        let left = results.len() - work.len();
        let targets = if left == 1 { "1 target" } else { &format!("{left} targets") };
        streams.report(&format!("{targets} cannot be applied: nothing is written there\n"));
    }
    let writes = work.iter().any(|(plan, _)| !plan.operations().is_empty());
    let refused = Exit::worst(results.iter().map(exit));
    let needs_approval = writes || (Summary::of(&results).has_changes() && refused == Exit::Done);
    let outcomes = if !needs_approval || arguments.auto_approve || asked(streams)? {
        carry_out_all(&world, work).await?
    } else {
        return Ok(Exit::worst([Exit::Refused, refused]));
    };
    match planning.format {
        Format::Text if needs_approval => streams.data(&format!("\n{}", apply_text(&outcomes)))?,
        Format::Text => {}
        Format::Json => streams.data(&apply_json(&results, &digest, &outcomes))?,
    }
    Ok(Exit::worst(outcomes.iter().map(outcome_exit).chain([refused])))
}

/// The plans that nothing speaks against, each with its record.
fn approved(planned: Vec<Planned>, digest: &Fingerprint) -> Vec<(ApprovedPlan, RecordedState)> {
    let approve = |planned: Planned| {
        let plan = planned.result.plan.ok()?.approve(digest.as_str()).ok()?;
        Some((plan, planned.recorded))
    };
    planned.into_iter().filter_map(approve).collect()
}

/// Asks on the terminal; without one the answer is no.
fn asked(streams: Streams) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        streams.report(
            "refused: there is no terminal to ask on, and nothing was written\n  \
             help: pass --auto-approve to apply without being asked\n",
        );
        return Ok(false);
    }
    streams.report("\nApply this plan? Only `yes` is an approval: ");
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.map_err(|error| Failure::error(format!("reading the answer failed: {error}"), Vec::new()))?;
    let yes = answer.trim() == "yes";
    if !yes {
        streams.report("Not approved; nothing was written.\n");
    }
    Ok(yes)
}

async fn carry_out_all(
    world: &World,
    work: Vec<(ApprovedPlan, RecordedState)>,
) -> Result<Vec<TargetOutcome>, Failure> {
    let stamp = Stamp { applied_at: now() };
    let outcomes = fleet::across(&work, world.width, |(plan, recorded)| {
        let stamp = &stamp;
        async move {
            let at = world.desired.targets.iter().find(|at| at.target == *plan.target());
            let at = at.ok_or_else(|| Failure::error("the plan's target is not in the files", Vec::new()))?;
            let (reader, writer) = (world.aws.reader(at).await, world.aws.writer(at).await);
            let mut records = Records { store: &world.store, target: plan.target() };
            Ok(carry_out(plan, recorded.clone(), &reader, &writer, &mut records, stamp).await)
        }
    })
    .await;
    outcomes.into_iter().collect()
}

/// The records of one target, for `apply` to save.
struct Records<'a> {
    store: &'a Store,
    target: &'a Target,
}

impl Recorder for Records<'_> {
    fn save(&mut self, recorded: &mut RecordedState) -> Result<(), String> {
        self.store.save(self.target, recorded).map_err(|error| Failure::from(error).sentence())
    }
}

/// The one reading of the clock: records say when they were made.
#[expect(clippy::disallowed_methods, reason = "door: clock")]
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn outcome_exit(outcome: &TargetOutcome) -> Exit {
    if outcome.is_complete() {
        return Exit::Done;
    }
    let word = |word: &str| outcome.outcomes.iter().any(|operation| operation.outcome.as_str() == word);
    match (word("applied"), word("conflict")) {
        (true, _) => Exit::Partly,
        (false, true) => Exit::Refused,
        (false, false) => Exit::Error,
    }
}
