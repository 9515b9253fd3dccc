//! `logpolicy import`: from what is live, or what another tool declares, to desired state that is recorded as ours.
//!
//! The files are written as a draft first, read back as any other, judged and compared with what they stand for; only
//! then do they reach the disk. The record is that of an apply that adopts.

mod arguments;
mod draft;
mod look;
mod place;
mod record;
mod show;
mod source;

use crate::model::Target;
use crate::report::Unplaced;

use super::arguments::Global;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::lock::Locks;
use super::only::Only;
use super::streams::Streams;
use super::world::{World, open_parsed};

pub(super) use arguments::{IMPORT_HELP, ImportArguments};
use draft::Draft;
use look::Seen;
use place::{Output, Place};
use source::{Origin, read_source};

/// Writes desired state for what is not managed yet.
pub(super) async fn run(
    arguments: &ImportArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let (place, parsed) = Place::of(arguments, global)?;
    let world = match open_parsed(parsed, &place.global, streams, arguments.format).await? {
        Ok(world) => world,
        Err(exit) => return Ok(exit),
    };
    let only = Only::new(&global.only)?;
    let origin = read_source(arguments, &world, !global.target.is_empty(), streams)?;
    place.refuse_to_replace(&world, arguments.removed.as_deref())?;
    let interrupt = Interrupt::listen(streams);
    let import = Import { arguments, place: &place, world: &world, origin, streams, interrupt };
    let targets: Vec<&Target> = if import.records() {
        world.desired.targets.iter().map(|at| &at.target).collect()
    } else {
        Vec::new()
    };
    let stop = import.interrupt.stop();
    let locks = Locks::take(&world.store, targets, arguments.lock_timeout, world.width, stop).await;
    let exit = match import.interrupt.unless(import.look(&only, &locks)).await {
        None => {
            streams.report("\nInterrupted; nothing was written.\n");
            Ok(Exit::Interrupted)
        }
        Some(Err(failure)) => Err(failure),
        Some(Ok(seen)) => import.write(seen).await,
    };
    locks.release(streams).await;
    exit
}

/// An import and all that it works with.
struct Import<'a> {
    arguments: &'a ImportArguments,
    place: &'a Place,
    world: &'a World,
    /// What another tool declares; nothing where what is live is imported.
    origin: Option<Origin>,
    streams: Streams,
    interrupt: Interrupt,
}

impl Import<'_> {
    /// Whether what is written is recorded as ours: a text that went to stdout may never become a file.
    fn records(&self) -> bool {
        let to_file = !matches!(self.place.output, Output::Stdout);
        to_file && !self.arguments.no_record && !self.world.store.is_none()
    }

    /// Drafts, checks, writes, records and shows.
    async fn write(&self, mut seen: Vec<Seen>) -> Result<Exit, Failure> {
        let unplaced: &[Unplaced] = self.origin.as_ref().map_or(&[], |origin| &origin.unplaced);
        let mut draft = Draft::new(self.world, self.place, &seen, unplaced);
        let settled = draft.settle(&mut seen)?;
        let is_new = self.place.declares.is_some() || seen.iter().any(|seen| !seen.taken.is_empty());
        self.interrupt.begin_writing();
        let mut exits: Vec<Exit> = seen.iter().filter_map(|seen| Some(seen.failure.as_ref()?.exit)).collect();
        let mut files = Vec::new();
        // A target that could not be read leaves no file behind that looks whole, unless others could be.
        let is_readable = seen.iter().any(|seen| seen.failure.is_none());
        if is_new && is_readable {
            files = self.place.write(&settled.texts, self.arguments.force)?;
            if self.records() {
                exits.push(self.record(&settled.loaded, &mut seen).await?);
            }
        }
        exits.push(self.show(&settled, seen, files)?);
        Ok(Exit::worst(exits))
    }
}
