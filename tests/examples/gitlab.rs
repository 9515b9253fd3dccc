//! The GitLab example: the scripts of its jobs, in order, on a sandbox and a GitLab that is files. Artifacts pass from job to
//! job in the checkout.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use serde_yaml::Value as Yaml;

use super::runner::{Ended, Machine, example, machine};

const MARKER: &str = "<!-- logpolicy:plan -->";

/// A machine with a desired state.
fn project() -> Option<Machine> {
    let machine = machine()?;
    machine.desire("/aws/search");
    Some(machine)
}

/// The lines of a script, with what `!reference` points to in their place.
fn lines(pipeline: &Yaml, script: &Yaml) -> Vec<String> {
    match script {
        Yaml::String(line) => vec![line.clone()],
        Yaml::Sequence(list) => list.iter().flat_map(|entry| lines(pipeline, entry)).collect(),
        Yaml::Tagged(tagged) => {
            assert_eq!(tagged.tag, "reference");
            let target = tagged.value.as_sequence().unwrap().iter().fold(pipeline, |place, key| &place[key]);
            lines(pipeline, target)
        }
        other => panic!("not a script: {other:?}"),
    }
}

/// Runs a job as GitLab does: the script before and the script, in one shell, with the job's variables.
fn run(machine: &Machine, job: &str, more: &[(&str, &str)]) -> Ended {
    let (_, pipeline) = example("gitlab/.gitlab-ci.yml");
    let content = &pipeline[job];
    let before = &pipeline[&content["extends"]]["before_script"];
    let script = [lines(&pipeline, before), lines(&pipeline, &content["script"])].concat().join("\n");
    let mut variables: BTreeMap<String, String> = [
        ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
        ("CI_PROJECT_ID", "12"),
        ("CI_PIPELINE_ID", "77"),
        ("CI_PIPELINE_URL", "https://gitlab.example/pipelines/77"),
        ("CI_MERGE_REQUEST_IID", "5"),
        ("CI_COMMIT_SHA", "c0ffee"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("LOGPOLICY_NOTES_TOKEN", "glpat-notes"),
        ("LOGPOLICY_ID_TOKEN", "token"),
        ("LOGPOLICY_REGION", "us-east-1"),
    ]
    .iter()
    .chain(more)
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect();
    variables.extend(machine.release_variables().map(|(name, value)| (name.to_owned(), value)));
    let (code, output) = machine.bash(&["-eo", "pipefail"], &script, &variables);
    Ended { code, output }
}

/// Plans the merge request and notes it; how the plan ended, and the note of the bot.
fn plan(machine: &Machine) -> (Ended, String) {
    for artifact in ["plan.md", "plan.json", "plan.digest"] {
        fs::remove_file(machine.path("checkout").join(artifact)).ok();
    }
    let planned = run(machine, "plan", &[]);
    let noted = run(machine, "note", &[]);
    assert_eq!(noted.code, 0, "{}", noted.output);
    let notes = machine.json("service/notes.json");
    let ours: Vec<&Value> =
        notes.as_array().unwrap().iter().filter(|note| note["author"]["id"] == 7).collect();
    assert_eq!(ours.len(), 1, "one note");
    (planned, ours[0]["body"].as_str().unwrap().to_owned())
}

/// A note that looks like the bot's, and so much talk that the bot's own stands on the second page.
fn talk(machine: &Machine) {
    let forged = format!("{MARKER}\n<!-- logpolicy:digest sha256:{} -->", "0".repeat(64));
    let notes: Vec<Value> =
        (1..=120).map(|id| json!({"id": id, "author": {"id": 8}, "body": forged})).collect();
    machine.write("service/notes.json", &json!(notes).to_string());
}

fn merge(machine: &Machine) {
    let merged = json!([{"iid": 4, "state": "opened", "target_branch": "main", "sha": "c0ffee"},
        {"iid": 5, "state": "merged", "target_branch": "main", "merge_commit_sha": "c0ffee", "squash_commit_sha": null}]);
    machine.write("service/merged.json", &merged.to_string());
}

fn digest_line(machine: &Machine) -> String {
    let plan = machine.json("checkout/plan.json");
    format!("<!-- logpolicy:digest {} -->", plan["digest"].as_str().unwrap())
}

#[test]
fn a_merge_request_has_one_note_and_its_merge_applies_that_plan() {
    let Some(machine) = project() else { return };
    talk(&machine);
    let (planned, first) = plan(&machine);
    assert_eq!(planned.code, 0, "{}", planned.output);
    assert!(first.starts_with(MARKER) && first.contains("2 to create"), "{first}");
    assert!(
        machine.calls().contains("POST https://gitlab.example/api/v4/projects/12/merge_requests/5/notes\n")
    );

    machine.desire("/aws/other");
    let (_, second) = plan(&machine);
    assert_eq!(second.lines().last().unwrap(), digest_line(&machine));
    assert_ne!(first, second);
    assert!(
        machine
            .calls()
            .contains("PUT https://gitlab.example/api/v4/projects/12/merge_requests/5/notes/121\n")
    );

    let early = run(&machine, "apply", &[]);
    assert_eq!(early.code, 1);
    assert!(early.output.contains("not the merge of a merge request"), "{}", early.output);
    merge(&machine);
    let ended = run(&machine, "apply", &[]);
    assert_eq!(ended.code, 0, "{}", ended.output);
    assert!(machine.live("eu-west-1").contains("/aws/other/"));

    machine.write("checkout/logpolicy.yaml", "version: 1\ntargest: {}\n");
    let (wrong, third) = plan(&machine);
    assert_eq!(wrong.code, 3, "{}", wrong.output);
    assert!(third.contains("## No plan") && !third.contains("logpolicy:digest"), "{third}");
}

#[test]
fn a_world_that_moved_after_the_review_is_not_written() {
    let Some(machine) = project() else { return };
    plan(&machine);
    merge(&machine);
    machine.meddle("us-east-1", "/aws/theirs");
    let before = machine.read("world.json");
    let refused = run(&machine, "apply", &[]);
    assert_eq!(refused.code, 4, "{}", refused.output);
    assert!(refused.output.contains("the world moved after the review"), "{}", refused.output);
    assert_eq!(machine.read("world.json"), before, "nothing was written");

    // The plan of now is a takeover, which is refused: noted, and not to be applied.
    let (planned, note) = plan(&machine);
    assert_eq!(planned.code, 4);
    assert!(note.contains("takeover"), "{note}");
    assert!(note.lines().last().unwrap().starts_with("Nothing of this will be applied"), "{note}");
    let unplanned = run(&machine, "apply", &[]);
    assert_eq!(unplanned.code, 1);
    assert!(unplanned.output.contains("!5 has no successful plan"), "{}", unplanned.output);
}

#[test]
fn a_digest_named_by_hand_is_applied() {
    let Some(machine) = project() else { return };
    let (_, note) = plan(&machine);
    let (_, rest) = note.split_once("## Plan `").unwrap();
    let (digest, _) = rest.split_once('`').unwrap();
    assert_eq!(run(&machine, "apply", &[("LOGPOLICY_DIGEST", "000000000000")]).code, 4);
    let ended = run(&machine, "apply", &[("LOGPOLICY_DIGEST", digest)]);
    assert_eq!(ended.code, 0, "{}", ended.output);
}

#[test]
fn drift_is_a_warning_with_a_report() {
    let Some(machine) = project() else { return };
    plan(&machine);
    merge(&machine);
    assert_eq!(run(&machine, "apply", &[]).code, 0);
    assert_eq!(run(&machine, "drift", &[]).code, 0);
    machine.meddle("us-east-1", "/aws/meddled");
    assert_eq!(run(&machine, "drift", &[]).code, 2);
    assert!(machine.read("checkout/drift.md").contains("/aws/meddled/"));
    let (_, pipeline) = example("gitlab/.gitlab-ci.yml");
    assert_eq!(
        serde_json::to_value(&pipeline["drift"]["allow_failure"]).unwrap(),
        json!({"exit_codes": [2]})
    );
}

#[test]
fn a_fork_has_no_job_and_the_note_no_token_for_aws() {
    let (_, pipeline) = example("gitlab/.gitlab-ci.yml");
    for job in ["plan", "note"] {
        let rule = pipeline[job]["rules"][0]["if"].as_str().unwrap();
        assert!(rule.ends_with("&& $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"), "{job}: {rule}");
    }
    assert_eq!(pipeline["note"]["extends"], Yaml::String(".tools".to_owned()));
    assert!(pipeline[".tools"].get("id_tokens").is_none());
}
