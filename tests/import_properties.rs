//! Whatever stands at some targets, it can be imported, and the plan right after is empty; the second import finds nothing.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test runs the program")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names that AWS takes, plain and odd.
const NAMES: [&str; 8] =
    ["search", "events 1", "a.b_c-d", "yes", "0x1f", "made: by hand", "AWSWAF-LOGS", "ünlü*#"];
const GROUPS: [&str; 4] = ["/aws/orders", "/app", "/aws/events/x", "0"];
const TEXTS: [&str; 7] =
    ["plain", "${aws:SourceAccount}", "$${x}", "${unclosed", "a # b", "- 'x': \"y\"", "~"];

fn statement() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(json!("logs:PutLogEvents")),
        Just(json!(["logs:PutLogEvents", "logs:CreateLogStream"])),
        Just(json!("logs:*")),
    ];
    let principal = prop_oneof![
        Just(json!({"Service": "es.amazonaws.com"})),
        Just(json!({"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]})),
        Just(json!("*")),
    ];
    let effect = prop_oneof![4 => Just("Allow"), 1 => Just("Deny")];
    (proptest::option::of("[A-Za-z0-9]{1,8}"), effect, principal, value, 0..TEXTS.len(), any::<bool>())
        .prop_map(|(sid, effect, principal, action, text, condition)| {
            let mut members = Map::new();
            if let Some(sid) = sid {
                members.insert("Sid".to_owned(), json!(sid));
            }
            members.insert("Effect".to_owned(), json!(effect));
            members.insert("Principal".to_owned(), principal);
            members.insert("Action".to_owned(), action);
            let resource = format!("arn:aws:logs:us-east-1:111122223333:log-group:/{}:*", TEXTS[text]);
            members.insert("Resource".to_owned(), json!(resource));
            if condition {
                members.insert(
                    "Condition".to_owned(),
                    json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
                );
            }
            Value::Object(members)
        })
}

fn document() -> impl Strategy<Value = Value> {
    let version = prop_oneof![Just("2012-10-17"), Just("2008-10-17")];
    let unique = |statements: Vec<Value>| {
        // Sids are unique in a document.
        let mut seen = std::collections::BTreeSet::new();
        let keep =
            |statement: &Value| statement["Sid"].as_str().is_none_or(|sid| seen.insert(sid.to_owned()));
        statements.into_iter().filter(keep).collect::<Vec<_>>()
    };
    (version, proptest::collection::vec(statement(), 1..4).prop_map(unique)).prop_map(
        |(version, statements)| json!(json!({"Version": version, "Statement": statements}).to_string()),
    )
}

fn region() -> impl Strategy<Value = Value> {
    let policies = proptest::collection::btree_map(0..NAMES.len(), document(), 0..6);
    let groups = proptest::collection::btree_map(0..GROUPS.len(), proptest::option::of(document()), 0..4);
    (policies, groups).prop_map(|(policies, groups)| {
        let policies: Map<String, Value> =
            policies.into_iter().map(|(name, document)| (NAMES[name].to_owned(), document)).collect();
        let groups: Map<String, Value> = groups
            .into_iter()
            .map(|(name, document)| (GROUPS[name].to_owned(), json!({"policy": document})))
            .collect();
        json!({"policies": policies, "log_groups": groups})
    })
}

fn world() -> impl Strategy<Value = Value> {
    (region(), region()).prop_map(|(one, two)| {
        json!({"format_version": "1", "accounts": {"111122223333": {"us-east-1": one, "eu-west-1": two}}})
    })
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logpolicy"));
    command.current_dir(folder).arg("--sandbox=world.json").args(arguments).output().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_plan_after_an_import_is_empty(world in world()) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("world.json"), world.to_string()).unwrap();
        let imported = run(
            folder.path(),
            &["import", "--account", "111122223333", "--region", "us-east-1", "--region", "eu-west-1",
              "--include-aws", "-o", "logpolicy.yaml"],
        );
        let said = String::from_utf8_lossy(&imported.stdout).into_owned() + &String::from_utf8_lossy(&imported.stderr);
        if !folder.path().join("logpolicy.yaml").exists() {
            let is_empty = ["us-east-1", "eu-west-1"].iter().all(|region| {
                let there = &world["accounts"]["111122223333"][region];
                let groups = there["log_groups"].as_object().unwrap();
                there["policies"].as_object().unwrap().is_empty() && groups.values().all(|group| group["policy"].is_null())
            });
            prop_assert!(is_empty, "{said}");
            return Ok(());
        }
        prop_assert!(imported.status.success(), "{said}");
        let planned = run(folder.path(), &["-q", "plan", "--detailed-exitcode"]);
        let yaml = fs::read_to_string(folder.path().join("logpolicy.yaml")).unwrap();
        let shown = String::from_utf8_lossy(&planned.stdout).into_owned() + &String::from_utf8_lossy(&planned.stderr);
        prop_assert_eq!(planned.status.code(), Some(0), "{}\n{}\n{}", said, yaml, shown);
        let again = run(folder.path(), &["import", "--include-aws", "--format", "json"]);
        let again: Value = serde_json::from_slice(&again.stdout).unwrap();
        prop_assert_eq!(again["summary"]["imported"].as_u64(), Some(0), "{}", again);
    }
}
