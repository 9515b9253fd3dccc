//! Properties of documents: equality, the canonical form, and what the service reads back.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;

use logpolicy::emulator;
use logpolicy::model::{Access, DesiredTarget, Limits, PolicyKey, SourceSpan};
use logpolicy::policy::{AccessChange, Attached, Comparison, Document, Request, evaluate};
use logpolicy::provider::{Aws, Credentials, Options, PolicyReader, PolicyWriter};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use serde_json::{Map, Value, json};

/// One to three values, as a scalar or as a list, some repeated.
fn values(known: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![
        select(known).prop_map(|value| json!(value)),
        prop::collection::vec(select(known), 1..4).prop_map(|values| json!(values)),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    let operator = select(
        &["StringEquals", "stringequals", "ArnLike", "StringNotLikeIfExists", "ForAnyValue:StringLike"][..],
    );
    let key = select(&["aws:SourceAccount", "AWS:SourceAccount", "aws:SourceArn"][..]);
    let block = (operator, key, values(&["1", "2", "arn:aws:x:r:1:y"]));
    prop::collection::vec(block, 0..3).prop_map(|blocks| {
        let mut condition = Map::new();
        for (operator, key, value) in blocks {
            let block = condition.entry(operator).or_insert_with(|| json!({}));
            block.as_object_mut().unwrap().insert(key.to_owned(), value);
        }
        Value::Object(condition)
    })
}

fn statement() -> impl Strategy<Value = Value> {
    let principal = prop_oneof![
        values(&["es.amazonaws.com", "events.amazonaws.com"]).prop_map(|names| json!({"Service": names})),
        values(&["111122223333", "444455556666"]).prop_map(|names| json!({"AWS": names})),
        Just(json!("*")),
    ];
    let actions = values(&["logs:PutLogEvents", "logs:CreateLogStream", "LOGS:putlogevents", "logs:*"]);
    let resources = values(&["*", "arn:aws:logs:us-east-1:111122223333:log-group:/a:*", "x"]);
    let sid = prop::option::of(select(&["", "A", "B"][..]));
    (sid, select(&["Allow", "Deny"][..]), principal, actions, resources, prop::option::of(condition()))
        .prop_map(|(sid, effect, principal, actions, resources, condition)| {
            let mut statement =
                json!({"Effect": effect, "Principal": principal, "Action": actions, "Resource": resources});
            let members = statement.as_object_mut().unwrap();
            members.extend(sid.map(|sid| ("Sid".to_owned(), json!(sid))));
            members.extend(condition.map(|condition| ("Condition".to_owned(), condition)));
            statement
        })
}

fn document() -> impl Strategy<Value = Value> {
    let version = prop::option::of(select(&["2012-10-17", "2008-10-17"][..]));
    (version, prop::collection::vec(statement(), 1..4)).prop_map(|(version, statements)| {
        let statement = if statements.len() == 1 { statements[0].clone() } else { json!(statements) };
        let mut document = json!({"Statement": statement});
        document
            .as_object_mut()
            .unwrap()
            .extend(version.map(|version| ("Version".to_owned(), json!(version))));
        document
    })
}

/// The same policy written otherwise: lists turned round, values repeated, spaces.
fn rewritten(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().rev().map(rewritten).collect();
            items.extend(items.first().cloned());
            Value::Array(items)
        }
        Value::Object(members) => {
            members.iter().rev().map(|(key, value)| (key.clone(), rewritten(value))).collect()
        }
        scalar => scalar.clone(),
    }
}

/// Every string in a document that can be changed, by JSON pointer.
fn leaves(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| leaves(item, format!("{pointer}/{index}"), found));
        }
        Value::Object(members) => members.iter().for_each(|(key, item)| {
            leaves(item, format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => found.push(pointer),
    }
}

fn arbitrary_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,8}".prop_map(Value::String),
        select(&["Allow", "*", "logs:*", "${aws:x}", "arn:aws:logs:*", "10.0.0.0/8"][..])
            .prop_map(|text| json!(text)),
    ];
    let keys = "Version|Statement|Effect|Principal|Service|AWS|Action|NotAction|Resource|Condition|StringLike|IpAddress|Null|k|\\PC{0,3}";
    leaf.prop_recursive(7, 80, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(keys, inner, 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";

/// Everything that can be asked of a document.
fn asked_everything(document: &Document) {
    let request = Request {
        service: "es.amazonaws.com".to_owned(),
        action: "logs:PutLogEvents".to_owned(),
        resource: format!("{PREFIX}/x:log-stream:s"),
        context: [("k".to_owned(), vec!["x".to_owned()])].into(),
    };
    let policy = Attached { document, log_group: None };
    let _ = evaluate([document], &request);
    let _ = (document.grants(), document.stable_text(), document.version());
    let _ = AccessChange::between(PREFIX, &[policy], &[]);
    let _ = Comparison::new(PREFIX).covered(policy);
    let _ = logpolicy::diff::compare(document, &Document::from_text("{}"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn writing_it_otherwise_changes_nothing(value in document()) {
        let first = Document::from_text(value.to_string());
        let second = Document::from_text(format!("{:#}", rewritten(&value)));
        let third = Document::from_text(first.canonical());
        prop_assert_eq!(&first, &first);
        prop_assert_eq!([first == second, second == first], [true, true], "\n{}\n{}", first.canonical(), second.canonical());
        prop_assert!(second == third && first == third);
        prop_assert_eq!(third.canonical(), first.canonical());
        prop_assert_eq!(first.fingerprint(), second.fingerprint());
    }

    #[test]
    fn a_changed_value_is_never_equal(value in document(), choice in any::<prop::sample::Index>()) {
        let mut places = Vec::new();
        leaves(&value, String::new(), &mut places);
        let place = choice.get(&places);
        let mut changed = value.clone();
        *changed.pointer_mut(place).unwrap() = json!("another value");
        // Of a list that repeats a value, one of them may change and the other stay; that is another policy too.
        prop_assert!(Document::from_text(value.to_string()) != Document::from_text(changed.to_string()), "{}", place);
    }

    #[test]
    fn no_document_breaks_anything(value in arbitrary_json()) {
        asked_everything(&Document::from_text(value.to_string()));
        asked_everything(&Document::from_text(json!({"Version": "2012-10-17", "Statement": value}).to_string()));
    }

    #[test]
    fn no_text_breaks_anything(text in "[{}\\[\\]\",:a-z0-9\\\\ ]{0,80}") {
        asked_everything(&Document::from_text(text));
    }
}

#[test]
fn a_megabyte_breaks_nothing() {
    let many: Vec<String> = (0..40_000).map(|number| format!("resource-{number}-*")).collect();
    let wide = json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "a"}, "Action": "logs:*", "Resource": many}]});
    let statement = json!({"Effect": "Allow", "Principal": {"Service": "a"}, "Action": "logs:PutLogEvents", "Resource": "*a*b*c*"});
    let long = json!({"Statement": vec![statement; 8_000]});
    let stars = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*a".repeat(400_000)}]});
    for value in [wide, long, stars] {
        let text = value.to_string();
        assert!(text.len() > 700_000);
        asked_everything(&Document::from_text(text));
    }
}

#[tokio::test]
async fn a_document_equals_what_the_service_reads_back() {
    let emulator = emulator::start(emulator::Options::default()).await.unwrap();
    let aws = Aws::new(Options::new(Some(emulator.url()), Credentials::Sandbox));
    let at = DesiredTarget {
        target: "111122223333/us-east-1".parse().unwrap(),
        names: BTreeSet::new(),
        access: Access::default(),
        limits: Limits::default(),
        span: SourceSpan { file: 0, start: 0, end: 0 },
    };
    let (reader, writer) = (aws.reader(&at).await, aws.writer(&at).await);
    let key = PolicyKey::account("x");
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..200 {
        let value = document().new_tree(&mut runner).unwrap().current();
        let desired = Document::from_text(value.to_string());
        let sent = Document::from_json(desired.json().unwrap().clone());
        writer.put(&key, sent.text(), None).await.unwrap();
        let found = reader.read_policy(&key).await.unwrap().unwrap();
        assert_eq!(*found.document, desired, "\nsent {}\nread {}", sent.text(), found.document.text());
    }
}
