//! What SECURITY.md promises: hostile endpoints, files, secrets; and the network as users have it.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads and writes files, and says when it is skipped"
)]
#![cfg(unix)]

mod files;
#[path = "../harness/mod.rs"]
mod harness;
mod hostile;
mod limits;
mod network;
mod roles;
mod secrets;
mod server;
mod threats;
