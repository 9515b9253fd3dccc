//! The `logpolicy` program; everything is in the library.

use std::process::ExitCode;

/// Plans are made of many small texts: with the system's own allocator a third of the time of a large fleet goes there.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    logpolicy::cli::run()
}
