//! `logpolicy plan`

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::model::{Diagnostic, Diagnostics};
use crate::plan::{Kept, PlanFormat, PlanFormatter, Summary, TargetResult, saved_text};
use crate::policy::Found;
use crate::report::{diagnostics_text, is_large, plan_dot, plan_last_line, plan_mermaid, request_text};
use crate::store::write_plan;

use super::arguments::Global;
use super::exit::Exit;
use super::failure::Failure;
use super::only::Only;
use super::plan_arguments::{Graph, PlanArguments};
use super::plan_form::{PlanForm, show_files};
use super::planning::{Course, Wish, allowed, exit, plan_each};
use super::report_file::Reports;
use super::shard::{Shard, covered_plans};
use super::streams::Streams;
use super::world::{Files, World, open_world_or};

/// Shows what `apply` would do.
pub(super) async fn plan(
    arguments: &PlanArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let planning = &arguments.planning;
    let reports = Reports::new(&planning.reports, arguments.out.as_deref())?;
    let unusable = |files: &Files| show_files("plan", planning.format, reports, files, global.shard, streams);
    let world: Arc<World> = match open_world_or(global, streams, unusable).await? {
        Ok(world) => Arc::from(world),
        Err(exit) => return Ok(exit),
    };
    let course = Course {
        wish: Wish::Files,
        allowed: allowed(&planning.allow),
        only: Only::new(&global.only)?,
        refused: BTreeMap::new(),
    };
    let out = Out {
        format: planning.format,
        reports,
        graph: arguments.graph,
        file: arguments.out.as_deref(),
        shard: global.shard,
    };
    let mut collected = out.collected(&world, streams);
    plan_each(&world, course, |planned| collected.add(planned.result)).await?;
    let (results, format) = collected.finish()?;
    show_new_findings(&world, &results, streams);
    let widened = if arguments.deny_new_access { new_access(&results) } else { Vec::new() };
    let changes = arguments.detailed_exitcode && Summary::of(&results).has_changes();
    let also = [changes.then_some(Exit::Changes), (!widened.is_empty()).then_some(Exit::Findings)];
    let end = out.show(&results, &format, also.into_iter().flatten(), streams)?;
    widened.iter().for_each(|line| streams.report(line));
    Ok(end)
}

/// Where a plan goes that is not carried out.
pub(super) struct Out<'a> {
    pub(super) format: PlanForm,
    /// Files that it goes to as well.
    pub(super) reports: Reports<'a, PlanForm>,
    /// A drawing in place of the plan.
    pub(super) graph: Option<Graph>,
    /// The file that it is saved to.
    pub(super) file: Option<&'a Path>,
    /// The part of the targets that it is about.
    pub(super) shard: Option<Shard>,
}

impl Out<'_> {
    /// Where the plans are collected.
    pub(super) fn collected(&self, world: &World, streams: Streams) -> Collected {
        let is_kept = self.format == PlanForm::Json
            || self.reports.contain(PlanForm::Json)
            || self.reports.contain(PlanForm::Jsonl)
            || self.file.is_some();
        let shows_lines = self.format == PlanForm::Jsonl && self.graph.is_none();
        Collected {
            formatter: PlanFormatter::new(is_kept),
            lines: shows_lines.then_some(streams),
            ends: Ok(()),
            results: Vec::new(),
            kept: if shows_lines && self.reports.is_empty() {
                Kept::Numbers
            } else if is_large(world.desired.targets.len()) && !streams.layout().verbose {
                Kept::Changes
            } else {
                Kept::All
            },
        }
    }

    /// Shows plans, saves them where asked to, and says how the command ends, where it ends with one of `also` beside what
    /// the plans themselves come to.
    pub(super) fn show(
        &self,
        results: &[TargetResult],
        format: &PlanFormat,
        also: impl IntoIterator<Item = Exit>,
        streams: Streams,
    ) -> Result<Exit, Failure> {
        let end = Exit::worst(results.iter().map(exit).chain(also));
        let coverage = covered_plans(self.shard, end, results);
        let text = |form: PlanForm| form.plans(results, format, &coverage, streams.layout());
        streams.data(&match self.graph {
            Some(Graph::Dot) => plan_dot(results),
            Some(Graph::Mermaid) => plan_mermaid(results),
            // The lines of the targets are out already.
            None if self.format == PlanForm::Jsonl => plan_last_line(format, &coverage),
            None => text(self.format),
        })?;
        let written = self.reports.write(streams, text);
        if let Some(path) = self.file {
            let plans = results.iter().filter_map(|result| result.plan.as_ref().ok());
            let bases: Vec<_> = plans.map(|plan| (&plan.target, &plan.base)).collect();
            write_plan(path, &saved_text(format, &bases))?;
            let path = path.display();
            streams.say(&format!("Saved as {path}; `logpolicy apply {path}` carries out just this plan.\n"));
        }
        Ok(Exit::worst([end, written]))
    }
}

/// Plans as they come: of a target where nothing changes no more is kept than is shown of it.
pub(super) struct Collected {
    formatter: PlanFormatter,
    /// Where each target's JSON goes right away.
    lines: Option<Streams>,
    ends: Result<(), Failure>,
    results: Vec<TargetResult>,
    kept: Kept,
}

impl Collected {
    /// Takes the next target's plan.
    pub(super) fn add(&mut self, mut result: TargetResult) {
        let line = self.formatter.add(&result);
        if let (Some(streams), Ok(())) = (self.lines, &self.ends) {
            self.ends = streams.data(&line);
        }
        if let Ok(plan) = &mut result.plan {
            plan.let_go(self.kept);
        }
        self.results.push(result);
    }

    /// All plans, and their JSON.
    pub(super) fn finish(self) -> Result<(Vec<TargetResult>, PlanFormat), Failure> {
        self.ends.map(|()| (self.results, self.formatter.finish()))
    }
}

/// A line for each target at which something is newly allowed; what could not be shown counts as new.
fn new_access(results: &[TargetResult]) -> Vec<String> {
    let mut lines = Vec::new();
    for plan in results.iter().filter_map(|result| result.plan.as_ref().ok()) {
        let target = &plan.target;
        let found = match plan.access.as_ref().map(|access| &access.gained) {
            None | Some(Found::None) => continue,
            Some(Found::Witness(request)) => {
                format!("is newly allowed, for example: {}", request_text(request))
            }
            Some(Found::NotShown) => "may be newly allowed: it could not be shown that nothing is".to_owned(),
        };
        lines.push(format!("new access: at {target} something {found}\n"));
    }
    lines
}

/// What only planning finds; what the files say was shown before.
pub(super) fn show_new_findings(world: &World, results: &[TargetResult], streams: Streams) {
    let mut new: Vec<Diagnostic> = Vec::new();
    for plan in results.iter().filter_map(|result| result.plan.as_ref().ok()) {
        let known = |finding: &Diagnostic| world.found_at(&plan.target).any(|shown| shown == finding);
        let found = plan.diagnostics.iter().map(|(finding, _)| finding);
        new.extend(found.filter(|finding| !known(finding)).cloned());
    }
    let new = Diagnostics::new(new);
    if !new.is_empty() {
        streams.report(&diagnostics_text(&new, &world.sources, streams.layout()));
    }
}
