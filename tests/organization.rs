//! Targets that are found: the accounts of an organization, the Regions of an account.
//!
//! moto stands for AWS Organizations and STS where `LOGPOLICY_TEST_S3` names it (`.ci/run` starts one); it does not answer
//! ListRegions, and all else is asked of the emulator.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(unix)]

mod harness;

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Output;

use harness::{ACCOUNT, Emulator, Play, document, text, world};
use serde_json::{Value, json};

/// A desired state of one policy at one name under `targets`.
fn desired(target: &Value) -> Value {
    json!({"version": 1, "targets": {"everything": target},
        "policies": [{"name": "search", "document": document("es.amazonaws.com", "/search"),
            "lint": {"allow": {"LP304": "the accounts are made up"}}}]})
}

fn by_role(mut target: Value) -> Value {
    target["assume_role"] = json!("arn:${partition}:iam::${account}:role/logpolicy");
    target
}

/// The targets of a plan as JSON.
fn targets(plan: &Output) -> Vec<String> {
    let found: Value = serde_json::from_slice(&plan.stdout).unwrap_or_else(|_| panic!("{}", text(plan)));
    let targets = found["targets"].as_array().unwrap().iter();
    targets.map(|target| target["target"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn accounts_are_found_in_units_and_below() {
    let Some(url) = env::var("LOGPOLICY_TEST_S3").ok() else {
        eprintln!("skipped: LOGPOLICY_TEST_S3 names no server of AWS Organizations (.ci/run starts moto)");
        return;
    };
    let organization = Organization::new(&url);
    let unit = |parent: &str, name: &str| organization.unit(parent, name);
    let root = organization.root();
    let top = unit(&root, "top");
    let below = unit(&unit(&top, "middle"), "below");
    let other = unit(&root, "other");
    let first = organization.account("first", &root, &top);
    let second = organization.account("second", &root, &below);
    let excluded = organization.account("excluded", &root, &below);
    let closed = organization.account("closed", &root, &top);
    organization.ask("CloseAccount", &json!({"AccountId": closed}));
    let elsewhere = organization.account("elsewhere", &root, &other);

    let found = |target: &Value| {
        let play = Play::new(&desired(&by_role(target.clone())), &json!({}));
        let mut command =
            play.command(&Emulator::at(&url), &["plan", "--format", "json", "--timeout", "20s"]);
        let plan = command.output().unwrap();
        targets(&plan)
    };
    let units = json!({"organization": {"units": [top], "exclude": [excluded]}, "regions": ["eu-west-1", "us-east-1"]});
    let mut expected = Vec::new();
    for account in [&first, &second] {
        expected.extend([format!("{account}/eu-west-1"), format!("{account}/us-east-1")]);
    }
    expected.sort();
    assert_eq!(found(&units), expected);
    let both = json!({"organization": {"units": [below, other]}, "regions": ["us-east-1"]});
    let mut expected = [&second, &excluded, &elsewhere].map(|account| format!("{account}/us-east-1"));
    expected.sort();
    assert_eq!(found(&both), expected);
    let whole = found(&json!({"organization": {}, "regions": ["us-east-1"]}));
    for account in [&first, &second, &excluded, &elsewhere] {
        assert!(whole.contains(&format!("{account}/us-east-1")), "{account} in {whole:?}");
    }
    assert!(!whole.contains(&format!("{closed}/us-east-1")), "{whole:?}");

    let missing = json!({"organization": {"units": [top, "ou-ab12-00000000"]}, "regions": ["us-east-1"]});
    let play = Play::new(&desired(&by_role(missing)), &json!({}));
    let plan = play.command(&Emulator::at(&url), &["plan"]).output().unwrap();
    assert_eq!(plan.status.code(), Some(1), "{}", text(&plan));
    for words in ["logpolicy.yaml:1:", "target `everything`", "ou-ab12-00000000", "ParentNotFoundException"] {
        assert!(text(&plan).contains(words), "{words}: {}", text(&plan));
    }
}

/// An organization of moto's, and its raw calls.
struct Organization {
    address: String,
}

impl Organization {
    fn new(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        let organization = Self { address };
        // Refused where an earlier run has made it.
        organization.ask("CreateOrganization", &json!({"FeatureSet": "ALL"}));
        organization
    }

    fn ask(&self, operation: &str, input: &Value) -> Value {
        let (address, body) = (&self.address, input.to_string());
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\
             Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: AWSOrganizationsV20161128.{operation}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/organizations/aws4_request, \
             SignedHeaders=host, Signature=0\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_default()
    }

    fn root(&self) -> String {
        let roots = self.ask("ListRoots", &json!({}));
        roots["Roots"][0]["Id"].as_str().unwrap_or_else(|| panic!("{roots}")).to_owned()
    }

    fn unit(&self, parent: &str, name: &str) -> String {
        let name = format!("{name}-{}", std::process::id());
        let made = self.ask("CreateOrganizationalUnit", &json!({"ParentId": parent, "Name": name}));
        made["OrganizationalUnit"]["Id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    fn account(&self, name: &str, root: &str, unit: &str) -> String {
        let email = format!("{name}-{}@example.com", std::process::id());
        let made = self.ask("CreateAccount", &json!({"AccountName": name, "Email": email}));
        let id = made["CreateAccountStatus"]["AccountId"].as_str().unwrap_or_else(|| panic!("{made}"));
        self.ask(
            "MoveAccount",
            &json!({"AccountId": id, "SourceParentId": root, "DestinationParentId": unit}),
        );
        id.to_owned()
    }
}

/// Seven accounts with one Region more each.
fn seven_accounts() -> Value {
    let regions =
        ["eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "sa-east-1", "us-east-1", "us-west-2"];
    let mut accounts = json!({});
    for number in 1..=regions.len() {
        accounts[format!("{number:012}")] =
            regions[..number].iter().map(|region| ((*region).to_owned(), json!({}))).collect();
    }
    json!({"format_version": "1", "accounts": accounts})
}

#[test]
fn pages_of_accounts_and_regions_are_followed() {
    let target = by_role(json!({"organization": {"units": ["r-ab12"]}, "regions": ["all"]}));
    let play = Play::new(&desired(&target), &seven_accounts());
    let emulator = play.emulator(&json!([]), &["--page-size", "2"]);
    let plan = play.run(&emulator, &["plan", "--format", "json"]);
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
    let found = targets(&plan);
    assert_eq!(found.len(), (1..=7).sum::<usize>());
    assert_eq!(found.last().unwrap(), "000000000007/us-west-2");
    let apply = play.run(&emulator, &["apply", "--auto-approve"]);
    assert_eq!(apply.status.code(), Some(0), "{}", text(&apply));
    let plan = play.run(&emulator, &["plan", "--detailed-exitcode"]);
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
}

#[test]
fn what_cannot_be_looked_up_ends_the_run_before_any_plan() {
    let organization = by_role(json!({"organization": {}, "regions": ["all"]}));
    for (target, faults, code, words) in [
        (
            organization.clone(),
            json!([{"operation": "ListAccounts", "times": 9, "fault": "denied"}]),
            1,
            vec![
                "ListAccounts at the organization",
                "organizations:ListAccounts",
                "delegated administrators",
            ],
        ),
        (
            organization.clone(),
            json!([{"operation": "ListRegions", "times": 9, "account": "000000000003", "fault": "denied"}]),
            1,
            vec!["ListRegions at 000000000003", "account:ListRegions", "target `everything`"],
        ),
        (
            organization.clone(),
            json!([{"operation": "ListRegions", "times": 99, "fault": "denied"}]),
            1,
            vec!["ListRegions at 000000000001", "Also: ", "And 2 more like these."],
        ),
        (
            organization,
            json!([{"operation": "ListAccounts", "times": 99, "fault": "empty-body"}]),
            1,
            vec!["ListAccounts at the organization", "nothing is concluded"],
        ),
        (
            json!({"account": "000000000003", "regions": ["all"]}),
            json!([]),
            4,
            vec!["the credentials belong to account 111122223333, and nothing was read"],
        ),
    ] {
        let play = Play::new(&desired(&target), &seven_accounts());
        let emulator = play.emulator(&faults, &[]);
        let plan = play.run(&emulator, &["plan", "--timeout", "5s"]);
        assert_eq!(plan.status.code(), Some(code), "{}", text(&plan));
        assert!(plan.stdout.is_empty(), "{}", text(&plan));
        for words in words {
            assert!(text(&plan).contains(words), "{words}: {}", text(&plan));
        }
    }
}

#[test]
fn passing_trouble_is_waited_out() {
    let target = by_role(json!({"organization": {}, "regions": ["all"]}));
    let play = Play::new(&desired(&target), &world(&[]));
    let faults = json!([{"operation": "ListAccounts", "times": 2, "fault": "throttle"},
        {"operation": "ListRegions", "times": 1, "fault": "unavailable"}]);
    let emulator = play.emulator(&faults, &[]);
    let plan = play.run(&emulator, &["plan", "--format", "json"]);
    assert_eq!(targets(&plan), [format!("{ACCOUNT}/us-east-1")]);
}
