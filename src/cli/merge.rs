//! `logpolicy report merge`: the reports of all shards as the one report of the whole fleet.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::merge::{Content, Kind, Merged, Piece};
use crate::report::counted;
use crate::validate::rule;

use super::arguments::Global;
use super::drift::write_metrics;
use super::drift_form::DriftForm;
use super::exit::Exit;
use super::failure::Failure;
use super::plan_form::{PlanForm, same_form};
use super::report_file::{ReportFile, Reports, report_file};
use super::status::StatusFormat;
use super::streams::Streams;
use super::world::DEFAULT_FILE;

/// What `report` does.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Put the JSON reports of all shards together: one report, one exit code, one set of metrics
    #[command(after_help = "Example:\n  logpolicy --shard 1/2 plan --report json=1.json\n  \
                      logpolicy --shard 2/2 plan --report json=2.json\n  \
                      logpolicy report merge 1.json 2.json --format text --report html=plan.html")]
    Merge(MergeArguments),
}

/// Arguments of `report merge`.
#[derive(Debug, Args)]
pub(super) struct MergeArguments {
    /// The reports, as JSON or JSON lines: one of each shard, in any order
    #[arg(required = true, value_name = "FILE")]
    shards: Vec<PathBuf>,
    /// How to show it [default: as the reports are: JSON, or JSON lines]
    #[arg(long, value_enum)]
    format: Option<PlanForm>,
    /// Also write it to a file, in a format of `--format`; can be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file::<PlanForm>)]
    reports: Vec<ReportFile<PlanForm>>,
    /// Of drift: also write metrics for node_exporter's textfile collector
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Of a plan: end with 2 when there are changes
    #[arg(long)]
    detailed_exitcode: bool,
}

/// Runs a command about reports.
pub(super) fn report(command: &ReportCommand, global: &Global, streams: Streams) -> Result<Exit, Failure> {
    let ReportCommand::Merge(arguments) = command;
    merge(arguments, global, streams)
}

fn merge(arguments: &MergeArguments, global: &Global, streams: Streams) -> Result<Exit, Failure> {
    let reports = Reports::new(&arguments.reports, arguments.metrics.as_deref())?;
    let (pieces, as_they_are) = read(&arguments.shards)?;
    let form = arguments.format.unwrap_or(as_they_are);
    let merged = Merged::of(pieces).map_err(|why| unmergeable(&why))?;
    check(&merged, arguments, form)?;

    let shown = Shown::new(&merged, global, arguments.metrics.is_some() || needs_values(form, reports))?;
    streams.data(&shown.text(form, streams))?;
    let mut exits: Vec<Exit> = merged.exit_codes.iter().copied().map(Exit::of_number).collect();
    exits.push(reports.write(streams, |form| shown.text(form, streams)));
    if let (Some(path), Some(Content::Drift(targets))) = (&arguments.metrics, &shown.content) {
        write_metrics(path, targets)?;
    }
    if arguments.detailed_exitcode && merged.has_changes() {
        exits.push(Exit::Changes);
    }
    let missing = &merged.coverage().missing_shards;
    if !missing.is_empty() {
        let message =
            format!("the report of {} is missing: {}", counted(missing.len(), "shard"), missing.join(", "));
        let hint = "Nothing is known of the targets of these shards: run them again, and merge all reports.";
        streams.failure(&Failure::error(message, vec![hint.to_owned()]));
        exits.push(Exit::Error);
    }
    Ok(Exit::worst(exits))
}

/// The reports, and the form in which all of them are.
fn read(files: &[PathBuf]) -> Result<(Vec<Piece>, PlanForm), Failure> {
    let mut pieces = Vec::new();
    let mut lines = 0;
    for path in files {
        let text =
            fs_err::read_to_string(path).map_err(|error| Failure::error(error.to_string(), hints()))?;
        let wrong = |why: String| Failure::error(format!("{}: {why}", path.display()), hints());
        let piece = Piece::read(&text).map_err(wrong)?;
        lines += usize::from(piece.is_lines());
        pieces.push(piece);
    }
    let form = if lines == files.len() { PlanForm::Jsonl } else { PlanForm::Json };
    Ok((pieces, form))
}

fn hints() -> Vec<String> {
    let hint = "A shard's report is made with `logpolicy --shard K/N plan --report json=FILE` (or `apply`, `drift`, `status`).";
    vec![hint.to_owned()]
}

fn unmergeable(why: &str) -> Failure {
    let hint = "Merge the reports of one command on the same files, one of each shard.".to_owned();
    Failure::error(format!("the reports cannot be merged: {why}"), vec![hint])
}

/// Refuses what the reports have not.
fn check(merged: &Merged, arguments: &MergeArguments, form: PlanForm) -> Result<(), Failure> {
    let kind = merged.kind();
    let asked = |wanted: &str, is_of: &str| {
        Failure::usage(
            format!("{wanted} belongs to {is_of}, and these are reports of `{}`", kind.as_str()),
            "Leave it out.",
        )
    };
    if arguments.metrics.is_some() && !matches!(kind, Kind::Drift | Kind::Validate) {
        return Err(asked("--metrics", "`drift`"));
    }
    if arguments.detailed_exitcode && !matches!(kind, Kind::Plan | Kind::Validate) {
        return Err(asked("--detailed-exitcode", "`plan`"));
    }
    let forms = arguments.reports.iter().map(ReportFile::format).chain([form]);
    for form in forms {
        let is_known = match kind {
            Kind::Plan | Kind::Apply => true,
            Kind::Drift => same_form::<DriftForm>(&form).is_some(),
            Kind::Status => same_form::<StatusFormat>(&form).is_some(),
            Kind::Validate => matches!(form, PlanForm::Text | PlanForm::Json | PlanForm::Jsonl),
        };
        if !is_known {
            let name = form.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            let message = format!("reports of `{}` have no format {name:?}", kind.as_str());
            return Err(Failure::usage(message, "Choose another one with `--format` or `--report`."));
        }
    }
    Ok(())
}

/// Whether some form is made of the values: the others are the reports' own JSON.
fn needs_values(form: PlanForm, reports: Reports<'_, PlanForm>) -> bool {
    let is_json = |form: PlanForm| matches!(form, PlanForm::Json | PlanForm::Jsonl);
    !is_json(form) || !reports.all(is_json)
}

/// A merged report that can be shown.
struct Shown<'a> {
    merged: &'a Merged,
    /// The values that it was made from, where some form needs them.
    content: Option<Content>,
    /// Where what belongs to no entry stands.
    file: String,
}

impl<'a> Shown<'a> {
    fn new(merged: &'a Merged, global: &Global, needs_values: bool) -> Result<Self, Failure> {
        let code = |name: &str| rule(name).map(|rule| rule.code);
        let content = if needs_values && merged.kind() != Kind::Validate {
            Some(merged.content(code).map_err(|why| unmergeable(&why))?)
        } else {
            None
        };
        let file =
            global.files.first().map_or_else(|| DEFAULT_FILE.to_owned(), |path| path.display().to_string());
        Ok(Self { merged, content, file })
    }

    fn text(&self, form: PlanForm, streams: Streams) -> String {
        let (layout, coverage) = (streams.layout(), self.merged.coverage());
        match (form, &self.content) {
            (PlanForm::Json, _) => self.merged.json(),
            (PlanForm::Jsonl, _) => self.merged.lines(),
            (_, None) => self.merged.findings().iter().map(|line| format!("{line}\n")).collect(),
            (_, Some(Content::Plan(results, digest, None))) => {
                form.of_values(results, digest, coverage, layout).unwrap_or_default()
            }
            (_, Some(Content::Plan(results, digest, Some(outcomes)))) => {
                form.outcomes(results, digest, outcomes, coverage, layout)
            }
            (_, Some(Content::Drift(targets))) => same_form::<DriftForm>(&form)
                .map(|form| form.targets(targets, &self.file, coverage, layout))
                .unwrap_or_default(),
            (_, Some(Content::Status(statuses))) => same_form::<StatusFormat>(&form)
                .map(|form| form.targets(statuses, coverage, layout))
                .unwrap_or_default(),
        }
    }
}
