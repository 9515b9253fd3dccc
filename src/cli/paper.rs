//! `logpolicy schema`, `completions` and `man`: what the program says about itself.

use clap::CommandFactory;

use crate::config;

use super::arguments::Arguments;
use super::exit::Exit;
use super::failure::Failure;
use super::streams::Streams;

/// The JSON Schema of the desired-state file.
pub(super) fn schema(streams: Streams) -> Result<Exit, Failure> {
    streams.data(&format!("{:#}\n", config::schema()))?;
    Ok(Exit::Done)
}

/// Completions for a shell.
pub(super) fn completions(shell: clap_complete::Shell, streams: Streams) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "logpolicy", &mut text);
    streams.data(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

/// The manual page, one section for each command.
pub(super) fn man(streams: Streams) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    let failed = |error| Failure::error(format!("writing the manual page failed: {error}"), Vec::new());
    clap_mangen::Man::new(Arguments::command()).render(&mut text).map_err(failed)?;
    streams.data(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}
