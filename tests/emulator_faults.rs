//! The emulator's faults, its rate and its roles, as they look from the other end of a connection.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use logpolicy::emulator::{Emulator, Options, start};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";
const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// Whose call it is and where; the key is the account unless it is a role's.
#[derive(Clone, Copy)]
struct Caller<'a> {
    key: &'a str,
    region: &'a str,
    token: Option<&'a str>,
}

const ME: Caller<'static> = Caller { key: ACCOUNT, region: REGION, token: None };

async fn emulator(rules: &Value, tps: Option<u32>) -> Emulator {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.json");
    fs_err::write(&path, rules.to_string()).unwrap();
    start(Options { faults: Some(path), tps, ..Options::default() }).await.unwrap()
}

async fn emulator_with(operation: &str, fault: &str) -> Emulator {
    emulator(&json!([{"operation": operation, "fault": fault}]), None).await
}

/// Sends one request and leaves the connection open.
async fn send(address: SocketAddr, caller: Caller<'_>, headers: &str, body: &str) -> TcpStream {
    let Caller { key, region, token } = caller;
    let token = token.map(|token| format!("X-Amz-Security-Token: {token}\r\n")).unwrap_or_default();
    let text = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n{headers}{token}Authorization: AWS4-HMAC-SHA256 \
         Credential={key}/20260101/{region}/x/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

fn logs_header(operation: &str) -> String {
    format!("X-Amz-Target: Logs_20140328.{operation}\r\n")
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const CLOSE: &str = "Connection: close\r\n";

/// All that comes back before the connection is closed.
async fn all_of(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await.expect("closes").unwrap();
    answer
}

async fn logs(emulator: &Emulator, caller: Caller<'_>, operation: &str, input: &Value) -> String {
    let headers = format!("{CLOSE}{}", logs_header(operation));
    all_of(send(emulator.address(), caller, &headers, &input.to_string()).await).await
}

async fn sts(emulator: &Emulator, caller: Caller<'_>, body: &str) -> String {
    all_of(send(emulator.address(), caller, &format!("{CLOSE}{FORM}"), body).await).await
}

async fn put(emulator: &Emulator, caller: Caller<'_>) -> String {
    let input = json!({"policyName": "p", "policyDocument": DOCUMENT});
    logs(emulator, caller, "PutResourcePolicy", &input).await
}

/// Puts a policy without asking that the connection be closed afterwards: whoever closes it, it is the emulator.
async fn open_put(emulator: &Emulator) -> TcpStream {
    let input = json!({"policyName": "p", "policyDocument": DOCUMENT}).to_string();
    send(emulator.address(), ME, &logs_header("PutResourcePolicy"), &input).await
}

async fn was_performed(emulator: &Emulator) -> bool {
    let answer = logs(emulator, ME, "DescribeResourcePolicies", &json!({})).await;
    let policies: Value = serde_json::from_str(body(&answer)).unwrap();
    !policies["resourcePolicies"].as_array().unwrap().is_empty()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

fn content_length(answer: &str) -> usize {
    let head = answer.split_once("\r\n\r\n").unwrap().0.to_ascii_lowercase();
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
    line.unwrap().parse().unwrap()
}

fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, after) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    after.split_once(&format!("</{name}>")).unwrap().0
}

const REFUSALS: [(&str, u16, &str, &str); 4] = [
    ("throttle", 400, "ThrottlingException", "Rate exceeded"),
    ("unavailable", 503, "ServiceUnavailableException", "The service cannot complete the request."),
    (
        "internal",
        500,
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
    ),
    (
        "abort",
        400,
        "OperationAbortedException",
        "A conflicting operation is currently in progress against this resource. Please try again.",
    ),
];

#[tokio::test]
async fn refusals_are_not_performed() {
    for (fault, expected, code, message) in REFUSALS {
        let emulator = emulator_with("PutResourcePolicy", fault).await;
        let answer = put(&emulator, ME).await;
        assert_eq!(status(&answer), expected, "{fault}");
        let error: Value = serde_json::from_str(body(&answer)).unwrap();
        assert_eq!(error, json!({"__type": code, "message": message}), "{fault}");
        assert!(!was_performed(&emulator).await, "{fault}");
        assert_eq!(status(&put(&emulator, ME).await), 200, "{fault}: once only");
    }
}

#[tokio::test]
async fn sts_refuses_in_its_own_words() {
    for (fault, expected, code, message) in REFUSALS {
        for action in ["GetCallerIdentity", "AssumeRole"] {
            let emulator = emulator_with(action, fault).await;
            let answer = sts(&emulator, ME, &format!("Action={action}&Version=2011-06-15")).await;
            assert_eq!(status(&answer), expected, "{fault}");
            assert_eq!(element(&answer, "Code"), code);
            assert_eq!(element(&answer, "Message"), message);
            let kind = if expected < 500 { "Sender" } else { "Receiver" };
            assert_eq!(element(&answer, "Type"), kind);
        }
    }
}

#[tokio::test]
async fn a_lost_response_is_performed() {
    let emulator = emulator_with("PutResourcePolicy", "lost-response").await;
    assert_eq!(all_of(open_put(&emulator).await).await, "");
    assert!(was_performed(&emulator).await);
}

#[tokio::test]
async fn a_closed_call_is_not_performed() {
    let emulator = emulator_with("PutResourcePolicy", "close").await;
    assert_eq!(all_of(open_put(&emulator).await).await, "");
    assert!(!was_performed(&emulator).await);
}

#[tokio::test]
async fn a_hanging_call_stays_open_and_is_not_performed() {
    let emulator = emulator_with("PutResourcePolicy", "hang").await;
    let mut stream = open_put(&emulator).await;
    let waited = timeout(Duration::from_millis(200), stream.read_u8()).await;
    assert!(waited.is_err(), "neither an answer nor the end: {waited:?}");
    assert!(!was_performed(&emulator).await, "others are served in the meantime");
    // The client closes its half, and the emulator lets go.
    stream.shutdown().await.unwrap();
    assert_eq!(all_of(stream).await, "");
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_in_the_middle() {
    let emulator = emulator_with("PutResourcePolicy", "truncate").await;
    let answer = all_of(open_put(&emulator).await).await;
    assert_eq!(status(&answer), 200);
    assert!(body(&answer).starts_with("{\"resourcePolicy\":"), "{answer}");
    assert_eq!(body(&answer).len(), content_length(&answer) / 2);
    assert!(was_performed(&emulator).await);
}

#[tokio::test]
async fn a_long_answer_loses_half_of_itself() {
    let emulator = emulator_with("DescribeResourcePolicies", "truncate").await;
    let statement = format!("{{\"Sid\":\"{}\"}}", "x".repeat(50_000));
    let document = format!("{{\"Statement\":[{statement}]}}");
    for number in 0..10 {
        let input = json!({"policyName": format!("p{number}"), "policyDocument": document});
        let answer = logs(&emulator, ME, "PutResourcePolicy", &input).await;
        assert_eq!(status(&answer), 200, "{answer}");
    }
    let answer = logs(&emulator, ME, "DescribeResourcePolicies", &json!({})).await;
    assert!(content_length(&answer) > 500_000);
    assert_eq!(body(&answer).len(), content_length(&answer) / 2);
}

#[tokio::test]
async fn what_has_no_body_arrives_whole() {
    let emulator = emulator_with("DeleteResourcePolicy", "truncate").await;
    put(&emulator, ME).await;
    let answer = logs(&emulator, ME, "DeleteResourcePolicy", &json!({"policyName": "p"})).await;
    assert_eq!((status(&answer), content_length(&answer), body(&answer)), (200, 0, ""));
    assert!(!was_performed(&emulator).await, "the policy is gone");
}

#[tokio::test]
async fn an_empty_body_is_performed() {
    let emulator = emulator_with("PutResourcePolicy", "empty-body").await;
    let answer = put(&emulator, ME).await;
    assert_eq!((status(&answer), content_length(&answer), body(&answer)), (200, 0, ""));
    assert!(was_performed(&emulator).await);
}

#[tokio::test]
async fn sts_answers_break_off_too() {
    for fault in ["close", "lost-response"] {
        let emulator = emulator_with("GetCallerIdentity", fault).await;
        assert_eq!(sts(&emulator, ME, "Action=GetCallerIdentity").await, "", "{fault}");
        assert_eq!(status(&sts(&emulator, ME, "Action=GetCallerIdentity").await), 200, "{fault}");
    }
    let emulator = emulator_with("GetCallerIdentity", "truncate").await;
    let answer = sts(&emulator, ME, "Action=GetCallerIdentity").await;
    assert_eq!(body(&answer).len(), content_length(&answer) / 2);
    let emulator = emulator_with("GetCallerIdentity", "empty-body").await;
    let answer = sts(&emulator, ME, "Action=GetCallerIdentity").await;
    assert_eq!((status(&answer), body(&answer)), (200, ""));
}

#[tokio::test]
async fn rules_count_their_own_calls() {
    let emulator = emulator(
        &json!([
            {"operation": "PutResourcePolicy", "call": 2, "times": 2, "fault": "throttle",
             "account": ACCOUNT, "region": REGION},
            {"operation": "PutResourcePolicy", "call": 6, "fault": "internal"}
        ]),
        None,
    )
    .await;
    let elsewhere = Caller { region: "eu-west-1", ..ME };
    let other = Caller { key: "222233334444", ..ME };
    // The second rule counts every call, whoever makes it and whatever the first rule does.
    for (caller, expected) in
        [(ME, 200), (elsewhere, 200), (other, 200), (ME, 400), (ME, 400), (elsewhere, 500), (ME, 200)]
    {
        let answer = put(&emulator, caller).await;
        assert_eq!(status(&answer), expected, "{} {}: {answer}", caller.key, caller.region);
    }
}

#[tokio::test]
async fn a_malformed_file_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.json");
    fs_err::write(&path, "[\n  {\"operation\": \"PutResourcePolicy\", \"fault\": \"slow\"}\n]").unwrap();
    let error = start(Options { faults: Some(path.clone()), ..Options::default() }).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&format!("{}:2:", path.display())), "{text}");
    assert!(text.contains("unknown variant `slow`"), "{text}");
}

#[tokio::test]
async fn requests_above_the_rate_are_refused() {
    let emulator = emulator(&json!([]), Some(2)).await;
    let mut refused = 0;
    for _ in 0..40 {
        let answer = put(&emulator, ME).await;
        if status(&answer) != 200 {
            assert_eq!(status(&answer), 400);
            assert_eq!(body(&answer), r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
            refused += 1;
        }
    }
    assert!(refused > 0, "forty calls took twenty seconds?");
    let other = Caller { key: "222233334444", ..ME };
    assert_eq!(status(&put(&emulator, other).await), 200, "each account has its own rate");
    assert!(was_performed(&emulator).await, "reads have their own rate");
    for _ in 0..5 {
        assert_eq!(status(&sts(&emulator, ME, "Action=GetCallerIdentity").await), 200);
    }
}

#[tokio::test]
async fn what_the_rate_refuses_is_not_performed() {
    let emulator = emulator(&json!([]), Some(1)).await;
    let begun = tokio::time::Instant::now();
    let name = |name: &str| json!({"policyName": name, "policyDocument": DOCUMENT});
    logs(&emulator, ME, "PutResourcePolicy", &name("first")).await;
    let second = logs(&emulator, ME, "PutResourcePolicy", &name("second")).await;
    if status(&second) == 200 {
        assert!(begun.elapsed() >= Duration::from_secs(1), "{second}");
        return;
    }
    let listed = logs(&emulator, ME, "DescribeResourcePolicies", &json!({})).await;
    assert!(listed.contains("first") && !listed.contains("second"), "{listed}");
}

#[tokio::test]
async fn a_role_is_assumed_and_used() {
    let emulator = emulator(&json!([]), None).await;
    let ask = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fteam%2Faudit\
               &RoleSessionName=logpolicy%40host&DurationSeconds=900&ExternalId=x";
    let answer = sts(&emulator, ME, ask).await;
    assert_eq!(status(&answer), 200, "{answer}");
    let arn = "arn:aws:sts::444455556666:assumed-role/audit/logpolicy@host";
    assert_eq!(element(element(&answer, "AssumedRoleUser"), "Arn"), arn);
    assert!(element(&answer, "AssumedRoleId").ends_with(":logpolicy@host"));
    let expiration = element(&answer, "Expiration");
    assert!(
        expiration.len() == 20 && expiration.ends_with('Z') && expiration.starts_with("20"),
        "{expiration}"
    );
    assert!(!element(&answer, "SecretAccessKey").is_empty() && !element(&answer, "RequestId").is_empty());

    let key = element(&answer, "AccessKeyId");
    assert!(key.len() == 20 && key.starts_with("ASIA444455556666"), "{key}");
    let assumed = Caller { key, region: REGION, token: Some(element(&answer, "SessionToken")) };
    let identity = sts(&emulator, assumed, "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert_eq!(element(&identity, "Arn"), arn);
    assert_eq!(element(&identity, "Account"), "444455556666");
    for token in [None, Some("IQoJb3JpZ2luX2VjE")] {
        let identity = sts(&emulator, Caller { token, ..assumed }, "Action=GetCallerIdentity").await;
        assert_eq!(element(&identity, "Arn"), "arn:aws:iam::444455556666:user/emulator");
    }

    put(&emulator, assumed).await;
    assert!(!was_performed(&emulator).await, "what the role writes is in its account");
    let own = Caller { key: "444455556666", ..ME };
    let listed = logs(&emulator, own, "DescribeResourcePolicies", &json!({})).await;
    assert!(listed.contains("\"policyName\":\"p\""), "{listed}");
}

#[tokio::test]
async fn roles_that_cannot_be_are_refused() {
    let emulator = emulator(&json!([]), None).await;
    let arn = "RoleArn=arn:aws:iam::444455556666:role/audit";
    for fields in [
        "RoleSessionName=me".to_owned(),
        "RoleArn=audit&RoleSessionName=me".to_owned(),
        arn.to_owned(),
        format!("{arn}&RoleSessionName=a+b"),
    ] {
        let answer = sts(&emulator, ME, &format!("Action=AssumeRole&{fields}")).await;
        assert_eq!(status(&answer), 400, "{fields}");
        assert_eq!(element(&answer, "Code"), "ValidationError", "{fields}");
        assert_eq!(element(&answer, "Type"), "Sender", "{fields}");
    }
}
