//! Clients of others against our emulator, and our binary against servers of others: runs the scripts of
//! `tests/clients/` in the Python environment that `LOGPOLICY_TEST_VENV` names (`.ci/run` makes it).

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test runs scripts"
)]
#![cfg(unix)]

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Runs the tests of one script; what it skips is passed on.
fn run(script: &str) {
    let Some(environment) = env::var_os("LOGPOLICY_TEST_VENV").map(PathBuf::from) else {
        eprintln!("skipped: {script}: LOGPOLICY_TEST_VENV names no Python environment (.ci/run makes one)");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let output = Command::new(environment.join("bin/python"))
        .args(["-B", "-m", "unittest", "-v", script])
        .current_dir(&folder)
        .env("LOGPOLICY_TEST_BINARY", env!("CARGO_BIN_EXE_logpolicy"))
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", environment.display()));
    // unittest tells its results on stderr, also which tests were skipped and why.
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{told}", String::from_utf8_lossy(&output.stdout));
    for line in told.lines().filter(|line| line.contains("... skipped ")) {
        eprintln!("skipped: {line}");
    }
}

#[test]
fn boto3() {
    run("test_boto3");
}

#[test]
fn aws_cli() {
    run("test_aws_cli");
}

#[test]
fn terraform() {
    run("test_terraform");
}

#[test]
fn servers_of_others() {
    run("test_servers");
}

#[test]
fn acceptance() {
    run("test_acceptance");
}

#[test]
fn signatures_and_hosts() {
    run("test_signature");
}
