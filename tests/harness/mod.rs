//! The binary and the emulator as child processes, for tests that kill, interrupt and disturb them.

#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

pub const ACCOUNT: &str = "111122223333";
const BIN: &str = env!("CARGO_BIN_EXE_logpolicy");

/// `logpolicy emulate` on a free port.
pub struct Emulator {
    child: Option<Child>,
    pub url: String,
}

impl Emulator {
    /// Another server that runs already, and goes on.
    pub fn at(url: &str) -> Self {
        Self { child: None, url: url.to_owned() }
    }

    pub fn start(world: &Path, faults: &Value, arguments: &[&str]) -> Self {
        let mut command = Command::new(BIN);
        command.args(["emulate", "--world"]).arg(world).args(arguments);
        if faults.as_array().is_some_and(|faults| !faults.is_empty()) {
            let file = world.with_extension("faults");
            fs::write(&file, faults.to_string()).unwrap();
            command.arg("--faults").arg(file);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").unwrap().trim().to_owned();
        Self { child: Some(child), url }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A folder with a desired state, a world and a record.
pub struct Play {
    folder: tempfile::TempDir,
}

impl Play {
    pub fn new(desired: &Value, world: &Value) -> Self {
        let play = Self { folder: tempfile::tempdir().unwrap() };
        play.write("logpolicy.yaml", desired);
        play.write("world.json", world);
        play
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, value: &Value) {
        fs::write(self.path(name), value.to_string()).unwrap();
    }

    pub fn emulator(&self, faults: &Value, arguments: &[&str]) -> Emulator {
        Emulator::start(&self.path("world.json"), faults, arguments)
    }

    /// The binary with the account's credentials and no other settings.
    pub fn command(&self, emulator: &Emulator, arguments: &[&str]) -> Command {
        self.command_at(&emulator.url, arguments)
    }

    /// The same against whatever answers there.
    pub fn command_at(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(BIN);
        command.current_dir(self.folder.path()).args(["--endpoint-url", url]).args(arguments);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs([
            ("HOME", self.folder.path().to_str().unwrap()),
            ("USER", "ada"),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]);
        command
    }

    pub fn run(&self, emulator: &Emulator, arguments: &[&str]) -> Output {
        self.command(emulator, arguments).output().unwrap()
    }

    /// The account policies of the world, by name.
    pub fn policies(&self) -> Value {
        let world: Value =
            serde_json::from_str(&fs::read_to_string(self.path("world.json")).unwrap()).unwrap();
        world["accounts"][ACCOUNT]["us-east-1"]["policies"].clone()
    }

    pub fn record(&self) -> Value {
        let path = self.path("state").join(ACCOUNT).join("us-east-1.json");
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// Applies without disturbance and checks that nothing is left to do: no change, no lock, a record that is true.
    pub fn converges(&self, expected: &Value) {
        let emulator = self.emulator(&json!([]), &[]);
        let apply = self.run(&emulator, &["apply", "--auto-approve"]);
        assert_eq!(apply.status.code(), Some(0), "{}", text(&apply));
        let plan = self.run(&emulator, &["plan", "--detailed-exitcode"]);
        assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
        let unlock = self.run(&emulator, &["state", "unlock", "--auto-approve"]);
        assert!(text(&unlock).contains("no lock is held"), "{}", text(&unlock));
        let (found, record) = (self.policies(), self.record());
        assert_eq!(keys(&found), keys(expected));
        for (name, wanted) in expected.as_object().unwrap() {
            let (found, wanted) = (found[name].as_str().unwrap(), wanted.as_str().unwrap());
            assert_eq!(parsed(found), parsed(wanted), "{name}");
            if name.starts_with("theirs") {
                assert_eq!(found, wanted, "theirs stays byte for byte");
            } else {
                let recorded = record["policies"][format!("policy:{name}")]["document"].as_str().unwrap();
                assert_eq!(parsed(recorded), parsed(wanted), "{name} is recorded as it is");
            }
        }
        let recorded = record["policies"].as_object().unwrap().len();
        let ours = expected.as_object().unwrap().keys().filter(|name| !name.starts_with("theirs")).count();
        assert_eq!(recorded, ours, "{record}");
        assert_eq!(record.get("pending"), None, "{record}");
    }
}

/// A document in AWS's own form, so that equal policies are equal values.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn keys(object: &Value) -> Vec<&String> {
    object.as_object().unwrap().keys().collect()
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A policy in AWS's normal form that lets a service write to a log group.
pub fn document(service: &str, group: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Writes", "Effect": "Allow", "Principal": {"Service": service}, "Action": "logs:PutLogEvents",
        "Resource": format!("arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*"),
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}]})
}

/// A desired state of some account policies.
pub fn desired(policies: &[(&str, Value)]) -> Value {
    let entry = |(name, document): &(&str, Value)| json!({"name": name, "document": document});
    json!({"version": 1, "targets": {"main": {"account": ACCOUNT, "regions": ["us-east-1"]}},
        "policies": policies.iter().map(entry).collect::<Vec<_>>()})
}

/// A world with some account policies.
pub fn world(policies: &[(&str, Value)]) -> Value {
    let texts: serde_json::Map<String, Value> =
        policies.iter().map(|(name, document)| ((*name).to_owned(), json!(document.to_string()))).collect();
    json!({"format_version": "1", "accounts": {ACCOUNT: {"us-east-1": {"policies": texts, "log_groups": {}}}}})
}
