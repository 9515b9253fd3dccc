//! Ctrl-C and SIGTERM: the write in flight is finished, recorded and reported, the lock given back; a second signal
//! stops at once.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(unix)]

mod harness;

use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use harness::{Play, desired, document, text, world};
use serde_json::{Value, json};

fn names(number: usize) -> Vec<(String, Value)> {
    (0..number)
        .map(|index| (format!("p{index}"), document("es.amazonaws.com", &format!("/{index}"))))
        .collect()
}

/// Six policies to create.
fn play() -> (Play, Value) {
    let policies = names(6);
    let named: Vec<(&str, Value)> =
        policies.iter().map(|(name, document)| (name.as_str(), document.clone())).collect();
    let expected: serde_json::Map<String, Value> =
        policies.iter().map(|(name, document)| (name.clone(), json!(document.to_string()))).collect();
    (Play::new(&desired(&named), &world(&[])), Value::Object(expected))
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(kill.success());
}

/// Waits until so many policies stand in the world.
fn wait_for(play: &Play, number: usize) {
    let begun = Instant::now();
    while play.policies().as_object().map_or(0, serde_json::Map::len) < number {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn outcomes(output: &Output) -> Vec<String> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let outcomes = report["targets"][0]["outcomes"].as_array().unwrap().clone();
    outcomes.iter().map(|outcome| outcome["outcome"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_first_signal_lets_the_write_in_flight_be_finished() {
    for name in ["INT", "TERM"] {
        let (play, expected) = play();
        let emulator = play.emulator(&json!([]), &["--latency", "60ms"]);
        let arguments = ["apply", "--auto-approve", "--format", "json"];
        let child = play.command(&emulator, &arguments).spawn().unwrap();
        wait_for(&play, 2);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        drop(emulator);
        assert_eq!(output.status.code(), Some(130), "{}", text(&output));
        assert!(text(&output).contains("are finished and recorded"), "{}", text(&output));
        let outcomes = outcomes(&output);
        let applied = outcomes.iter().filter(|outcome| *outcome == "applied").count();
        assert!((2..6).contains(&applied), "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "skipped").count(), 6 - applied);
        assert_eq!(play.policies().as_object().unwrap().len(), applied, "what is written is what is said");
        let record = play.record();
        assert_eq!(record["policies"].as_object().unwrap().len(), applied, "and what is recorded");
        assert_eq!(record.get("pending"), None);
        assert!(!play.path("state/111122223333/us-east-1.lock").exists());
        play.converges(&expected);
    }
}

#[test]
fn the_second_signal_stops_at_once() {
    let (play, expected) = play();
    let emulator = play
        .emulator(&json!([{"operation": "PutResourcePolicy", "call": 2, "times": 99, "fault": "hang"}]), &[]);
    let child = play.command(&emulator, &["apply", "--auto-approve"]).spawn().unwrap();
    wait_for(&play, 1);
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    drop(emulator);
    play.converges(&expected);
}

#[test]
fn before_the_first_write_nothing_is_written() {
    let (play, _) = play();
    let faults = json!([{"operation": "DescribeResourcePolicies", "call": 1, "times": 99, "fault": "hang"}]);
    let emulator = play.emulator(&faults, &[]);
    let child = play.command(&emulator, &["apply", "--auto-approve"]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    assert!(text(&output).contains("Interrupted; nothing was written"), "{}", text(&output));
    assert!(!play.path("state").exists(), "the lock is given back");
}
