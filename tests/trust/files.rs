//! What is read and written on this machine: no path leaves its folder, and what others must not see they cannot.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Play, desired, document, text, world};

const SECRET: &str = "what lies outside of the folder";

/// A policy whose document is in a file of its own.
fn named(file: &str) -> Value {
    json!({"version": 1, "targets": {"main": {"account": ACCOUNT, "regions": ["us-east-1"]}},
        "policies": [{"name": "dns", "document_file": file}]})
}

#[test]
fn no_document_file_lies_outside() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.json");
    fs::write(&secret, SECRET).unwrap();
    let play = Play::new(&named("x"), &world(&[]));
    symlink(&secret, play.path("link.json")).unwrap();
    symlink(outside.path(), play.path("folder")).unwrap();
    symlink(play.path("link.json"), play.path("chain.json")).unwrap();
    symlink("/dev/zero", play.path("zero")).unwrap();
    symlink("loop.json", play.path("loop.json")).unwrap();
    let emulator = play.emulator(&json!([]), &[]);
    let absolute = secret.to_str().unwrap();
    let up = format!("../{}/secret.json", outside.path().file_name().unwrap().to_str().unwrap());
    for file in
        ["link.json", "folder/secret.json", "chain.json", "zero", "loop.json", absolute, &up, "a/../../x"]
    {
        play.write("logpolicy.yaml", &named(file));
        for arguments in [&["validate"][..], &["plan"], &["validate", "--format", "json"]] {
            let output = play.run(&emulator, arguments);
            assert_eq!(output.status.code(), Some(3), "{file}: {}", text(&output));
            assert!(text(&output).contains("LP109"), "{file}: {}", text(&output));
            assert!(!text(&output).contains(SECRET), "{file}: {}", text(&output));
        }
    }
    fs::create_dir(play.path("inside")).unwrap();
    fs::write(play.path("inside/real.json"), document("es.amazonaws.com", "/aws/x").to_string()).unwrap();
    symlink("real.json", play.path("inside/link.json")).unwrap();
    play.write("logpolicy.yaml", &named("inside/link.json"));
    let output = play.run(&emulator, &["validate"]);
    assert_eq!(output.status.code(), Some(0), "a link that stays inside is fine: {}", text(&output));
}

/// A command under a umask that takes nothing away.
fn open_handed(command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "umask 000 && exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(command.get_current_dir().unwrap());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// Every file below a folder, with what others may do with it.
fn modes(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // What is replaced right now may be gone.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            found.extend(modes(&entry.path()));
        } else {
            found.push((entry.path(), metadata.permissions().mode() & 0o777));
        }
    }
    found
}

#[test]
fn records_locks_and_plans_are_their_owners_only() {
    let play = Play::new(&desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]), &world(&[]));
    let emulator = play.emulator(&json!([]), &["--latency", "60ms"]);
    let plan = open_handed(&play.command(&emulator, &["plan", "-o", "plans/plan.json"])).output().unwrap();
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
    let mut apply = open_handed(&play.command(&emulator, &["apply", "--auto-approve"])).spawn().unwrap();
    let mut seen = modes(&play.path("plans"));
    while apply.try_wait().unwrap().is_none() {
        seen.extend(modes(&play.path("state")));
        std::thread::sleep(Duration::from_millis(1));
    }
    seen.extend(modes(&play.path("state")));
    seen.sort();
    seen.dedup();
    for ending in ["plan.json", "us-east-1.json", "us-east-1.lock"] {
        assert!(seen.iter().any(|(path, _)| path.ends_with(ending)), "{ending} was seen: {seen:?}");
    }
    let open: Vec<_> = seen.iter().filter(|(_, mode)| *mode != 0o600).collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_record_that_others_could_read_is_closed_by_the_next_save() {
    let play = Play::new(&desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]), &world(&[]));
    let emulator = play.emulator(&json!([]), &[]);
    assert_eq!(play.run(&emulator, &["apply", "--auto-approve"]).status.code(), Some(0));
    let record = play.path("state").join(ACCOUNT).join("us-east-1.json");
    fs::set_permissions(&record, fs::Permissions::from_mode(0o666)).unwrap();
    play.write("logpolicy.yaml", &desired(&[("dns", document("es.amazonaws.com", "/aws/y"))]));
    assert_eq!(play.run(&emulator, &["apply", "--auto-approve"]).status.code(), Some(0));
    assert_eq!(fs::metadata(&record).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_link_in_place_of_a_record_is_replaced_and_not_written_through() {
    let play = Play::new(&desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]), &world(&[]));
    let emulator = play.emulator(&json!([]), &[]);
    fs::create_dir_all(play.path("state").join(ACCOUNT)).unwrap();
    let (outside, record) = (play.path("outside"), play.path("state").join(ACCOUNT).join("us-east-1.json"));
    symlink(&outside, &record).unwrap();
    let apply = play.run(&emulator, &["apply", "--auto-approve"]);
    assert_eq!(apply.status.code(), Some(0), "{}", text(&apply));
    assert!(!outside.exists() && !record.is_symlink());
}
