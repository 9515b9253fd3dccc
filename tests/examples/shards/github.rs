//! `github/fleet.yml`: the `run:` blocks of both jobs. Artifacts are folders.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_yaml::Value as Yaml;
use sha2::{Digest, Sha256};

use super::{Ended, Fleet, World, assert_names_the_missing, examples};
use crate::runner::example;

fn workflow() -> Yaml {
    example("github/fleet.yml").1
}

/// A run of the workflow.
struct Run<'a> {
    fleet: &'a Fleet,
    workflow: Yaml,
    /// What the expressions of the workflow stand for.
    values: BTreeMap<String, String>,
}

impl<'a> Run<'a> {
    /// A run that was started by hand with a command, or by the clock.
    fn new(fleet: &'a Fleet, command: Option<&str>) -> Self {
        fs::create_dir_all(fleet.path("service")).unwrap();
        let digest = Sha256::digest(fs::read(fleet.path("bin/logpolicy")).unwrap());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let values = [
            ("vars.LOGPOLICY_URL", "https://releases.example/vVERSION/logpolicy"),
            ("vars.LOGPOLICY_VERSION", "1.2.3"),
            ("vars.LOGPOLICY_SHA256", &hex),
            ("inputs.command || 'drift'", command.unwrap_or("drift")),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { fleet, workflow: workflow(), values }
    }

    /// Text with its expressions filled in.
    fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        while let Some(start) = filled.find("${{ ") {
            let end = start + filled[start..].find(" }}").unwrap();
            let expression = &filled[start + 4..end];
            let value =
                self.values.get(expression).unwrap_or_else(|| panic!("{expression} is not known here"));
            filled = format!("{}{value}{}", &filled[..start], &filled[end + 3..]);
        }
        filled
    }

    fn environment(&self, place: &Yaml) -> Vec<(String, String)> {
        let entries = place.get("env").and_then(Yaml::as_mapping).into_iter().flatten();
        entries
            .map(|(name, value)| (name.as_str().unwrap().to_owned(), self.fill(value.as_str().unwrap())))
            .collect()
    }

    /// Runs the scripts of a job in a folder, on a machine without logpolicy.
    fn job(&self, name: &str, folder: &Path) -> Ended {
        fs::create_dir_all(folder).unwrap();
        let temp = folder.join("temp");
        let (path_file, summary) = (folder.join("github-path"), folder.join("summary.md"));
        fs::write(&path_file, "").unwrap();
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples/fakes");
        let mut variables: BTreeMap<String, String> = [
            ("PATH", format!("{}:{}", fakes.display(), env::var("PATH").unwrap())),
            ("RUNNER_TEMP", temp.display().to_string()),
            ("GITHUB_PATH", path_file.display().to_string()),
            ("GITHUB_STEP_SUMMARY", summary.display().to_string()),
            ("FAKE_SERVICE", self.fleet.path("service").display().to_string()),
            ("FAKE_RELEASE", self.fleet.path("bin/logpolicy").display().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        variables.extend(self.environment(&self.workflow));
        let mut ended = Ended { code: 0, output: String::new() };
        for step in self.workflow["jobs"][name]["steps"].as_sequence().unwrap() {
            let Some(script) = step["run"].as_str() else { continue };
            let mut here = variables.clone();
            here.extend(self.environment(step));
            let mut bash = Command::new("bash");
            let done = self.fleet.run(bash.args(["--noprofile", "--norc", "-ec", script]), &here, folder);
            ended = Ended { code: done.code, output: ended.output + &done.output };
            if ended.code != 0 {
                break;
            }
            for added in fs::read_to_string(&path_file).unwrap().lines() {
                let path = format!("{added}:{}", variables["PATH"]);
                variables.insert("PATH".to_owned(), path);
            }
            fs::write(&path_file, "").unwrap();
        }
        ended
    }

    /// Runs the job of every shard in a checkout of its own, and keeps its artifact; how each ended.
    fn shards(&mut self) -> Vec<i32> {
        let matrix = self.workflow["jobs"]["shard"]["strategy"]["matrix"]["shard"].clone();
        let matrix = matrix.as_sequence().unwrap();
        self.values.insert("strategy.job-total".to_owned(), matrix.len().to_string());
        let mut codes = Vec::new();
        for shard in matrix {
            let number = shard.as_u64().unwrap().to_string();
            self.values.insert("matrix.shard".to_owned(), number.clone());
            let checkout = self.fleet.path(&format!("checkout-{number}"));
            fs::create_dir_all(&checkout).unwrap();
            fs::copy(self.fleet.path("policies/logpolicy.yaml"), checkout.join("logpolicy.yaml")).unwrap();
            codes.push(self.job("shard", &checkout).code);

            let upload = self.action("shard", "actions/upload-artifact");
            assert_eq!(upload["if"], "${{ !cancelled() }}", "a failed shard is kept too");
            let (name, file) = (
                self.fill(upload["with"]["name"].as_str().unwrap()),
                upload["with"]["path"].as_str().unwrap(),
            );
            let download = self.action("merge", "actions/download-artifact");
            let pattern = download["with"]["pattern"].as_str().unwrap();
            assert!(name.starts_with(pattern.strip_suffix('*').unwrap()), "{name}");
            let artifact =
                self.fleet.path("merge").join(download["with"]["path"].as_str().unwrap()).join(name);
            fs::create_dir_all(&artifact).unwrap();
            fs::copy(checkout.join(file), artifact.join(file)).unwrap();
        }
        codes
    }

    fn action(&self, job: &str, action: &str) -> Yaml {
        let steps = self.workflow["jobs"][job]["steps"].as_sequence().unwrap();
        let uses =
            |step: &&Yaml| step["uses"].as_str().is_some_and(|uses| uses.starts_with(&format!("{action}@")));
        steps.iter().find(uses).unwrap().clone()
    }
}

#[test]
fn the_jobs_of_a_matrix_merge_into_the_whole() {
    for world in World::ALL {
        for (command, whole) in [(None, "drift --attribute"), (Some("plan"), "plan --detailed-exitcode")] {
            let fleet = Fleet::new(world);
            let mut run = Run::new(&fleet, command);
            let codes = run.shards();
            let failed = codes.iter().filter(|code| **code == 1).count();
            assert_eq!(failed, usize::from(world == World::Broken), "{codes:?}");
            assert!(codes.iter().all(|code| *code < 2), "a result fails no shard: {codes:?}");

            let folder = fleet.path("merge");
            let ended = run.job("merge", &folder);
            assert_eq!(ended.code, world.code(), "{}", ended.output);
            let formats = [("json", "merged.json"), ("markdown", "merged.md"), ("html", "merged.html")];
            fleet.assert_whole(whole, &fleet.path("policies"), &folder, &formats, &ended);
            assert_eq!(
                fs::read(folder.join("summary.md")).unwrap(),
                fs::read(folder.join("merged.md")).unwrap()
            );
        }
    }
}

#[test]
fn a_job_without_a_report_is_named_by_the_merge() {
    let fleet = Fleet::new(World::Drifted);
    let mut run = Run::new(&fleet, None);
    run.shards();
    fs::remove_dir_all(fleet.path("merge/shards/logpolicy-shard-5")).unwrap();
    let ended = run.job("merge", &fleet.path("merge"));
    assert_names_the_missing(&ended, "5/8");
    let summary = fs::read_to_string(fleet.path("merge/summary.md")).unwrap();
    assert!(summary.contains("Incomplete") && summary.contains("5/8"), "{summary}");
}

#[test]
fn the_fleet_workflow_gives_away_no_rights() {
    let workflow = workflow();
    let nothing = Yaml::Mapping(serde_yaml::Mapping::new());
    assert_eq!(workflow["permissions"], nothing);
    assert_eq!(workflow["jobs"]["merge"]["permissions"], nothing);
    assert_eq!(workflow["jobs"]["merge"]["needs"], "shard");
    let matrix = &workflow["jobs"]["shard"]["strategy"];
    assert_eq!(matrix["fail-fast"], Yaml::Bool(false));
    let numbers: Vec<u64> = matrix["matrix"]["shard"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|number| number.as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    for (job, content) in workflow["jobs"].as_mapping().unwrap() {
        for step in content["steps"].as_sequence().unwrap() {
            let Some(script) = step["run"].as_str() else {
                let (action, version) = step["uses"].as_str().unwrap().split_once("@v").unwrap();
                assert!(version.parse::<u32>().is_ok(), "{action}");
                assert!(
                    action != "actions/checkout" || step["with"]["persist-credentials"] == Yaml::Bool(false)
                );
                assert!(
                    job != "merge" || action.ends_with("load-artifact"),
                    "the merge takes nothing else: {action}"
                );
                continue;
            };
            assert!(!script.contains("${{"), "an expression in a script");
        }
    }
    // Installed as the other workflows install it.
    let text = fs::read_to_string(examples("github/.github/workflows/logpolicy-drift.yml")).unwrap();
    let other: Yaml = serde_yaml::from_str(&text).unwrap();
    let install = |workflow: &Yaml, job: &str| {
        let steps = workflow["jobs"][job]["steps"].as_sequence().unwrap();
        steps.iter().find(|step| step["name"] == "Install logpolicy").unwrap().clone()
    };
    for job in ["shard", "merge"] {
        assert_eq!(install(&workflow, job), install(&other, "drift"), "{job}");
    }
}
