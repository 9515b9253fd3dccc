//! `logpolicy compact`: from what is live to the fewest policies that say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::model::{DesiredTarget, NamedLogGroups, Node, Owner, PolicyKey, owners};
use crate::pack::{Compaction, Surroundings, compact, place_grants};
use crate::policy::{Document, Json, matches_wildcards};
use crate::provider::PolicyReader;
use crate::report::{
    CompactedTarget, DeclaredTarget, DesiredEntry, DesiredFile, compact_json, compact_text, desired_yaml,
};

use super::arguments::{Format, Global};
use super::exit::Exit;
use super::failure::Failure;
use super::planning::Gathered;
use super::progress::Seen;
use super::scope::{Scope, Scopes};
use super::streams::Streams;
use super::world::{World, open_world};

/// Arguments of `compact`.
#[derive(Debug, Args)]
pub(super) struct CompactArguments {
    /// Names of unmanaged account policies, or patterns for them [default: all that `unmanaged.ignore` does not name]
    #[arg(value_name = "NAME|GLOB")]
    policies: Vec<String>,
    /// Drop log groups that do not exist from what is allowed
    #[arg(long)]
    drop_dead: bool,
    /// Write the desired state to this file, not to stdout
    #[arg(short, long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to show the proposal; as JSON it holds the documents, and no desired state is written without `-o`
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Proposes the fewest policies that say what the unmanaged ones say, and writes them as desired state.
pub(super) async fn run(
    arguments: &CompactArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let world = match open_world(global, streams, arguments.format).await? {
        Ok(world) => world,
        Err(exit) => return Ok(exit),
    };
    let results = world
        .across(
            |at| {
                let world = &world;
                async move {
                    let result = compacted(world, at, arguments).await;
                    let exit = result.as_ref().map_or_else(|failure| failure.exit, |_| Exit::Done);
                    let result = result.map_err(|failure| failure.sentence());
                    (CompactedTarget { target: at.target.clone(), result }, exit)
                }
            },
            |(_, exit)| Seen { changed: false, failed: *exit != Exit::Done },
        )
        .await;
    let (results, exits): (Vec<CompactedTarget>, Vec<Exit>) = results.into_iter().unzip();
    names_something(&arguments.policies, &results)?;
    let wrong =
        results.iter().filter_map(|found| found.result.as_ref().ok()).find(|found| !found.proof.holds());
    let (targets, policies) = entries(&world, &results);
    let mut comments = header(global, arguments.out.as_deref());
    comments.extend(results.iter().filter_map(CompactedTarget::nothing_left));
    let (yaml, _) = desired_yaml(&DesiredFile { comments, targets, policies, ..DesiredFile::default() });
    match (arguments.format, &arguments.out) {
        (Format::Json, _) => streams.data(&compact_json(&results))?,
        (Format::Text, Some(_)) => streams.data(&compact_text(&results))?,
        (Format::Text, None) => streams.report(&compact_text(&results)),
    }
    if wrong.is_some() {
        let hints =
            vec!["Nothing was written. Please report this with the policies that are live.".to_owned()];
        return Err(Failure::error("the proposal could not be shown to grant the same", hints));
    }
    match (&arguments.out, arguments.format) {
        (Some(path), _) => {
            fs_err::write(path, &yaml).map_err(|error| Failure::error(error.to_string(), Vec::new()))?;
            streams.say(&next(global, path));
        }
        (None, Format::Text) => streams.data(&yaml)?,
        (None, Format::Json) => {}
    }
    Ok(Exit::worst(exits))
}

/// Refuses patterns that name no policy anywhere: a typing error must not look like an answer.
fn names_something(patterns: &[String], results: &[CompactedTarget]) -> Result<(), Failure> {
    let nothing = |found: &CompactedTarget| {
        found.result.as_ref().is_ok_and(|found| found.before.is_empty() && found.left_out.is_empty())
    };
    if patterns.is_empty() || !results.iter().all(nothing) {
        return Ok(());
    }
    let message = format!("{} names no unmanaged account policy", patterns.join(", "));
    let hint = "`*` stands for any letters and `?` for one; `logpolicy status` lists the policies.";
    Err(Failure::usage(message, hint))
}

async fn compacted(
    world: &World,
    at: &DesiredTarget,
    arguments: &CompactArguments,
) -> Result<Compaction, Failure> {
    let recorded = world.store.load(&at.target).await?;
    let gathered = Gathered::at(world, at, recorded, std::iter::empty(), false).await?;
    Failure::unless_own(&gathered.account, &at.target)?;
    let Gathered { account: _, live, recorded } = gathered;
    let mut desired = world.desired.at(at);
    let unmanaged = &world.desired.unmanaged;
    place_grants(&mut desired, Some(Surroundings { live: &live, recorded: recorded.as_ref(), unmanaged }));
    let owners = owners(&desired, &live, recorded.as_ref());
    let takes_part = |key: &PolicyKey| {
        let named = arguments.policies.iter().any(|pattern| matches_wildcards(pattern, &key.identity));
        let wanted = if arguments.policies.is_empty() { !unmanaged.ignores(key) } else { named };
        key.takes_slot() && wanted && owners.get(key) != Some(&Owner::Managed)
    };
    let policies = live.policies.into_iter().filter(|(key, _)| takes_part(key));
    let chosen: BTreeMap<PolicyKey, Arc<Document>> =
        policies.map(|(key, policy)| (key, policy.document)).collect();
    let dead = if arguments.drop_dead {
        let named = chosen.values().map(|document| NamedLogGroups::of(document, &at.target).exact);
        let names: BTreeSet<String> = named.flatten().collect();
        world.aws().reader(at).await.missing_log_groups(&names).await?
    } else {
        BTreeSet::new()
    };
    Ok(compact(&at.target, chosen, at.limits.document_bytes, &dead))
}

/// The entries of all targets: each document at its target, and what it stands for.
fn entries(
    world: &World,
    results: &[CompactedTarget],
) -> (BTreeMap<String, DeclaredTarget>, Vec<DesiredEntry>) {
    let mut entries = Vec::new();
    let mut scopes = Scopes::new(&world.all_targets);
    for (at, found) in world.desired.targets.iter().zip(results) {
        let Ok(compaction) = &found.result else { continue };
        let Scope { targets, regions } = scopes.of(at);
        let mut replaced: Vec<String> = compaction.replaced().map(|key| key.identity.clone()).collect();
        for (key, document) in &compaction.after {
            entries.push(DesiredEntry {
                key: key.clone(),
                document: document.json().map_or(Node::Plain(Json::Null), Node::from),
                targets: targets.clone(),
                regions: regions.clone(),
                adopt: true,
                // What goes is named once.
                replaces: std::mem::take(&mut replaced),
                accepted: BTreeMap::new(),
                comments: Vec::new(),
            });
        }
    }
    (scopes.declared(), entries)
}

fn header(global: &Global, out: Option<&Path>) -> Vec<String> {
    let name = out.map_or("compact.yaml".to_owned(), |path| path.display().to_string());
    vec![
        "Written by `logpolicy compact`: these policies say what the live ones say that they stand for."
            .to_owned(),
        format!("See the order of the writes with: logpolicy {} -f {name} plan", files(global)),
    ]
}

fn next(global: &Global, path: &Path) -> String {
    format!(
        "Wrote {}. See the order of the writes with: logpolicy {} -f {} plan\n\
         More than `guards.max_deletes` deletions are refused until `--allow too-many-deletes`.\n",
        path.display(),
        files(global),
        path.display()
    )
}

fn files(global: &Global) -> String {
    if global.files.is_empty() {
        return "-f logpolicy.yaml".to_owned();
    }
    let files: Vec<String> = global.files.iter().map(|file| format!("-f {}", file.display())).collect();
    files.join(" ")
}
