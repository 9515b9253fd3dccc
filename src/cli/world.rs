//! What a command works with: the desired state, AWS or the sandbox, and the record.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::{self, Parsed};
use crate::fleet::{self, Workers};
use crate::model::{
    DesiredState, DesiredTarget, Diagnostic, Diagnostics, Directory, OpenTarget, Sources, Target,
};
use crate::provider::{Aws, Credentials};
use crate::report::{counted, diagnostics_text, validate_json};
use crate::store::Store;
use crate::validate::{ACCESS_TEST_FAILS, judged};

use super::arguments::{Format, Global};
use super::choice::choose_targets;
use super::exit::Exit;
use super::failure::Failure;
use super::lookup::{asks, look_up, open_note};
use super::progress::{Progress, Seen};
use super::reach::{Reach, reached, state_location};
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
    /// Names under `targets` whose accounts or Regions are not known, and what stands in for them.
    pub(super) open: Vec<OpenTarget>,
    /// Whether they can be understood as a whole.
    pub(super) is_whole: bool,
}

/// Reads and judges the desired state, offline: what only AWS knows about its targets is stood in for, and that is said.
pub(super) fn read_files(global: &Global, streams: Streams) -> Result<Files, Failure> {
    let files = Files::judged(config::load(&paths(global))?);
    if files.is_whole && !files.open.is_empty() {
        streams.say(&open_note(&files.open));
    }
    Ok(files)
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
    /// What was looked up of the targets.
    pub(super) directory: Directory,
    pub(super) sources: Sources,
    pub(super) diagnostics: Diagnostics,
    /// By number: the findings of each target, and those of none.
    places: BTreeMap<Option<Target>, Vec<usize>>,
    /// The way to AWS; a sandbox serves until the world is dropped.
    reach: Reach,
    pub(super) store: Store,
    pub(super) width: usize,
    /// Where targets are planned.
    pub(super) workers: Workers,
    shows_progress: bool,
    streams: Streams,
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
    open_parsed(config::parse(&paths(global))?, global, streams, format).await
}

/// The world of some files, or how the command ends because of what they say.
pub(super) async fn open_parsed(
    parsed: Parsed,
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
    opened(parsed, global, streams, show).await
}

/// The world, or how the command ends once it has shown what keeps the files from being understood.
pub(super) async fn open_world_or(
    global: &Global,
    streams: Streams,
    show: impl FnOnce(&Files) -> Result<Exit, Failure>,
) -> Result<Result<Box<World>, Exit>, Failure> {
    opened(config::parse(&paths(global))?, global, streams, show).await
}

async fn opened(
    parsed: Parsed,
    global: &Global,
    streams: Streams,
    show: impl FnOnce(&Files) -> Result<Exit, Failure>,
) -> Result<Result<Box<World>, Exit>, Failure> {
    match World::open(parsed, global, streams).await? {
        Opened::Ready(world) => Ok(Ok(world)),
        Opened::Findings(files) => show(&files).map(Err),
    }
}

impl World {
    /// Looks up what only AWS knows of the targets, narrows them to the chosen ones and opens what the files name.
    async fn open(parsed: Parsed, global: &Global, streams: Streams) -> Result<Opened, Failure> {
        let reach = Reach::open(global).await?;
        let width = usize::from(global.parallelism);
        let directory = look_up(&parsed, &reach, width, streams).await?;
        let mut files = Files::judged(parsed.loaded(&directory));
        // A plan runs the access tests on what will be live.
        files.diagnostics.retain(|finding| finding.code.0 != ACCESS_TEST_FAILS);
        if !files.diagnostics.is_empty() {
            streams.report(&diagnostics_text(&files.diagnostics, &files.sources, streams.layout()));
        }
        if !files.is_whole {
            return Ok(Opened::Findings(Box::new(files)));
        }
        let Files { sources, diagnostics, mut desired, open, is_whole: _ } = files;
        // A plan for a stand-in would be a plan for nobody.
        if !open.is_empty() {
            let hint = "This is a fault of logpolicy: please report it.".to_owned();
            return Err(Failure::error("not everything was looked up that the targets need", vec![hint]));
        }
        let location = state_location(&desired, global);
        let store = Store::open(&location, async || reach.aws.config().await).await;
        if desired.unmanaged.delete && store.is_none() {
            streams.say("note: `unmanaged.action: delete` does nothing with `state: none`, for without a record nothing is deleted\n");
        }
        left_behind(&desired, &store, streams).await;
        let all_targets = desired.targets.clone();
        choose_targets(&mut desired, global, streams)?;
        let workers = Workers::of(desired.targets.len())
            .map_err(|error| Failure::error(format!("starting threads failed: {error}"), Vec::new()))?;
        Ok(Opened::Ready(Box::new(World {
            desired,
            all_targets,
            directory,
            sources,
            places: places(&diagnostics),
            diagnostics,
            reach,
            store,
            width,
            workers,
            shows_progress: !global.no_progress && !global.quiet,
            streams,
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
    /// The way to AWS, or to what stands for it.
    pub(super) fn aws(&self) -> &Aws {
        &self.reach.aws
    }

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

/// The desired state and its store, for commands that need no AWS; or how the command ends because of what the files
/// say. `knows_all` looks up what only AWS knows about the targets.
pub(super) async fn open_store(
    global: &Global,
    knows_all: bool,
    streams: Streams,
) -> Result<Result<(DesiredState, Store), Exit>, Failure> {
    let parsed = config::parse(&paths(global))?;
    let directory = if knows_all && asks(&parsed) {
        look_up(&parsed, &Reach::open(global).await?, usize::from(global.parallelism), streams).await?
    } else {
        Directory::default()
    };
    let files = Files::judged(parsed.loaded(&directory));
    if !files.is_whole {
        streams.report(&diagnostics_text(&files.diagnostics, &files.sources, streams.layout()));
        return Ok(Err(files.exit()));
    }
    let location = state_location(&files.desired, global);
    let aws = reached(global, None, Credentials::Chain);
    let store = Store::open(&location, async || aws.config().await).await;
    Ok(Ok((files.desired, store)))
}

impl Files {
    /// What was read, judged.
    pub(super) fn judged(loaded: config::Loaded) -> Self {
        let config::Loaded { sources, diagnostics, desired, open } = loaded;
        let is_whole = !diagnostics.has_errors();
        let diagnostics = diagnostics.and(judged(&desired).iter().cloned());
        Self { sources, diagnostics, desired, open, is_whole }
    }

    /// How a command ends that cannot go on because of what was found.
    pub(super) fn exit(&self) -> Exit {
        if self.diagnostics.has_errors() { Exit::Findings } else { Exit::Done }
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
