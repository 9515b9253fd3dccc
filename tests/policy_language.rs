//! The tables of cases for the policy language (`tests/data/`), each way round.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads its data")]

use logpolicy::policy::Document;
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
            let sent = document.json().map(Document::from_json);
            assert!(sent.is_ok_and(|sent| sent == document), "{name}: what is sent means the same");
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
