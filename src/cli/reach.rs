//! The way to AWS, or to a sandbox that stands for it.

use std::path::{Path, PathBuf};

use crate::emulator::{self, Emulator};
use crate::model::{DesiredState, StateLocation};
use crate::provider::{Aws, Credentials, Options, Rates};

use super::arguments::Global;
use super::clock::run_name;
use super::failure::Failure;
use super::world::DEFAULT_FILE;

/// The way to AWS, or to what stands for it.
pub(super) struct Reach {
    pub(super) aws: Aws,
    /// Serves until this is dropped.
    sandbox: Option<Emulator>,
}

impl Reach {
    /// Opens the way that the arguments name; nothing is asked yet.
    pub(super) async fn open(global: &Global) -> Result<Self, Failure> {
        let Some(file) = &global.sandbox else {
            let aws = reached(global, global.endpoint_url.clone(), Credentials::Chain);
            return Ok(Self { aws, sandbox: None });
        };
        let world = Some(Sandbox::new(file.as_deref(), &global.files).world);
        let emulator = emulator::start(emulator::Options { world, ..emulator::Options::default() }).await?;
        let aws = reached(global, Some(emulator.url()), Credentials::Sandbox);
        Ok(Self { aws, sandbox: Some(emulator) })
    }

    /// Whether it leads to a sandbox.
    pub(super) fn is_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }
}

/// Where the record lies: beside a sandbox's world, or where the files say.
pub(super) fn state_location(desired: &DesiredState, global: &Global) -> StateLocation {
    match &global.sandbox {
        Some(file) if desired.state != StateLocation::None => {
            StateLocation::Local(Sandbox::new(file.as_deref(), &global.files).state)
        }
        _ => desired.state.clone(),
    }
}

/// The way to AWS, or to what stands for it.
pub(super) fn reached(global: &Global, endpoint_url: Option<String>, credentials: Credentials) -> Aws {
    let usual = Options::new(endpoint_url, credentials);
    let rates = Rates {
        reads: global.read_tps.or(usual.rates.reads),
        writes: global.write_tps.or(usual.rates.writes),
    };
    let timeouts = usual.timeouts.within(global.timeout);
    Aws::new(Options { session: run_name(), rates, timeouts, ..usual })
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
