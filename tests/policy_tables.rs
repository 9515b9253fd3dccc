//! The policy language, table by table: operators of conditions, what only AWS knows, who is meant, and grants.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use logpolicy::policy::{Document, Mismatch, Request, condition_operators, evaluate, is_condition_operator};
use serde_json::{Value, json};

const STREAM: &str = "arn:aws:logs:us-east-1:111122223333:log-group:/a:log-stream:s";

fn document(statement: &Value) -> Document {
    Document::from_text(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
}

fn statement(effect: &str, more: &Value) -> Value {
    let mut statement = json!({"Effect": effect, "Principal": {"Service": "es.amazonaws.com"},
        "Action": "logs:PutLogEvents", "Resource": "*"});
    statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    statement
}

fn request(context: &[(&str, &str)]) -> Request {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in context {
        values.entry((*key).to_owned()).or_default().push((*value).to_owned());
    }
    Request {
        service: "es.amazonaws.com".to_owned(),
        action: "logs:PutLogEvents".to_owned(),
        resource: STREAM.to_owned(),
        context: values,
    }
}

/// Whether an Allow with this condition on `k` matches a request with this value.
fn meets(operator: &str, wanted: &str, found: &str) -> bool {
    let allow = document(&statement("Allow", &json!({"Condition": {operator: {"k": wanted}}})));
    evaluate([&allow], &request(&[("k", found)])).allowed
}

#[test]
fn numbers_dates_and_addresses_are_compared_as_such() {
    let orders: [(&str, [bool; 3]); 6] = [
        ("Equals", [false, true, false]),
        ("NotEquals", [true, false, true]),
        ("LessThan", [true, false, false]),
        ("LessThanEquals", [true, true, false]),
        ("GreaterThan", [false, false, true]),
        ("GreaterThanEquals", [false, true, true]),
    ];
    for (order, expected) in orders {
        let numbers = ["9", "10.0", "1e2"].map(|found| meets(&format!("Numeric{order}"), "10", found));
        assert_eq!(numbers, expected, "Numeric{order}");
        let dates = ["2026-03-01T23:59:59Z", "1772409600", "2026-03-02T00:00:01Z"]
            .map(|found| meets(&format!("Date{order}"), "2026-03-02", found));
        assert_eq!(dates, expected, "Date{order}");
    }
    for (network, address, is_inside) in [
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("10.1.2.128/25", "10.1.2.200", true),
        ("10.1.2.128/25", "10.1.2.100", false),
        ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.2", false),
        ("10.1.2.3/32", "10.1.2.2", false),
        ("0.0.0.0/0", "203.0.113.9", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("::/0", "2001:db9::1", true),
        ("2001:db8::1", "2001:db8::1", true),
        ("10.0.0.0/8", "::1", false),
    ] {
        assert_eq!(meets("IpAddress", network, address), is_inside, "{address} in {network}");
        assert_eq!(meets("NotIpAddress", network, address), !is_inside, "{address} not in {network}");
    }
    for date in [
        "0000-01-01",
        "10000-01-01",
        "2026-00-01",
        "2026-01-00",
        "2026-01-32",
        "2026-01-01-01",
        "2026-01-01T24:00:00Z",
        "2026-01-01T10:60Z",
        "2026-01-01T10:20:61Z",
        "2026-01-01T10:20:30:40Z",
    ] {
        assert!(!meets("DateNotEquals", date, "2026-01-01"), "{date} is no date");
    }
    // What cannot be read as one is never met, whichever way round.
    for (operator, wanted, found) in [
        ("NumericEquals", "ten", "ten"),
        ("NumericNotEquals", "10", "ten"),
        ("DateLessThan", "2026-13-01", "2026-01-01"),
        ("IpAddress", "10.0.0.0/33", "10.0.0.0"),
        ("NotIpAddress", "10.0.0.0/x", "11.0.0.0"),
    ] {
        assert!(!meets(operator, wanted, found), "{operator} {wanted} {found}");
    }
}

#[test]
fn text_operators_are_met_as_iam_says() {
    for (operator, wanted, found, expected) in [
        ("StringEquals", "a*", "a*", true),
        ("StringEquals", "a*", "ab", false),
        ("StringNotEquals", "a", "b", true),
        ("StringNotEquals", "a", "a", false),
        ("StringEqualsIgnoreCase", "AbC", "aBc", true),
        ("StringNotEqualsIgnoreCase", "AbC", "aBc", false),
        ("StringLike", "a?c*", "abcd", true),
        ("StringNotLike", "a*", "abc", false),
        ("StringNotLike", "a*", "b", true),
        ("ArnLike", "arn:aws:x:*:1:*", "arn:aws:x:r:1:y:z", true),
        ("ArnLike", "arn:aws:x:*:1:*", "arn:aws:x:r:s:1:y", false),
        ("ArnNotLike", "arn:aws:x:*:1:*", "arn:aws:x:r:2:y", true),
        ("Bool", "true", "TRUE", true),
        ("Bool", "true", "false", false),
        ("BinaryEquals", "YQ==", "YQ==", true),
        ("BinaryEquals", "YQ==", "Yg==", false),
        ("Null", "false", "x", true),
        ("Null", "true", "x", false),
    ] {
        assert_eq!(meets(operator, wanted, found), expected, "{operator} {wanted} {found}");
    }
    let names: Vec<&str> = condition_operators().collect();
    assert_eq!(names.len(), 27);
    assert!(names.iter().all(|name| is_condition_operator(name)), "all that are suggested are known");
    assert!(!is_condition_operator("StringSimilar"));
}

#[test]
fn several_values_and_missing_keys() {
    let allowed = |operator: &str, context: &[(&str, &str)]| {
        let allow = document(&statement("Allow", &json!({"Condition": {operator: {"k": ["a", "b"]}}})));
        evaluate([&allow], &request(context)).allowed
    };
    for (operator, found, expected) in [
        ("StringEquals", &["a", "c"][..], true),
        ("StringEquals", &["c"], false),
        ("StringEquals", &[], false),
        ("StringEqualsIfExists", &[], true),
        ("StringNotEquals", &["c"], true),
        ("StringNotEquals", &["a", "c"], false),
        ("StringNotEquals", &[], true),
        ("ForAllValues:StringEquals", &["a", "c"], false),
        ("ForAllValues:StringEquals", &["a", "b"], true),
        ("ForAllValues:StringEquals", &[], true),
        ("ForAnyValue:StringEquals", &["a", "c"], true),
        ("ForAnyValue:StringEquals", &["c"], false),
        ("ForAnyValue:StringEquals", &[], false),
        ("ForAnyValue:StringEqualsIfExists", &[], true),
        ("ForAnyValue:StringNotEquals", &["a", "c"], true),
        ("ForAllValues:StringNotEquals", &["a", "c"], false),
        ("Null", &[], false),
    ] {
        let context: Vec<(&str, &str)> = found.iter().map(|value| ("K", *value)).collect();
        assert_eq!(allowed(operator, &context), expected, "{operator} {found:?}");
    }
}

/// A policy variable has a value that only AWS knows: an Allow does not count on it, a Deny does.
#[test]
fn what_only_aws_knows_grants_nothing_and_denies() {
    let all = document(&statement("Allow", &json!({})));
    let variable = format!("{STREAM}${{aws:PrincipalTag/x}}");
    for (more, is_known) in [
        (json!({"Resource": variable}), false),
        (json!({"Resource": [variable, "*"]}), true),
        (json!({"Condition": {"StringEquals": {"k": "${aws:PrincipalTag/x}"}}}), false),
        (json!({"Condition": {"StringNotEquals": {"k": "${aws:PrincipalTag/x}"}}}), false),
    ] {
        let one = |effect| document(&statement(effect, &more));
        let asked = request(&[("k", "v")]);
        assert_eq!(evaluate([&one("Allow")], &asked).allowed, is_known, "Allow {more}");
        assert!(!evaluate([&all, &one("Deny")], &asked).allowed, "Deny {more}");
    }
    let not = |effect| {
        let mut statement = statement(effect, &json!({"NotResource": variable}));
        statement.as_object_mut().unwrap().remove("Resource");
        document(&statement)
    };
    assert!(!evaluate([&not("Allow")], &request(&[])).allowed, "Allow but for what is not known");
    assert!(!evaluate([&all, &not("Deny")], &request(&[])).allowed, "Deny but for what is not known");
    // The language of 2008 has no variables: the text is what it is.
    let old =
        json!({"Version": "2008-10-17", "Statement": [statement("Allow", &json!({"Resource": "*${x}"}))]});
    let asked = Request { resource: format!("{STREAM}${{x}}"), ..request(&[]) };
    assert!(evaluate([&Document::from_text(old.to_string())], &asked).allowed);
}

#[test]
fn who_is_meant() {
    let allowed = |principal: &Value, name: &str| {
        let mut statement = statement("Allow", &json!({name: principal}));
        if name != "Principal" {
            statement.as_object_mut().unwrap().remove("Principal");
        }
        evaluate([&document(&statement)], &request(&[])).allowed
    };
    for (principal, expected, but_for) in [
        (json!("*"), true, false),
        (json!("es.amazonaws.com"), false, false),
        (json!({"AWS": "*"}), true, false),
        (json!({"AWS": ["111122223333", "*"]}), true, false),
        (json!({"AWS": "111122223333"}), false, true),
        (json!({"Service": ["events.amazonaws.com", "es.amazonaws.com"]}), true, false),
        (json!({"Service": "events.amazonaws.com"}), false, true),
        (json!(["es.amazonaws.com"]), false, false),
    ] {
        assert_eq!(allowed(&principal, "Principal"), expected, "{principal}");
        assert_eq!(allowed(&principal, "NotPrincipal"), but_for, "not {principal}");
    }
}

#[test]
fn the_nearest_statement_says_what_did_not_match() {
    let near = |more: &Value| {
        let verdict = evaluate([&document(&statement("Allow", more))], &request(&[]));
        let (place, mismatch) = verdict.nearest.unwrap();
        assert_eq!((place.document, place.statement), (0, 0));
        mismatch
    };
    for (more, expected, words) in [
        (json!({"Principal": {"Service": "x"}}), Mismatch::Principal, "its principal does not match"),
        (json!({"Action": "logs:CreateLogStream"}), Mismatch::Action, "its action does not match"),
        (json!({"Resource": "x"}), Mismatch::Resource, "its resource does not match"),
        (
            json!({"Condition": {"StringEquals": {"AWS:SourceAccount": "1"}}}),
            Mismatch::Condition { operator: "StringEquals".to_owned(), key: "aws:sourceaccount".to_owned() },
            "its condition StringEquals on aws:sourceaccount is not met",
        ),
    ] {
        let found = near(&more);
        assert_eq!(found, expected);
        assert_eq!(found.words(), words);
    }
}

#[test]
fn requests_are_read_with_one_value_or_many() {
    let text = r#"{"service":"s","action":"a","resource":"r","context":{"one":"1","two":["2","3"]}}"#;
    let request: Request = serde_json::from_str(text).unwrap();
    assert_eq!(request.context["one"], ["1"]);
    assert_eq!(request.context["two"], ["2", "3"]);
    assert_eq!(serde_json::to_string(&request).unwrap(), text);
}

#[test]
fn a_grant_stands_alone_as_a_document() {
    let condition = json!({"StringEquals": {"aws:SourceAccount": "1"}});
    let both = statement(
        "Allow",
        &json!({"Action": ["logs:PutLogEvents", "logs:CreateLogStream"],
        "Principal": {"Service": ["es.amazonaws.com"], "AWS": ["*"]}, "Condition": condition}),
    );
    let grants = document(&both).grants();
    let principals: Vec<&str> = grants.iter().map(|grant| grant.principal.as_str()).collect();
    assert_eq!(principals, ["AWS:*", "AWS:*", "es.amazonaws.com", "es.amazonaws.com"]);
    for grant in &grants {
        let alone = grant.document().unwrap();
        assert_eq!(alone.grants().iter().collect::<Vec<_>>(), [grant]);
        let asked = |account: &str| Request {
            action: grant.action.clone(),
            ..request(&[("aws:SourceAccount", account)])
        };
        assert!(evaluate([&alone], &asked("1")).allowed && !evaluate([&alone], &asked("2")).allowed);
        let json = serde_json::to_value(grant).unwrap();
        assert_eq!(json["condition"]["stringequals"]["aws:sourceaccount"], json!(["1"]), "{json}");
        assert_eq!(serde_json::from_value::<logpolicy::policy::Grant>(json).unwrap(), *grant);
    }
    for more in [
        json!({"Principal": {"AWS": "111122223333"}}),
        json!({"Principal": {"Federated": "x"}}),
        json!({"Principal": {}}),
    ] {
        let grants = document(&statement("Allow", &more)).grants();
        assert!(grants.iter().all(|grant| grant.document().is_none()), "{more}");
    }
    let mut negated = statement("Allow", &json!({"NotAction": "logs:X"}));
    negated.as_object_mut().unwrap().remove("Action");
    assert!(document(&negated).grants().iter().all(|grant| grant.document().is_none()));
}
