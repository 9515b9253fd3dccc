//! Carrying out approved plans, target by target.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use crate::apply::{Recorder, Stamp, apply};
use crate::model::{DesiredTarget, RecordedState, Target};
use crate::plan::{ApprovedPlan, Operation, OperationOutcome, Outcome, TargetOutcome};
use crate::report::counted;
use crate::store::Store;

use super::clock::now;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::progress::Seen;
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
    let work = placed(world, waves, work)?;
    let wave_of = |target: &Target| world.at(target).and_then(|at| waves.number(at));
    let mut outcomes: Vec<TargetOutcome> = Vec::new();
    let mut stopped: Option<String> = None;
    for (number, name) in waves.names().into_iter().enumerate() {
        let work: Vec<&Placed<'_>> = work.iter().filter(|placed| placed.wave == number).collect();
        if let Some(because) = &stopped {
            outcomes.extend(work.iter().map(|placed| not_begun(&placed.plan, because)));
            continue;
        }
        if !name.is_empty() {
            streams.say(&format!("Wave {name}: {}\n", counted(work.len(), "target")));
        }
        let done = carry_out_wave(world, interrupt, &work, &stamp).await;
        let failed = done.iter().filter(|outcome| !outcome.is_complete()).count()
            + left.iter().filter(|target| wave_of(target) == Some(number)).count();
        if interrupt.stop().load(Ordering::Relaxed) {
            stopped = Some("not begun: the run was interrupted; apply again to go on".to_owned());
        } else if failed > 0 && !waves.keeps_going {
            stopped = Some(format!(
                "not begun: wave {name} did not go through at {}; mend that and apply again, or use --keep-going",
                counted(failed, "target")
            ));
        }
        outcomes.extend(done);
    }
    outcomes.sort_by(|one, other| one.target.cmp(&other.target));
    Ok(outcomes)
}

/// Work and where it is done.
struct Placed<'a> {
    plan: ApprovedPlan,
    recorded: RecordedState,
    at: &'a DesiredTarget,
    /// The number of its wave.
    wave: usize,
}

/// Finds for all of the work where it is done, before any of it is begun.
fn placed<'a>(world: &'a World, waves: &Waves, work: Vec<Work>) -> Result<Vec<Placed<'a>>, Failure> {
    let place = |(plan, recorded): Work| {
        let found = world.at(plan.target()).and_then(|at| Some((at, waves.number(at)?)));
        let (at, wave) = found.ok_or_else(|| {
            let message = format!("{} is planned, and not among the targets of this run", plan.target());
            Failure::error(message, vec!["nothing was written".to_owned()])
        })?;
        Ok(Placed { plan, recorded, at, wave })
    };
    work.into_iter().map(place).collect()
}

async fn carry_out_wave(
    world: &World,
    interrupt: &Interrupt,
    work: &[&Placed<'_>],
    stamp: &Stamp,
) -> Vec<TargetOutcome> {
    let seen = |outcome: &TargetOutcome| Seen {
        changed: outcome.outcomes.iter().any(|one| one.outcome.as_str() == "applied"),
        failed: !outcome.is_complete(),
    };
    world
        .over(
            work,
            |Placed { plan, recorded, at, wave: _ }| async move {
                let (reader, writer) = (world.aws().reader(at).await, world.aws().writer(at).await);
                let mut records = Records { store: &world.store, target: plan.target() };
                apply(plan, recorded.clone(), &reader, &writer, &mut records, stamp, interrupt.stop()).await
            },
            seen,
        )
        .await
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
