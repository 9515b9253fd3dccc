//! Killed at every step and at random moments: the next plan and apply converge, the record is valid, nothing is lost
//! or doubled.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(unix)]

mod harness;

use std::time::Duration;

use harness::{Play, desired, document, text, world};
use serde_json::{Value, json};

/// A create, an update and a deletion are to be done; `theirs` is somebody else's.
struct Journey {
    play: Play,
    expected: Value,
}

fn journey() -> Journey {
    let old = document("es.amazonaws.com", "/old");
    let theirs = document("events.amazonaws.com", "/theirs");
    let play = Play::new(&desired(&[("changed", old.clone()), ("gone", old)]), &world(&[("theirs", theirs)]));
    let emulator = play.emulator(&json!([]), &[]);
    let first = play.run(&emulator, &["apply", "--auto-approve"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first));
    drop(emulator);
    let new = document("es.amazonaws.com", "/new");
    play.write("logpolicy.yaml", &desired(&[("changed", new.clone()), ("created", new.clone())]));
    let stored = play.policies();
    let expected =
        json!({"changed": new.to_string(), "created": new.to_string(), "theirs": stored["theirs"]});
    Journey { play, expected }
}

/// Runs `apply` until it hangs at a call, and kills it there. False where it never came to that call.
fn killed_at(journey: &Journey, operation: &str, call: usize) -> bool {
    let faults = json!([{"operation": operation, "call": call, "times": 9, "fault": "hang"}]);
    let emulator = journey.play.emulator(&faults, &[]);
    let mut child = journey.play.command(&emulator, &["apply", "--auto-approve"]).spawn().unwrap();
    for _ in 0..40 {
        std::thread::sleep(Duration::from_millis(50));
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(0));
            return false;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

#[test]
fn killed_before_and_after_every_call_it_converges() {
    let mut boundaries = 0;
    for operation in
        ["GetCallerIdentity", "DescribeResourcePolicies", "PutResourcePolicy", "DeleteResourcePolicy"]
    {
        for call in 1.. {
            let journey = journey();
            let killed = killed_at(&journey, operation, call);
            journey.play.converges(&journey.expected);
            if !killed {
                break;
            }
            boundaries += 1;
        }
    }
    // One caller identity, a first reading and two around each of three writes, and the writes themselves.
    assert_eq!(boundaries, 1 + 7 + 2 + 1);
}

#[test]
fn what_a_killed_run_wrote_is_known_as_ours_when_the_files_change_before_the_next() {
    for call in 1..=7 {
        let journey = journey();
        assert!(killed_at(&journey, "DescribeResourcePolicies", call));
        let newer = document("es.amazonaws.com", "/newer");
        journey.play.write("logpolicy.yaml", &desired(&[("created", newer.clone())]));
        let expected =
            json!({"created": json!(newer.to_string()), "theirs": journey.expected["theirs"].clone()});
        journey.play.converges(&expected);
    }
}

#[test]
fn killed_at_random_moments_it_converges() {
    for round in 0..12_u64 {
        let journey = journey();
        let emulator = journey.play.emulator(&json!([]), &["--latency", "15ms"]);
        let mut child = journey.play.command(&emulator, &["apply", "--auto-approve"]).spawn().unwrap();
        // Spread over the whole run; where exactly it strikes is up to the machine.
        std::thread::sleep(Duration::from_millis(10 + round * 23));
        child.kill().unwrap();
        child.wait().unwrap();
        drop(emulator);
        journey.play.converges(&journey.expected);
    }
}

#[test]
fn two_applies_at_once_never_interleave() {
    for round in 0..4 {
        let journey = journey();
        let emulator = journey.play.emulator(&json!([]), &["--latency", "30ms"]);
        let waits = if round % 2 == 0 { "0s" } else { "60s" };
        let apply = || {
            let arguments = ["apply", "--auto-approve", "--lock-timeout", waits];
            journey.play.command(&emulator, &arguments).spawn().unwrap()
        };
        let (first, second) = (apply(), apply());
        let (first, second) = (first.wait_with_output().unwrap(), second.wait_with_output().unwrap());
        let mut codes = [first.status.code().unwrap(), second.status.code().unwrap()];
        codes.sort_unstable();
        let texts = format!("{}\n{}", text(&first), text(&second));
        if waits == "0s" {
            assert_eq!(codes, [0, 4], "{texts}");
            assert!(texts.contains("is locked by ada on ") && texts.contains("--lock-timeout"), "{texts}");
        } else {
            assert_eq!(codes, [0, 0], "{texts}");
        }
        drop(emulator);
        journey.play.converges(&journey.expected);
    }
}
