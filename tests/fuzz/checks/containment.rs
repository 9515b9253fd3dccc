//! What the comparison of access says, against the evaluator on every request of a small world, and whether one pattern
//! covers another, against every short text.

use std::collections::BTreeMap;

use logpolicy::policy::{
    AccessChange, Attached, Document, Found, Request, is_allowed, matches_wildcards, pattern_covers,
    patterns_meet,
};
use serde_json::{Value, json};

use super::choices::Choices;

const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";
const SERVICES: [&str; 3] = ["a.amazonaws.com", "b.amazonaws.com", "c.amazonaws.com"];
const ACTIONS: [&str; 2] = ["logs:PutLogEvents", "logs:CreateLogStream"];
const NAMES: [&str; 7] = ["/a", "/ab", "/b", "/b/a", "/a-b", "/", "a"];

pub fn containment(data: &[u8]) {
    let mut choices = Choices::new(data);
    patterns(&mut choices);
    let before = policies(&mut choices);
    let after = if choices.below(3) == 0 { policies(&mut choices) } else { changed(&before, &mut choices) };
    let shown = || format!("before {before:?}\nafter {after:?}");
    let documents = |policies: &[Value]| -> Vec<Document> {
        policies.iter().map(|policy| Document::from_text(policy.to_string())).collect()
    };
    let (before_documents, after_documents) = (documents(&before), documents(&after));
    let one: Vec<Attached<'_>> = before_documents.iter().map(account_policy).collect();
    let two: Vec<Attached<'_>> = after_documents.iter().map(account_policy).collect();
    let change = AccessChange::between(PREFIX, &one, &two);
    for (found, from, to, word) in
        [(&change.gained, &one, &two, "gained"), (&change.lost, &two, &one, "lost")]
    {
        let is_new =
            |request: &Request| is_allowed(PREFIX, to, request) && !is_allowed(PREFIX, from, request);
        match found {
            Found::None => {
                let missed = world().into_iter().find(|request| is_new(request));
                assert!(missed.is_none(), "{missed:?} is {word}, and nothing was found\n{}", shown());
            }
            Found::Witness(request) => assert!(is_new(request), "{request:?} is not {word}\n{}", shown()),
            Found::NotShown => panic!("all of this is regular and small\n{}", shown()),
        }
    }
}

fn account_policy(document: &Document) -> Attached<'_> {
    Attached { document, log_group: None }
}

/// Two patterns of few letters, tried on every text of up to four.
fn patterns(choices: &mut Choices<'_>) {
    let mut pattern = || -> String {
        let length = choices.below(6);
        (0..length).map(|_| *choices.of(&['a', 'b', '*', '?', '*', 'a'])).collect()
    };
    let (one, two) = (pattern(), pattern());
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let longer: Vec<String> = texts[from..]
            .iter()
            .flat_map(|text| ["a", "b", "c"].map(|letter| format!("{text}{letter}")))
            .collect();
        from = texts.len();
        texts.extend(longer);
    }
    let covers = |text: &String| !matches_wildcards(&two, text) || matches_wildcards(&one, text);
    let counterexample = texts.iter().find(|text| !covers(text));
    let meets = patterns_meet(&[&one, &two]);
    let both = texts.iter().find(|text| matches_wildcards(&one, text) && matches_wildcards(&two, text));
    let covered = pattern_covers(&one, &two);
    let covered = covered.unwrap_or_else(|| panic!("{one:?} and {two:?} are small"));
    assert!(!covered || counterexample.is_none(), "{one:?} covers {two:?}, but not {counterexample:?}");
    assert!(meets || both.is_none(), "{one:?} and {two:?} meet in {both:?}");
    // What short patterns leave open, short texts show.
    let letters = |pattern: &str| pattern.chars().filter(|letter| *letter != '*').count();
    if letters(&one) + letters(&two) < 4 {
        assert_eq!(meets, both.is_some(), "{one:?} and {two:?}");
        assert_eq!(covered, counterexample.is_none(), "{one:?} and {two:?}");
    }
}

fn policies(choices: &mut Choices<'_>) -> Vec<Value> {
    let number = 1 + choices.below(2);
    (0..number)
        .map(|_| {
            let number = 1 + choices.below(3);
            json!({"Version": "2012-10-17", "Statement": (0..number).map(|_| statement(choices)).collect::<Vec<_>>()})
        })
        .collect()
}

/// The same policies with one statement more, less, or another one: what commits are like.
fn changed(before: &[Value], choices: &mut Choices<'_>) -> Vec<Value> {
    let mut after = before.to_vec();
    let index = choices.below(after.len());
    let statements = after[index]["Statement"].as_array_mut().unwrap();
    let place = choices.below(statements.len());
    match choices.below(3) {
        0 => statements.push(statement(choices)),
        1 if statements.len() > 1 => drop(statements.remove(place)),
        _ => statements[place] = statement(choices),
    }
    after
}

fn some(all: &[&str], choices: &mut Choices<'_>) -> Value {
    let number = 1 + choices.below(2);
    json!((0..number).map(|_| *choices.of(all)).collect::<Vec<_>>())
}

fn resource(choices: &mut Choices<'_>) -> String {
    let length = 1 + choices.below(4);
    let name: String = (0..length).map(|_| *choices.of(&['/', 'a', 'b', '*', '?', '-', '/'])).collect();
    match choices.below(6) {
        0 => "*".to_owned(),
        1 => format!("{PREFIX}{name}"),
        2 => format!("{PREFIX}{name}:log-stream:*"),
        3 => format!("arn:aws:logs:*:*:log-group:{name}:*"),
        _ => format!("{PREFIX}{name}:*"),
    }
}

fn statement(choices: &mut Choices<'_>) -> Value {
    let principal = match choices.below(4) {
        0 => json!("*"),
        1 => json!({"AWS": "111122223333"}),
        _ => json!({"Service": some(&SERVICES, choices)}),
    };
    let actions = ["logs:PutLogEvents", "logs:CreateLogStream", "logs:*", "logs:Put*", "*", "logs:?reate*"];
    let resources: Vec<String> = (0..=choices.below(2)).map(|_| resource(choices)).collect();
    let mut statement = json!({"Effect": choices.of(&["Allow", "Allow", "Allow", "Deny"])});
    statement[*choices.of(&["Principal", "Principal", "Principal", "NotPrincipal"])] = principal;
    statement[*choices.of(&["Action", "Action", "Action", "NotAction"])] = some(&actions, choices);
    statement[*choices.of(&["Resource", "Resource", "Resource", "NotResource"])] = json!(resources);
    let operators =
        ["StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists", "StringEqualsIfExists"];
    for _ in 0..choices.below(3) {
        let (operator, key, values) = match choices.below(4) {
            0 => {
                (*choices.of(&["ArnLike", "ArnNotLike", "ArnEquals"]), "aws:SourceArn", some(&ARNS, choices))
            }
            1 => ("Null", "aws:SourceAccount", json!(choices.of(&["true", "false"]))),
            _ => (*choices.of(&operators), "aws:SourceAccount", some(&["1", "2", "1*", "?"], choices)),
        };
        statement["Condition"][operator][key] = values;
    }
    statement
}

const ARNS: [&str; 3] = ["arn:aws:x:r:1:y", "arn:aws:x:*:1:*", "arn:*:x:*:*:y"];

/// Every request that is tried.
fn world() -> Vec<Request> {
    let accounts = [None, Some("1"), Some("2"), Some("12")];
    let arns = [None, Some("arn:aws:x:r:1:y"), Some("arn:aws:x:r:2:z")];
    let mut requests = Vec::new();
    for name in NAMES.iter().flat_map(|name| [format!("{name}:log-stream:s"), format!("{name}:log-stream:t")])
    {
        for (service, action) in SERVICES.iter().flat_map(|service| ACTIONS.map(|action| (service, action))) {
            for (account, arn) in accounts.iter().flat_map(|account| arns.map(|arn| (account, arn))) {
                let context = [("aws:sourceaccount", *account), ("aws:sourcearn", arn)];
                let context: BTreeMap<String, Vec<String>> = context
                    .into_iter()
                    .filter_map(|(key, value)| Some((key.to_owned(), vec![value?.to_owned()])))
                    .collect();
                requests.push(Request {
                    service: (*service).to_owned(),
                    action: action.to_owned(),
                    resource: format!("{PREFIX}{name}"),
                    context,
                });
            }
        }
    }
    requests
}
