//! The `logpolicy` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    logpolicy::cli::run()
}
