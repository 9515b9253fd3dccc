//! Runs a command, and writes into a file how long it took, the most memory that one of its processes had, and how it ended.
//!
//! A program of its own because it is small: on Linux the peak that the kernel tells of a process is at least the size of the
//! one that started it, which for Python is more than what is measured here.
//!
//! ```sh
//! measure FILE COMMAND ARGUMENT...
//! ```

#![allow(clippy::disallowed_methods, reason = "a program of the benchmarks")]

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// What the kernel counts peaks in: Linux in kibibytes, Apple's in bytes.
const UNIT: i64 = if cfg!(target_vendor = "apple") { 1 } else { 1024 };

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (file, program) = arguments.next().zip(arguments.next()).ok_or("measure FILE COMMAND ARGUMENT...")?;
    let mut command = Command::new(program);
    command.args(arguments);
    let begun = Instant::now();
    let status = command.status()?;
    let seconds = begun.elapsed().as_secs_f64();
    let bytes = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() * UNIT;
    let code = status.code().unwrap_or(-1);
    std::fs::write(file, format!("{{\"seconds\": {seconds}, \"bytes\": {bytes}, \"code\": {code}}}\n"))?;
    Ok(())
}
