//! A machine that runs the commands of a pipeline in a scratch checkout: a released `logpolicy` that works on a sandbox,
//! and services that are files (`fakes/`).

#![allow(dead_code, clippy::print_stderr, reason = "each test takes what it needs, and says what it skips")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use serde_yaml::Value as Yaml;
use sha2::{Digest, Sha256};

/// The account of every test.
pub(super) const ACCOUNT: &str = "111122223333";

/// A checkout, and what lies around it.
pub(super) struct Machine {
    scratch: tempfile::TempDir,
}

/// How a job ended.
pub(super) struct Ended {
    /// The exit code of its last command.
    pub(super) code: i32,
    /// What it printed.
    pub(super) output: String,
}

/// A machine, or nothing where `jq` is missing, unless `LOGPOLICY_TEST_JQ` says that it is there.
pub(super) fn machine() -> Option<Machine> {
    let there = Command::new("jq").arg("--version").output().is_ok_and(|output| output.status.success());
    if !there && env::var_os("LOGPOLICY_TEST_JQ").is_none() {
        eprintln!("skipped: no jq");
        return None;
    }
    assert!(there, "LOGPOLICY_TEST_JQ says that there is a jq");
    let machine = Machine { scratch: tempfile::tempdir().unwrap() };
    for folder in ["checkout", "service", "temp"] {
        fs::create_dir(machine.path(folder)).unwrap();
    }
    let release = format!(
        "#!/bin/sh\nexec '{}' --sandbox='{}' \"$@\"\n",
        env!("CARGO_BIN_EXE_logpolicy"),
        machine.path("world.json").display()
    );
    fs::write(machine.path("release"), release).unwrap();
    fs::set_permissions(machine.path("release"), fs::Permissions::from_mode(0o755)).unwrap();
    for list in ["comments", "pulls", "issues", "notes", "merged"] {
        machine.write(&format!("service/{list}.json"), "[]");
    }
    Some(machine)
}

impl Machine {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(super) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// The desired state: one policy in each of two Regions.
    pub(super) fn desire(&self, log_group: &str) {
        let statement = json!({"Sid": "Search", "Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": format!("arn:${{partition}}:logs:${{region}}:${{account}}:log-group:{log_group}/*:*"),
            "Condition": {"StringEquals": {"aws:SourceAccount": "${account}"}}});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let targets = json!({"main": {"account": ACCOUNT, "regions": ["us-east-1", "eu-west-1"]}});
        let desired =
            json!({"version": 1, "targets": targets, "policies": [{"name": "search", "document": document}]});
        self.write("checkout/logpolicy.yaml", &desired.to_string());
    }

    /// Somebody else changes the policy in a Region, or writes it.
    pub(super) fn meddle(&self, region: &str, log_group: &str) {
        let path = self.path("world.json");
        let mut world = if path.exists() {
            self.json("world.json")
        } else {
            json!({"format_version": "1", "accounts": {}})
        };
        let document = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Other", "Effect": "Allow",
            "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:PutLogEvents",
            "Resource": format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:{log_group}/*:*")}]});
        world["accounts"][ACCOUNT][region]["policies"]["search"] = json!(document.to_string());
        self.write("world.json", &world.to_string());
    }

    /// What AWS has in a Region under the name of our policy.
    pub(super) fn live(&self, region: &str) -> String {
        let world = self.json("world.json");
        world["accounts"][ACCOUNT][region]["policies"]["search"].as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script in the checkout, with nothing of this process's environment but the path and the home.
    pub(super) fn bash(
        &self,
        flags: &[&str],
        script: &str,
        variables: &BTreeMap<String, String>,
    ) -> (i32, String) {
        self.write("script.sh", script);
        let mut path = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples/fakes")];
        path.extend(env::split_paths(variables.get("PATH").unwrap_or(&env::var("PATH").unwrap())));
        let output = Command::new("bash")
            .args(flags)
            .arg(self.path("script.sh"))
            .current_dir(self.path("checkout"))
            .env_clear()
            .envs(variables)
            .env("PATH", env::join_paths(path).unwrap())
            .env("HOME", self.path("temp"))
            .env("TMPDIR", self.path("temp"))
            .env("FAKE_SERVICE", self.path("service"))
            .env("FAKE_RELEASE", self.path("release"))
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    /// Where a release is found, as the examples' READMEs say.
    pub(super) fn release_variables(&self) -> [(&'static str, String); 3] {
        let digest = Sha256::digest(fs::read(self.path("release")).unwrap());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        [
            ("LOGPOLICY_URL", "https://releases.example/vVERSION/logpolicy".to_owned()),
            ("LOGPOLICY_VERSION", "1.2.3".to_owned()),
            ("LOGPOLICY_SHA256", hex),
        ]
    }

    /// The calls to the services since this was asked last.
    pub(super) fn calls(&self) -> String {
        let calls = fs::read_to_string(self.path("service/calls")).unwrap_or_default();
        self.write("service/calls", "");
        calls
    }
}

/// A file of `examples/`, as text and as YAML.
pub(super) fn example(name: &str) -> (String, Yaml) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let text = fs::read_to_string(path).unwrap();
    let yaml = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    (text, yaml)
}
