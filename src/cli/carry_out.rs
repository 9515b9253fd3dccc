//! Carrying out approved plans, target by target.

use std::collections::BTreeSet;

use crate::apply::{Recorder, Stamp, apply};
use crate::fleet;
use crate::model::{RecordedState, Target};
use crate::plan::{ApprovedPlan, Operation, OperationOutcome, Outcome, TargetOutcome};
use crate::store::Store;

use super::clock::now;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::streams::Streams;
use super::wave::Waves;
use super::world::World;

/// An approved plan and the record that it was made from.
pub(super) type Work = (ApprovedPlan, RecordedState);

/// Carries out the plans of all targets, wave by wave. Behind a wave in which not all was done the later ones are not begun,
/// unless they shall be. `left` are targets for which there is no approved plan.
pub(super) async fn carry_out_all(
    world: &World,
    interrupt: &Interrupt,
    waves: &Waves,
    work: Vec<Work>,
    left: &BTreeSet<Target>,
    streams: Streams,
) -> Result<Vec<TargetOutcome>, Failure> {
    let stamp = Stamp { applied_at: now() };
    let mut outcomes: Vec<TargetOutcome> = Vec::new();
    let mut stopped: Option<String> = None;
    for wave in waves.of(&world.desired.targets) {
        let work: Vec<&Work> = work.iter().filter(|(plan, _)| wave.targets.contains(plan.target())).collect();
        if let Some(because) = &stopped {
            outcomes.extend(work.iter().map(|(plan, _)| not_begun(plan, because)));
            continue;
        }
        if !wave.name.is_empty() {
            streams.say(&format!("Wave {}: {}\n", wave.name, number_of_targets(work.len())));
        }
        let done = carry_out_wave(world, interrupt, &work, &stamp).await?;
        let failed = done.iter().filter(|outcome| !outcome.is_complete() || outcome.interrupted).count()
            + wave.targets.intersection(left).count();
        if failed > 0 && !waves.keeps_going {
            stopped = Some(format!(
                "not begun: wave {} did not go through at {}; mend that and apply again, or use --keep-going",
                wave.name,
                number_of_targets(failed)
            ));
        }
        outcomes.extend(done);
    }
    outcomes.sort_by(|one, other| one.target.cmp(&other.target));
    Ok(outcomes)
}

fn number_of_targets(number: usize) -> String {
    if number == 1 { "1 target".to_owned() } else { format!("{number} targets") }
}

async fn carry_out_wave(
    world: &World,
    interrupt: &Interrupt,
    work: &[&Work],
    stamp: &Stamp,
) -> Result<Vec<TargetOutcome>, Failure> {
    let outcomes = fleet::across(work, world.width, |(plan, recorded)| async move {
        let at = world.at(plan.target());
        let at = at.ok_or_else(|| Failure::error("the plan's target is not in the files", Vec::new()))?;
        let (reader, writer) = (world.aws.reader(at).await, world.aws.writer(at).await);
        let mut records = Records { store: &world.store, target: plan.target() };
        let stop = interrupt.stop();
        Ok(apply(plan, recorded.clone(), &reader, &writer, &mut records, stamp, stop).await)
    })
    .await;
    outcomes.into_iter().collect()
}

/// What becomes of a plan whose wave is not begun.
fn not_begun(plan: &ApprovedPlan, because: &str) -> TargetOutcome {
    let outcome = || Outcome::Skipped { because: because.to_owned(), satisfied: false };
    let skipped = |operation: &Operation| OperationOutcome {
        id: operation.id,
        key: operation.key.clone(),
        outcome: outcome(),
    };
    let outcomes = plan.operations().iter().map(skipped).collect();
    TargetOutcome { target: plan.target().clone(), outcomes, error: None, interrupted: false }
}

/// The records of one target, for `apply` to save.
struct Records<'a> {
    store: &'a Store,
    target: &'a Target,
}

impl Recorder for Records<'_> {
    async fn save(&mut self, recorded: &mut RecordedState) -> Result<(), String> {
        let saved = self.store.save(self.target, recorded).await;
        saved.map_err(|error| Failure::from(error).sentence())
    }
}

/// How a target's outcome counts.
pub(super) fn outcome_exit(outcome: &TargetOutcome) -> Exit {
    if outcome.interrupted {
        return Exit::Interrupted;
    }
    if outcome.is_complete() {
        return Exit::Done;
    }
    // Of a wave that was not begun the one that failed tells.
    if outcome.error.is_none() && outcome.outcomes.iter().all(|one| one.outcome.as_str() == "skipped") {
        return Exit::Done;
    }
    let word = |word: &str| outcome.outcomes.iter().any(|operation| operation.outcome.as_str() == word);
    // What failed may have been written all the same: only conflicts alone are "nothing was written".
    match (word("applied"), word("failed") || outcome.error.is_some(), word("conflict")) {
        (true, _, _) => Exit::Partly,
        (false, false, true) => Exit::Refused,
        _ => Exit::Error,
    }
}
