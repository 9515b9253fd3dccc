//! `logpolicy drift`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::diff::{Drift, DriftKind, Drifted, States, drift};
use crate::model::{
    Attribution, ByOwner, DesiredTarget, LivePolicy, LiveState, LookupWindow, Owner, PolicyKey,
    RecordedState, TargetDesired, WriteKind, WriteQuery, owners, slots_by_owner,
};
use crate::pack::{Surroundings, place_grants};
use crate::provider::EventReader;
use crate::report::{DriftedTarget, FoundDrift, drift_metrics};
use crate::store::write_public;

use super::arguments::Global;
use super::clock;
use super::drift_form::{DriftForm, show_files};
use super::exit::Exit;
use super::failure::Failure;
use super::only::Only;
use super::planning::Gathered;
use super::progress::Seen;
use super::report_file::{ReportFile, Reports, report_file};
use super::shard::covered;
use super::streams::Streams;
use super::world::{DEFAULT_FILE, Files, World, open_world_or};

/// Arguments of `drift`.
#[derive(Debug, Args)]
pub(super) struct DriftArguments {
    /// How to show it
    #[arg(long, value_enum, default_value_t = DriftForm::Text)]
    format: DriftForm,
    /// Also write it to a file, in a format of `--format`; can be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file::<DriftForm>)]
    reports: Vec<ReportFile<DriftForm>>,
    /// Say who did it, as CloudTrail knows (needs cloudtrail:LookupEvents)
    #[arg(long)]
    attribute: bool,
    /// Write metrics for Prometheus (node_exporter's textfile collector) to this file
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

/// Shows what others changed.
pub(super) async fn run(
    arguments: &DriftArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let reports = Reports::new(&arguments.reports, arguments.metrics.as_deref())?;
    let unusable = |files: &Files| show_files(arguments.format, reports, files, global.shard, streams);
    let world = match open_world_or(global, streams, unusable).await? {
        Ok(world) => world,
        Err(exit) => return Ok(exit),
    };
    let only = Only::new(&global.only)?;
    let (world, only) = (&*world, &only);
    let results = world
        .across(
            |at| async move {
                let target = at.target.clone();
                match look(world, at, only).await {
                    Ok(mut found) => {
                        let asked = if arguments.attribute {
                            attribute(world, at, &mut found.drift).await
                        } else {
                            Ok(())
                        };
                        let exit = asked.as_ref().map_or_else(|failure| failure.exit, |()| Exit::Done);
                        let error = asked.err().map(|failure| failure.sentence());
                        (DriftedTarget { target, found: Some(found), error }, exit)
                    }
                    Err(failure) => {
                        let error = Some(failure.sentence());
                        (DriftedTarget { target, found: None, error }, failure.exit)
                    }
                }
            },
            |(target, exit)| Seen { changed: target.has_drift(), failed: *exit != Exit::Done },
        )
        .await;
    let (targets, exits): (Vec<DriftedTarget>, Vec<Exit>) = results.into_iter().unzip();
    if targets.iter().any(|target| target.found.is_some()) {
        only.check()?;
    }
    let drifts = targets.iter().any(DriftedTarget::has_drift).then_some(Exit::Changes);
    let exit = Exit::worst(exits.into_iter().chain(drifts));
    let coverage = covered(global.shard, exit);
    let file = world.sources.files.first().map_or(DEFAULT_FILE, |file| file.path.as_str());
    let text = |form: DriftForm| form.targets(&targets, file, &coverage, streams.layout());
    streams.data(&text(arguments.format))?;
    let written = reports.write(streams, text);
    if let Some(path) = &arguments.metrics {
        write_metrics(path, &targets)?;
    }
    Ok(Exit::worst([exit, written]))
}

/// Replaces the metrics of the run before; a file that says something else is replaced, too.
pub(super) fn write_metrics(path: &Path, targets: &[DriftedTarget]) -> Result<(), Failure> {
    let earlier = fs_err::read_to_string(path).ok();
    let metrics = drift_metrics(targets, clock::seconds(), earlier.as_deref());
    write_public(path, &metrics, true, "writing the metrics")?;
    Ok(())
}

async fn look(world: &World, at: &DesiredTarget, only: &Only) -> Result<FoundDrift, Failure> {
    let recorded = world.store.load(&at.target).await?;
    let mut desired = world.desired.at(at);
    let discover = world.desired.unmanaged.discover_log_groups;
    let gathered = Gathered::at(world, at, recorded, desired.policies.keys(), discover).await?;
    Failure::unless_own(&gathered.account, &at.target)?;
    let Gathered { account: _, live, recorded } = gathered;
    let unmanaged = &world.desired.unmanaged;
    place_grants(&mut desired, Some(Surroundings { live: &live, recorded: recorded.as_ref(), unmanaged }));
    let ours = recorded.iter().flat_map(|recorded| recorded.policies.keys());
    let keys = desired.policies.keys().chain(live.policies.keys()).chain(ours);
    let left_out = only.left_out(&at.target, keys);
    let states = States { desired: &desired.policies, live: &live, recorded: recorded.as_ref(), unmanaged };
    let drift = drift(&at.target, states, &left_out);
    Ok(measured(world, &desired, &live, recorded.as_ref(), drift))
}

/// Finds out who did it. Only drift makes CloudTrail be asked: it answers two questions in a second.
async fn attribute(world: &World, at: &DesiredTarget, drift: &mut Drift) -> Result<(), Failure> {
    if drift.drifted.is_empty() {
        return Ok(());
    }
    let query = |drifted: &Drifted| WriteQuery {
        key: drifted.key.clone(),
        kind: if drifted.kind == DriftKind::Removed { WriteKind::Delete } else { WriteKind::Put },
        last_updated: drifted.written_at,
        since: drifted.applied_at.as_deref().and_then(clock::milliseconds),
    };
    let queries: Vec<WriteQuery> = drift.drifted.iter().map(query).collect();
    let found = world.aws().event_reader(at).await.writes(&LookupWindow::of(&queries)).await?;
    let now = clock::seconds() * 1_000;
    for (drifted, query) in drift.drifted.iter_mut().zip(&queries) {
        drifted.attribution = Some(Attribution::find(query, &found, now));
    }
    Ok(())
}

/// What was found, with what stands there.
fn measured(
    world: &World,
    desired: &TargetDesired<'_>,
    live: &LiveState,
    recorded: Option<&RecordedState>,
    drift: Drift,
) -> FoundDrift {
    let owners = owners(desired, live, recorded);
    let bytes = |(key, policy): (&PolicyKey, &LivePolicy)| {
        (owners.get(key).copied().unwrap_or(Owner::Unmanaged), policy.document.bytes())
    };
    let source = |key: &PolicyKey| world.sources.location(desired.policies.get(key)?.entry.span);
    let sources: BTreeMap<_, _> = drift
        .drifted
        .iter()
        .filter_map(|drifted| Some((drifted.key.clone(), source(&drifted.key)?)))
        .collect();
    FoundDrift {
        sources,
        limits: desired.at.limits,
        slots: slots_by_owner(live.policies.keys(), &owners),
        bytes: ByOwner::sum(live.policies.iter().map(bytes)),
        largest: live.policies.values().map(|policy| policy.document.bytes()).max().unwrap_or(0),
        drift,
    }
}
