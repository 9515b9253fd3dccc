//! The examples that deal a fleet to many machines: their own commands run on one sandbox for every shard, and what their
//! merge writes is what one run over the whole fleet writes.

mod github;
mod kubernetes;
mod state_machine;
mod step_functions;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

const ACCOUNTS: [&str; 6] =
    ["111122223333", "222233334444", "333344445555", "444455556666", "555566667777", "666677778888"];
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// How the world stands to what was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    /// As it was applied.
    Quiet,
    /// Others changed some targets, and the files ask for something new in some.
    Drifted,
    /// That, and the record of one target cannot be read.
    Broken,
}

impl World {
    const ALL: [Self; 3] = [Self::Quiet, Self::Drifted, Self::Broken];

    /// How a run over the whole fleet ends.
    fn code(self) -> i32 {
        match self {
            Self::Quiet => 0,
            Self::Drifted => 2,
            Self::Broken => 1,
        }
    }
}

/// Twelve targets on a sandbox, and the folders of those who work on them.
struct Fleet {
    scratch: tempfile::TempDir,
}

/// How a command ended.
struct Ended {
    code: i32,
    output: String,
}

impl Fleet {
    /// A fleet to which a desired state was applied, and what happened to it since. The desired state is in `policies/`.
    fn new(world: World) -> Self {
        let fleet = Self { scratch: tempfile::tempdir().unwrap() };
        for folder in ["bin", "policies", "temp"] {
            fs::create_dir(fleet.path(folder)).unwrap();
        }
        let binary = env!("CARGO_BIN_EXE_logpolicy");
        let sandbox = fleet.path("world.json").display().to_string();
        // A merge reads files, and works on no world.
        fleet.executable(
            "logpolicy",
            &format!("case \"$1\" in report) exec '{binary}' \"$@\" ;; esac\nexec '{binary}' --sandbox='{sandbox}' \"$@\"\n"),
        );
        fleet.executable("aws", FAKE_AWS);
        fleet.desire(&["search"]);
        let applied = fleet.sh("logpolicy -f policies apply --auto-approve -q", &[], &fleet.path("."));
        assert_eq!(applied.code, 0, "{}", applied.output);
        if world != World::Quiet {
            for (account, region) in
                [(ACCOUNTS[0], "us-east-1"), (ACCOUNTS[2], "eu-west-1"), (ACCOUNTS[2], "us-east-1")]
            {
                fleet.meddle(account, region);
            }
            fleet.desire(&["search", "trails"]);
        }
        if world == World::Broken {
            let record = format!("world.json.state/{}/eu-west-1.json", ACCOUNTS[4]);
            assert!(fleet.path(&record).exists());
            fs::write(fleet.path(&record), "broken").unwrap();
        }
        fleet
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Writes an executable. Another process does: a file that this one has open for writing while another thread starts a
    /// command cannot be run ("text file busy").
    fn executable(&self, name: &str, script: &str) {
        let wrote = Command::new("sh")
            .args(["-c", "printf '#!/bin/sh\n%s' \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", script])
            .arg(self.path("bin").join(name))
            .status();
        assert!(wrote.unwrap().success());
    }

    /// The desired state: a policy `search` everywhere, and another one in one Region, where it is asked for.
    fn desire(&self, names: &[&str]) {
        let statement = json!({"Sid": "Write", "Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "arn:${partition}:logs:${region}:${account}:log-group:/aws/search/*:*",
            "Condition": {"StringEquals": {"aws:SourceAccount": "${account}"}}});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let policy = |name: &&str| match *name {
            "search" => json!({"name": "search", "document": document}),
            name => json!({"name": name, "document": document, "regions": ["eu-west-1"]}),
        };
        let policies: Vec<Value> = names.iter().map(policy).collect();
        let targets = json!({"fleet": {"accounts": ACCOUNTS, "regions": REGIONS,
            "assume_role": "arn:${partition}:iam::${account}:role/logpolicy"}});
        let desired = json!({"version": 1, "targets": targets, "policies": policies});
        fs::write(self.path("policies/logpolicy.yaml"), desired.to_string()).unwrap();
    }

    /// Somebody else changes the policy of a target.
    fn meddle(&self, account: &str, region: &str) {
        let mut world: Value = read_json(&self.path("world.json"));
        let policy = &mut world["accounts"][account][region]["policies"]["search"];
        let changed = policy.as_str().unwrap().replace("/aws/search/", "/aws/theirs/");
        assert_ne!(policy.as_str().unwrap(), changed);
        *policy = json!(changed);
        fs::write(self.path("world.json"), world.to_string()).unwrap();
    }

    /// Runs a script with `sh`, with nothing of this process's environment but the path.
    fn sh(&self, script: &str, variables: &[(String, String)], folder: &Path) -> Ended {
        let mut path = vec![self.path("bin")];
        path.extend(env::split_paths(&env::var("PATH").unwrap()));
        let path = env::join_paths(path).unwrap().into_string().unwrap();
        let mut all: BTreeMap<String, String> = variables.iter().cloned().collect();
        all.entry("PATH".to_owned()).or_insert(path);
        self.run(Command::new("sh").args(["-c", script]), &all, folder)
    }

    fn run(&self, command: &mut Command, variables: &BTreeMap<String, String>, folder: &Path) -> Ended {
        let output = command
            .current_dir(folder)
            .env_clear()
            .envs(variables)
            .env("HOME", self.path("temp"))
            .env("TMPDIR", self.path("temp"))
            .env("FAKE_S3", self.path("s3"))
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        Ended { code: output.status.code().unwrap(), output: String::from_utf8(text).unwrap() }
    }

    /// Runs the command over the whole fleet, and asserts that the merge wrote, byte for byte, what that writes, and ended
    /// alike. Metrics tell when they were made: that may differ.
    fn assert_whole(
        &self,
        command: &str,
        folder: &Path,
        merged: &Path,
        formats: &[(&str, &str)],
        ended: &Ended,
    ) {
        let whole = self.path("whole");
        fs::create_dir_all(&whole).unwrap();
        let written = |(format, file): &(&str, &str)| match *format {
            "metrics" => format!(" --metrics '{}'", whole.join(file).display()),
            format => format!(" --report '{format}={}'", whole.join(file).display()),
        };
        let reports: String = formats.iter().map(written).collect();
        let unsharded = self.sh(&format!("logpolicy {command}{reports}"), &[], folder);
        assert_eq!(ended.code, unsharded.code, "{}\n--- unsharded:\n{}", ended.output, unsharded.output);
        for (format, file) in formats {
            let (ours, theirs) = (fs::read(merged.join(file)), fs::read(whole.join(file)).unwrap());
            let ours = ours.unwrap_or_else(|error| panic!("{file}: {error}\n{}", ended.output));
            let (ours, theirs) =
                if *format == "metrics" { (timeless(&ours), timeless(&theirs)) } else { (ours, theirs) };
            assert!(!theirs.is_empty());
            assert!(
                ours == theirs,
                "{format} differs:\n{}\n--- unsharded:\n{}",
                String::from_utf8_lossy(&ours),
                String::from_utf8_lossy(&theirs)
            );
        }
    }
}

/// `aws s3 cp` between folders and buckets that are folders below `$FAKE_S3`; anything else is an error.
const FAKE_AWS: &str = r#"set -eu
[ "$1 $2" = 's3 cp' ] || exit 64
shift 2
recursive=no
while :; do
  case "$1" in
    --recursive) recursive=yes ;;
    --only-show-errors) ;;
    -*) exit 64 ;;
    *) break ;;
  esac
  shift
done
[ $# -eq 2 ] || exit 64
place() { case "$1" in s3://*) echo "$FAKE_S3/${1#s3://}" ;; *) echo "$1" ;; esac; }
from=$(place "$1")
to=$(place "$2")
if [ "$recursive" = yes ]; then
  [ -d "$from" ] || exit 0
  mkdir -p "$to"
  cp -R "$from/." "$to"
else
  mkdir -p "$(dirname "$to")"
  cp "$from" "$to"
fi
"#;

fn examples(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn read_json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Metrics without the points in time in them.
fn timeless(metrics: &[u8]) -> Vec<u8> {
    let line = |line: &str| match line.rsplit_once(' ') {
        Some((name, value)) if name.contains("_timestamp_seconds{") => {
            assert!(value.parse::<u64>().is_ok(), "{line}");
            format!("{name} TIME\n")
        }
        _ => format!("{line}\n"),
    };
    str::from_utf8(metrics).unwrap().lines().map(line).collect::<String>().into_bytes()
}

/// A variable, owned.
fn variable(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// What a merge says when a shard is not there.
fn assert_names_the_missing(ended: &Ended, shard: &str) {
    assert_eq!(ended.code, 1, "{}", ended.output);
    assert!(ended.output.contains(shard), "{shard} is not named:\n{}", ended.output);
}
