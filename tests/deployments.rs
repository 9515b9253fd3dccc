//! The examples for systemd and Kubernetes: what they run is run on the sandbox, and what they count on is there.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads and writes files, and says what it skips"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde_yaml::Value;

fn example(name: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)).unwrap()
}

/// A folder with the quickstart's desired state and its sandbox, applied, and then changed by somebody else.
fn drifted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["logpolicy.yaml", "orders.json", "world.json"] {
        let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart").join(name);
        if from.exists() {
            fs::copy(from, folder.path().join(name)).unwrap();
        }
    }
    let applied = logpolicy(folder.path(), &["apply", "--auto-approve"]);
    assert!(applied.status.success(), "{applied:?}");
    let world = fs::read_to_string(folder.path().join("world.json")).unwrap();
    let changed = world.replace("log-group:/aws/route53/", "log-group:/aws/elsewhere/");
    assert_ne!(world, changed);
    fs::write(folder.path().join("world.json"), changed).unwrap();
    folder
}

fn logpolicy(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logpolicy"));
    command.current_dir(folder).arg("--sandbox=world.json").args(arguments);
    command.output().unwrap()
}

/// The values of a key of a unit file, such as `ExecStart`.
fn unit_values(unit: &str, key: &str) -> Vec<String> {
    let value = |line: &str| line.strip_prefix(key)?.strip_prefix('=').map(ToOwned::to_owned);
    unit.lines().filter_map(value).collect()
}

#[test]
fn the_systemd_service_writes_what_the_alerts_are_about() {
    let unit = example("systemd/logpolicy-drift.service");
    let start = unit_values(&unit, "ExecStart").remove(0);
    let folder = drifted();
    let mut words = start.split(' ');
    assert_eq!(words.next(), Some("/usr/local/bin/logpolicy"));
    let here = |word: &str| {
        let name = word.rsplit('/').next().unwrap().to_owned();
        match word.split_once('=') {
            Some((format, _)) => format!("{format}={name}"),
            None if word.starts_with('/') => name,
            None => word.to_owned(),
        }
    };
    let arguments: Vec<String> = words.map(here).collect();
    let ran = logpolicy(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let code = ran.status.code().unwrap().to_string();
    assert_eq!(code, "2", "{ran:?}");
    assert_eq!(unit_values(&unit, "SuccessExitStatus"), [code]);
    assert!(fs::read_to_string(folder.path().join("drift.html")).unwrap().contains("<html"));

    let metrics = fs::read_to_string(folder.path().join("logpolicy.prom")).unwrap();
    assert!(metrics.contains("kind=\"changed\"} 1\n"), "{metrics}");
    let known: BTreeSet<&str> =
        metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let alerts: Value = serde_yaml::from_str(&example("systemd/alerts.yaml")).unwrap();
    let rules = alerts["groups"][0]["rules"].as_sequence().unwrap();
    assert!(rules.len() > 2);
    for rule in rules {
        let expression = rule["expr"].as_str().unwrap();
        let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let named: Vec<&str> = words.filter(|word| word.starts_with("logpolicy_")).collect();
        assert!(!named.is_empty() && named.iter().all(|name| known.contains(name)), "{expression}");
    }
}

#[test]
fn systemd_understands_the_units() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("skipped: there is no systemd-analyze here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_logpolicy");
    let service = example("systemd/logpolicy-drift.service").replace("/usr/local/bin/logpolicy", binary);
    fs::write(folder.path().join("logpolicy-drift.service"), service).unwrap();
    fs::write(folder.path().join("logpolicy-drift.timer"), example("systemd/logpolicy-drift.timer")).unwrap();
    for unit in ["logpolicy-drift.service", "logpolicy-drift.timer"] {
        let verified = Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(folder.path().join(unit))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("logpolicy-drift")).collect();
        assert!(ours.is_empty(), "{said}");
    }
}

#[test]
fn the_cron_job_ends_as_its_rules_expect() {
    let documents: Vec<Value> = serde_yaml::Deserializer::from_str(&example("kubernetes/cronjob.yaml"))
        .map(|document| Value::deserialize(document).unwrap())
        .collect();
    let job = &documents[1]["spec"]["jobTemplate"]["spec"];
    assert_eq!(documents[1]["kind"].as_str(), Some("CronJob"));
    let pod = &job["template"]["spec"];
    assert_eq!(pod["serviceAccountName"], documents[0]["metadata"]["name"]);
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"].as_bool(), Some(true));
    let mount = container["volumeMounts"][0]["mountPath"].as_str().unwrap();
    let folder = drifted();
    let arguments: Vec<String> = container["args"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap().replace(mount, "."))
        .collect();
    let ran = logpolicy(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    let codes = &job["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"];
    let codes: Vec<i64> = codes.as_sequence().unwrap().iter().map(|code| code.as_i64().unwrap()).collect();
    assert!(
        codes.contains(&2) && !codes.contains(&1),
        "drift ends the job, an error is tried again: {codes:?}"
    );
}
