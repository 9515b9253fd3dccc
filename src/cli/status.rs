//! `logpolicy status`

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};

use crate::model::{
    DesiredTarget, LiveState, Meter, PolicyKey, RecordedState, TargetDesired, named_log_groups, owners,
};
use crate::pack::{Surroundings, place_grants};
use crate::provider::{PolicyReader, ProviderErrorKind};
use crate::report::{
    Coverage, Layout, TargetStatus, review_html, status_json, status_lines, status_markdown, status_review,
    status_text,
};

use super::arguments::{Format, Global};
use super::exit::Exit;
use super::failure::Failure;
use super::only::Only;
use super::planning::Gathered;
use super::progress::Seen;
use super::report_file::{ReportFile, Reports, report_file};
use super::shard::covered;
use super::streams::Streams;
use super::world::{World, open_world};

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    /// How to show it
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    format: StatusFormat,
    /// Also write it to a file, in a format of `--format`; can be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file::<StatusFormat>)]
    reports: Vec<ReportFile<StatusFormat>>,
}

/// How a status is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StatusFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For programs, one target in a line: for large fleets.
    Jsonl,
    /// For a page.
    Markdown,
    /// A page for the browser.
    Html,
}

/// Shows slots and bytes by owner, and log groups that are named and do not exist.
pub(super) async fn status(
    arguments: &StatusArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let reports = Reports::new(&arguments.reports, None)?;
    let findings = if matches!(arguments.format, StatusFormat::Json | StatusFormat::Jsonl) {
        Format::Json
    } else {
        Format::Text
    };
    let world = match open_world(global, streams, findings).await? {
        Ok(world) => world,
        Err(exit) => return Ok(exit),
    };
    let only = Only::new(&global.only)?;
    let (world, only) = (&*world, &only);
    let found = world
        .across(
            |at| async move {
                let target = at.target.clone();
                match read(world, at, only).await {
                    Ok((meter, None)) => {
                        (TargetStatus { target, meter: Some(meter), error: None }, Exit::Done)
                    }
                    Ok((meter, Some(failure))) => {
                        let error = Some(failure.sentence());
                        (TargetStatus { target, meter: Some(meter), error }, failure.exit)
                    }
                    Err(failure) => {
                        let error = Some(failure.sentence());
                        (TargetStatus { target, meter: None, error }, failure.exit)
                    }
                }
            },
            |(_, exit)| Seen { changed: false, failed: *exit != Exit::Done },
        )
        .await;
    let (statuses, exits): (Vec<TargetStatus>, Vec<Exit>) = found.into_iter().unzip();
    if statuses.iter().any(|status| status.meter.is_some()) {
        only.check()?;
    }
    let exit = Exit::worst(exits);
    let coverage = covered(global.shard, exit);
    let text = |format: StatusFormat| format.targets(&statuses, &coverage, streams.layout());
    streams.data(&text(arguments.format))?;
    Ok(Exit::worst([exit, reports.write(streams, text)]))
}

impl StatusFormat {
    /// What stands at some targets.
    pub(super) fn targets(self, statuses: &[TargetStatus], coverage: &Coverage, layout: Layout) -> String {
        match self {
            Self::Text => coverage.before(status_text(statuses, layout)),
            Self::Json => status_json(statuses, coverage),
            Self::Jsonl => status_lines(statuses, coverage),
            Self::Markdown => coverage.before(status_markdown(statuses)),
            Self::Html => review_html(&coverage.of_review(status_review(statuses))),
        }
    }
}

/// A target's meter, and what kept dead log groups from being known where that was more than a missing right.
async fn read(world: &World, at: &DesiredTarget, only: &Only) -> Result<(Meter, Option<Failure>), Failure> {
    let account = world.aws().account(at).await?;
    Failure::unless_own(&account, &at.target)?;
    let recorded = world.store.load(&at.target).await?;
    let mut desired = world.desired.at(at);
    // Every log group that is there, when all are walked through anyway.
    let listed = if world.desired.unmanaged.discover_log_groups {
        Some(world.aws().reader(at).await.log_groups().await?)
    } else {
        None
    };
    let walked: Vec<PolicyKey> = listed.iter().flatten().map(PolicyKey::log_group).collect();
    let keys = desired.policies.keys().chain(&walked);
    let Gathered { account: _, live, recorded } = Gathered::at(world, at, recorded, keys, false).await?;
    let surroundings =
        Surroundings { live: &live, recorded: recorded.as_ref(), unmanaged: &world.desired.unmanaged };
    place_grants(&mut desired, Some(surroundings));
    let (meter, failure) = metered(world, &desired, &live, recorded.as_ref(), only, listed).await;
    Ok((meter, failure))
}

/// Counts, and looks up the log groups that are named.
async fn metered(
    world: &World,
    desired: &TargetDesired<'_>,
    live: &LiveState,
    recorded: Option<&RecordedState>,
    only: &Only,
    listed: Option<BTreeSet<String>>,
) -> (Meter, Option<Failure>) {
    let (target, limits) = (&desired.at.target, desired.at.limits);
    let ours = recorded.iter().flat_map(|recorded| recorded.policies.keys());
    let left_out = only.left_out(target, live.policies.keys().chain(desired.policies.keys()).chain(ours));
    let named = named_log_groups(target, live, &left_out);
    let missing = match listed {
        Some(listed) => Ok(named.difference(&listed).cloned().collect()),
        None if named.is_empty() => Ok(BTreeSet::new()),
        None => world.aws().reader(desired.at).await.missing_log_groups(&named).await,
    };
    let mut failure = None;
    let missing = missing.map_err(|error| {
        let is_denied = error.kind == ProviderErrorKind::Denied;
        let why = Failure::from(error);
        let sentence = why.sentence();
        if !is_denied {
            failure = Some(why);
        }
        sentence
    });
    let owners = owners(desired, live, recorded);
    (Meter::new(target, limits, live, &owners, &left_out, missing.as_ref().map_err(Clone::clone)), failure)
}
