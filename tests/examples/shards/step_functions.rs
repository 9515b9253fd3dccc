//! `step-functions/`: the state machine is executed, its jobs run their scripts, and the bucket is a folder.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::state_machine::{Execution, execute, loose_ends};
use super::{Ended, Fleet, World, assert_names_the_missing, examples, read_json, variable};

const REPORTS: &str = "s3/BUCKET/reports/nightly-7";

fn machine() -> Value {
    read_json(&examples("step-functions/state-machine.asl.json"))
}

fn job_definition() -> Value {
    read_json(&examples("step-functions/job-definition.json"))
}

fn dockerfile() -> String {
    fs::read_to_string(examples("step-functions/Dockerfile")).unwrap()
}

/// The script that the image has as a command.
fn script(command: &str) -> String {
    let text = dockerfile();
    let copied = text.lines().find(|line| line.ends_with(&format!(" /usr/local/bin/{command}"))).unwrap();
    let file = copied.split(' ').find(|word| word.ends_with(".sh")).unwrap();
    fs::read_to_string(examples("step-functions").join(file)).unwrap()
}

/// What happened to the jobs of an execution.
#[derive(Default)]
struct Jobs {
    /// The shards that were asked for.
    shards: BTreeSet<String>,
    /// Every attempt of a job, by its name.
    attempts: Vec<(String, Ended)>,
}

impl Jobs {
    /// Runs a job as Batch does: each attempt in a container of its own, again after the exit code that the definition names.
    fn submit(&mut self, fleet: &Fleet, parameters: &Value) -> i32 {
        let definition = job_definition();
        assert_eq!(parameters["JobDefinition"], definition["jobDefinitionName"]);
        let overrides = &parameters["ContainerOverrides"];
        let command = overrides["Command"].as_array().unwrap();
        assert_eq!(command.len(), 1);
        let mut variables: Vec<(String, String)> = overrides["Environment"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| variable(entry["Name"].as_str().unwrap(), entry["Value"].as_str().unwrap()))
            .collect();
        let shard = variables.iter().find(|(name, _)| name == "SHARD").map(|(_, value)| value.clone());
        self.shards.extend(shard);
        let own = &parameters["RetryStrategy"]["Attempts"];
        let most = own.as_u64().or_else(|| definition["retryStrategy"]["attempts"].as_u64()).unwrap();
        let again = definition["retryStrategy"]["evaluateOnExit"].as_array().unwrap();
        let again = again.iter().find(|rule| rule["action"] == "RETRY" && rule.get("onExitCode").is_some());
        let again: i32 = again.unwrap()["onExitCode"].as_str().unwrap().parse().unwrap();

        let work = fleet.path("work");
        variables.push(variable("WORK", work.to_str().unwrap()));
        let mut code = 0;
        for attempt in 1..=most {
            fs::remove_dir_all(&work).ok();
            fs::create_dir(&work).unwrap();
            let ended = fleet.sh(&script(command[0].as_str().unwrap()), &variables, &fleet.path("temp"));
            code = ended.code;
            self.attempts.push((parameters["JobName"].as_str().unwrap().to_owned(), ended));
            if code != again || attempt == most {
                break;
            }
        }
        code
    }

    /// The last attempt of the merge.
    fn merge(&self) -> &Ended {
        let (name, ended) = self.attempts.last().unwrap();
        assert_eq!(name, "logpolicy-merge");
        ended
    }
}

/// A fleet whose desired state lies in the bucket.
fn uploaded(world: World) -> Fleet {
    let fleet = Fleet::new(world);
    let folder = fleet.path("s3/BUCKET/policies/c0ffee");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(fleet.path("policies/logpolicy.yaml"), folder.join("logpolicy.yaml")).unwrap();
    fleet
}

/// Starts an execution; `lost` is a shard whose job is killed before it says anything.
fn start(fleet: &Fleet, lost: Option<&str>) -> (Execution, Jobs) {
    let mut jobs = Jobs::default();
    let input = json!({"policies": "s3://BUCKET/policies/c0ffee"});
    let context = json!({"Execution": {"Name": "nightly-7"}});
    let execution = execute(&machine(), input, &context, &mut |parameters| {
        if lost.is_some_and(|name| parameters["JobName"] == name) {
            137
        } else {
            jobs.submit(fleet, parameters)
        }
    });
    (execution, jobs)
}

#[test]
fn the_jobs_of_an_execution_merge_into_the_whole() {
    for (world, state) in World::ALL.into_iter().zip(["NoDrift", "Drift", "Failed"]) {
        let fleet = uploaded(world);
        let (execution, jobs) = start(&fleet, None);
        let ended = jobs.merge();
        assert_eq!(ended.code, world.code(), "{}", ended.output);
        assert_eq!(execution.state, state, "{}", execution.output);

        let number = machine()["States"]["Fleet"]["Parameters"]["shards"].as_u64().unwrap();
        let expected: BTreeSet<String> = (1..=number).map(|shard| format!("{shard}/{number}")).collect();
        assert_eq!(jobs.shards, expected);
        let attempts = jobs.attempts.iter().filter(|(name, _)| name != "logpolicy-merge");
        let failed = attempts.clone().filter(|(_, ended)| ended.code == 1).count();
        assert_eq!(failed, if world == World::Broken { 3 } else { 0 }, "what may pass is tried three times");
        assert!(attempts.clone().all(|(_, ended)| ended.code < 2), "drift fails no shard");

        let formats = [("json", "merged.json"), ("html", "merged.html"), ("metrics", "merged.prom")];
        let merged = fleet.path(REPORTS).join("merged");
        fleet.assert_whole("-f policies drift --attribute", &fleet.path("."), &merged, &formats, ended);
    }
}

#[test]
fn a_job_that_was_lost_is_named_and_the_merge_runs_all_the_same() {
    let fleet = uploaded(World::Drifted);
    let (execution, jobs) = start(&fleet, Some("logpolicy-shard-5"));
    assert_eq!(execution.state, "Failed");
    assert_names_the_missing(jobs.merge(), "5/8");
}

#[test]
fn the_state_machine_has_no_loose_ends() {
    let machine = machine();
    assert_eq!(loose_ends(&machine), Vec::<String>::new());
    let map = &machine["States"]["Shards"];
    assert_eq!(map["ItemProcessor"]["ProcessorConfig"]["Mode"], "DISTRIBUTED");
    // A job that is followed to its end needs a standard execution.
    assert_eq!(map["ItemProcessor"]["ProcessorConfig"]["ExecutionType"], "STANDARD");
    assert_eq!(map["ToleratedFailurePercentage"], 100);
}

#[test]
fn the_job_may_write_its_folder_only() {
    let container = &job_definition()["containerProperties"];
    assert_eq!(container["readonlyRootFilesystem"], true);
    let text = dockerfile();
    let said =
        |word: &str| text.lines().filter_map(|line| line.strip_prefix(word)).next_back().unwrap().trim();
    assert_eq!(container["user"], said("USER "));
    assert_eq!(container["mountPoints"][0]["sourceVolume"], container["volumes"][0]["name"]);
    assert_eq!(container["mountPoints"][0]["containerPath"], said("VOLUME "));
    for command in ["logpolicy-shard", "logpolicy-merge"] {
        assert!(script(command).contains(&format!("cd \"${{WORK:-{}}}\"", said("VOLUME "))), "{command}");
    }
}

#[test]
fn the_state_machine_may_submit_the_jobs_that_it_submits() {
    let machine = machine();
    let policy = read_json(&examples("step-functions/state-machine-policy.json"));
    let shard = &machine["States"]["Shards"]["ItemProcessor"]["States"]["Shard"];
    for task in [shard, &machine["States"]["Merge"]] {
        for (field, kind) in [("JobQueue", "job-queue"), ("JobDefinition", "job-definition")] {
            let name = task["Parameters"][field].as_str().unwrap();
            let end = format!(":{kind}/{name}");
            let resources = policy["Statement"][0]["Resource"].as_array().unwrap();
            assert!(resources.iter().any(|resource| resource.as_str().unwrap().ends_with(&end)), "{end}");
        }
    }
}
