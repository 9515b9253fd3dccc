//! Where the machine has no more to give: nothing is written at AWS that could not be recorded.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::harness::{Emulator, Play, desired, document, text, world};

fn play() -> (Play, Value) {
    let ours = document("es.amazonaws.com", "/aws/x");
    (Play::new(&desired(&[("dns", ours.clone())]), &world(&[])), json!({"dns": ours.to_string()}))
}

/// A run whose files end after so many blocks of 512 bytes, as those on a full disk do.
fn run_on_full_disk(play: &Play, emulator: &Emulator, blocks: usize, arguments: &[&str]) -> Output {
    let command = play.command(emulator, arguments);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks} && exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(play.path("")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell.output().unwrap()
}

#[test]
fn on_a_full_disk_nothing_is_written_that_the_record_does_not_know() {
    let (mut before, mut behind) = (0, 0);
    for blocks in 0..12 {
        let (play, expected) = play();
        let emulator = play.emulator(&json!([]), &[]);
        let apply = run_on_full_disk(&play, &emulator, blocks, &["apply", "--auto-approve"]);
        drop(emulator);
        let shown = text(&apply);
        if apply.status.code() == Some(0) {
            play.converges(&expected);
            assert!(before > 0, "the first save failed for some size");
            assert!(behind > 0, "a later save failed for some size");
            return;
        }
        assert!(shown.contains("File too large"), "{blocks}: {shown}");
        if play.policies() == json!({}) {
            assert_eq!(apply.status.code(), Some(1), "{blocks}: {shown}");
            before += 1;
        } else {
            assert!(shown.contains("was written at AWS, but not recorded"), "{blocks}: {shown}");
            assert!(play.record()["pending"].is_object(), "{blocks}: what was begun is known");
            behind += 1;
        }
        // With room again, what was begun is known as ours.
        play.converges(&expected);
    }
    panic!("no size was enough");
}

#[test]
fn on_a_full_disk_no_half_of_a_file_is_left() {
    let (play, _) = play();
    let emulator = play.emulator(&json!([]), &[]);
    let outputs = [
        (&["plan", "-o", "saved.json"][..], "saved.json"),
        (&["plan", "--report", "html=plan.html"], "plan.html"),
        (&["drift", "--metrics", "drift.prom"], "drift.prom"),
    ];
    for (arguments, file) in outputs {
        let output = run_on_full_disk(&play, &emulator, 1, arguments);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("File too large"), "{}", text(&output));
        assert!(!play.path(file).exists(), "{file}");
    }
    let left = fs::read_dir(play.path("")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.starts_with('.')), "{left:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_said_before_the_first_write() {
    let (play, expected) = play();
    let emulator = play.emulator(&json!([]), &[]);
    fs::create_dir(play.path("state")).unwrap();
    fs::set_permissions(play.path("state"), fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(play.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    // Root may write anywhere: then somebody else runs it, where they may read the program.
    let mut command = play.command(&emulator, &["apply", "--auto-approve"]);
    if fs::write(play.path("state/probe"), "").is_ok() {
        fs::remove_file(play.path("state/probe")).unwrap();
        command.uid(65_534).gid(65_534);
    }
    let apply = match command.output() {
        Err(error) => return eprintln!("skipped: nobody else may run the program: {error}"),
        Ok(apply) => apply,
    };
    assert_eq!(apply.status.code(), Some(1), "{}", text(&apply));
    let shown = text(&apply);
    assert!(shown.contains("Permission denied") && shown.contains("state/111122223333"), "{shown}");
    assert!(shown.contains("your rights"), "{shown}");
    assert_eq!(play.policies(), json!({}), "{shown}");
    drop(emulator);
    fs::set_permissions(play.path("state"), fs::Permissions::from_mode(0o755)).unwrap();
    play.converges(&expected);
}

#[test]
fn a_file_in_place_of_the_folder_is_said_before_the_first_write() {
    let (play, expected) = play();
    let emulator = play.emulator(&json!([]), &[]);
    fs::write(play.path("state"), "").unwrap();
    for arguments in [&["apply", "--auto-approve"][..], &["import", "-o", "imported.yaml"]] {
        let output = play.run(&emulator, arguments);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("state/111122223333"), "{}", text(&output));
        assert_eq!(play.policies(), json!({}));
    }
    drop(emulator);
    fs::remove_file(play.path("state")).unwrap();
    play.converges(&expected);
}
