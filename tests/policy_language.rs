//! The tables of cases for the policy language (`tests/data/`), each way round.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads its data")]

use std::collections::BTreeMap;

use logpolicy::policy::{Document, Request, evaluate};
use serde::Deserialize;

#[derive(Deserialize)]
struct Equivalence {
    name: String,
    equal: bool,
    why: String,
    a: String,
    b: String,
}

#[test]
fn documents_are_equal_where_the_table_says_so() {
    let text = std::fs::read_to_string("tests/data/equivalence.yaml").unwrap();
    let cases: Vec<Equivalence> = serde_yaml::from_str(&text).unwrap();
    assert!(cases.len() > 100, "the table is there");
    let mut wrong = Vec::new();
    for Equivalence { name, equal, why, a, b } in &cases {
        let (left, right) = (Document::from_text(a), Document::from_text(b));
        let found = [left == right, right == left];
        if found != [*equal, *equal] {
            wrong.push(format!("{name}: {why}\n  {}\n  {}", left.canonical(), right.canonical()));
        }
        for document in [left, right] {
            let again = Document::from_text(document.canonical());
            assert_eq!(again.canonical(), document.canonical(), "{name}: the canonical form of itself");
            let sent = document.json().map(|json| Document::from_json(json.clone()));
            assert!(sent.is_ok_and(|sent| sent == document), "{name}: what is sent means the same");
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[derive(Deserialize)]
struct Evaluation {
    name: String,
    documents: Vec<String>,
    log_group_document: Option<String>,
    request: Asked,
    allowed: bool,
    why: String,
}

#[derive(Deserialize)]
struct Asked {
    service: String,
    action: String,
    resource: String,
    context: BTreeMap<String, OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[test]
fn requests_are_judged_as_the_table_says() {
    let text = std::fs::read_to_string("tests/data/evaluation.yaml").unwrap();
    let cases: Vec<Evaluation> = serde_yaml::from_str(&text).unwrap();
    assert!(cases.len() > 140, "the table is there");
    let mut wrong = Vec::new();
    for Evaluation { name, documents, log_group_document, request, allowed, why } in &cases {
        let documents: Vec<Document> = documents
            .iter()
            .chain(log_group_document)
            .map(|text| Document::from_text(text.as_str()))
            .collect();
        let values = |values: &OneOrMany| match values {
            OneOrMany::One(value) => vec![value.clone()],
            OneOrMany::Many(values) => values.clone(),
        };
        let request = Request {
            service: request.service.clone(),
            action: request.action.clone(),
            resource: request.resource.clone(),
            context: request.context.iter().map(|(key, found)| (key.clone(), values(found))).collect(),
        };
        let verdict = evaluate(&documents, &request);
        if verdict.allowed != *allowed {
            wrong.push(format!("{name}: {why}\n  {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
