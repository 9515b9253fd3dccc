//! Speaks: arguments in, streams and exit code out; one file for each command.

mod apply;
mod approval;
mod arguments;
mod can;
mod carry_out;
mod choice;
mod clock;
mod compact;
mod drift;
mod drift_form;
mod emulate;
mod exit;
mod explain;
mod failure;
mod iam;
mod import;
mod init;
mod interrupt;
mod lock;
mod lookup;
mod merge;
mod only;
mod paper;
mod plan;
mod plan_arguments;
mod plan_form;
mod planning;
mod progress;
mod reach;
mod recipes;
mod report_file;
mod rollback;
mod saved;
mod scope;
mod shard;
mod state;
mod status;
mod streams;
mod validate;
mod wave;
mod world;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use exit::Exit;
use failure::Failure;
use streams::Streams;

/// Runs the program with the process's own arguments.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // There is nobody left to tell when the stream is gone.
            let _ = error.print();
            return exit.into();
        }
    };
    let streams = Streams::new(&arguments.global);
    let exit = command(&arguments, streams).unwrap_or_else(|failure| {
        streams.failure(&failure);
        failure.exit
    });
    exit.into()
}

fn command(arguments: &Arguments, streams: Streams) -> Result<Exit, Failure> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Validate(arguments) => validate::validate(arguments, global, streams),
        Command::Plan(arguments) => wait(plan::plan(arguments, global, streams)),
        Command::Apply(arguments) => wait(apply::apply(arguments, global, streams)),
        Command::Status(arguments) => wait(status::status(arguments, global, streams)),
        Command::State(command) => wait(state::state(command, global, streams)),
        Command::Rollback(arguments) => wait(rollback::rollback(arguments, global, streams)),
        Command::Can(arguments) => wait(can::can(arguments, global, streams)),
        Command::Explain { code } => explain::explain(code.as_deref(), streams),
        Command::Drift(arguments) => wait(drift::run(arguments, global, streams)),
        Command::Compact(arguments) => wait(compact::run(arguments, global, streams)),
        Command::Import(arguments) => wait(import::run(arguments, global, streams)),
        Command::Report(command) => merge::report(command, global, streams),
        Command::Recipes(arguments) => recipes::show(arguments, streams),
        Command::Iam(command) => iam::iam(command, global, streams),
        Command::Init(arguments) => init::init(arguments, streams),
        Command::Emulate(arguments) => wait(emulate::emulate(arguments, streams)),
        Command::Schema => paper::schema(streams),
        Command::Completions { shell } => paper::completions(*shell, streams),
        Command::Man => paper::man(streams),
    }
}

/// Runs a command that talks to the network.
fn wait(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let failed = |error| Failure::error(format!("starting the event loop failed: {error}"), Vec::new());
    let runtime = runtime.map_err(failed)?;
    let done = runtime.block_on(work);
    // A question on the terminal may still wait for its answer.
    runtime.shutdown_background();
    done
}
