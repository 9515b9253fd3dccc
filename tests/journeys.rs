//! Journeys that need a server or a terminal: the binary against the emulator, as a user runs it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(unix)]

mod harness;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use harness::{Emulator, text};
use serde_json::{Value, json};

const BIN: &str = env!("CARGO_BIN_EXE_logpolicy");

fn document(services: &[&str], group: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Writes", "Effect": "Allow", "Principal": {"Service": services},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": format!("arn:aws:logs:us-east-1:111122223333:log-group:{group}:*"),
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}]})
}

/// A folder with a desired state of one policy `search`, in JSON, which is YAML.
fn folder(document: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let desired = json!({"version": 1, "targets": {"main": {"account": "111122223333", "regions": ["us-east-1"]}},
        "policies": [{"name": "search", "document": document}]});
    fs::write(folder.path().join("logpolicy.yaml"), desired.to_string()).unwrap();
    folder
}

/// The binary with an account's credentials and no other settings.
fn logpolicy(folder: &Path, account: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(BIN);
    command.current_dir(folder).args(arguments).env_clear().stdin(Stdio::null());
    command.envs([
        ("HOME", folder.to_str().unwrap()),
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    command
}

#[test]
fn credentials_of_another_account_are_refused_and_shown() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let emulator = Emulator::start(&folder.path().join("world.json"), &json!([]), &[]);
    let run = |arguments: &[&str]| {
        let endpoint = ["--endpoint-url", emulator.url.as_str()];
        logpolicy(folder.path(), "999988887777", &[&endpoint, arguments].concat()).output().unwrap()
    };
    let plan = run(&["plan", "--format", "json"]);
    assert_eq!(plan.status.code(), Some(4), "{}", text(&plan));
    let json: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let target = &json["targets"][0];
    assert_eq!(target["refusals"][0]["name"], "wrong-account");
    assert_eq!((&target["operations"], &target["changes"]), (&json!([]), &json!([])));
    assert!(target["refusals"][0]["message"].as_str().unwrap().contains("999988887777"));
    let apply = run(&["apply", "--auto-approve"]);
    assert_eq!(apply.status.code(), Some(4), "{}", text(&apply));
    let compact = run(&["compact", "--format", "json"]);
    assert_eq!(compact.status.code(), Some(4), "{}", text(&compact));
    let status = run(&["status", "--format", "json"]);
    assert_eq!(status.status.code(), Some(4), "{}", text(&status));
    let json: Value = serde_json::from_slice(&status.stdout).unwrap();
    let target = &json["targets"][0];
    assert_eq!((&target["slots"], &target["policies"]), (&Value::Null, &json!([])));
    assert!(target["error"].as_str().unwrap().contains("999988887777"));
    assert!(!folder.path().join("world.json").exists() && !folder.path().join("state").exists());
}

#[test]
fn the_sdks_own_endpoint_variable_works() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let emulator = Emulator::start(&folder.path().join("world.json"), &json!([]), &[]);
    let run = |arguments: &[&str]| {
        let mut command = logpolicy(folder.path(), "111122223333", arguments);
        command.env("AWS_ENDPOINT_URL", &emulator.url).output().unwrap()
    };
    let apply = run(&["apply", "--auto-approve"]);
    assert_eq!(apply.status.code(), Some(0), "{}", text(&apply));
    let plan = run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
    assert!(folder.path().join("state/111122223333/us-east-1.json").exists());
}

#[test]
fn a_profile_gives_the_credentials() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let emulator = Emulator::start(&folder.path().join("world.json"), &json!([]), &[]);
    let text_of = fs::read_to_string(folder.path().join("logpolicy.yaml")).unwrap();
    let with_profile = text_of.replace("\"account\":", "\"profile\":\"network\",\"account\":");
    fs::write(folder.path().join("logpolicy.yaml"), with_profile).unwrap();
    let profile = "[network]\naws_access_key_id = 111122223333\naws_secret_access_key = secret\n";
    fs::write(folder.path().join("credentials"), profile).unwrap();
    let mut command = logpolicy(folder.path(), "", &["--endpoint-url", &emulator.url, "plan"]);
    // Credentials of another account in the environment do not win over the profile that the file names.
    command.env("AWS_ACCESS_KEY_ID", "999988887777");
    let plan =
        command.env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("credentials")).output().unwrap();
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
    assert!(text(&plan).contains("1 to create"), "{}", text(&plan));
}

#[test]
fn missing_credentials_are_said_with_what_to_do() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let emulator = Emulator::start(&folder.path().join("world.json"), &json!([]), &[]);
    let mut command = logpolicy(folder.path(), "", &["--endpoint-url", &emulator.url, "plan"]);
    let plan = command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").output().unwrap();
    assert_eq!(plan.status.code(), Some(1), "{}", text(&plan));
    assert!(text(&plan).contains("AWS_PROFILE"), "{}", text(&plan));
}

#[test]
fn two_readings_of_one_world_give_the_same_bytes() {
    let services = ["es.amazonaws.com", "events.amazonaws.com", "delivery.logs.amazonaws.com"];
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let world = json!({"format_version": "1", "accounts": {"111122223333": {"us-east-1": {
        "policies": {"search": document(&services, "/aws/x").to_string(), "theirs": document(&services, "/aws/y").to_string()},
        "log_groups": {}}}}});
    fs::write(folder.path().join("world.json"), world.to_string()).unwrap();
    let emulator = Emulator::start(&folder.path().join("world.json"), &json!([]), &[]);
    let plan = || {
        let arguments = ["--endpoint-url", &emulator.url, "plan", "--format", "json"];
        logpolicy(folder.path(), "111122223333", &arguments).output().unwrap().stdout
    };
    // The service returns several principals in another order from one reading to the next.
    let (first, second) = (plan(), plan());
    assert_eq!(String::from_utf8(first).unwrap(), String::from_utf8(second).unwrap());
}

/// Starts `apply` on a terminal and returns it at its question.
fn at_the_question(folder: &Path) -> rexpect::session::PtySession {
    let mut command = logpolicy(folder, "", &["--sandbox=world.json", "apply"]);
    command.env("TERM", "dumb").stdin(Stdio::inherit());
    let mut terminal = rexpect::session::spawn_command(command, Some(20_000)).unwrap();
    terminal.exp_string("Only `yes` is an approval: ").unwrap();
    terminal
}

/// The exit code, as the terminal's program ends.
fn ends_with(terminal: &rexpect::session::PtySession) -> i32 {
    let status = format!("{:?}", terminal.process().wait().unwrap());
    let code = status.strip_prefix("Exited(").and_then(|rest| rest.strip_suffix(')'));
    code.and_then(|rest| rest.split(", ").nth(1)).and_then(|code| code.parse().ok()).unwrap()
}

#[test]
fn only_yes_typed_in_full_is_an_approval() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    for answer in ["", "y", "Yes", "no", "yes please"] {
        let mut terminal = at_the_question(folder.path());
        terminal.send_line(answer).unwrap();
        terminal.exp_string("nothing was written").unwrap();
        assert_eq!(ends_with(&terminal), 4, "{answer:?}");
        assert!(!folder.path().join("world.json").exists(), "{answer:?}");
    }
    let mut terminal = at_the_question(folder.path());
    terminal.send_line("yes").unwrap();
    terminal.exp_string("Applied 1 operation").unwrap();
    assert_eq!(ends_with(&terminal), 0);
    assert!(fs::read_to_string(folder.path().join("world.json")).unwrap().contains("es.amazonaws.com"));
}

#[test]
fn an_interrupt_at_the_question_writes_nothing() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let mut terminal = at_the_question(folder.path());
    terminal.send_control('c').unwrap();
    terminal.exp_string("Interrupted; nothing was written").unwrap();
    assert_eq!(ends_with(&terminal), 130);
    assert!(!folder.path().join("world.json").exists() && !folder.path().join("world.json.state").exists());
}

#[test]
fn what_moves_between_plan_and_approval_is_a_conflict() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let mut terminal = at_the_question(folder.path());
    let theirs = document(&["events.amazonaws.com"], "/aws/theirs").to_string();
    let world = json!({"format_version": "1", "accounts": {"111122223333": {"us-east-1": {
        "policies": {"search": theirs}, "log_groups": {}}}}});
    fs::write(folder.path().join("world.json"), world.to_string()).unwrap();
    terminal.send_line("yes").unwrap();
    terminal.exp_string("conflict").unwrap();
    assert_eq!(ends_with(&terminal), 4);
    assert_eq!(
        fs::read_to_string(folder.path().join("world.json")).unwrap(),
        world.to_string(),
        "theirs stays"
    );
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let desired = document(&["es.amazonaws.com"], "/aws/search");
    let folder = folder(&desired);
    let mut terminal = at_the_question(folder.path());
    let world = json!({"format_version": "1", "accounts": {"111122223333": {"us-east-1": {
        "policies": {"search": desired.to_string()}, "log_groups": {}}}}});
    fs::write(folder.path().join("world.json"), world.to_string()).unwrap();
    terminal.send_line("yes").unwrap();
    terminal.exp_string("is as planned already").unwrap();
    assert_eq!(ends_with(&terminal), 0);
    let plan = logpolicy(folder.path(), "", &["--sandbox=world.json", "plan", "--detailed-exitcode"])
        .output()
        .unwrap();
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
}

#[test]
fn a_log_group_policy_written_in_between_is_a_conflict() {
    let folder = folder(&json!({}));
    let desired = json!({"version": 1, "targets": {"main": {"account": "111122223333", "regions": ["us-east-1"]}},
        "policies": [{"log_group": "/aws/x", "adopt": true, "document": document(&["es.amazonaws.com"], "/aws/x")}]});
    fs::write(folder.path().join("logpolicy.yaml"), desired.to_string()).unwrap();
    let world = |document: &Value, revision: u64| {
        json!({"format_version": "1", "accounts": {"111122223333": {"us-east-1": {"policies": {},
            "log_groups": {"/aws/x": {"policy": document.to_string(), "revision": revision}}}}}})
        .to_string()
    };
    let old = document(&["es.amazonaws.com"], "/aws/old");
    fs::write(folder.path().join("world.json"), world(&old, 1)).unwrap();
    let mut terminal = at_the_question(folder.path());
    // Deleted and made again: the revision is the same, the content is not.
    let theirs = world(&document(&["events.amazonaws.com"], "/aws/x"), 1);
    fs::write(folder.path().join("world.json"), &theirs).unwrap();
    terminal.send_line("yes").unwrap();
    terminal.exp_string("conflict").unwrap();
    assert_eq!(ends_with(&terminal), 4);
    assert_eq!(fs::read_to_string(folder.path().join("world.json")).unwrap(), theirs);
}

#[test]
fn a_record_that_cannot_be_written_stops_the_apply_before_its_first_write() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    fs::write(folder.path().join("world.json.state"), "a file where the folder should be").unwrap();
    let apply =
        logpolicy(folder.path(), "", &["--sandbox=world.json", "apply", "--auto-approve"]).output().unwrap();
    assert_eq!(apply.status.code(), Some(1), "{}", text(&apply));
    assert!(!folder.path().join("world.json").exists(), "{}", text(&apply));
}

#[test]
fn a_record_that_cannot_be_read_is_no_fresh_start() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let run = |arguments: &[&str]| {
        logpolicy(folder.path(), "", &[&["--sandbox=world.json"], arguments].concat()).output().unwrap()
    };
    assert_eq!(run(&["apply", "--auto-approve"]).status.code(), Some(0));
    let state = folder.path().join("world.json.state/111122223333/us-east-1.json");
    let good = fs::read_to_string(&state).unwrap();
    fs::write(&state, &good[..good.len() / 2]).unwrap();
    let plan = run(&["plan"]);
    assert_eq!(plan.status.code(), Some(1), "{}", text(&plan));
    assert!(text(&plan).contains("us-east-1.json"), "{}", text(&plan));
}

#[test]
fn a_look_up_that_fails_leaves_the_meter() {
    let folder = folder(&document(&["es.amazonaws.com"], "/aws/search"));
    let world = json!({"format_version": "1", "accounts": {"111122223333": {"us-east-1": {
        "policies": {"theirs": document(&["es.amazonaws.com"], "/aws/gone").to_string()}, "log_groups": {}}}}});
    fs::write(folder.path().join("world.json"), world.to_string()).unwrap();
    let faults = json!([{"operation": "DescribeLogGroups", "call": 1, "times": 99, "fault": "internal"}]);
    let emulator = Emulator::start(&folder.path().join("world.json"), &faults, &[]);
    let arguments = ["--endpoint-url", emulator.url.as_str(), "status", "--format", "json"];
    let status = logpolicy(folder.path(), "111122223333", &arguments).output().unwrap();
    assert_eq!(status.status.code(), Some(1), "{}", text(&status));
    let json: Value = serde_json::from_slice(&status.stdout).unwrap();
    let target = &json["targets"][0];
    assert_eq!((&target["slots"]["used"], &target["slots"]["unmanaged"]), (&json!(1), &json!(1)));
    assert_eq!(target["policies"][0]["dead_log_groups"], Value::Null);
    assert!(target["error"].as_str().unwrap().contains("DescribeLogGroups"), "{target}");
}
