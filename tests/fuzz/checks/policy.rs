//! Documents: any text is one, what is sent means what was read, and however it is written it stays the same policy.

use std::collections::BTreeMap;

use logpolicy::policy::{
    AccessChange, Attached, Document, EFFECTIVE_ACTIONS, Found, Json, JsonError, MAX_DEPTH, Request,
    Statement, evaluate,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::choices::Choices;

pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let document = Document::from_text(text);
    assert_eq!(document, Document::from_text(text));
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    let json = match document.json() {
        Ok(json) => json,
        Err(JsonError::Syntax(why)) => {
            // A half of a surrogate pair is well-formed, and no text.
            let is_text = !text.to_ascii_lowercase().contains("\\ud");
            assert!(!is_json || !is_text, "{text:?} is JSON: {why}");
            assert!(document.statements().is_empty());
            return assert_eq!(document.canonical(), text, "it equals only the same text");
        }
        Err(JsonError::TooDeep) => {
            let opened = text.matches(['[', '{']).count();
            return assert!(opened > MAX_DEPTH, "{text:?} is not deep");
        }
    };
    assert!(is_json, "{text:?} is no JSON");
    let stable = Document::from_text(document.stable_text());
    assert_eq!(document, stable, "the text in one order");
    assert_eq!(stable.stable_text(), stable.text(), "one order stays");
    let sent = Document::from_json(json.clone());
    assert_eq!(
        sent.json().unwrap(),
        &Json::parse(sent.text()).unwrap(),
        "what is sent is what it was made from"
    );
    assert_eq!(document, sent, "what is sent is the same policy");
    assert_eq!(Document::from_json(sent.json().unwrap().clone()).text(), sent.text(), "sent once or twice");
    let canonical = Document::from_text(document.canonical());
    let same = match canonical.json() {
        // A list around what stood alone is one level more.
        Err(JsonError::TooDeep) => vec![&sent, &stable],
        _ => vec![&sent, &stable, &canonical],
    };
    for other in same {
        assert_eq!(document, *other);
        assert_eq!(other.canonical(), document.canonical(), "taken once or twice");
        same_access(&document, other);
    }
}

/// What equals each other allows the same.
fn same_access(one: &Document, other: &Document) {
    let about = one.statements().iter().take(8).flat_map(about);
    for request in requests().into_iter().chain(about) {
        let allowed = |document| evaluate([document], &request).allowed;
        assert_eq!(allowed(one), allowed(other), "{request:?}\n{one:?}\n{other:?}");
    }
    let policy = |document| [Attached { document, log_group: None }];
    let change = AccessChange::between(PREFIX, &policy(one), &policy(other));
    for found in [&change.gained, &change.lost] {
        assert!(!matches!(found, Found::Witness(_)), "{found:?}\n{one:?}\n{other:?}");
    }
}

/// Requests that a statement speaks about, with a letter for each wildcard.
fn about(statement: &Statement) -> Vec<Request> {
    let principals = statement.principals();
    let services = principals.iter().filter(|(kind, _)| *kind == "Service").map(|(_, name)| *name);
    let service = services.chain(["es.amazonaws.com"]).next().unwrap_or_default();
    let mut context = BTreeMap::new();
    for (_, block) in statement.json().get("Condition").map(Json::members).unwrap_or_default() {
        for (key, values) in block.members() {
            let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), concrete);
            context.insert(key.clone(), values.items().iter().take(1).map(text).collect());
        }
    }
    let resources = statement.strings("Resource");
    let resources = resources.iter().take(3).map(|resource| concrete(resource));
    let request = |(resource, action): (String, &str)| {
        let (service, action) = (service.to_owned(), action.to_owned());
        Request { service, action, resource, context: context.clone() }
    };
    resources
        .flat_map(|resource| EFFECTIVE_ACTIONS.map(|action| (resource.clone(), action)))
        .map(request)
        .collect()
}

fn concrete(pattern: &str) -> String {
    pattern.replace('*', "a").replace('?', "b")
}

const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";

/// Some that real policies are about.
fn requests() -> Vec<Request> {
    let group = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/a:log-stream:s";
    let account = BTreeMap::from([("aws:sourceaccount".to_owned(), vec!["111122223333".to_owned()])]);
    let request = |service: &str, context: &BTreeMap<String, Vec<String>>| Request {
        service: service.to_owned(),
        action: "logs:PutLogEvents".to_owned(),
        resource: group.to_owned(),
        context: context.clone(),
    };
    vec![
        request("es.amazonaws.com", &BTreeMap::new()),
        request("es.amazonaws.com", &account),
        request("delivery.logs.amazonaws.com", &account),
    ]
}

/// A policy out of the bytes, and the same policy written otherwise.
pub fn canonical(data: &[u8]) {
    let mut choices = Choices::new(data);
    let value = document(&mut choices);
    let other = rewritten(&value, None, &mut choices);
    let (one, two) = (Document::from_text(value.to_string()), Document::from_text(other.as_str()));
    assert_eq!(one, two, "{value}\n{other}");
    assert_eq!(two, one, "both ways");
    assert_eq!(one.fingerprint(), two.fingerprint());
    same_access(&one, &two);
    // One more right is another policy.
    let mut more = value.clone();
    let statements = more["Statement"].as_array_mut().unwrap();
    statements.push(
        json!({"Sid": "More", "Effect": "Allow", "Principal": "*", "Action": "logs:More", "Resource": "*"}),
    );
    assert_ne!(one, Document::from_text(more.to_string()), "{more}");
}

fn document(choices: &mut Choices<'_>) -> Value {
    let mut statements = Vec::new();
    while statements.is_empty() || (!choices.is_over() && statements.len() < 6) {
        let number = statements.len();
        statements.push(statement(number, choices));
    }
    let mut document = json!({"Statement": statements});
    if let Some(version) = choices.of(&[Some("2012-10-17"), None, Some("2008-10-17")]) {
        document["Version"] = json!(version);
    }
    document
}

fn some(all: &[&str], choices: &mut Choices<'_>) -> Value {
    let number = 1 + choices.below(3);
    json!((0..number).map(|_| *choices.of(all)).collect::<Vec<_>>())
}

fn statement(number: usize, choices: &mut Choices<'_>) -> Value {
    let services = ["es.amazonaws.com", "delivery.logs.amazonaws.com", "events.amazonaws.com"];
    let accounts = ["111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/r"];
    let actions =
        ["logs:PutLogEvents", "logs:CreateLogStream", "LOGS:putlogevents", "logs:*", "logs:Put?ogEvents"];
    let resources = [
        format!("{PREFIX}/aws/*"),
        "*".to_owned(),
        format!("{PREFIX}/aws/a:*"),
        format!("{PREFIX}/b:log-stream:?"),
    ];
    let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), json!(choices.of(&["Allow", "Allow", "Deny"])));
    if choices.below(2) == 1 {
        statement.insert("Sid".to_owned(), json!(format!("S{number}")));
    }
    let principal = match choices.below(4) {
        0 => json!({"Service": some(&services, choices)}),
        1 => json!({"AWS": some(&accounts, choices)}),
        2 => json!("*"),
        _ => json!({"Service": some(&services, choices), "AWS": some(&accounts, choices)}),
    };
    for (name, value) in [
        (*choices.of(&["Principal", "Principal", "Principal", "NotPrincipal"]), principal),
        (*choices.of(&["Action", "Action", "NotAction"]), some(&actions, choices)),
        (*choices.of(&["Resource", "Resource", "NotResource"]), some(&resources, choices)),
    ] {
        statement.insert(name.to_owned(), value);
    }
    let operators =
        ["StringEquals", "StringLike", "ArnLike", "StringNotEqualsIfExists", "ForAnyValue:StringEquals"];
    for _ in 0..choices.below(3) {
        let key = *choices.of(&["aws:SourceAccount", "AWS:SourceAccount", "aws:SourceArn"]);
        let values = some(&["111122223333", "1*", "arn:aws:es:*:111122223333:domain/x"], choices);
        let condition = statement.entry("Condition").or_insert_with(|| json!({}));
        condition[*choices.of(&operators)][key] = values;
    }
    Value::Object(statement)
}

/// The text of the same policy written otherwise: members and lists in another order, values repeated, one value without
/// its list.
fn rewritten(value: &Value, key: Option<&str>, choices: &mut Choices<'_>) -> String {
    let (parts, is_list) = match value {
        Value::Object(members) => {
            let again = |(key, value): (&String, &Value)| {
                format!("{}:{}", json!(key), rewritten(value, Some(key), choices))
            };
            (members.iter().map(again).collect::<Vec<_>>(), false)
        }
        Value::Array(items) => (items.iter().map(|item| rewritten(item, None, choices)).collect(), true),
        other => return other.to_string(),
    };
    let mut parts = parts;
    let turns = choices.below(parts.len().max(1));
    parts.rotate_left(turns);
    if is_list && key != Some("Statement") && choices.below(2) == 1 {
        parts.push(parts[0].clone());
    }
    let stands_alone = is_list && parts.len() == 1 && choices.below(2) == 1;
    match (stands_alone, is_list) {
        (true, _) => parts.remove(0),
        (_, true) => format!("[{}]", parts.join(" , ")),
        (_, false) => format!("{{{}}}", parts.join(", ")),
    }
}
