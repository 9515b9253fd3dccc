//! `logpolicy emulate`

use crate::emulator::{self, Options};

use super::arguments::EmulateArguments;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::signal;
use super::streams::Streams;

/// Serves the emulated service until it is stopped.
pub(super) async fn emulate(arguments: &EmulateArguments, streams: Streams) -> Result<Exit, Failure> {
    let EmulateArguments { listen, allow_remote, world, latency, page_size, document_bytes, faults, tps } =
        arguments;
    let emulator = emulator::start(Options {
        listen: *listen,
        allow_remote: *allow_remote,
        world: world.clone(),
        latency: *latency,
        page_size: usize::from(*page_size),
        document_bytes: *document_bytes,
        faults: faults.clone(),
        tps: *tps,
    })
    .await?;
    streams.data(&format!("listening on {}\n", emulator.url()))?;
    emulator.run_until(signal()).await;
    Ok(Exit::Done)
}
