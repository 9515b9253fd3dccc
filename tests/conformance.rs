//! Runs every case of `tests/data/conformance.json` against the emulator, over HTTP. The first entry of that file
//! explains its format.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use logpolicy::emulator::{Emulator, Options, start};
use serde_json::{Value, json};

const CASES: &str = include_str!("data/conformance.json");

#[test]
fn every_case_holds() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let failures: Vec<String> = cases.iter().flat_map(run).collect();
    assert!(
        failures.is_empty(),
        "{} failures in {} cases:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

/// A runner that finds nothing proves nothing: each of these is wrong in one place, and must be found to be.
#[test]
fn a_wrong_expectation_is_found() {
    let document = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let put = json!({"policyName": "dns", "policyDocument": document});
    for (call, input, expect) in [
        ("PutResourcePolicy", &put, json!({"status": 400, "error": "LimitExceededException"})),
        ("PutResourcePolicy", &put, json!({"status": 200, "output": {"revisionId": {"$any": true}}})),
        (
            "PutResourcePolicy",
            &put,
            json!({"status": 200, "output": {"resourcePolicy": {"policyName": "DNS"}}}),
        ),
        (
            "DescribeResourcePolicies",
            &json!({}),
            json!({"status": 200, "output": {"resourcePolicies": [{"$any": true}]}}),
        ),
        ("DescribeResourcePolicies", &json!({"limit": 0}), json!({"status": 200})),
        (
            "DescribeResourcePolicies",
            &json!({"limit": 0}),
            json!({"status": 400, "error": "ValidationException"}),
        ),
        (
            "DeleteResourcePolicy",
            &json!({"policyName": "x"}),
            json!({"status": 400, "error": "ResourceNotFoundException", "message": "Gone."}),
        ),
    ] {
        let case = json!({"name": "wrong", "steps": [{"call": call, "input": input, "expect": expect}]});
        assert!(!run(&case).is_empty(), "{case}");
    }
}

#[test]
fn each_form_can_fail() {
    for (expected, good, bad) in [
        (json!({"$any": true}), Some(json!(null)), None),
        (json!({"$int": true}), Some(json!(7)), Some(json!(7.5))),
        (json!({"$int": true}), Some(json!(7)), Some(json!("7"))),
        (json!({"$absent": true}), None, Some(json!(null))),
        (json!({"$set": [1, {"a": 1}]}), Some(json!([{"a": 1, "b": 2}, 1])), Some(json!([1]))),
        (json!({"$set": [1, 1]}), Some(json!([1, 1])), Some(json!([1, 2]))),
        (json!({"$set": [{"$any": true}, 1]}), Some(json!([1, 2])), Some(json!([2, 3]))),
        (json!({"$json": {"a": [1]}}), Some(json!("{ \"a\" : [1] }")), Some(json!("{\"a\":[1],\"b\":2}"))),
        (json!({"$json": {"a": {"$set": [1, 2]}}}), Some(json!("{\"a\":[2,1]}")), Some(json!("{\"a\":[2]}"))),
        (json!({"$json": {"a": 1}}), Some(json!("{\"a\":1}")), Some(json!({"a": 1}))),
        (json!({"$save": "n"}), Some(json!("token")), None),
        (json!({"a": 1}), Some(json!({"a": 1, "more": 2})), Some(json!({"a": 2}))),
        (json!({"a": {"$absent": true}}), Some(json!({})), Some(json!({"a": null}))),
        (json!([1, 2]), Some(json!([1, 2])), Some(json!([2, 1]))),
        (json!([1]), Some(json!([1])), Some(json!([1, 1]))),
        (json!("x"), Some(json!("x")), Some(json!("y"))),
    ] {
        let mut saved = BTreeMap::new();
        assert!(
            holds(&expected, good.as_ref(), Members::AtLeast, &mut saved),
            "{expected} holds for {good:?}"
        );
        assert!(
            !holds(&expected, bad.as_ref(), Members::AtLeast, &mut saved),
            "{expected} fails for {bad:?}"
        );
    }
}

#[test]
fn inputs_are_put_together() {
    let saved = BTreeMap::from([("n".to_owned(), json!("token"))]);
    let input = json!({"a": {"$saved": "n"}, "b": [{"$text": ["<", {"repeat": "x", "times": 3}, ">"]}]});
    assert_eq!(made(&input, &saved), json!({"a": "token", "b": ["<xxx>"]}));
}

/// Runs one case in an empty world; gives what is wrong with it.
fn run(case: &Value) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let emulator: Emulator = runtime.block_on(start(Options::default())).unwrap();
    let name = case["name"].as_str().unwrap();
    let mut saved = BTreeMap::new();
    let steps = case["steps"].as_array().unwrap().iter().enumerate();
    steps
        .filter_map(|(number, step)| {
            let problem = failure(emulator.address(), step, &mut saved)?;
            Some(format!("{name}, step {}, {}: {problem}", number + 1, step["call"]))
        })
        .collect()
}

fn failure(address: SocketAddr, step: &Value, saved: &mut BTreeMap<String, Value>) -> Option<String> {
    let input = made(&step["input"], saved);
    let (status, body) = call(address, step, &input);
    let expect = &step["expect"];
    if expect["status"] != status {
        return Some(format!("expected status {}, found {status}: {body}", expect["status"]));
    }
    let output: Value = if body.is_empty() { json!({}) } else { serde_json::from_str(&body).unwrap() };
    if let Some(error) = expect.get("error") {
        let code = output["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default();
        if error != code {
            return Some(format!("expected error {error}, found {body}"));
        }
    }
    if expect.get("message").is_some_and(|message| *message != output["message"]) {
        return Some(format!("expected message {}, found {body}", expect["message"]));
    }
    let expected = expect.get("output")?;
    (!holds(expected, Some(&output), Members::AtLeast, saved))
        .then(|| format!("expected {expected}, found {body}"))
}

/// Whether an object may have members that are not named: answers may, documents inside `$json` may not.
#[derive(Clone, Copy)]
enum Members {
    AtLeast,
    Exactly,
}

fn holds(
    expected: &Value,
    found: Option<&Value>,
    members: Members,
    saved: &mut BTreeMap<String, Value>,
) -> bool {
    if let Some((form, argument)) = form(expected) {
        return form_holds(form, argument, found, members, saved);
    }
    match (expected, found) {
        (Value::Object(expected), Some(Value::Object(found))) => {
            let named = expected.iter().all(|(name, value)| holds(value, found.get(name), members, saved));
            named
                && match members {
                    Members::AtLeast => true,
                    Members::Exactly => found.keys().all(|name| expected.contains_key(name)),
                }
        }
        (Value::Array(expected), Some(Value::Array(found))) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(expected, found)| holds(expected, Some(found), members, saved))
        }
        _ => Some(expected) == found,
    }
}

/// Takes `{"$form": argument}` apart.
fn form(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object
        .iter()
        .next()
        .map(|(name, argument)| (name.as_str(), argument))
        .filter(|(name, _)| name.starts_with('$'))
}

fn form_holds(
    form: &str,
    argument: &Value,
    found: Option<&Value>,
    members: Members,
    saved: &mut BTreeMap<String, Value>,
) -> bool {
    match (form, found) {
        ("$absent", found) => found.is_none(),
        (_, None) => false,
        ("$any", Some(_)) => true,
        ("$int", Some(found)) => found.is_i64() || found.is_u64(),
        ("$set", Some(found)) => {
            let (Some(expected), Some(found)) = (argument.as_array(), found.as_array()) else { return false };
            set_holds(expected, &found.iter().collect::<Vec<_>>(), members, saved)
        }
        ("$json", Some(found)) => {
            let parsed = found.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            parsed.is_some_and(|parsed| holds(argument, Some(&parsed), Members::Exactly, saved))
        }
        ("$save", Some(found)) => {
            saved.insert(argument.as_str().unwrap().to_owned(), found.clone());
            true
        }
        (unknown, Some(_)) => panic!("unknown form {unknown}"),
    }
}

/// Finds a partner for each: the first takes whichever fits, if the others can then be matched.
fn set_holds(
    expected: &[Value],
    found: &[&Value],
    members: Members,
    saved: &mut BTreeMap<String, Value>,
) -> bool {
    let Some((first, others)) = expected.split_first() else { return found.is_empty() };
    (0..found.len()).any(|index| {
        let mut rest = found.to_vec();
        let candidate = rest.remove(index);
        holds(first, Some(candidate), members, saved) && set_holds(others, &rest, members, saved)
    })
}

/// Puts `$saved` and `$text` in.
fn made(input: &Value, saved: &BTreeMap<String, Value>) -> Value {
    match form(input) {
        Some(("$saved", name)) => return saved[name.as_str().unwrap()].clone(),
        Some(("$text", pieces)) => {
            return Value::String(pieces.as_array().unwrap().iter().map(piece).collect());
        }
        _ => {}
    }
    match input {
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), made(value, saved))).collect()
        }
        Value::Array(values) => values.iter().map(|value| made(value, saved)).collect(),
        scalar => scalar.clone(),
    }
}

fn piece(piece: &Value) -> String {
    match piece {
        Value::String(text) => text.clone(),
        repeated => {
            let times = usize::try_from(repeated["times"].as_u64().unwrap()).unwrap();
            repeated["repeat"].as_str().unwrap().repeat(times)
        }
    }
}

/// Makes one call on a connection of its own; gives status and body.
fn call(address: SocketAddr, step: &Value, input: &Value) -> (u16, String) {
    let operation = step["call"].as_str().unwrap();
    let account = step["account"].as_str().unwrap_or("111122223333");
    let region = step["region"].as_str().unwrap_or("us-east-1");
    let body = input.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: Logs_20140328.{operation}\r\nContent-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={account}/20260101/{region}/logs/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.to_ascii_lowercase().contains("\r\nx-amzn-requestid: "), "{head}");
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
