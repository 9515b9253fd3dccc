//! What a command works with: the desired state, AWS or the sandbox, and the record.

use std::path::{Path, PathBuf};

use globset::Glob;

use crate::config;
use crate::emulator::{self, Emulator};
use crate::model::{DesiredState, DesiredTarget, Diagnostics, Sources, StateLocation};
use crate::provider::{Aws, Credentials, Options};
use crate::report::diagnostics_text;
use crate::store::Store;
use crate::validate::validate;

use super::arguments::Global;
use super::exit::Exit;
use super::failure::Failure;
use super::streams::Streams;

/// The file that is read where none is named.
const DEFAULT_FILE: &str = "logpolicy.yaml";

/// The files, read and judged.
pub(super) struct Files {
    /// The files as they were read.
    pub(super) sources: Sources,
    /// What was found in them.
    pub(super) diagnostics: Diagnostics,
    /// What they ask for; nothing where they cannot be understood.
    pub(super) desired: Option<DesiredState>,
}

/// Reads and judges the desired state.
pub(super) fn read_files(global: &Global) -> Result<Files, Failure> {
    let default = [PathBuf::from(DEFAULT_FILE)];
    let paths = if global.files.is_empty() { &default[..] } else { &global.files };
    let config::Loaded { sources, diagnostics, desired } = config::load(paths)?;
    let found = desired.as_ref().map(validate).unwrap_or_default();
    let diagnostics = diagnostics.and(found.iter().cloned());
    Ok(Files { sources, diagnostics, desired })
}

/// Everything that planning and applying need.
pub(super) struct World {
    pub(super) desired: DesiredState,
    pub(super) sources: Sources,
    pub(super) diagnostics: Diagnostics,
    pub(super) aws: Aws,
    pub(super) store: Store,
    pub(super) width: usize,
    /// Serves until the world is dropped.
    _sandbox: Option<Emulator>,
}

/// A world, or the exit of a command that cannot begin because of what the files say.
pub(super) enum Opened {
    /// Ready to plan.
    Ready(Box<World>),
    /// The findings were shown.
    Findings(Files),
}

impl World {
    /// Reads the files, narrows them to the chosen targets and opens what they name.
    pub(super) async fn open(global: &Global, streams: Streams) -> Result<Opened, Failure> {
        let Files { sources, diagnostics, desired } = read_files(global)?;
        if !diagnostics.is_empty() {
            streams.report(&diagnostics_text(&diagnostics, &sources, streams.layout()));
        }
        let Some(mut desired) = desired else {
            return Ok(Opened::Findings(Files { sources, diagnostics, desired: None }));
        };
        let mut location = desired.state.clone();
        let (aws, sandbox) = match &global.sandbox {
            None => (Aws::new(Options::new(global.endpoint_url.clone(), Credentials::Chain)), None),
            Some(file) => {
                let world = sandbox_world(file, &global.files);
                if location != StateLocation::None {
                    location = StateLocation::Local(sandbox_state(file, &world));
                }
                let options = emulator::Options { world: Some(world), ..emulator::Options::default() };
                let emulator = emulator::start(options).await?;
                (Aws::new(Options::new(Some(emulator.url()), Credentials::Sandbox)), Some(emulator))
            }
        };
        let store = Store::open(&location);
        left_behind(&desired, &store, streams)?;
        choose_targets(&mut desired, &global.target)?;
        let width = usize::from(global.parallelism);
        let _sandbox = sandbox;
        Ok(Opened::Ready(Box::new(World { desired, sources, diagnostics, aws, store, width, _sandbox })))
    }
}

impl Files {
    /// How a command ends that cannot go on because of what was found.
    pub(super) fn exit(&self) -> Exit {
        if self.diagnostics.has_errors() { Exit::Findings } else { Exit::Done }
    }
}

/// The world file: the one named, or the one beside the desired state.
fn sandbox_world(file: &Path, files: &[PathBuf]) -> PathBuf {
    if !file.as_os_str().is_empty() {
        return file.to_path_buf();
    }
    let first = files.first().map_or(Path::new(DEFAULT_FILE), PathBuf::as_path);
    let folder = if first.is_dir() { first } else { first.parent().unwrap_or(Path::new("")) };
    folder.join(".logpolicy").join("sandbox.json")
}

/// The sandbox's record lies beside its world, never in the real store.
fn sandbox_state(file: &Path, world: &Path) -> PathBuf {
    if file.as_os_str().is_empty() {
        return world.with_file_name("sandbox-state");
    }
    let mut name = world.as_os_str().to_owned();
    name.push(".state");
    PathBuf::from(name)
}

/// Says which records belong to no target of the files: nothing is done about their policies.
fn left_behind(desired: &DesiredState, store: &Store, streams: Streams) -> Result<(), Failure> {
    let known: Vec<_> = desired.targets.iter().map(|at| &at.target).collect();
    for target in store.targets()?.iter().filter(|target| known.binary_search(target).is_err()) {
        let recorded = store.load(target)?.unwrap_or_default();
        if !recorded.policies.is_empty() {
            streams.say(&format!(
                "note: {target} has {} recorded, and no file names this target any more: nothing is done there\n",
                match recorded.policies.len() {
                    1 => "1 policy".to_owned(),
                    number => format!("{number} policies"),
                }
            ));
        }
    }
    Ok(())
}

/// Keeps the targets that one of the patterns names; all of them where there is no pattern.
fn choose_targets(desired: &mut DesiredState, patterns: &[String]) -> Result<(), Failure> {
    if patterns.is_empty() {
        return Ok(());
    }
    let mut kept = vec![false; desired.targets.len()];
    for pattern in patterns {
        let glob = Glob::new(pattern).map_err(|error| {
            Failure::usage(
                format!("--target {pattern}: {}", error.kind()),
                "A pattern looks like 1111*/eu-*.",
            )
        })?;
        let glob = glob.compile_matcher();
        let chosen = |at: &DesiredTarget| {
            glob.is_match(at.target.to_string()) || at.names.iter().any(|name| glob.is_match(name))
        };
        let mut any = false;
        for (at, kept) in desired.targets.iter().zip(&mut kept) {
            let chosen = chosen(at);
            *kept |= chosen;
            any |= chosen;
        }
        if !any {
            let names: Vec<&str> =
                desired.targets.iter().flat_map(|at| &at.names).map(String::as_str).collect();
            let names: std::collections::BTreeSet<&str> = names.into_iter().collect();
            let names: Vec<&str> = names.into_iter().collect();
            let hint = format!("The files have these targets: {}.", names.join(", "));
            return Err(Failure::usage(format!("--target {pattern} names no target"), hint));
        }
    }
    let mut kept = kept.into_iter();
    desired.targets.retain(|_| kept.next().unwrap_or(false));
    Ok(())
}
