//! Packing, case by case: advice where grants do not fit, and what compaction makes of small policies.

#![allow(clippy::unwrap_used, reason = "a test")]

mod packing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logpolicy::model::{PolicyKey, Target};
use logpolicy::pack::{Compaction, compact};
use logpolicy::policy::Document;
use packing::{ACCOUNT, PREFIX, Shelf};
use serde_json::{Value, json};

fn statement(sid: &str, resources: &[String], more: &Value) -> Value {
    let mut statement = json!({"Sid": sid, "Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"},
        "Action": "logs:PutLogEvents", "Resource": resources});
    statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    statement
}

fn groups(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{PREFIX}{name}:*")).collect()
}

fn document(statements: &[Value]) -> Document {
    Document::from_text(json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

/// What is advised where these grants, each of one statement, have one policy of so many bytes.
fn advice(grants: &[(&str, Vec<String>, Value)], max_policies: usize) -> Vec<String> {
    let documents = grants
        .iter()
        .map(|(id, resources, more)| ((*id).to_owned(), document(&[statement(id, resources, more)])));
    let overflow = Shelf::of_documents(documents, max_policies, 300).packed(&BTreeMap::new()).overflow;
    overflow.unwrap().help
}

#[test]
fn a_pattern_is_advised_where_it_names_three_log_groups_or_more() {
    let last =
        "A grant for a single log group can be a `policies` entry with `log_group`, which takes no slot.";
    let higher =
        "`packing.max_policies` is 1: a higher number takes further slots, of which a Region has 10.";
    let named = |names: &[&str]| advice(&[("a", groups(names), json!({}))], 1);
    let long = "x".repeat(200);
    let [one, two] = [format!("/aws/{long}1"), format!("/aws/{long}2")];
    assert_eq!(named(&[&one, &two]), [higher, last], "two are not many");
    let found = named(&[&one, &two, "/aws/c", "/other/d", "e", "/f", "/g", "/h", "/aws/*g"]);
    let resources = groups(&[&one, &two, "/aws/c"]);
    let saved = resources.iter().map(|resource| resource.len() + 3).sum::<usize>() - (PREFIX.len() + 5 + 6);
    assert_eq!(
        found,
        [
            format!(
                "The pattern /aws/* in place of 3 log groups of one statement would save {saved} bytes; it grants every \
                 other log group of that beginning as well."
            ),
            higher.to_owned(),
            last.to_owned(),
        ]
    );
    // Three of one folder in statements of different heads are no one pattern.
    let more = json!({"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}});
    let apart = advice(&[("a", groups(&[&one, &two]), json!({})), ("b", groups(&["/aws/c"]), more)], 10);
    assert_eq!(apart, [last]);
}

#[test]
fn what_saves_most_is_advised_first_and_three_of_a_kind_at_most() {
    let folder = |name: &str, length: usize| -> Vec<String> {
        ["1", "2", "3"].iter().map(|number| format!("/{name}/{}{number}", "x".repeat(length))).collect()
    };
    let names: Vec<String> = [("a", 20), ("b", 90), ("c", 40), ("d", 60)]
        .iter()
        .flat_map(|(name, length)| folder(name, *length))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = advice(&[("a", groups(&names), json!({}))], 10);
    let patterns: Vec<&str> =
        found.iter().filter_map(|line| line.strip_prefix("The pattern ")?.get(..4)).collect();
    assert_eq!(patterns, ["/b/*", "/d/*", "/c/*"]);
}

#[test]
fn grants_that_differ_in_their_condition_are_named() {
    let source =
        |name: &str| json!({"Condition": {"ArnLike": {"aws:SourceArn": format!("arn:aws:x:::{name}")}}});
    let all = groups(&["/a"]);
    let grants: Vec<(&str, Vec<String>, Value)> =
        ["a", "b", "c", "d", "e", "f"].iter().map(|name| (*name, all.clone(), source(name))).collect();
    let sentence = |names: &str| {
        format!(
            "The grants {names} differ in their condition only: one grant with all their `source_arns` or `parameters` \
             would be one statement."
        )
    };
    assert_eq!(advice(&grants[..2], 1)[0], sentence("a, b"));
    assert_eq!(advice(&grants[..5], 1)[0], sentence("a, b, c, d, e"));
    assert_eq!(advice(&grants, 1)[0], sentence("a, b, c, d, e and others"));
    let alone = [
        ("a", groups(&["/a"]), source("a")),
        ("b", groups(&[&format!("/{}", "b".repeat(200))]), source("b")),
    ];
    assert!(!advice(&alone, 1)[0].starts_with("The grants"), "they differ in their log groups");
}

fn compacted(policies: &[(&str, Vec<Value>)], limit: usize, dead: &[&str]) -> Compaction {
    let target: Target = format!("{ACCOUNT}/us-east-1").parse().unwrap();
    let policies =
        policies.iter().map(|(name, statements)| (PolicyKey::account(*name), Arc::new(document(statements))));
    let dead: BTreeSet<String> = dead.iter().map(|name| (*name).to_owned()).collect();
    compact(&target, policies.collect(), limit, &dead)
}

fn names(documents: &BTreeMap<PolicyKey, Arc<Document>>) -> Vec<String> {
    documents.keys().map(ToString::to_string).collect()
}

#[test]
fn two_small_policies_become_the_larger_one() {
    let policies = [
        ("small", vec![statement("A", &groups(&["/a"]), &json!({}))]),
        ("large", vec![statement("B", &groups(&["/b", "/c"]), &json!({"Action": "logs:*"}))]),
    ];
    let found = compacted(&policies, 51_200, &[]);
    assert_eq!(names(&found.after), ["policy:large"]);
    assert_eq!(found.replaced().map(ToString::to_string).collect::<Vec<_>>(), ["policy:small"]);
    let sum = |documents: &BTreeMap<PolicyKey, Arc<Document>>| -> usize {
        documents.values().map(|document| document.bytes()).sum()
    };
    assert_eq!(found.bytes(), (sum(&found.before), sum(&found.after)));
    assert!(found.bytes().1 < found.bytes().0);
    assert!(found.proof.holds());
    // One byte less than both need, and both stay.
    let both = found.bytes().1;
    assert_eq!(compacted(&policies, both, &[]).after.len(), 1);
    assert_eq!(compacted(&policies, both - 1, &[]).after.len(), 2);
}

/// Statements that cannot be joined, each with a condition of its own.
fn apart(names: &[&str]) -> Vec<Value> {
    let one = |name: &&str| {
        let condition = json!({"Condition": {"ArnLike": {"aws:SourceArn": format!("arn:aws:x:::{name}")}}});
        statement(name, &groups(&["/a"]), &condition)
    };
    names.iter().map(one).collect()
}

#[test]
fn of_three_policies_two_stay_and_what_stands_there_stays_in_place() {
    let policies = [("a", apart(&["A1"])), ("b", apart(&["B1", "B2", "B3"])), ("c", apart(&["C1", "C2"]))];
    let limit = document(&apart(&["B1", "B2", "B3"])).bytes();
    let found = compacted(&policies, limit, &[]);
    let sids = |document: &Arc<Document>| -> Vec<String> {
        document.statements().iter().filter_map(|found| found.sid()).map(ToOwned::to_owned).collect()
    };
    let after: Vec<(String, Vec<String>)> =
        found.after.iter().map(|(key, document)| (key.to_string(), sids(document))).collect();
    let of = |name: &str, sids: &[&str]| {
        (format!("policy:{name}"), sids.iter().map(|sid| (*sid).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(after, [of("b", &["B1", "B2", "B3"]), of("c", &["A1", "C1", "C2"])]);
    assert!(found.proof.holds());
    let least = found.after.values().map(|document| document.bytes()).max().unwrap();
    assert_eq!(compacted(&policies, least, &[]).after.len(), 2);
    assert_eq!(compacted(&policies, least - 1, &[]).after.len(), 3);
}

#[test]
fn what_another_statement_covers_goes_and_of_equals_one_stays() {
    let wide = statement("Wide", &groups(&["/*"]), &json!({}));
    let narrow = statement("Narrow", &groups(&["/a"]), &json!({}));
    let again = statement("Again", &groups(&["/*"]), &json!({}));
    let deny = statement("No", &groups(&["/a"]), &json!({"Effect": "Deny"}));
    let found = compacted(&[("a", vec![narrow, again]), ("b", vec![wide]), ("c", vec![deny])], 51_200, &[]);
    let statements: Vec<String> = found
        .after
        .values()
        .flat_map(|document| document.statements())
        .map(|statement| statement.sid().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(statements.len(), 2, "{statements:?}");
    assert!(statements.contains(&"No".to_owned()), "a Deny stays: {statements:?}");
}

#[test]
fn dead_log_groups_go_from_an_allow_and_stay_in_a_deny() {
    let both = statement("Both", &groups(&["/live", "/dead"]), &json!({}));
    let gone = statement("Gone", &groups(&["/dead"]), &json!({"Action": "logs:CreateLogStream"}));
    let deny = statement("No", &groups(&["/dead"]), &json!({"Effect": "Deny"}));
    let pattern = statement("Pattern", &groups(&["/dead*"]), &json!({"Action": "logs:*"}));
    let policies = [("a", vec![both, gone, deny, pattern])];
    let kept = compacted(&policies, 51_200, &[]);
    assert!(kept.dropped.is_empty());
    let found = compacted(&policies, 51_200, &["/dead", "/unnamed"]);
    assert_eq!(found.dropped, BTreeSet::from(["/dead".to_owned()]));
    let text = found.after.values().map(|document| document.text().to_owned()).collect::<String>();
    assert!(text.contains("/live:*") && !text.contains("Gone"), "{text}");
    assert_eq!(text.matches("/dead:*").count(), 1, "in the Deny: {text}");
    assert!(text.contains("/dead*:*"), "a pattern is no dead log group: {text}");
    // All of it dead: nothing is left.
    let gone = statement("Gone", &groups(&["/dead"]), &json!({}));
    assert!(compacted(&[("a", vec![gone])], 51_200, &["/dead"]).after.is_empty());
}

#[test]
fn an_old_version_with_a_dollar_and_what_is_no_document_stay_as_they_are() {
    let target: Target = format!("{ACCOUNT}/us-east-1").parse().unwrap();
    let policy = |text: &str| {
        let policies = BTreeMap::from([(PolicyKey::account("a"), Arc::new(Document::from_text(text)))]);
        compact(&target, policies, 51_200, &BTreeSet::new()).left_out.into_values().next().unwrap_or_default()
    };
    let say = |version: &str, resource: &str| {
        format!(
            r#"{{{version}"Statement":[{{"Effect":"Allow","Principal":"*","Action":"logs:*","Resource":"{resource}"}}]}}"#
        )
    };
    let [new, old] = [r#""Version":"2012-10-17","#, r#""Version":"2008-10-17","#];
    assert_eq!(policy(&say(new, "${x}")), "");
    assert_eq!(policy(&say(old, "x")), "");
    assert!(policy(&say(old, "${x}")).starts_with("It has `${`"));
    assert!(policy(&say("", "${x}")).starts_with("It has `${`"));
    for text in ["no JSON", "{}", r#"{"Statement":[]}"#] {
        assert_eq!(policy(text), "It is no document with statements.", "{text}");
    }
}
