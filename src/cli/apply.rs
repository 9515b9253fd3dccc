//! `logpolicy apply`

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{RecordedState, Target};
use crate::plan::{ApprovedPlan, PlanFormat, Summary, TargetOutcome, TargetResult};
use crate::policy::Fingerprint;
use crate::report::{apply_text, counted, plan_text};

use super::approval::asked;
use super::arguments::Global;
use super::carry_out::{carry_out_all, outcome_exit};
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::lock::Locks;
use super::only::Only;
use super::plan::show_new_findings;
use super::plan_arguments::ApplyArguments;
use super::plan_form::{PlanForm, show_files};
use super::planning::{Course, Planned, Wish, allowed, exit, plan_targets};
use super::report_file::Reports;
use super::saved;
use super::shard::{Shard, covered_plans};
use super::streams::Streams;
use super::wave::Waves;
use super::world::{Files, World, open_world_or};

/// Plans or reads a saved plan, shows it, asks, and carries it out.
pub(super) async fn apply(
    arguments: &ApplyArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let ApplyArguments { plan, planning, approval, expect, waves, keep_going } = arguments;
    let reports = Reports::new(&planning.reports, plan.as_deref())?;
    let saved = match plan.as_deref() {
        None => None,
        Some(path) => match saved::read(path, global, streams)? {
            Ok(saved) => Some(saved),
            Err(exit) => return Ok(exit),
        },
    };
    let unusable =
        |files: &Files| show_files("apply", planning.format, reports, files, global.shard, streams);
    let mut world = match open_world_or(global, streams, unusable).await? {
        Ok(world) => world,
        Err(exit) => return Ok(exit),
    };
    if let (Some(saved), Some(path)) = (&saved, plan)
        && let Err(exit) = saved::choose_targets(&mut world, saved, path, streams)
    {
        return Ok(exit);
    }
    let world: Arc<World> = Arc::from(world);
    let run = Run {
        world: &world,
        interrupt: Interrupt::listen(streams),
        streams,
        format: planning.format,
        reports,
        shard: global.shard,
        waves: Waves::new(waves, *keep_going, &world.all_targets)?,
        asks: !approval.auto_approve && saved.is_none(),
        expect: expect.as_deref(),
    };
    // Whatever can go wrong before the locks are taken goes wrong here: behind them every way leads to their release.
    let (only, allowed) = (Only::new(&global.only)?, allowed(&planning.allow));
    let targets = world.desired.targets.iter().map(|at| &at.target);
    let stop = run.interrupt.stop();
    let locks = Locks::take(&world.store, targets, approval.lock_timeout, world.width, stop).await;
    let exit = match &saved {
        Some(saved) => {
            let results = run.interrupt.unless(saved::check(&world, saved, &allowed, &locks.refused)).await;
            run.finish(results, Some(&saved.digest)).await
        }
        None => {
            let course = Course { wish: Wish::Files, allowed, only, refused: locks.refused.clone() };
            match run.interrupt.unless(plan_targets(&world, course)).await {
                Some(Err(failure)) => Err(failure),
                planned => run.finish(planned.and_then(Result::ok), None).await,
            }
        }
    };
    locks.release(streams).await;
    exit
}

/// What a run that writes works with.
pub(super) struct Run<'a> {
    pub(super) world: &'a World,
    pub(super) interrupt: Interrupt,
    pub(super) streams: Streams,
    pub(super) format: PlanForm,
    /// Files that the end goes to as well.
    pub(super) reports: Reports<'a, PlanForm>,
    /// The part of the targets that it is about.
    pub(super) shard: Option<Shard>,
    /// In which order the targets are applied.
    pub(super) waves: Waves,
    /// Whether the plan is shown on a terminal and must be approved there.
    pub(super) asks: bool,
    /// The beginning of the digest of the only plan that may be applied.
    pub(super) expect: Option<&'a str>,
}

impl Run<'_> {
    pub(super) fn interrupted(&self) -> Exit {
        self.streams.report("\nInterrupted; nothing was written.\n");
        Exit::Interrupted
    }

    /// Shows plans, asks where it must, and carries them out; without plans the run was interrupted.
    pub(super) async fn finish(
        &self,
        planned: Option<Vec<Planned>>,
        digest: Option<&Fingerprint>,
    ) -> Result<Exit, Failure> {
        let Some(planned) = planned else { return Ok(self.interrupted()) };
        let results: Vec<TargetResult> = planned.iter().map(|planned| planned.result.clone()).collect();
        show_new_findings(self.world, &results, self.streams);
        let digest = digest.cloned().unwrap_or_else(|| PlanFormat::new(&results).digest().clone());
        let shown = plan_text(&results, &digest, self.streams.layout());
        match self.format {
            PlanForm::Text => self.streams.data(&shown)?,
            _ => self.streams.say(&shown),
        }
        let refused = Exit::worst(results.iter().map(exit));
        if !self.is_expected(&digest) {
            return self.show_end(&results, &digest, &[], Exit::worst([Exit::Refused, refused]));
        }
        let work = approved(planned, &digest);
        if work.len() < results.len() {
            let targets = counted(results.len() - work.len(), "target");
            self.streams.report(&format!("{targets} cannot be applied: nothing is written there\n"));
        }
        let writes = work.iter().any(|(plan, _)| !plan.operations().is_empty());
        let needs_approval = writes || (Summary::of(&results).has_changes() && refused == Exit::Done);
        if needs_approval && self.asks {
            match self.interrupt.unless(asked(self.streams)).await {
                None => {
                    let interrupted = self.interrupted();
                    return Ok(self.write_reports(&results, &digest, &[], interrupted));
                }
                Some(Err(failure)) => return Err(failure),
                Some(Ok(false)) => {
                    return self.show_end(&results, &digest, &[], Exit::worst([Exit::Refused, refused]));
                }
                Some(Ok(true)) => {}
            }
        }
        self.interrupt.begin_writing();
        let going: BTreeSet<&Target> = work.iter().map(|(plan, _)| plan.target()).collect();
        let targets = results.iter().map(|result| &result.target);
        let left = targets.filter(|target| !going.contains(target)).cloned().collect();
        let outcomes =
            carry_out_all(self.world, &self.interrupt, &self.waves, work, &left, self.streams).await?;
        if self.format == PlanForm::Text && needs_approval {
            self.streams.data(&format!("\n{}", apply_text(&outcomes)))?;
        }
        let end = Exit::worst(outcomes.iter().map(outcome_exit).chain([refused]));
        self.show_end(&results, &digest, &outcomes, end)
    }

    /// The plan and what became of it, as data and in files, for a run that ends with `end`; without outcomes it is shown whole where it is not carried
    /// out. As text it stands on the screen already.
    fn show_end(
        &self,
        results: &[TargetResult],
        digest: &Fingerprint,
        outcomes: &[TargetOutcome],
        end: Exit,
    ) -> Result<Exit, Failure> {
        if self.format != PlanForm::Text {
            let (coverage, layout) = (covered_plans(self.shard, end, results), self.streams.layout());
            self.streams.data(&self.format.outcomes(results, digest, outcomes, &coverage, layout))?;
        }
        Ok(self.write_reports(results, digest, outcomes, end))
    }

    fn write_reports(
        &self,
        results: &[TargetResult],
        digest: &Fingerprint,
        outcomes: &[TargetOutcome],
        end: Exit,
    ) -> Exit {
        let (coverage, layout) = (covered_plans(self.shard, end, results), self.streams.layout());
        let text = |form: PlanForm| form.outcomes(results, digest, outcomes, &coverage, layout);
        Exit::worst([end, self.reports.write(self.streams, text)])
    }

    /// Whether this is the plan that the user insists on.
    fn is_expected(&self, digest: &Fingerprint) -> bool {
        let digits = digest.as_str().trim_start_matches("sha256:");
        let Some(expected) = self.expect.filter(|expected| !digits.starts_with(expected)) else {
            return true;
        };
        let (short, found) = (expected.get(..12).unwrap_or(expected), digest.short());
        self.streams.report(&format!(
            "refused: this is plan {found}, and --expect insists on {short}; nothing was written\n  help: what is \
             live, recorded or desired has changed since that plan was made: review this one, or plan again\n"
        ));
        false
    }
}

/// The plans that nothing speaks against, each with its record.
fn approved(planned: Vec<Planned>, digest: &Fingerprint) -> Vec<(ApprovedPlan, RecordedState)> {
    let approve = |planned: Planned| {
        let plan = planned.result.plan.ok()?.approve(digest.as_str()).ok()?;
        Some((plan, planned.recorded))
    };
    planned.into_iter().filter_map(approve).collect()
}
