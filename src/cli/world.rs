//! What a command works with: the desired state, AWS or the sandbox, and the record.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config;
use crate::emulator::{self, Emulator};
use crate::fleet;
use crate::model::{DesiredState, DesiredTarget, Diagnostic, Diagnostics, Sources, StateLocation, Target};
use crate::provider::{Aws, Credentials, Options, Rates};
use crate::report::{counted, diagnostics_text, validate_json};
use crate::store::Store;
use crate::validate::{ACCESS_TEST_FAILS, judged};

use super::arguments::{Format, Global};
use super::choice::choose_targets;
use super::clock::run_name;
use super::exit::Exit;
use super::failure::Failure;
use super::progress::{Progress, Seen};
use super::shard::covered;
use super::streams::Streams;

/// The file that is read where none is named.
pub(super) const DEFAULT_FILE: &str = "logpolicy.yaml";

/// The files, read and judged.
pub(super) struct Files {
    /// The files as they were read.
    pub(super) sources: Sources,
    /// What was found in them.
    pub(super) diagnostics: Diagnostics,
    /// What they ask for, as far as they can be understood.
    pub(super) desired: DesiredState,
    /// Whether they can be understood as a whole.
    pub(super) is_whole: bool,
}

/// Reads and judges the desired state.
pub(super) fn read_files(global: &Global) -> Result<Files, Failure> {
    Ok(Files::judged(config::load(&paths(global))?))
}

/// The files and folders that are read.
pub(super) fn paths(global: &Global) -> Vec<PathBuf> {
    if global.files.is_empty() { vec![PathBuf::from(DEFAULT_FILE)] } else { global.files.clone() }
}

/// Everything that planning and applying need.
pub(super) struct World {
    pub(super) desired: DesiredState,
    /// Every target of the files, also those that were not chosen.
    pub(super) all_targets: Vec<DesiredTarget>,
    pub(super) sources: Sources,
    pub(super) diagnostics: Diagnostics,
    /// By number: the findings of each target, and those of none.
    places: BTreeMap<Option<Target>, Vec<usize>>,
    pub(super) aws: Aws,
    pub(super) store: Store,
    pub(super) width: usize,
    shows_progress: bool,
    streams: Streams,
    /// Serves until the world is dropped.
    _sandbox: Option<Emulator>,
}

/// A world, or what kept it from being opened.
enum Opened {
    /// Ready to plan.
    Ready(Box<World>),
    /// The findings were shown.
    Findings(Box<Files>),
}

/// The world, or how the command ends because of what the files say; as JSON the findings are the data.
pub(super) async fn open_world(
    global: &Global,
    streams: Streams,
    format: Format,
) -> Result<Result<Box<World>, Exit>, Failure> {
    open_files(read_files(global)?, global, streams, format).await
}

/// The world of some files, or how the command ends because of what they say.
pub(super) async fn open_files(
    files: Files,
    global: &Global,
    streams: Streams,
    format: Format,
) -> Result<Result<Box<World>, Exit>, Failure> {
    let show = |files: &Files| {
        if format == Format::Json {
            streams.data(&validate_json(
                &files.diagnostics,
                &files.sources,
                &covered(global.shard, files.exit()),
            ))?;
        }
        Ok(files.exit())
    };
    opened(files, global, streams, show).await
}

/// The world, or how the command ends once it has shown what keeps the files from being understood.
pub(super) async fn open_world_or(
    global: &Global,
    streams: Streams,
    show: impl FnOnce(&Files) -> Result<Exit, Failure>,
) -> Result<Result<Box<World>, Exit>, Failure> {
    opened(read_files(global)?, global, streams, show).await
}

async fn opened(
    files: Files,
    global: &Global,
    streams: Streams,
    show: impl FnOnce(&Files) -> Result<Exit, Failure>,
) -> Result<Result<Box<World>, Exit>, Failure> {
    match World::open(files, global, streams).await? {
        Opened::Ready(world) => Ok(Ok(world)),
        Opened::Findings(files) => show(&files).map(Err),
    }
}

impl World {
    /// Narrows the files to the chosen targets and opens what they name.
    async fn open(mut files: Files, global: &Global, streams: Streams) -> Result<Opened, Failure> {
        // A plan runs the access tests on what will be live.
        files.diagnostics.retain(|finding| finding.code.0 != ACCESS_TEST_FAILS);
        if !files.diagnostics.is_empty() {
            streams.report(&diagnostics_text(&files.diagnostics, &files.sources, streams.layout()));
        }
        if !files.is_whole {
            return Ok(Opened::Findings(Box::new(files)));
        }
        let Files { sources, diagnostics, mut desired, is_whole: _ } = files;
        let mut location = desired.state.clone();
        let (aws, sandbox) = match &global.sandbox {
            None => (reached(global, global.endpoint_url.clone(), Credentials::Chain), None),
            Some(file) => {
                let sandbox = Sandbox::new(file.as_deref(), &global.files);
                if location != StateLocation::None {
                    location = StateLocation::Local(sandbox.state);
                }
                let options =
                    emulator::Options { world: Some(sandbox.world), ..emulator::Options::default() };
                let emulator = emulator::start(options).await?;
                (reached(global, Some(emulator.url()), Credentials::Sandbox), Some(emulator))
            }
        };
        let store = Store::open(&location, async || aws.config().await).await;
        if desired.unmanaged.delete && store.is_none() {
            streams.say("note: `unmanaged.action: delete` does nothing with `state: none`, for without a record nothing is deleted\n");
        }
        left_behind(&desired, &store, streams).await;
        let all_targets = desired.targets.clone();
        choose_targets(&mut desired, global, streams)?;
        let width = usize::from(global.parallelism);
        let _sandbox = sandbox;
        Ok(Opened::Ready(Box::new(World {
            desired,
            all_targets,
            sources,
            places: places(&diagnostics),
            diagnostics,
            aws,
            store,
            width,
            shows_progress: !global.no_progress && !global.quiet,
            streams,
            _sandbox,
        })))
    }
}

/// Which findings are about which target.
fn places(diagnostics: &Diagnostics) -> BTreeMap<Option<Target>, Vec<usize>> {
    let mut places: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, finding) in diagnostics.iter().enumerate() {
        let target = finding.address.as_ref().map(|address| address.target.clone());
        places.entry(target).or_default().push(number);
    }
    places
}

impl World {
    /// One of the chosen targets, which stand in order.
    pub(super) fn at(&self, target: &Target) -> Option<&DesiredTarget> {
        let targets = &self.desired.targets;
        targets.binary_search_by(|at| at.target.cmp(target)).ok().and_then(|number| targets.get(number))
    }

    /// What the files were found to say about a target, or about none.
    pub(super) fn found_at(&self, target: &Target) -> impl Iterator<Item = &Diagnostic> {
        let of = |place: &Option<Target>| self.places.get(place).into_iter().flatten();
        let mut numbers: Vec<usize> = of(&None).chain(of(&Some(target.clone()))).copied().collect();
        numbers.sort_unstable();
        numbers.into_iter().filter_map(|number| self.diagnostics.get(number))
    }

    /// Runs `work` for each target, shows on a terminal how far it is, and hands over the results in the order of the targets.
    pub(super) async fn each<'a, R, F>(
        &'a self,
        work: impl Fn(&'a DesiredTarget) -> F,
        seen: impl Fn(&R) -> Seen,
        take: impl FnMut(R),
    ) where
        F: Future<Output = R>,
    {
        self.each_of(&self.desired.targets, work, seen, take).await;
    }

    async fn each_of<'a, T: 'a, R, F>(
        &self,
        items: &'a [T],
        work: impl Fn(&'a T) -> F,
        seen: impl Fn(&R) -> Seen,
        take: impl FnMut(R),
    ) where
        F: Future<Output = R>,
    {
        let progress = &Progress::new(items.len(), self.shows_progress, self.streams);
        let seen = &seen;
        let work = |item| {
            let working = work(item);
            async move {
                let result = working.await;
                progress.one_more(seen(&result));
                result
            }
        };
        tokio::select! {
            () = fleet::each(items, self.width, work, take) => {}
            () = progress.tell() => {}
        }
    }

    /// Runs `work` for each target, as [`World::each`] does, and returns the results.
    pub(super) async fn across<'a, R, F>(
        &'a self,
        work: impl Fn(&'a DesiredTarget) -> F,
        seen: impl Fn(&R) -> Seen,
    ) -> Vec<R>
    where
        F: Future<Output = R>,
    {
        self.over(&self.desired.targets, work, seen).await
    }

    /// Runs `work` for each of something that there is one of for each target, as [`World::each`] does.
    pub(super) async fn over<'a, T: 'a, R, F>(
        &self,
        items: &'a [T],
        work: impl Fn(&'a T) -> F,
        seen: impl Fn(&R) -> Seen,
    ) -> Vec<R>
    where
        F: Future<Output = R>,
    {
        let mut results = Vec::with_capacity(items.len());
        self.each_of(items, work, seen, |result| results.push(result)).await;
        results
    }
}

/// The way to AWS, or to what stands for it.
fn reached(global: &Global, endpoint_url: Option<String>, credentials: Credentials) -> Aws {
    let usual = Options::new(endpoint_url, credentials);
    let rates = Rates {
        reads: global.read_tps.or(usual.rates.reads),
        writes: global.write_tps.or(usual.rates.writes),
    };
    let timeouts = usual.timeouts.within(global.timeout);
    Aws::new(Options { session: run_name(), rates, timeouts, ..usual })
}

/// The desired state and its store, for commands that need no AWS; or how the command ends because of what the files
/// say.
pub(super) async fn open_store(
    global: &Global,
    streams: Streams,
) -> Result<Result<(DesiredState, Store), Exit>, Failure> {
    let files = read_files(global)?;
    if !files.is_whole {
        streams.report(&diagnostics_text(&files.diagnostics, &files.sources, streams.layout()));
        return Ok(Err(files.exit()));
    }
    let location = match &global.sandbox {
        Some(file) if files.desired.state != StateLocation::None => {
            StateLocation::Local(Sandbox::new(file.as_deref(), &global.files).state)
        }
        _ => files.desired.state.clone(),
    };
    let aws = reached(global, None, Credentials::Chain);
    let store = Store::open(&location, async || aws.config().await).await;
    Ok(Ok((files.desired, store)))
}

impl Files {
    /// What was read, judged.
    pub(super) fn judged(loaded: config::Loaded) -> Self {
        let config::Loaded { sources, diagnostics, desired } = loaded;
        let is_whole = !diagnostics.has_errors();
        let diagnostics = diagnostics.and(judged(&desired).iter().cloned());
        Self { sources, diagnostics, desired, is_whole }
    }

    /// How a command ends that cannot go on because of what was found.
    pub(super) fn exit(&self) -> Exit {
        if self.diagnostics.has_errors() { Exit::Findings } else { Exit::Done }
    }
}

/// Where a sandbox lies.
struct Sandbox {
    world: PathBuf,
    /// Beside the world, never in the real store.
    state: PathBuf,
}

impl Sandbox {
    /// The world file that was named, or the one beside the desired state.
    fn new(named: Option<&Path>, files: &[PathBuf]) -> Self {
        if let Some(world) = named {
            let mut state = world.as_os_str().to_owned();
            state.push(".state");
            return Self { world: world.to_path_buf(), state: PathBuf::from(state) };
        }
        let first = files.first().map_or(Path::new(DEFAULT_FILE), PathBuf::as_path);
        let beside = if first.is_dir() { first } else { first.parent().unwrap_or(Path::new("")) };
        let folder = beside.join(".logpolicy");
        Self { world: folder.join("sandbox.json"), state: folder.join("sandbox-state") }
    }
}

/// Says which records belong to no target of the files: nothing is done about their policies. What cannot be read
/// is said, too; it keeps nobody from the other targets.
async fn left_behind(desired: &DesiredState, store: &Store, streams: Streams) {
    let known: Vec<_> = desired.targets.iter().map(|at| &at.target).collect();
    let targets = match store.targets().await {
        Ok(targets) => targets,
        Err(error) => return streams.say(&format!("note: {error}\n")),
    };
    for target in targets.iter().filter(|target| known.binary_search(target).is_err()) {
        let number = match store.load(target).await {
            Ok(recorded) => recorded.unwrap_or_default().policies.len(),
            Err(error) => {
                streams.say(&format!("note: {error}\n"));
                continue;
            }
        };
        if number > 0 {
            streams.say(&format!(
                "note: {target} has {} recorded, and no file names this target any more: nothing is done there\n",
                counted(number, "policy")
            ));
        }
    }
}
