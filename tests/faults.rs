//! Every fault at every call of an apply: it converges or reports, and is never wrong.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(unix)]

mod harness;

use harness::{Play, desired, document, text, world};
use serde_json::{Value, json};

const FAULTS: [&str; 9] = [
    "throttle",
    "unavailable",
    "internal",
    "abort",
    "lost-response",
    "hang",
    "truncate",
    "empty-body",
    "close",
];

/// A create, an update and a deletion beside a policy of somebody else.
fn journey() -> (Play, Value) {
    let (old, new) = (document("es.amazonaws.com", "/old"), document("es.amazonaws.com", "/new"));
    let theirs = document("events.amazonaws.com", "/theirs");
    let play = Play::new(&desired(&[("changed", old.clone()), ("gone", old)]), &world(&[("theirs", theirs)]));
    let emulator = play.emulator(&json!([]), &[]);
    assert_eq!(play.run(&emulator, &["apply", "--auto-approve"]).status.code(), Some(0));
    drop(emulator);
    play.write("logpolicy.yaml", &desired(&[("changed", new.clone()), ("created", new.clone())]));
    let expected =
        json!({"changed": new.to_string(), "created": new.to_string(), "theirs": play.policies()["theirs"]});
    (play, expected)
}

/// One apply with a fault, then one without.
fn disturbed(fault: &str, operation: &str, call: usize) {
    let (play, expected) = journey();
    let place = format!("{fault} at {operation} {call}");
    let before = play.policies();
    let faults = json!([{"operation": operation, "call": call, "fault": fault}]);
    let emulator = play.emulator(&faults, &[]);
    let apply = play.run(&emulator, &["apply", "--auto-approve", "--format", "json"]);
    drop(emulator);
    let code = apply.status.code().unwrap();
    let shown = format!("{place}: {}", text(&apply));
    assert!([0, 1, 4, 5].contains(&code), "{shown}");
    let report: Value = serde_json::from_slice(&apply.stdout).unwrap_or_else(|_| panic!("{shown}"));
    assert_eq!(report["kind"], "apply", "{shown}");
    let found = play.policies();
    let outcomes = report["targets"][0]["outcomes"].as_array().unwrap();
    assert!(report["targets"][0]["error"].is_string() || outcomes.len() == 3, "{shown}");
    for outcome in outcomes {
        let name = outcome["address"].as_str().unwrap().rsplit(':').next().unwrap();
        let done = found[name] == expected[name];
        match outcome["outcome"].as_str().unwrap() {
            "applied" => assert!(done, "{name} is said to be applied: {shown}"),
            "skipped" | "conflict" => assert_eq!(found[name], before[name], "{name}: {shown}"),
            "failed" => assert!(outcome["message"].is_string(), "{shown}"),
            other => panic!("{other}: {shown}"),
        }
    }
    // A write whose reading back failed counts as failed: nobody has seen it.
    let complete = report["targets"][0]["error"].is_null()
        && outcomes.iter().all(|outcome| outcome["outcome"] == "applied");
    assert_eq!(code == 0, complete, "the exit code is true: {shown}");
    assert!(!complete || found == expected, "{shown}");
    assert_eq!(found["theirs"], before["theirs"], "{shown}");
    play.converges(&expected);
}

/// Each fault in a thread of its own: most of the time is spent waiting for answers that never come.
fn every_fault(operation: &'static str, calls: &'static [usize]) {
    std::thread::scope(|scope| {
        let disturb =
            |fault| scope.spawn(move || calls.iter().for_each(|&call| disturbed(fault, operation, call)));
        let threads: Vec<_> = FAULTS.into_iter().map(disturb).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn at_writes() {
    every_fault("PutResourcePolicy", &[1, 2]);
}

#[test]
fn at_deletions() {
    every_fault("DeleteResourcePolicy", &[1]);
}

#[test]
fn at_readings() {
    every_fault("DescribeResourcePolicies", &[1, 2, 3, 7]);
}

#[test]
fn at_the_question_whose_credentials_these_are() {
    every_fault("GetCallerIdentity", &[1]);
}

#[test]
fn at_the_writes_of_log_group_policies() {
    std::thread::scope(|scope| {
        for fault in FAULTS {
            scope.spawn(move || disturbed_log_group(fault));
        }
    });
}

/// A log group's policy is created and then changed, each time with a fault at its write.
fn disturbed_log_group(fault: &str) {
    let entry = |group: &str| {
        json!({"version": 1, "targets": {"main": {"account": harness::ACCOUNT, "regions": ["us-east-1"]}},
            "policies": [{"log_group": "/aws/x", "document": document("es.amazonaws.com", group)}]})
    };
    let mut empty = world(&[]);
    empty["accounts"][harness::ACCOUNT]["us-east-1"]["log_groups"] = json!({"/aws/x": {"policy": null}});
    let play = Play::new(&entry("/aws/x"), &empty);
    for group in ["/aws/x", "/aws/x*"] {
        play.write("logpolicy.yaml", &entry(group));
        let faults = json!([{"operation": "PutResourcePolicy", "call": 1, "fault": fault}]);
        let disturbed = play.emulator(&faults, &[]);
        let apply = play.run(&disturbed, &["apply", "--auto-approve"]);
        drop(disturbed);
        assert!([0, 1, 4].contains(&apply.status.code().unwrap()), "{fault}: {}", text(&apply));
        let calm = play.emulator(&json!([]), &[]);
        let apply = play.run(&calm, &["apply", "--auto-approve"]);
        assert_eq!(apply.status.code(), Some(0), "{fault}: {}", text(&apply));
        let plan = play.run(&calm, &["plan", "--detailed-exitcode"]);
        assert_eq!(plan.status.code(), Some(0), "{fault}: {}", text(&plan));
        let record = play.record();
        let recorded = &record["policies"]["log-group:/aws/x"];
        assert!(recorded["document"].as_str().unwrap().contains(group), "{fault}: {record}");
        assert!(recorded["revision"].is_string(), "{fault}: {record}");
    }
}
