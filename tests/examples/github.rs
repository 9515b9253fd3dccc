//! The GitHub example: the `run:` blocks of its workflows, in order, on a sandbox and a GitHub that is files. Steps with
//! `uses:` are left out; artifacts pass from job to job in the checkout.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use serde_yaml::Value as Yaml;

use super::runner::{ACCOUNT, Ended, Machine, example, machine};

const WORKFLOWS: [&str; 3] = ["logpolicy-plan.yml", "logpolicy-apply.yml", "logpolicy-drift.yml"];
const MARKER: &str = "<!-- logpolicy:plan -->";

/// What starts a workflow.
#[derive(Clone, Copy, Default)]
struct Event<'a> {
    from_fork: bool,
    digest: &'a str,
}

/// A machine with the files of `init --github`.
fn repository() -> Option<Machine> {
    let machine = machine()?;
    let (code, output) = machine.bash(&["-e"], "\"$FAKE_RELEASE\" init --github -q .", &BTreeMap::new());
    assert_eq!(code, 0, "{output}");
    machine.desire("/aws/search");
    Some(machine)
}

/// The value of an expression, or of a condition; the workflows use no others.
fn evaluate(machine: &Machine, expression: &str, event: Event, results: &BTreeMap<String, &str>) -> String {
    if let Some(name) = expression.strip_prefix("vars.") {
        let variables = machine.release_variables();
        return variables.into_iter().find(|(known, _)| *known == name).unwrap().1;
    }
    match expression {
        "github.token" => "ghs_token".to_owned(),
        "github.event.pull_request.number" => "5".to_owned(),
        "inputs.digest" => event.digest.to_owned(),
        "needs.plan.result" => results["plan"].to_owned(),
        "github.ref == 'refs/heads/main'" => true.to_string(),
        "github.event.pull_request.head.repo.full_name != github.repository" => event.from_fork.to_string(),
        "github.event.pull_request.head.repo.full_name == github.repository"
        | "${{ !cancelled() && github.event.pull_request.head.repo.full_name == github.repository }}" => {
            (!event.from_fork).to_string()
        }
        unknown => panic!("{unknown} is not known here"),
    }
}

/// Runs a workflow; the jobs that its conditions let run, by name.
fn run(machine: &Machine, name: &str, event: Event) -> Vec<(String, Ended)> {
    // A new run finds no artifacts of the one before.
    for artifact in ["plan.md", "plan.json", "drift.json"] {
        fs::remove_file(machine.path("checkout").join(artifact)).ok();
    }
    let workflow: Yaml =
        serde_yaml::from_str(&machine.read(&format!("checkout/.github/workflows/{name}"))).unwrap();
    let mut results = BTreeMap::new();
    let mut ended = Vec::new();
    for (job, content) in workflow["jobs"].as_mapping().unwrap() {
        if evaluate(machine, content["if"].as_str().unwrap(), event, &results) == "true" {
            let (job, end) = (job.as_str().unwrap().to_owned(), run_job(machine, content, event, &results));
            results.insert(job.clone(), if end.code == 0 { "success" } else { "failure" });
            ended.push((job, end));
        }
    }
    ended
}

/// Runs the steps of a job up to the first that fails, with what earlier ones leave in GITHUB_PATH and GITHUB_ENV.
fn run_job(machine: &Machine, content: &Yaml, event: Event, results: &BTreeMap<String, &str>) -> Ended {
    let mut ended = Ended { code: 0, output: String::new() };
    let mut variables: BTreeMap<String, String> = [
        ("GITHUB_REPOSITORY", "example/infra".to_owned()),
        ("GITHUB_SERVER_URL", "https://github.example".to_owned()),
        ("GITHUB_RUN_ID", "77".to_owned()),
        ("GITHUB_SHA", "c0ffee".to_owned()),
        ("RUNNER_TEMP", machine.path("temp").display().to_string()),
        ("GITHUB_PATH", machine.path("github-path").display().to_string()),
        ("GITHUB_ENV", machine.path("github-env").display().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    variables.insert("PATH".to_owned(), std::env::var("PATH").unwrap());
    machine.write("github-path", "");
    machine.write("github-env", "");
    for step in content["steps"].as_sequence().unwrap() {
        let Some(script) = step["run"].as_str() else { continue };
        let mut here = variables.clone();
        for (name, value) in step.get("env").and_then(Yaml::as_mapping).into_iter().flatten() {
            let expression =
                value.as_str().unwrap().strip_prefix("${{ ").unwrap().strip_suffix(" }}").unwrap();
            here.insert(name.as_str().unwrap().to_owned(), evaluate(machine, expression, event, results));
        }
        let (code, output) = machine.bash(&["--noprofile", "--norc", "-e"], script, &here);
        ended.output.push_str(&output);
        ended.code = code;
        if code != 0 {
            break;
        }
        for folder in machine.read("github-path").lines() {
            let path = format!("{folder}:{}", variables["PATH"]);
            variables.insert("PATH".to_owned(), path);
        }
        for line in machine.read("github-env").lines() {
            let (name, value) = line.split_once('=').unwrap();
            variables.insert(name.to_owned(), value.to_owned());
        }
        machine.write("github-path", "");
    }
    ended
}

/// Runs a workflow of one job.
fn run_one(machine: &Machine, name: &str, event: Event) -> Ended {
    let mut ended = run(machine, name, event);
    assert_eq!(ended.len(), 1);
    ended.remove(0).1
}

/// Plans the pull request; the bot's comment.
fn plan(machine: &Machine) -> String {
    let ended = run(machine, WORKFLOWS[0], Event::default());
    let (job, comment) = ended.last().unwrap();
    assert_eq!((job.as_str(), comment.code), ("comment", 0), "{}", comment.output);
    let comments = machine.json("service/comments.json");
    let ours: Vec<&Value> = comments
        .as_array()
        .unwrap()
        .iter()
        .filter(|comment| comment["user"]["login"] == "github-actions[bot]")
        .collect();
    assert_eq!(ours.len(), 1, "one comment: {comments}");
    ours[0]["body"].as_str().unwrap().to_owned()
}

/// Merges the pull request.
fn merge(machine: &Machine) {
    let other = json!({"number": 3, "merged_at": "2026-01-01T00:00:00Z", "base": {"ref": "main"}, "merge_commit_sha": "older"});
    let ours = json!({"number": 5, "merged_at": "2026-01-02T00:00:00Z", "base": {"ref": "main"}, "merge_commit_sha": "c0ffee"});
    machine.write("service/pulls.json", &json!([other, ours]).to_string());
}

/// Somebody writes a comment that looks like the bot's.
fn forge(machine: &Machine) {
    let body = format!("{MARKER}\n<!-- logpolicy:digest sha256:{} -->", "0".repeat(64));
    let comment = json!({"id": 1, "on": 5, "user": {"login": "mallory"}, "body": body});
    machine.write("service/comments.json", &json!([comment]).to_string());
}

fn digest_line(machine: &Machine) -> String {
    let plan = machine.json("checkout/plan.json");
    format!("<!-- logpolicy:digest {} -->", plan["digest"].as_str().unwrap())
}

#[test]
fn a_pull_request_has_one_comment_with_its_newest_plan() {
    let Some(machine) = repository() else { return };
    forge(&machine);
    let first = plan(&machine);
    assert!(first.starts_with(MARKER) && first.contains("2 to create"), "{first}");
    assert_eq!(first.lines().last().unwrap(), digest_line(&machine));
    assert!(machine.calls().contains("--method POST repos/example/infra/issues/5/comments"));

    machine.desire("/aws/other");
    let second = plan(&machine);
    assert_ne!(first, second);
    assert_eq!(second.lines().last().unwrap(), digest_line(&machine));
    assert!(machine.calls().contains("--method PATCH repos/example/infra/issues/comments/2"));
    assert_eq!(machine.json("service/comments.json")[0]["user"]["login"], "mallory", "theirs stays");

    machine.write("checkout/logpolicy.yaml", "version: 1\ntargest: {}\n");
    let ended = run(&machine, WORKFLOWS[0], Event::default());
    let (_, planned) = &ended[0];
    assert_eq!(planned.code, 3, "{}", planned.output);
    assert!(planned.output.contains("file=logpolicy.yaml,line=2,"), "{}", planned.output);
    let comments = machine.json("service/comments.json");
    let third = comments[1]["body"].as_str().unwrap();
    assert!(third.contains("## No plan") && !third.contains("logpolicy:digest"), "{third}");
}

#[test]
fn a_fork_is_not_planned_and_told_so() {
    let Some(machine) = repository() else { return };
    let jobs = run(&machine, WORKFLOWS[0], Event { from_fork: true, ..Event::default() });
    let [(job, ended)] = jobs.as_slice() else { panic!("{} jobs", jobs.len()) };
    assert_eq!((job.as_str(), ended.code), ("fork", 0));
    assert!(ended.output.contains("comes from a fork"), "{}", ended.output);
    assert_eq!(machine.calls(), "");
}

#[test]
fn another_binary_than_the_pinned_one_is_not_run() {
    let Some(machine) = repository() else { return };
    let pinned = machine.release_variables()[2].1.clone();
    let (text, workflow) = example("github/.github/workflows/logpolicy-plan.yml");
    let script = workflow["jobs"]["plan"]["steps"][1]["run"].as_str().unwrap();
    assert!(text.contains("sha256sum --check --strict"));
    machine.write("release", "#!/bin/sh\necho owned\n");
    let variables: BTreeMap<String, String> = [
        ("LOGPOLICY_URL", "https://releases.example/v1.2.3/logpolicy".to_owned()),
        ("LOGPOLICY_VERSION", "1.2.3".to_owned()),
        ("LOGPOLICY_SHA256", pinned),
        ("RUNNER_TEMP", machine.path("temp").display().to_string()),
        ("GITHUB_PATH", machine.path("github-path").display().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let (code, output) = machine.bash(&["-e"], script, &variables);
    assert_ne!(code, 0, "{output}");
    assert!(!machine.path("github-path").exists(), "it is not put into the path");
}

#[test]
fn a_merge_applies_the_reviewed_plan() {
    let Some(machine) = repository() else { return };
    let early = run_one(&machine, WORKFLOWS[1], Event::default());
    assert_eq!(early.code, 1);
    assert!(early.output.contains("not the merge of a pull request"), "{}", early.output);

    forge(&machine);
    merge(&machine);
    let unplanned = run_one(&machine, WORKFLOWS[1], Event::default());
    assert_eq!(unplanned.code, 1);
    assert!(unplanned.output.contains("Pull request #5 has no successful plan"), "{}", unplanned.output);

    plan(&machine);
    let ended = run_one(&machine, WORKFLOWS[1], Event::default());
    assert_eq!(ended.code, 0, "{}", ended.output);
    assert!(ended.output.contains("Applied 2 operations"), "{}", ended.output);
    assert!(machine.live("us-east-1").contains("/aws/search/"), "{}", machine.live("us-east-1"));
}

#[test]
fn a_world_that_moved_after_the_review_is_not_written() {
    let Some(machine) = repository() else { return };
    plan(&machine);
    merge(&machine);
    assert_eq!(run_one(&machine, WORKFLOWS[1], Event::default()).code, 0);
    machine.desire("/aws/other");
    plan(&machine);
    machine.meddle("us-east-1", "/aws/meddled");
    let before = machine.read("world.json");
    let refused = run_one(&machine, WORKFLOWS[1], Event::default());
    assert_eq!(refused.code, 4, "{}", refused.output);
    assert!(refused.output.contains("the world moved after the review"), "{}", refused.output);
    assert_eq!(machine.read("world.json"), before, "nothing was written");

    let (_, shown) = refused.output.split_once("\nPlan ").unwrap();
    let (digest, _) = shown.split_once(':').unwrap();
    let ended = run_one(&machine, WORKFLOWS[1], Event { digest, ..Event::default() });
    assert_eq!(ended.code, 0, "{}", ended.output);
    assert!(machine.live("us-east-1").contains("/aws/other/"));
    for digest in ["latest", "sha256:0", "$(id)"] {
        let ended = run_one(&machine, WORKFLOWS[1], Event { digest, ..Event::default() });
        assert_eq!(ended.code, 1, "{}", ended.output);
        assert!(ended.output.contains("This is not a digest"), "{}", ended.output);
    }
}

#[test]
fn a_refused_plan_is_shown_and_cannot_be_applied() {
    let Some(machine) = repository() else { return };
    machine.meddle("us-east-1", "/aws/theirs");
    let comment = plan(&machine);
    assert!(comment.contains("takeover"), "{comment}");
    assert!(comment.lines().last().unwrap().starts_with("Nothing of this will be applied"), "{comment}");
    merge(&machine);
    // Nor does a line count that only looks like a digest, out of a document for example.
    let mut comments = machine.json("service/comments.json");
    let forged = format!("{MARKER}\n<!-- logpolicy:digest sha256:{} -->", "0".repeat(64));
    comments[0]["body"] = json!(comment.replacen(MARKER, &forged, 1));
    machine.write("service/comments.json", &comments.to_string());
    let ended = run_one(&machine, WORKFLOWS[1], Event::default());
    assert_eq!(ended.code, 1);
    assert!(ended.output.contains("has no successful plan"), "{}", ended.output);
}

/// The issues, as number, state and title.
fn issues(machine: &Machine) -> Vec<String> {
    let issues = machine.json("service/issues.json");
    let line = |issue: &Value| {
        format!(
            "{} {} {}",
            issue["number"],
            issue["state"].as_str().unwrap(),
            issue["title"].as_str().unwrap()
        )
    };
    issues.as_array().unwrap().iter().map(line).collect()
}

fn drift(machine: &Machine) -> Ended {
    run_one(machine, WORKFLOWS[2], Event::default())
}

#[test]
fn drift_opens_updates_and_closes_one_issue_for_a_target() {
    let Some(machine) = repository() else { return };
    let lure = json!([{"number": 1, "state": "open", "title": "lure", "user": {"login": "mallory"},
        "body": format!("<!-- logpolicy:drift-target {ACCOUNT}/us-east-1 -->")}]);
    machine.write("service/issues.json", &lure.to_string());
    plan(&machine);
    merge(&machine);
    assert_eq!(run_one(&machine, WORKFLOWS[1], Event::default()).code, 0);
    assert_eq!(drift(&machine).code, 0);
    assert_eq!(issues(&machine), ["1 open lure"]);

    machine.meddle("us-east-1", "/aws/meddled");
    let opened = drift(&machine);
    assert_eq!(opened.code, 0, "{}", opened.output);
    let one = format!("2 open Drift in {ACCOUNT}/us-east-1");
    assert_eq!(issues(&machine), ["1 open lure", one.as_str()]);
    let issue = machine.json("service/issues.json")[1].clone();
    assert_eq!(issue["labels"], json!(["logpolicy-drift"]));
    let body = issue["body"].as_str().unwrap();
    assert!(
        body.starts_with(&format!(
            "<!-- logpolicy:drift-target {ACCOUNT}/us-east-1 -->\n<!-- logpolicy:drift -->\n"
        )),
        "{body}"
    );
    assert!(body.contains("/aws/meddled/") && !body.contains("eu-west-1"), "{body}");

    machine.calls();
    assert_eq!(drift(&machine).code, 0);
    assert!(!machine.calls().contains("--method"), "the same drift is not told again");

    machine.meddle("us-east-1", "/aws/again");
    machine.meddle("eu-west-1", "/aws/there");
    assert_eq!(drift(&machine).code, 0);
    let two = format!("3 open Drift in {ACCOUNT}/eu-west-1");
    assert_eq!(issues(&machine), ["1 open lure", one.as_str(), two.as_str()]);
    assert!(machine.json("service/issues.json")[1]["body"].as_str().unwrap().contains("/aws/again/"));

    // One target is as it was applied again; the record of the other cannot be read.
    let (code, output) = machine.bash(
        &["-e"],
        "\"$FAKE_RELEASE\" --target '*/us-east-1' apply --auto-approve",
        &BTreeMap::new(),
    );
    assert_eq!(code, 0, "{output}");
    machine.write(&format!("world.json.state/{ACCOUNT}/eu-west-1.json"), "broken");
    let half = drift(&machine);
    assert_eq!(half.code, 1, "{}", half.output);
    assert!(half.output.contains(&format!("left as they are: {ACCOUNT}/eu-west-1")), "{}", half.output);
    assert_eq!(issues(&machine), ["1 open lure", one.replace("open", "closed").as_str(), two.as_str()]);
    let comments = machine.json("service/comments.json");
    assert!(
        comments.as_array().unwrap().last().unwrap()["body"]
            .as_str()
            .unwrap()
            .starts_with("The drift is gone.")
    );

    // A target that leaves the files takes its issue along.
    let desired = machine.read("checkout/logpolicy.yaml").replace("\"eu-west-1\"", "\"us-west-2\"");
    machine.write("checkout/logpolicy.yaml", &desired);
    let left = drift(&machine);
    assert_eq!(left.code, 0, "{}", left.output);
    assert_eq!(issues(&machine)[2], two.replace("open", "closed"));
}

/// Runs the script of the drift workflow on a report.
fn told(machine: &Machine, report: &Value) -> (i32, String) {
    machine.write("checkout/drift.json", &report.to_string());
    let variables = [
        ("GITHUB_REPOSITORY", "example/infra"),
        ("GITHUB_SERVER_URL", "https://github.example"),
        ("GITHUB_RUN_ID", "77"),
        ("GH_TOKEN", "token"),
        ("GITHUB_SHA", "c0ffee"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    // CloudTrail cannot be asked.
    let script = "logpolicy() { case \"$*\" in *--attribute*) return 1; esac; \"$FAKE_RELEASE\" \"$@\"; }\nexport -f logpolicy\n\
                  bash .github/logpolicy/drift-issues.sh drift.json\n";
    machine.bash(&["-e"], script, &variables)
}

#[test]
fn drift_is_told_even_where_its_author_cannot_be_asked_for() {
    let Some(machine) = repository() else { return };
    plan(&machine);
    merge(&machine);
    assert_eq!(run_one(&machine, WORKFLOWS[1], Event::default()).code, 0);
    machine.meddle("us-east-1", "/aws/meddled");
    let target = format!("{ACCOUNT}/us-east-1");
    let report = json!({"kind": "drift", "targets": [
        {"target": target, "drift": [{"address": "x"}], "error": "cloudtrail:LookupEvents is denied"}]});
    let (code, output) = told(&machine, &report);
    assert_eq!(issues(&machine), [format!("1 open Drift in {target}")], "{output}");
    assert_eq!(code, 1, "{output}");
    assert!(output.contains(&format!("CloudTrail could not be asked: {target}")), "{output}");
}

#[test]
fn a_report_that_is_none_closes_nothing() {
    let Some(machine) = repository() else { return };
    let target = format!("{ACCOUNT}/us-east-1");
    let open = json!([{"number": 1, "state": "open", "title": "Drift", "user": {"login": "github-actions[bot]"},
        "labels": ["logpolicy-drift"], "body": format!("<!-- logpolicy:drift-target {target} -->")}]);
    machine.write("service/issues.json", &open.to_string());
    for report in [json!({"kind": "plan", "targets": []}), json!({"kind": "drift"}), json!("odd")] {
        let (code, output) = told(&machine, &report);
        assert_eq!(code, 1, "{report}: {output}");
        assert!(output.contains("is no report of drift"), "{report}: {output}");
        assert_eq!(issues(&machine), ["1 open Drift"], "{report}");
    }
}

#[test]
fn the_workflows_give_away_no_rights() {
    for name in WORKFLOWS {
        let (text, workflow) = example(&format!("github/.github/workflows/{name}"));
        assert!(!text.contains("pull_request_target"), "{name}");
        assert_eq!(
            workflow["permissions"],
            Yaml::Mapping(serde_yaml::Mapping::new()),
            "{name}: none by default"
        );
        assert!(workflow["concurrency"]["group"].is_string(), "{name}");
        for step in workflow["jobs"]
            .as_mapping()
            .unwrap()
            .values()
            .flat_map(|job| job["steps"].as_sequence().unwrap())
        {
            if let Some(script) = step["run"].as_str() {
                assert!(!script.contains("${{"), "{name}: an expression in a script");
            } else {
                let (_, version) = step["uses"].as_str().unwrap().split_once("@v").unwrap();
                assert!(version.parse::<u32>().is_ok(), "{name}");
            }
            if step
                .get("uses")
                .and_then(Yaml::as_str)
                .is_some_and(|uses| uses.starts_with("actions/checkout"))
            {
                assert_eq!(step["with"]["persist-credentials"], Yaml::Bool(false), "{name}");
            }
        }
    }
    let (_, plan) = example("github/.github/workflows/logpolicy-plan.yml");
    let permissions = |job: &str| serde_json::to_value(&plan["jobs"][job]["permissions"]).unwrap();
    assert_eq!(permissions("plan"), json!({"contents": "read", "id-token": "write"}));
    assert_eq!(permissions("comment"), json!({"pull-requests": "write"}));
    let (_, apply) = example("github/.github/workflows/logpolicy-apply.yml");
    assert_eq!(apply["jobs"]["apply"]["environment"], Yaml::String("production".to_owned()));
}
