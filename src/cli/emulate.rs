//! `logpolicy emulate`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::emulator::{self, Options};

use super::arguments::duration;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::signal;
use super::streams::Streams;

/// Arguments of `emulate`.
#[derive(Debug, Args)]
pub(super) struct EmulateArguments {
    /// The address to serve on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,
    /// Serve on an address that others can reach, under any host name
    #[arg(long)]
    pub(super) allow_remote: bool,
    /// Refuse calls that are not signed with the secret, as AWS does
    #[arg(long)]
    pub(super) require_signature: bool,
    /// The secret access key that calls must be signed with; for roles, the one that AssumeRole gave counts
    #[arg(long, value_name = "SECRET", default_value = "sandbox", requires = "require_signature")]
    pub(super) secret_key: String,
    /// Keep the world in this file
    #[arg(long, value_name = "FILE")]
    pub(super) world: Option<PathBuf>,
    /// Hold each answer back, such as 30ms
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0ms")]
    pub(super) latency: Duration,
    /// The most members on a page
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub(super) page_size: u16,
    /// The longest document that is taken
    #[arg(long, value_name = "N", default_value_t = 51_200)]
    pub(super) document_bytes: usize,
    /// Let the calls go wrong that this file names
    #[arg(long, value_name = "FILE")]
    pub(super) faults: Option<PathBuf>,
    /// The most requests per second for each account, Region, and reads or writes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) tps: Option<u32>,
}

/// Serves the emulated service until it is stopped.
pub(super) async fn emulate(arguments: &EmulateArguments, streams: Streams) -> Result<Exit, Failure> {
    let EmulateArguments { listen, allow_remote, require_signature, secret_key, .. } = arguments;
    let EmulateArguments { world, latency, page_size, document_bytes, faults, tps, .. } = arguments;
    let emulator = emulator::start(Options {
        listen: *listen,
        allow_remote: *allow_remote,
        required_secret: require_signature.then(|| secret_key.clone()),
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
