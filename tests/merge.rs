//! The reports of shards put together are the report of one run, to the byte: of every command, in every format, where
//! targets fail, are refused, drift, or have nothing to do.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(unix)]

mod harness;

use std::fs;
use std::process::Command;

use harness::{Emulator, Play, text};
use serde_json::{Map, Value, json};

const ACCOUNTS: [&str; 7] = [
    "111122223333",
    "222233334444",
    "333344445555",
    "444455556666",
    "555566667777",
    "666677778888",
    "777788889999",
];
const SHARDS: usize = 4;

fn document(service: &str, group: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Sid": "S", "Effect": "Allow", "Principal": {"Service": service},
        "Action": "logs:PutLogEvents", "Resource": format!("arn:aws:logs:${{region}}:${{account}}:log-group:{group}"),
        "Condition": {"StringEquals": {"aws:SourceAccount": "${account}"}}}]})
}

/// Two Regions of each account; `names` are the policies that are asked for.
fn desired(names: &[&str]) -> Value {
    let policies: Vec<Value> = names
        .iter()
        .map(|name| json!({"name": name, "document": document("es.amazonaws.com", &format!("/{name}/*:*"))}))
        .collect();
    json!({"version": 1, "targets": {"all": {"accounts": ACCOUNTS, "regions": ["us-east-1", "eu-west-1"],
        "assume_role": "arn:aws:iam::${account}:role/x"}}, "policies": policies,
        "grants": [{"id": "events", "service": "events.amazonaws.com", "log_groups": ["/aws/events/*"]}]})
}

fn world() -> Value {
    let policies = |number: usize| match number {
        0 => json!({"search": "{\"Statement\":[]}", "odd:name": "no JSON", "<script>": "{}"}),
        1 => json!({"AWSWAF-LOGS": document("delivery.logs.amazonaws.com", "/gone:*").to_string()}),
        _ => json!({}),
    };
    let region = |number| json!({"policies": policies(number), "log_groups": {"/aws/x": {"policy": null}}});
    let accounts: Map<String, Value> = ACCOUNTS
        .iter()
        .enumerate()
        .map(|(number, account)| {
            ((*account).to_owned(), json!({"us-east-1": region(number), "eu-west-1": region(9)}))
        })
        .collect();
    json!({"format_version": "1", "accounts": accounts})
}

/// A fleet that was applied; some targets were changed since, and some are in trouble.
fn drifted() -> (Play, Emulator) {
    let play = Play::new(&desired(&["search", "orders"]), &world());
    let emulator = play.emulator(&json!([]), &[]);
    let applied = play.run(&emulator, &["apply", "--auto-approve", "-q"]);
    assert_eq!(applied.status.code(), Some(4), "one target is refused: {}", text(&applied));
    drop(emulator);
    let mut world: Value =
        serde_json::from_str(&fs::read_to_string(play.path("world.json")).unwrap()).unwrap();
    for (account, name, new) in [
        (ACCOUNTS[1], "search", Some(document("es.amazonaws.com", "/theirs/*:*"))),
        (ACCOUNTS[2], "orders", None),
        (ACCOUNTS[3], "theirs", Some(document("events.amazonaws.com", "/aws/events/*:*"))),
    ] {
        let policies = &mut world["accounts"][account]["eu-west-1"]["policies"];
        match new {
            Some(document) => policies[name] = json!(document.to_string().replace("${account}", account)),
            None => drop(policies.as_object_mut().unwrap().remove(name)),
        }
    }
    play.write("world.json", &world);
    play.write("logpolicy.yaml", &desired(&["search", "trails"]));
    let emulator = play.emulator(&troubles(), &[]);
    (play, emulator)
}

/// One account whose policies cannot be read, and one that takes no writes.
fn troubles() -> Value {
    let ever = 1_000_000;
    json!([
        {"operation": "DescribeResourcePolicies", "fault": "empty-body", "times": ever, "account": ACCOUNTS[4]},
        {"operation": "PutResourcePolicy", "fault": "abort", "times": ever, "account": ACCOUNTS[5]},
    ])
}

/// Runs a command with a report in each format; how it ended.
fn run(play: &Play, emulator: &Emulator, words: &[&str], formats: &[&str], name: &str) -> i32 {
    let reports =
        formats.iter().flat_map(|format| ["--report".to_owned(), format!("{format}={name}.{format}")]);
    let reports: Vec<String> = reports.collect();
    let words: Vec<&str> = words.iter().copied().chain(reports.iter().map(String::as_str)).collect();
    let ended = play.run(emulator, &words);
    ended.status.code().unwrap_or_else(|| panic!("{}", text(&ended)))
}

/// Merges the shards' reports and compares each format with that of one run.
fn assert_merges(play: &Play, whole: i32, formats: &[&str], kind: &str) {
    for input in ["json", "jsonl"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_logpolicy"));
        command.current_dir(play.path(".")).args(["report", "merge"]);
        command.args((1..=SHARDS).rev().map(|shard| format!("{shard}.{input}")));
        for format in formats {
            command.args(["--report", &format!("{format}=merged.{format}")]);
        }
        let merged = command.output().unwrap();
        assert_eq!(merged.status.code(), Some(whole), "{kind}: {}", text(&merged));
        let shown = String::from_utf8(merged.stdout).unwrap();
        assert_same(&shown, &fs::read_to_string(play.path(&format!("whole.{input}"))).unwrap(), kind);
        for format in formats {
            let read = |name: &str| fs::read_to_string(play.path(&format!("{name}.{format}"))).unwrap();
            let (merged, whole) = (read("merged"), read("whole"));
            assert!(!whole.is_empty());
            assert_same(&merged, &whole, &format!("{kind} as {format} out of {input}"));
        }
    }
}

/// A text without the numbers of requests, which no two runs have in common.
fn without_requests(text: &str) -> String {
    let mut parts = text.split("(request ");
    let mut left = parts.next().unwrap_or_default().to_owned();
    left.extend(parts.map(|part| part.split_once(')').unwrap().1));
    left
}

/// Shows the first lines that differ.
fn assert_same(merged: &str, whole: &str, what: &str) {
    let (merged, whole) = (without_requests(merged), without_requests(whole));
    let differ = merged.lines().zip(whole.lines()).filter(|(merged, whole)| merged != whole);
    let differ: Vec<_> = differ.take(3).collect();
    assert!(merged == whole, "{what}, merged and in one run: {differ:#?}\n{merged}");
}

const FORMATS: [&str; 7] = ["text", "json", "jsonl", "markdown", "html", "sarif", "github"];

#[test]
fn what_only_looks_is_the_same_in_parts() {
    let (play, emulator) = drifted();
    let cases: [(&[&str], &[&str]); 4] = [
        (&["plan", "--detailed-exitcode"], &FORMATS),
        (&["plan", "--allow", "takeover", "--only", "*/policy:s*"], &FORMATS),
        (&["drift", "--attribute"], &FORMATS[..6]),
        (&["status"], &FORMATS[..5]),
    ];
    for (words, formats) in cases {
        let whole = run(&play, &emulator, words, formats, "whole");
        for shard in 1..=SHARDS {
            let part = format!("{shard}/{SHARDS}");
            run(&play, &emulator, &[&["--shard", &part], words].concat(), formats, &shard.to_string());
        }
        assert_merges(&play, whole, formats, words[0]);
    }
}

#[test]
fn an_apply_is_the_same_in_parts() {
    let formats = &FORMATS[..6];
    let (one, emulator) = drifted();
    let words = ["apply", "--auto-approve", "--allow", "takeover"];
    let whole = run(&one, &emulator, &words, formats, "whole");
    assert_eq!(whole, 5, "a target cannot be read, and another takes no writes");
    let (play, emulator) = drifted();
    for shard in 1..=SHARDS {
        let part = format!("{shard}/{SHARDS}");
        run(&play, &emulator, &[&["--shard", &part], &words[..]].concat(), formats, &shard.to_string());
    }
    for format in formats {
        fs::copy(one.path(&format!("whole.{format}")), play.path(&format!("whole.{format}"))).unwrap();
    }
    assert_merges(&play, whole, formats, "apply");
}
