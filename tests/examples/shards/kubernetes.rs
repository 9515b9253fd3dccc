//! `kubernetes/fleet-job.yaml`: the containers' commands, with the volumes in folders.

use std::fs;

use serde::Deserialize;
use serde_yaml::Value as Yaml;

use super::{Ended, Fleet, World, assert_names_the_missing, examples, variable};

/// The documents of the file, of a kind.
fn documents(kind: &str) -> Vec<Yaml> {
    let text = fs::read_to_string(examples("kubernetes/fleet-job.yaml")).unwrap();
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| Yaml::deserialize(document).unwrap())
        .filter(|document| document["kind"] == kind)
        .collect()
}

/// The Job of the shards and the Job that merges.
fn jobs() -> [Yaml; 2] {
    documents("Job").try_into().unwrap()
}

fn container(job: &Yaml) -> &Yaml {
    let containers = job["spec"]["template"]["spec"]["containers"].as_sequence().unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}

fn list<'a>(value: &'a Yaml, key: &str) -> Vec<&'a Yaml> {
    value[key].as_sequence().unwrap().iter().collect()
}

/// Runs the container of a Job. What the volumes hold lies in folders of the mount's name, and `extra` goes over its variables.
fn run(fleet: &Fleet, job: &Yaml, extra: &[(&str, &str)]) -> Ended {
    let container = container(job);
    let command: Vec<&str> = list(container, "command").iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(command[..2], ["sh", "-c"]);
    let mut script = command[2].to_owned();
    for mount in list(container, "volumeMounts") {
        let path = mount["mountPath"].as_str().unwrap();
        let folder = fleet.path(path.trim_start_matches('/'));
        fs::create_dir_all(&folder).unwrap();
        script = script.replace(path, folder.to_str().unwrap());
    }
    let mut variables: Vec<(String, String)> = list(container, "env")
        .iter()
        .filter_map(|entry| Some(variable(entry["name"].as_str()?, entry["value"].as_str()?)))
        .collect();
    variables.extend(extra.iter().map(|(name, value)| variable(name, value)));
    fleet.sh(&script, &variables, &fleet.path("temp"))
}

/// Runs the pod of an index, and again after an error, as often as the Job does; how the last one ended.
fn shard(fleet: &Fleet, job: &Yaml, index: u64) -> Ended {
    let tries = job["spec"]["backoffLimitPerIndex"].as_u64().unwrap();
    let end = fleet.path(&format!("reports/run-1/{}.ended", index + 1));
    for failures in 0.. {
        assert!(!end.exists(), "shard {index} ended before its last try");
        let (number, failed) = (index.to_string(), failures.to_string());
        let ended = run(fleet, job, &[("JOB_COMPLETION_INDEX", &number), ("FAILURES", &failed)]);
        if ended.code != 1 || failures == tries {
            return ended;
        }
    }
    unreachable!()
}

#[test]
fn the_shards_of_an_indexed_job_merge_into_the_whole() {
    let [shards, merge] = jobs();
    for world in World::ALL {
        let fleet = Fleet::new(world);
        let codes: Vec<i32> = (0..shards["spec"]["completions"].as_u64().unwrap())
            .map(|index| shard(&fleet, &shards, index).code)
            .collect();
        let failed = codes.iter().filter(|code| **code == 1).count();
        assert_eq!(failed, usize::from(world == World::Broken), "{codes:?}");
        assert!(codes.iter().all(|code| *code < 2), "drift fails no shard: {codes:?}");

        // All have ended: it has nothing to wait for.
        let ended = run(&fleet, &merge, &[("WAIT", "5")]);
        assert_eq!(ended.code, world.code(), "{}", ended.output);
        let command = format!("-f '{}' drift --attribute", fleet.path("policies").display());
        let formats = [("json", "merged.json"), ("html", "merged.html"), ("metrics", "merged.prom")];
        let folder = fleet.path("reports/run-1");
        fleet.assert_whole(&command, &fleet.path("temp"), &folder, &formats, &ended);
    }
}

#[test]
fn a_shard_whose_pod_was_killed_is_named_by_the_merge() {
    let [shards, merge] = jobs();
    let fleet = Fleet::new(World::Drifted);
    for index in [0, 1, 2, 3, 5, 6, 7] {
        assert_eq!(shard(&fleet, &shards, index).code, 0);
    }
    // It waits for that one, and not for ever.
    assert_names_the_missing(&run(&fleet, &merge, &[("WAIT", "0")]), "5/8");
}

#[test]
fn both_jobs_know_the_number_of_shards_and_are_locked_down() {
    let [shards, merge] = jobs();
    let spec = &shards["spec"];
    assert_eq!(spec["completionMode"], "Indexed");
    assert_eq!(spec["completions"], spec["parallelism"]);
    let number = spec["completions"].as_u64().unwrap().to_string();
    let variable_of = |job: &Yaml, name: &str| {
        let found = list(container(job), "env").into_iter().find(|entry| entry["name"] == name).cloned();
        found.unwrap()["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(variable_of(&shards, "RETRIES"), spec["backoffLimitPerIndex"].as_u64().unwrap().to_string());
    // The merge does not give up before the shards do, and has time left then.
    let wait: u64 = variable_of(&merge, "WAIT").parse().unwrap();
    let deadline = |job: &Yaml| job["spec"]["activeDeadlineSeconds"].as_u64().unwrap();
    assert!(deadline(&shards) < wait && wait < deadline(&merge));

    let claims: Vec<Yaml> =
        documents("PersistentVolumeClaim").iter().map(|claim| claim["metadata"]["name"].clone()).collect();
    for job in [&shards, &merge] {
        assert_eq!(variable_of(job, "SHARDS"), number);
        let run = variable_of(job, "RUN");
        assert!(job["metadata"]["name"].as_str().unwrap().ends_with(&run), "a run has Jobs of its own");
        let (pod, container) = (&job["spec"]["template"]["spec"], container(job));
        assert_eq!(pod["securityContext"]["runAsNonRoot"], Yaml::Bool(true));
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], Yaml::Bool(true));
        assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], Yaml::Bool(false));
        let volumes: Vec<&Yaml> = list(pod, "volumes").into_iter().map(|volume| &volume["name"]).collect();
        let mounts: Vec<&Yaml> =
            list(container, "volumeMounts").into_iter().map(|mount| &mount["name"]).collect();
        assert_eq!(volumes, mounts, "every volume is mounted, and nothing else");
        let claimed =
            list(pod, "volumes").into_iter().filter_map(|volume| volume.get("persistentVolumeClaim"));
        assert_eq!(claimed.map(|claim| claim["claimName"].clone()).collect::<Vec<_>>(), claims);
    }
    let account = &documents("ServiceAccount")[0]["metadata"]["name"];
    assert_eq!(&spec["template"]["spec"]["serviceAccountName"], account);
    assert_eq!(merge["spec"]["template"]["spec"]["automountServiceAccountToken"], Yaml::Bool(false));
    assert!(merge["spec"]["template"]["spec"].get("serviceAccountName").is_none(), "the merge has no role");
}

#[test]
fn what_may_pass_is_tried_again_and_nothing_else() {
    for (job, action, codes) in jobs()
        .iter()
        .zip([("FailIndex", vec![3, 4, 64]), ("FailJob", vec![1, 2, 3, 4, 5, 64])])
        .map(|(job, (action, codes))| (job, action, codes))
    {
        let rules = list(&job["spec"]["podFailurePolicy"], "rules");
        assert_eq!(rules[0]["action"], "Ignore");
        assert_eq!(rules[0]["onPodConditions"][0]["type"], "DisruptionTarget");
        assert_eq!(rules[1]["action"], action);
        assert_eq!(rules[1]["onExitCodes"]["containerName"], container(job)["name"]);
        let found: Vec<i64> =
            list(&rules[1]["onExitCodes"], "values").iter().map(|code| code.as_i64().unwrap()).collect();
        assert_eq!(found, codes);
    }
}
