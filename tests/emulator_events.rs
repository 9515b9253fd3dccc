//! What the emulator's CloudTrail remembers, as it looks from the other end of a connection.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use logpolicy::emulator::{Emulator, Options, start};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const ACCOUNT: &str = "111122223333";
const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;
const LOGS: &str = "Logs_20140328.";
const CLOUDTRAIL: &str = "CloudTrail_20131101.";

/// An emulator and what it runs on.
struct Play {
    _runtime: Runtime,
    emulator: Emulator,
}

impl Play {
    fn new(options: Options) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let emulator = runtime.block_on(start(options)).unwrap();
        Self { _runtime: runtime, emulator }
    }

    fn on(world: &Path) -> Self {
        Self::new(Options { world: Some(world.to_owned()), ..Options::default() })
    }

    fn logs(&self, operation: &str, input: &Value) -> (u16, Value) {
        call(self.emulator.address(), (ACCOUNT, ""), &format!("{LOGS}{operation}"), input)
    }

    fn lookup(&self, input: &Value) -> (u16, Value) {
        call(self.emulator.address(), (ACCOUNT, ""), &format!("{CLOUDTRAIL}LookupEvents"), input)
    }

    fn put(&self, caller: (&str, &str), name: &str) -> u16 {
        let input = json!({"policyName": name, "policyDocument": DOCUMENT});
        call(self.emulator.address(), caller, &format!("{LOGS}PutResourcePolicy"), &input).0
    }

    /// The records inside all events, page by page.
    fn records(&self, page: usize) -> Vec<Value> {
        let (mut records, mut token) = (Vec::new(), Value::Null);
        loop {
            let mut input = json!({"MaxResults": page});
            if !token.is_null() {
                input["NextToken"] = token;
            }
            let (status, answer) = self.lookup(&input);
            assert_eq!(status, 200, "{answer}");
            let events = answer["Events"].as_array().unwrap();
            assert!(events.len() <= page);
            let text = |event: &Value| event["CloudTrailEvent"].as_str().unwrap().to_owned();
            records.extend(events.iter().map(|event| serde_json::from_str::<Value>(&text(event)).unwrap()));
            match &answer["NextToken"] {
                Value::Null => return records,
                next => token = next.clone(),
            }
        }
    }
}

/// Makes one call on a connection of its own; the caller is a key and a session token.
fn call(address: SocketAddr, (key, token): (&str, &str), target: &str, input: &Value) -> (u16, Value) {
    let body = input.to_string();
    let token = if token.is_empty() { String::new() } else { format!("X-Amz-Security-Token: {token}\r\n") };
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: {target}\r\nContent-Length: {}\r\n{token}Authorization: AWS4-HMAC-SHA256 \
         Credential={key}/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.to_ascii_lowercase().contains("content-type: application/x-amz-json-1.1"), "{head}");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, if body.is_empty() { json!({}) } else { serde_json::from_str(body).unwrap() })
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("nothing")
}

#[test]
fn each_call_is_told_with_its_caller() {
    let play = Play::new(Options::default());
    let role = ("ASIA111122223333ROLE", "emulator/deploy/ci-42");
    assert_eq!(play.put((ACCOUNT, ""), "dns"), 200);
    assert_eq!(play.put(role, "dns"), 200);
    assert_eq!(play.put(("222233334444", ""), "dns"), 200, "in another account, which tells others nothing");
    assert_eq!(play.logs("DeleteResourcePolicy", &json!({"policyName": "dns"})).0, 200);
    assert_eq!(play.logs("DeleteResourcePolicy", &json!({"policyName": "dns"})).0, 400);

    let records = play.records(50);
    let told: Vec<[&str; 4]> = records
        .iter()
        .map(|record| {
            ["/eventName", "/userIdentity/type", "/userIdentity/arn", "/errorCode"]
                .map(|pointer| at(record, pointer))
        })
        .collect();
    let user = "arn:aws:iam::111122223333:user/emulator";
    let session = "arn:aws:sts::111122223333:assumed-role/deploy/ci-42";
    assert_eq!(
        told,
        [
            ["DeleteResourcePolicy", "IAMUser", user, "ResourceNotFoundException"],
            ["DeleteResourcePolicy", "IAMUser", user, "nothing"],
            ["PutResourcePolicy", "AssumedRole", session, "nothing"],
            ["PutResourcePolicy", "IAMUser", user, "nothing"],
        ]
    );
    assert_eq!(at(&records[2], "/userIdentity/accessKeyId"), role.0);
    assert_eq!(at(&records[2], "/requestParameters/policyName"), "dns");
    assert_eq!(play.records(1), records, "page by page, it is the same");
}

#[test]
fn refusals_of_the_policy_of_a_log_group_are_told() {
    let play = Play::new(Options::default());
    let arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/x";
    let elsewhere = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x";
    play.logs("CreateLogGroup", &json!({"logGroupName": "/aws/x"}));
    for (arn, document, revision, status) in [
        (arn, DOCUMENT, Value::Null, 200),
        (arn, DOCUMENT, json!("9"), 400),
        (arn, "no document", json!("1"), 400),
        (elsewhere, DOCUMENT, Value::Null, 400),
    ] {
        let input = json!({"resourceArn": arn, "policyDocument": document, "expectedRevisionId": revision});
        assert_eq!(play.logs("PutResourcePolicy", &input).0, status, "{input}");
    }
    let records = play.records(2);
    let codes: Vec<&str> = records.iter().map(|record| at(record, "/errorCode")).collect();
    assert_eq!(codes, ["InvalidParameterException", "OperationAbortedException", "nothing"]);
    assert!(records.iter().all(|record| at(record, "/requestParameters/resourceArn") == arn));
}

#[test]
fn events_outlive_the_emulator_and_can_be_written_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.json");
    assert_eq!(Play::on(&world).put((ACCOUNT, ""), "first"), 200);
    assert_eq!(Play::on(&world).put((ACCOUNT, ""), "second"), 200);
    let mut file: Value = serde_json::from_str(&fs_err::read_to_string(&world).unwrap()).unwrap();
    let region = &mut file["accounts"][ACCOUNT]["us-east-1"];
    region["policies"]["third"] = json!(DOCUMENT);
    region["events"].as_array_mut().unwrap().push(json!({
        "time": "2026-01-31T12:00:00Z", "name": "PutResourcePolicy", "policy": "third",
        "by": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_abc/jane@example.com",
        "invoked_by": "delivery.logs.amazonaws.com"
    }));
    fs_err::write(&world, file.to_string()).unwrap();

    let play = Play::on(&world);
    let records = play.records(50);
    let mut names: Vec<&str> =
        records.iter().map(|record| at(record, "/requestParameters/policyName")).collect();
    names.sort_unstable();
    assert_eq!(names, ["first", "second", "third"]);
    let by_hand = records.iter().find(|record| at(record, "/requestParameters/policyName") == "third");
    assert_eq!(at(by_hand.unwrap(), "/userIdentity/invokedBy"), "delivery.logs.amazonaws.com");
    let (_, listed) = play.logs("DescribeResourcePolicies", &json!({}));
    let listed = listed["resourcePolicies"].as_array().unwrap();
    let third = listed.iter().find(|policy| policy["policyName"] == "third").unwrap();
    assert_eq!(third["lastUpdatedTime"], 1_769_860_800_000_i64, "the time of the event");
    let first = listed.iter().find(|policy| policy["policyName"] == "first").unwrap();
    assert!(first["lastUpdatedTime"].as_i64().unwrap() > 1_769_860_800_000, "{first}");
}

#[test]
fn both_targets_are_understood_and_others_are_not() {
    let play = Play::new(Options::default());
    for (target, status) in [
        ("CloudTrail_20131101.LookupEvents", 200),
        ("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", 200),
        ("CloudTrail_20131101.StartLogging", 400),
        ("CloudTrail_20131101.PutResourcePolicy", 400),
        ("Logs_20140328.LookupEvents", 400),
        ("CloudTrail_2013.LookupEvents", 400),
    ] {
        let (found, answer) = call(play.emulator.address(), (ACCOUNT, ""), target, &json!({}));
        assert_eq!(found, status, "{target}: {answer}");
        let code = if status == 200 { "nothing" } else { "UnknownOperationException" };
        assert_eq!(at(&answer, "/__type"), code, "{target}");
    }
}

#[test]
fn look_ups_can_be_spoilt_and_have_a_rate_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.json");
    let rules = json!([{"operation": "LookupEvents", "call": 2, "fault": "unavailable"}]);
    fs_err::write(&faults, rules.to_string()).unwrap();
    let play = Play::new(Options { faults: Some(faults), tps: Some(50), ..Options::default() });
    let statuses: Vec<u16> = (0..4).map(|_| play.lookup(&json!({})).0).collect();
    assert_eq!(statuses, [200, 503, 200, 400], "the spoilt one is not counted");
    assert_eq!(at(&play.lookup(&json!({})).1, "/__type"), "ThrottlingException");
    assert_eq!(play.put((ACCOUNT, ""), "dns"), 200);
}
