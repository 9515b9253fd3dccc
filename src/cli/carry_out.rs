//! Carrying out approved plans, target by target.

use crate::apply::{Recorder, Stamp, apply};
use crate::fleet;
use crate::model::{RecordedState, Target};
use crate::plan::{ApprovedPlan, TargetOutcome};
use crate::store::Store;

use super::clock::now;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::world::World;

/// Carries out the plans of all targets.
pub(super) async fn carry_out_all(
    world: &World,
    interrupt: &Interrupt,
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
            let stop = interrupt.stop();
            Ok(apply(plan, recorded.clone(), &reader, &writer, &mut records, stamp, stop).await)
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
    let word = |word: &str| outcome.outcomes.iter().any(|operation| operation.outcome.as_str() == word);
    // What failed may have been written all the same: only conflicts alone are "nothing was written".
    match (word("applied"), word("failed") || outcome.error.is_some(), word("conflict")) {
        (true, _, _) => Exit::Partly,
        (false, false, true) => Exit::Refused,
        _ => Exit::Error,
    }
}
