//! Every rule on its own fixtures (`tests/cases/rules/`), which are also the examples that `explain` shows; and the page
//! `docs/rules.md`, which is made from the table.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]

use std::fs;
use std::path::PathBuf;

use logpolicy::config;
use logpolicy::plan::{TargetResult, Unplanned};
use logpolicy::report::plan_sarif;
use logpolicy::validate::{Check, judged, rules};

/// The codes that are found in a fixture.
fn found(code: &str, kind: &str) -> Vec<&'static str> {
    let path = PathBuf::from(format!("tests/cases/rules/{code}/{kind}.yaml"));
    let loaded = config::load(&[path]).unwrap();
    let findings = loaded.diagnostics.and(judged(&loaded.desired).iter().cloned());
    findings.iter().map(|finding| finding.code.0).collect()
}

#[test]
fn every_rule_finds_the_bad_and_leaves_the_good() {
    let mut wrong = Vec::new();
    for rule in rules().filter(|rule| !matches!(rule.check, Check::Plan)) {
        let code = rule.code.0;
        let (bad, good) = (found(code, "bad"), found(code, "good"));
        if !bad.contains(&code) {
            wrong.push(format!("{code} is not found in its bad example: {bad:?}"));
        }
        if !good.iter().all(|other| *other != code) {
            wrong.push(format!("{code} is found in its good example"));
        }
        // What is good for one rule is good for the others, but for the examples of large and wide documents.
        if !good.is_empty() && !["LP606"].contains(&code) {
            wrong.push(format!("the good example of {code} is not good: {good:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_page_of_rules_is_made_from_the_table() {
    let made = logpolicy::report::rules_page();
    let path = PathBuf::from("docs/rules.md");
    if std::env::var_os("LOGPOLICY_BLESS").is_some() {
        fs::create_dir_all("docs").unwrap();
        fs::write(&path, &made).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == made, "run `LOGPOLICY_BLESS=1 cargo test --test rules`");
}

/// The SARIF of a fixture.
fn sarif(code: &str) -> serde_json::Value {
    let path = PathBuf::from(format!("tests/cases/rules/{code}/bad.yaml"));
    let loaded = config::load(&[path]).unwrap();
    let findings = loaded.diagnostics.and(judged(&loaded.desired).iter().cloned());
    serde_json::from_str(&logpolicy::report::validate_sarif(&findings, &loaded.sources)).unwrap()
}

#[test]
fn sarif_is_what_its_schema_says() {
    // The published schema has a pattern with a bracket too many.
    let text =
        fs::read_to_string("tests/data/sarif-2.1.0.json").unwrap().replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for rule in rules() {
        let log = sarif(rule.code.0);
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", rule.code.0);
    }
    let unplanned = Unplanned::failed("no credentials");
    let target = "111122223333/us-east-1".parse().unwrap();
    let log = plan_sarif(&[TargetResult { target, plan: Err(unplanned) }]);
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    assert!(validator.is_valid(&log) && log["runs"][0]["results"][0]["ruleId"] == "error", "{log}");
    let mut broken = sarif("LP401");
    broken["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!validator.is_valid(&broken), "the schema can refuse");
    assert_eq!(
        sarif("LP401")["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"],
        9
    );
}
