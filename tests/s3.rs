//! The record in a bucket, through the binary: against the S3-compatible server that `LOGPOLICY_TEST_S3` names
//! (`.ci/run` starts moto). What a store must do is tried in `src/store/conformance.rs`.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(unix)]

mod harness;

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;

use harness::{ACCOUNT, Emulator, Play, desired, document, text, world};
use serde_json::{Value, json};

/// A desired state whose record lies in a bucket.
fn in_bucket(url: &str, bucket: &str) -> Value {
    let mut desired = desired(&[("search", document("es.amazonaws.com", "/search"))]);
    desired["state"] =
        json!({"s3": {"bucket": bucket, "prefix": "team/", "region": "us-east-1", "endpoint_url": url}});
    desired
}

#[test]
fn the_record_and_the_locks_lie_in_the_bucket() {
    let Some(url) = env::var("LOGPOLICY_TEST_S3").ok() else {
        eprintln!("skipped: LOGPOLICY_TEST_S3 names no S3-compatible server (.ci/run starts one)");
        return;
    };
    let bucket = format!("journey-{}", std::process::id());
    make_bucket(&url, &bucket);
    let play = Play::new(&in_bucket(&url, &bucket), &world(&[]));
    let emulator = play.emulator(&json!([]), &[]);
    let run = |arguments: &[&str]| play.run(&emulator, arguments);
    let apply = run(&["apply", "--auto-approve"]);
    assert_eq!(apply.status.code(), Some(0), "{}", text(&apply));
    assert!(!play.path("state").exists(), "nothing lies beside the file");
    let plan = run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
    let list = run(&["state", "list"]);
    assert!(text(&list).contains(&format!("{ACCOUNT}/us-east-1/policy:search")), "{}", text(&list));

    killed_run_leaves_its_lock(&play, &emulator);
    let missing = Play::new(&in_bucket(&url, "no-such-bucket"), &world(&[]));
    let plan = missing.run(&emulator, &["plan"]);
    assert_eq!(plan.status.code(), Some(1));
    assert!(text(&plan).contains("NoSuchBucket") && text(&plan).contains("state.s3"), "{}", text(&plan));
}

fn make_bucket(url: &str, bucket: &str) {
    let address = url.strip_prefix("http://").unwrap().trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "PUT /{bucket} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// A lock in a bucket outlives its run: the next one is told whose it is, and `state unlock` takes it away.
fn killed_run_leaves_its_lock(play: &Play, calm: &Emulator) {
    let faults = json!([{"operation": "DescribeResourcePolicies", "times": 9, "fault": "hang"}]);
    let hanging = Emulator::start(&play.path("other.json"), &faults, &[]);
    let mut child = play.command(&hanging, &["apply", "--auto-approve"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    child.kill().unwrap();
    child.wait().unwrap();
    let refused = play.run(calm, &["apply", "--auto-approve"]);
    assert_eq!(refused.status.code(), Some(4), "{}", text(&refused));
    assert!(text(&refused).contains("is locked by ada on "), "{}", text(&refused));
    let asked = play.run(calm, &["state", "unlock"]);
    assert_eq!(asked.status.code(), Some(4), "{}", text(&asked));
    let unlocked = play.run(calm, &["state", "unlock", "--auto-approve"]);
    assert!(text(&unlocked).contains("unlocked"), "{}", text(&unlocked));
    let apply = play.run(calm, &["apply", "--auto-approve"]);
    assert_eq!(apply.status.code(), Some(0), "{}", text(&apply));
}
