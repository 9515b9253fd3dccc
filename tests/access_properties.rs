//! Access comparison against the evaluator, both ways, on random policies over a small world.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use logpolicy::policy::{AccessChange, Attached, Comparison, Document, Effect, Found, Request, is_allowed};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![4 => Just("Allow"), 1 => Just("Deny")];
    let principal = select(vec![
        json!({"Principal": {"Service": "a.amazonaws.com"}}),
        json!({"Principal": {"Service": ["a.amazonaws.com", "b.amazonaws.com"]}}),
        json!({"Principal": "*"}),
        json!({"Principal": {"AWS": "111122223333"}}),
        json!({"NotPrincipal": {"Service": "b.amazonaws.com"}}),
    ]);
    let action = select(vec![
        json!({"Action": "logs:PutLogEvents"}),
        json!({"Action": ["logs:PutLogEvents", "logs:CreateLogStream"]}),
        json!({"Action": "LOGS:*"}),
        json!({"Action": "logs:Create*"}),
        json!({"NotAction": "logs:CreateLogStream"}),
        json!({"Action": "logs:DeleteLogGroup"}),
    ]);
    let names = ["/a:*", "/a*", "/*", "/a/?:*", "/b:log-stream:s", "/a", "*-prod:*", "/app-*"];
    let mut resources: Vec<Value> =
        names.iter().map(|name| json!({"Resource": format!("{PREFIX}{name}")})).collect();
    resources.push(json!({"Resource": "*"}));
    resources.push(json!({"NotResource": format!("{PREFIX}/a*")}));
    resources.push(json!({"Resource": [format!("{PREFIX}/a:*"), format!("{PREFIX}/b:*")]}));
    let condition = select(vec![
        json!({}),
        json!({}),
        json!({"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}),
        json!({"Condition": {"StringEquals": {"aws:SourceAccount": ["1", "2"]}}}),
        json!({"Condition": {"StringLike": {"aws:SourceAccount": "1*"}}}),
        json!({"Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}}),
        json!({"Condition": {"StringNotLikeIfExists": {"aws:SourceAccount": "?"}}}),
        json!({"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "1"}}}),
        json!({"Condition": {"Null": {"aws:SourceAccount": "true"}}}),
        json!({"Condition": {"Null": {"aws:SourceAccount": "false"}}}),
        json!({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:x:*:1:*"}}}),
        json!({"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:x:r:1:y"}, "StringEquals": {"aws:SourceAccount": "1"}}}),
        json!({"Condition": {"ArnNotLike": {"aws:SourceArn": "arn:aws:x:r:*:*"}}}),
        json!({"Condition": {"StringEqualsIgnoreCase": {"aws:SourceAccount": "A"}}}),
        json!({"Condition": {"Bool": {"aws:SourceAccount": true}}}),
    ]);
    (effect, principal, action, select(resources), condition).prop_map(
        |(effect, principal, action, resource, condition)| {
            let mut statement = json!({"Effect": effect});
            for part in [principal, action, resource, condition] {
                statement.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            }
            statement
        },
    )
}

/// A policy: of the account, or of the log group `/a`.
fn policy() -> impl Strategy<Value = (bool, Document)> {
    (prop::bool::weighted(0.2), prop::collection::vec(statement(), 1..3)).prop_map(
        |(of_log_group, statements)| {
            let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
            (of_log_group, Document::from_text(text))
        },
    )
}

fn attached(policies: &[(bool, Document)]) -> Vec<Attached<'_>> {
    policies
        .iter()
        .map(|(of_log_group, document)| Attached { document, log_group: of_log_group.then_some("/a") })
        .collect()
}

/// Every request of the small world.
fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for service in ["a.amazonaws.com", "b.amazonaws.com", "c"] {
        for action in ["logs:PutLogEvents", "logs:CreateLogStream"] {
            for stream in [
                "/a:log-stream:s",
                "/a/b:log-stream:s",
                "/b:log-stream:s",
                "/b:log-stream:t",
                "/app-prod:log-stream:s",
                "z:log-stream:s",
            ] {
                for account in [None, Some("1"), Some("2"), Some("12"), Some("a"), Some("true")] {
                    for arn in
                        [None, Some("arn:aws:x:r:1:y"), Some("arn:aws:x:q:1:z:z"), Some("arn:aws:x:r:2:y")]
                    {
                        let pair =
                            |key: &str, value: Option<&str>| Some((key.to_owned(), vec![value?.to_owned()]));
                        let context: BTreeMap<String, Vec<String>> = pair("aws:SourceAccount", account)
                            .into_iter()
                            .chain(pair("aws:SourceArn", arn))
                            .collect();
                        let (service, action) = (service.to_owned(), action.to_owned());
                        requests.push(Request {
                            service,
                            action,
                            resource: format!("{PREFIX}{stream}"),
                            context,
                        });
                    }
                }
            }
        }
    }
    requests
}

/// A claim against every request of the small world.
fn holds(found: &Found, before: &[Attached<'_>], after: &[Attached<'_>]) -> Result<(), TestCaseError> {
    match found {
        Found::None => {
            for request in requests() {
                let gained = is_allowed(PREFIX, after, &request) && !is_allowed(PREFIX, before, &request);
                prop_assert!(!gained, "claimed that nothing changes, but for {:?}", request);
            }
        }
        Found::Witness(request) => {
            prop_assert!(is_allowed(PREFIX, after, request) && !is_allowed(PREFIX, before, request));
        }
        Found::NotShown => prop_assert!(false, "all of this is regular and small"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn claims_agree_with_the_evaluator(
        before in prop::collection::vec(policy(), 0..3),
        after in prop::collection::vec(policy(), 0..3),
    ) {
        let (before, after) = (attached(&before), attached(&after));
        let change = AccessChange::between(PREFIX, &before, &after);
        holds(&change.gained, &before, &after)?;
        holds(&change.lost, &after, &before)?;
    }

    #[test]
    fn the_short_questions_agree_with_the_long_ones(
        before in prop::collection::vec(policy(), 1..3),
        after in prop::collection::vec(policy(), 1..3),
    ) {
        let (before, after) = (attached(&before), attached(&after));
        let mut comparison = Comparison::new(PREFIX);
        let (one, two) = (comparison.rights(before.iter().copied()), comparison.rights(after.iter().copied()));
        let gained = comparison.gained(&one, &two);
        prop_assert_eq!(comparison.gains_nothing(&one, &two), gained == Found::None);
        let has_deny = before.iter().any(|policy| {
            policy.document.statements().iter().any(|statement| statement.effect() == Some(Effect::Deny))
        });
        prop_assert_eq!(one.denies_nothing(), !has_deny);
        let change = AccessChange::between(PREFIX, &before, &after);
        prop_assert_eq!(change.is_none(), change.gained == Found::None && change.lost == Found::None);
    }

    /// Statements as sets of requests: what is said of two or three of them is so for every request of the small world.
    #[test]
    fn sets_of_requests_relate_as_their_requests_do(
        (of_log_group, one) in policy(), (_, two) in policy(), (_, three) in policy(),
    ) {
        let mut comparison = Comparison::new(PREFIX);
        let log_group = of_log_group.then_some("/a");
        let mut sets = Vec::new();
        for document in [&one, &two, &three] {
            let statements = comparison.statements(Attached { document, log_group });
            prop_assert_eq!(statements.len(), document.statements().len());
            for (statement, set) in document.statements().iter().zip(statements) {
                let allow = json!({"Version": "2012-10-17", "Statement": [statement.json()]}).to_string();
                let allow = Document::from_text(allow.replace("\"Deny\"", "\"Allow\""));
                let attached = [Attached { document: &allow, log_group }];
                let holds: Vec<bool> = requests().iter().map(|request| is_allowed(PREFIX, &attached, request)).collect();
                match set {
                    None => prop_assert!(!holds.contains(&true), "never takes effect: {statement:?}"),
                    Some((effect, set)) => {
                        prop_assert_eq!(Some(effect), statement.effect());
                        sets.push((set, holds));
                    }
                }
            }
        }
        let pairs = sets.iter().flat_map(|left| sets.iter().map(move |right| (left, right)));
        for ((left, in_left), (right, in_right)) in pairs {
            let both = in_left.iter().zip(in_right).any(|(left, right)| *left && *right);
            let escapes = in_left.iter().zip(in_right).any(|(left, right)| *left && !*right);
            let common = comparison.common(left, right);
            prop_assert!(!both || common.is_some());
            prop_assert_eq!(comparison.are_apart(left, right), common.is_none());
            prop_assert!(!escapes || !comparison.is_within(left, right));
            prop_assert_eq!(comparison.is_within(left, left), true);
            if let Some(common) = common {
                prop_assert!(comparison.is_within(&common, left) && comparison.is_within(&common, right));
            }
            if comparison.is_within(left, right) {
                prop_assert!(comparison.is_covered(left, &[right]));
                prop_assert_eq!(comparison.example(left, &[right]), Found::None);
            }
        }
        for (set, holds) in &sets {
            let others: Vec<_> = sets.iter().filter(|(other, _)| other != set).collect();
            let escapes =
                (0..holds.len()).any(|place| holds[place] && !others.iter().any(|(_, other)| other[place]));
            let by: Vec<_> = others.iter().map(|(other, _)| other).collect();
            let is_covered = comparison.is_covered(set, &by);
            prop_assert!(!escapes || !is_covered);
            prop_assert_eq!(is_covered, comparison.example(set, &by) == Found::None);
        }
    }

    /// A statement that another one covers can go without a change of access.
    #[test]
    fn what_is_covered_can_go((of_log_group, document) in policy(), (_, more) in policy()) {
        let statements: Vec<Value> = [&document, &more]
            .into_iter()
            .flat_map(|document| document.statements())
            .map(|statement| serde_json::from_str(&statement.json().to_string()).unwrap())
            .collect();
        let of = |statements: &[Value]| {
            Document::from_text(json!({"Version": "2012-10-17", "Statement": statements}).to_string())
        };
        let (all, log_group) = (of(&statements), of_log_group.then_some("/a"));
        let pairs = Comparison::new(PREFIX).covered(Attached { document: &all, log_group });
        for (inner, outer) in pairs {
            prop_assert_ne!(inner, outer);
            let mut left = statements.clone();
            left.remove(inner);
            let left = of(&left);
            let attached = |document| [Attached { document, log_group }];
            prop_assert!(AccessChange::between(PREFIX, &attached(&all), &attached(&left)).is_none());
        }
    }

    #[test]
    fn the_order_and_repetition_of_policies_change_no_access(policies in prop::collection::vec(policy(), 0..4)) {
        let once = attached(&policies);
        let mut again = once.clone();
        again.extend(once.iter().copied());
        again.reverse();
        prop_assert!(AccessChange::between(PREFIX, &once, &again).is_none());
    }
}

fn allow(resource: &str, condition: &Value) -> Document {
    let statement = json!({"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:PutLogEvents",
        "Resource": format!("{PREFIX}{resource}"), "Condition": condition});
    Document::from_text(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
}

fn account(document: &Document) -> Vec<Attached<'_>> {
    vec![Attached { document, log_group: None }]
}

#[test]
fn two_halves_are_the_whole() {
    let whole = allow("/x:*", &json!({}));
    let (present, absent) = (
        allow("/x:*", &json!({"Null": {"aws:SourceAccount": "false"}})),
        allow("/x:*", &json!({"Null": {"aws:SourceAccount": "true"}})),
    );
    let halves = [&present, &absent].map(|document| Attached { document, log_group: None });
    assert!(AccessChange::between(PREFIX, &account(&whole), &halves).is_none());
}

#[test]
fn a_witness_is_a_request_that_a_person_can_read() {
    let (before, after) = (
        allow("/aws/x:*", &json!({"StringEquals": {"aws:SourceAccount": "111122223333"}})),
        allow("/aws/x:*", &json!({"StringLike": {"aws:SourceAccount": "*"}})),
    );
    let change = AccessChange::between(PREFIX, &account(&before), &account(&after));
    let Found::Witness(request) = change.gained else { panic!("{change:?}") };
    assert_eq!(request.context["aws:sourceaccount"], ["444444444444"]);
    assert_eq!(request.resource, format!("{PREFIX}/aws/x:log-stream:x"));
    assert_eq!(change.lost, Found::None);
}

#[test]
fn what_is_not_regular_is_equal_or_not_shown() {
    let address = |network: &str| allow("/x:*", &json!({"IpAddress": {"aws:SourceIp": network}}));
    let (one, other, any) = (address("10.0.0.0/8"), address("10.0.0.0/16"), allow("/x:*", &json!({})));
    assert!(AccessChange::between(PREFIX, &account(&one), &account(&one)).is_none());
    assert_eq!(AccessChange::between(PREFIX, &account(&one), &account(&other)).gained, Found::NotShown);
    // Whoever may without a condition may with one.
    assert_eq!(AccessChange::between(PREFIX, &account(&any), &account(&one)).gained, Found::None);
}

#[test]
fn actions_and_principals_that_never_take_effect_are_no_access() {
    let text = |principal: Value, action: &str| {
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"});
        Document::from_text(json!({"Statement": statement}).to_string())
    };
    for document in [
        text(json!({"AWS": "111122223333"}), "logs:PutLogEvents"),
        text(json!({"Service": "es.amazonaws.com"}), "logs:DeleteLogGroup"),
    ] {
        assert!(AccessChange::between(PREFIX, &[], &account(&document)).is_none());
    }
}

#[test]
fn a_set_of_values_with_variables_says_something_else_in_another_version() {
    let policy = |version: &str| {
        let condition = json!({"ForAnyValue:StringLike": {"aws:TagKeys": "${*}"}});
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "logs:PutLogEvents",
            "Resource": "*", "Condition": condition});
        Document::from_text(json!({"Version": version, "Statement": statement}).to_string())
    };
    // The character itself from 2012 on; before, anything between these letters.
    let (old, new) = (policy("2008-10-17"), policy("2012-10-17"));
    let change = AccessChange::between(PREFIX, &account(&old), &account(&new));
    assert_eq!((change.gained, change.lost), (Found::NotShown, Found::NotShown));
    assert!(AccessChange::between(PREFIX, &account(&new), &account(&new)).is_none());
}

#[test]
fn of_statements_that_say_the_same_the_later_one_is_named() {
    let allow = |action: &str, name: &str| {
        json!({"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": action,
            "Resource": format!("{PREFIX}{name}:*")})
    };
    let mut deny = allow("logs:*", "/a");
    deny["Effect"] = json!("Deny");
    let none = allow("logs:DeleteLogGroup", "/a");
    let covered = |statements: &[&Value]| {
        let document =
            Document::from_text(json!({"Version": "2012-10-17", "Statement": statements}).to_string());
        Comparison::new(PREFIX).covered(Attached { document: &document, log_group: None })
    };
    let (put, all, wide) =
        (allow("logs:PutLogEvents", "/a"), allow("logs:*", "/a"), allow("logs:PutLogEvents", "/a*"));
    assert_eq!(covered(&[&put, &put]), [(1, 0)]);
    assert_eq!(covered(&[&put, &put, &put]), [(1, 0), (2, 0)]);
    assert_eq!(covered(&[&put, &all]), [(0, 1)]);
    assert_eq!(covered(&[&all, &put]), [(1, 0)]);
    assert_eq!(covered(&[&all, &wide]), [], "each says something of its own");
    assert_eq!(covered(&[&deny, &put]), [], "a Deny covers no Allow");
    assert_eq!(covered(&[&none, &all]), [], "what takes no effect is said by nobody");
    let many: Vec<&Value> = vec![&put; 200];
    assert_eq!(covered(&many).len(), 199);
    let more: Vec<&Value> = vec![&put; 201];
    assert_eq!(covered(&more), [], "more than can be compared in time");
}

#[test]
fn examples_are_made_of_letters_that_a_person_expects() {
    let like = |key: &str, value: &str| allow("/x:*", &json!({"StringLike": {key: value}}));
    for (key, value, expected) in [
        ("aws:SourceAccount", "*1*", "444444444441"),
        ("aws:SourceOrgID", "?", "x"),
        ("aws:SourceAccount", "??", "44"),
    ] {
        let (none, some) = (allow("/none:*", &json!({})), like(key, value));
        let Found::Witness(request) = AccessChange::between(PREFIX, &account(&none), &account(&some)).gained
        else {
            panic!("{key} {value}")
        };
        assert_eq!(request.context[&key.to_lowercase()], [expected], "{key} {value}");
    }
}
