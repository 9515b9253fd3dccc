//! Fleets: some targets are throttled, denied or do not answer, and the others are done all the same; shards put
//! together are the whole; one wave after the other.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(unix)]

mod harness;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use harness::{Play, text};
use serde_json::{Map, Value, json};

const TARGETS: usize = 200;

/// Accounts in one Region, reached by a role each, and one policy for all.
fn fleet() -> Play {
    let accounts: Vec<String> = (0..TARGETS).map(account).collect();
    let (canary, rest) = accounts.split_at(2);
    let role = "arn:aws:iam::${account}:role/x";
    let named =
        |accounts: &[String]| json!({"accounts": accounts, "regions": ["us-east-1"], "assume_role": role});
    let statement = json!({"Sid": "S", "Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"},
        "Action": "logs:PutLogEvents", "Resource": "arn:aws:logs:${region}:${account}:log-group:/aws/es/*:*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "${account}"}}});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    let desired = json!({"version": 1, "targets": {"canary": named(canary), "rest": named(rest)},
        "policies": [{"name": "search", "document": document}]});
    let worlds: Map<String, Value> = accounts
        .into_iter()
        .map(|account| (account, json!({"us-east-1": {"policies": {}, "log_groups": {}}})))
        .collect();
    Play::new(&desired, &json!({"format_version": "1", "accounts": worlds}))
}

fn account(number: usize) -> String {
    format!("{:012}", 700_000_000_000 + number as u64)
}

/// A fault for ever at every call of an operation in some accounts.
fn for_ever(fault: &str, operation: &str, accounts: &[usize]) -> Vec<Value> {
    let rule = |number: &usize| json!({"operation": operation, "fault": fault, "times": 1_000_000, "account": account(*number)});
    accounts.iter().map(rule).collect()
}

fn json_of(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(output)))
}

/// The targets of a report with an error, and those with applied operations.
fn failed_and_applied(report: &Value) -> (BTreeSet<String>, usize) {
    let targets = report["targets"].as_array().unwrap();
    let failed = targets.iter().filter(|target| target["error"].is_string());
    let applied = targets.iter().filter(|target| target["outcomes"][0]["outcome"] == "applied");
    (failed.map(|target| target["target"].as_str().unwrap()[..12].to_owned()).collect(), applied.count())
}

#[test]
fn those_in_trouble_hold_up_no_other_and_a_second_run_does_what_is_left() {
    let play = fleet();
    let (throttled, denied, hanging) = ([20, 21], [80, 81], [150, 151]);
    let mut faults = for_ever("throttle", "DescribeResourcePolicies", &throttled);
    faults.extend(for_ever("denied", "DescribeResourcePolicies", &denied));
    faults.extend(for_ever("hang", "DescribeResourcePolicies", &hanging));
    let bad: BTreeSet<String> = [throttled, denied, hanging].concat().into_iter().map(account).collect();
    let emulator = play.emulator(&json!(faults), &[]);
    let run = |arguments: &[&str]| {
        play.run(&emulator, &[&["--timeout", "3s", "--parallelism", "4"], arguments].concat())
    };

    let plan = run(&["plan", "--format", "json"]);
    assert_eq!(plan.status.code(), Some(1), "{}", text(&plan));
    let report = json_of(&plan);
    assert_eq!(report["summary"]["create"], TARGETS - bad.len());
    let (failed, _) = failed_and_applied(&report);
    assert_eq!(failed, bad);

    let shown = text(&run(&["plan"]));
    assert!(shown.contains("the same in 194 targets"), "{shown}");
    for number in [20, 80, 150] {
        assert!(shown.contains(&account(number)), "{number}: {shown}");
    }
    let place = |word: &str| shown.find(word).unwrap_or_else(|| panic!("{word}: {shown}"));
    assert!(place("AccessDenied") < place("+ create"), "the worst comes first: {shown}");

    let apply = run(&["apply", "--auto-approve", "--format", "json"]);
    assert_eq!(apply.status.code(), Some(1), "nothing was half done anywhere: {}", text(&apply));
    let (failed, applied) = failed_and_applied(&json_of(&apply));
    assert_eq!((failed, applied), (bad.clone(), TARGETS - bad.len()));
    drop(emulator);

    let emulator = play.emulator(&json!([]), &[]);
    let second = play.run(&emulator, &["apply", "--auto-approve", "--format", "json"]);
    assert_eq!(second.status.code(), Some(0), "{}", text(&second));
    let (failed, applied) = failed_and_applied(&json_of(&second));
    assert_eq!((failed.len(), applied), (0, bad.len()), "only what was left");
    let third = play.run(&emulator, &["plan", "--detailed-exitcode"]);
    assert_eq!(third.status.code(), Some(0), "{}", text(&third));
    assert!(text(&third).contains("200 targets without changes"), "{}", text(&third));
}

#[test]
fn a_write_that_fails_in_one_wave_keeps_the_next_from_beginning() {
    let play = fleet();
    let faults = for_ever("denied", "PutResourcePolicy", &[1]);
    let emulator = play.emulator(&json!(faults), &[]);
    let waves = ["apply", "--auto-approve", "--wave", "canary,*", "--format", "json"];
    let first = play.run(&emulator, &waves);
    let shown = text(&first);
    assert_eq!(first.status.code(), Some(1), "{shown}");
    let report = json_of(&first);
    assert_eq!(
        report["summary"],
        json!({"applied": 1, "skipped": 198, "conflict": 0, "failed": 1}),
        "{shown}"
    );
    let message = report["targets"][2]["outcomes"][0]["message"].as_str().unwrap();
    assert!(message.contains("wave canary did not go through at 1 target"), "{message}");

    let going = play.run(&emulator, &[&waves[..], &["--keep-going"]].concat());
    let report = json_of(&going);
    assert_eq!(going.status.code(), Some(1), "{}", text(&going));
    assert_eq!(report["summary"], json!({"applied": 198, "skipped": 0, "conflict": 0, "failed": 1}));
    drop(emulator);
    let emulator = play.emulator(&json!([]), &[]);
    let last = play.run(&emulator, &waves);
    assert_eq!(last.status.code(), Some(0), "{}", text(&last));
    assert_eq!(json_of(&last)["summary"]["applied"], 1);
}

#[test]
fn a_wave_names_targets_and_none_is_forgotten() {
    let play = fleet();
    let emulator = play.emulator(&json!([]), &[]);
    for (wave, why) in [
        ("canary,nobody", "--wave nobody names no target"),
        ("canary", "198 targets are in no wave, among them 700000000002/us-east-1"),
        ("canary,rest,[", "--wave ["),
    ] {
        let refused = play.run(&emulator, &["apply", "--auto-approve", "--wave", wave]);
        assert_eq!(refused.status.code(), Some(64), "{wave}: {}", text(&refused));
        assert!(text(&refused).contains(why), "{wave}: {}", text(&refused));
    }
}

#[test]
fn shards_are_the_whole_and_never_meet() {
    let play = fleet();
    let emulator = play.emulator(&json!([]), &[]);
    let lines = |arguments: &[&str]| -> Vec<String> {
        let output = play.run(&emulator, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let lines = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<String> = lines.lines().map(ToOwned::to_owned).collect();
        let last: Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
        assert_eq!(last["kind"], "plan");
        lines
    };
    let whole = lines(&["plan", "--format", "jsonl"]);
    assert_eq!(whole.len(), TARGETS);
    let mut parts: Vec<String> = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let part = lines(&["--shard", shard, "plan", "--format", "jsonl"]);
        assert!(part.len() > TARGETS / 6, "{shard}: {}", part.len());
        parts.extend(part);
    }
    parts.sort();
    assert_eq!(parts, whole, "each target in one part, and its lines byte for byte");
    let mut far = String::new();
    let _ = write!(far, "{0}/{0}", 10_000);
    let none =
        play.run(&emulator, &["--target", "700000000000/*", "--shard", &far, "plan", "--format", "json"]);
    assert_eq!(none.status.code(), Some(0), "{}", text(&none));
    assert_eq!(json_of(&none)["targets"], json!([]));
    let wrong = play.run(&emulator, &["--shard", "4/3", "plan"]);
    assert_eq!(wrong.status.code(), Some(64), "{}", text(&wrong));
}

#[test]
fn a_role_is_assumed_once_for_all_regions_of_its_account_and_for_plan_and_apply() {
    let play = fleet();
    // More accounts than the SDK's own cache of credentials has room for, in two Regions each.
    let accounts: Vec<String> = (0..TARGETS / 2).map(account).collect();
    let path = play.path("logpolicy.yaml");
    let mut desired: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    desired["targets"] = json!({"all": {"accounts": accounts, "regions": ["us-east-1", "eu-west-1"],
        "assume_role": "arn:aws:iam::${account}:role/x"}});
    play.write("logpolicy.yaml", &desired);
    // Every call but the first for each account is refused.
    let faults = json!([{"operation": "AssumeRole", "call": accounts.len() + 1, "fault": "denied", "times": 1_000_000}]);
    let emulator = play.emulator(&faults, &[]);
    let apply = play.run(&emulator, &["apply", "--auto-approve", "--format", "json"]);
    assert_eq!(apply.status.code(), Some(0), "{}", text(&apply));
    assert_eq!(json_of(&apply)["summary"]["applied"], TARGETS);
    let more = play.run(&emulator, &["plan"]);
    assert_eq!(more.status.code(), Some(1), "the next run assumes anew: {}", text(&more));
}

/// An apply holds a lock at each target, and a shell's usual bound on open files is lower than a fleet is large.
#[test]
fn more_targets_than_a_shell_lets_files_be_open_are_applied() {
    let play = fleet();
    let emulator = play.emulator(&json!([]), &[]);
    let run = |limit: &str| {
        let apply = play.command(&emulator, &["apply", "--auto-approve", "--format", "json"]);
        let words: Vec<&str> = apply.get_args().map(|word| word.to_str().unwrap()).collect();
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", &format!("ulimit {limit} && exec \"$@\""), "sh"])
            .arg(apply.get_program())
            .args(&words);
        shell.current_dir(play.path(".")).env_clear();
        shell.envs(apply.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.output().unwrap()
    };
    // Where the system allows no more nothing is begun, and that is said.
    let few = run("-n 100");
    assert_eq!(few.status.code(), Some(1), "{}", text(&few));
    assert!(
        text(&few).contains("200 targets need a lock each") && text(&few).contains("--shard K/N"),
        "{}",
        text(&few)
    );
    assert_eq!(json_of(&few)["summary"]["applied"], 0);
    let rest = run("-Sn 100");
    assert_eq!(rest.status.code(), Some(0), "{}", text(&rest));
    let plan = play.run(&emulator, &["plan", "--detailed-exitcode"]);
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
}
