//! Asking the one who runs the command.

use std::io::{self, IsTerminal};

use super::failure::Failure;
use super::streams::Streams;

/// Asks on the terminal; without one the answer is no.
pub(super) async fn asked(streams: Streams) -> Result<bool, Failure> {
    ask(streams, "\nApply this plan? Only `yes` is an approval: ").await
}

/// Asks a question that only `yes` approves.
pub(super) async fn ask(streams: Streams, question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        streams.report(
            "refused: there is no terminal to ask on, and nothing was written\n  \
             help: pass --auto-approve to go on without being asked\n",
        );
        return Ok(false);
    }
    streams.report(question);
    // On a thread of its own, so that signals are heard while the answer is waited for.
    let read = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let read = read.await.map_err(io::Error::other).and_then(|read| read);
    let answer =
        read.map_err(|error| Failure::error(format!("reading the answer failed: {error}"), Vec::new()))?;
    let yes = answer.trim() == "yes";
    if !yes {
        streams.report("Not approved; nothing was written.\n");
    }
    Ok(yes)
}
