//! The `logpolicy` program; everything is in the library.

use std::io::{Write, stderr};
use std::panic;
use std::process::{ExitCode, exit};

/// Plans are made of many small texts: with the system's own allocator a third of the time of a large fleet goes there.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    end_at_a_fault();
    logpolicy::cli::run()
}

/// A fault of the program ends it, on whichever thread it comes to light: nothing is done on half of what was to be known.
/// What was written is recorded, and the next run goes on from there.
#[expect(clippy::disallowed_methods, reason = "only `main` ends the process")]
fn end_at_a_fault() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |fault| {
        usual(fault);
        // Where nobody reads there is nobody to tell.
        let _ = writeln!(
            stderr(),
            "error: this is a fault of logpolicy {}; what was written until now is recorded\n  help: Run `logpolicy plan` to see what is left, and report the lines above.",
            env!("CARGO_PKG_VERSION")
        );
        exit(1);
    }));
}
