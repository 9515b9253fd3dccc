//! What the comparison of access says of documents with every operator and with values that nobody means, against the
//! evaluator: a claim holds, and a witness is one.

use std::collections::BTreeMap;

use logpolicy::policy::{
    AccessChange, Attached, Document, Evaluator, Found, Request, condition_operators, is_allowed,
};
use serde_json::{Value, json};

use super::choices::Choices;

const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";
const KEYS: [&str; 4] = ["aws:SourceAccount", "aws:SourceArn", "AWS:sourceip", "aws:CurrentTime"];
const VALUES: [&str; 24] = [
    "1",
    "2",
    "1*",
    "*",
    "?",
    "",
    "true",
    "FALSE",
    "${*}",
    "${*}1",
    "${$}{1}",
    "${aws:SourceAccount}",
    "${",
    "10.0.0.1",
    "10.0.0.0/8",
    "::/0",
    "1e400",
    "-0",
    "NaN",
    "2026-01-01T00:00:00Z",
    "1767225600",
    "arn:aws:x:r:1:y",
    "arn:aws:x:*:1:*",
    "arn:*:*:*:*:${*}",
];
const RESOURCES: [&str; 8] = ["*", "?*", "/a:*", "/a*", "/*:log-stream:s", "${*}", "/${aws:x}/*", "/?:*"];

pub fn odd_access(data: &[u8]) {
    let mut choices = Choices::new(data);
    let before = policy(&mut choices);
    let after = changed(&before, &mut choices);
    let [one, two] = [&before, &after].map(|policy| Document::from_text(policy.to_string()));
    let attached = |document| [Attached { document, log_group: None }];
    let change = AccessChange::between(PREFIX, &attached(&one), &attached(&two));
    for (found, from, to) in [(&change.gained, &one, &two), (&change.lost, &two, &one)] {
        match found {
            Found::None => {
                let [from, to] = [from, to].map(|document| Evaluator::of([document]));
                let is_new = |request: &Request| to.judge(request).allowed && !from.judge(request).allowed;
                let missed = requests(&before, &after).into_iter().find(is_new);
                assert!(
                    missed.is_none(),
                    "{missed:?} was missed ({change:?})\nbefore {before}\nafter {after}"
                );
            }
            Found::Witness(request) => {
                let allowed = |document| is_allowed(PREFIX, &attached(document), request);
                assert!(
                    allowed(to) && !allowed(from),
                    "{request:?} is no witness\nbefore {before}\nafter {after}"
                );
            }
            Found::NotShown => {}
        }
    }
    assert!(one != two || (change.gained == Found::None && change.lost == Found::None), "{before}\n{after}");
}

fn policy(choices: &mut Choices<'_>) -> Value {
    let number = 1 + choices.below(3);
    let mut policy = json!({"Statement": (0..number).map(|_| statement(choices)).collect::<Vec<_>>()});
    if let Some(version) = choices.of(&[Some("2012-10-17"), None, Some("2008-10-17")]) {
        policy["Version"] = json!(version);
    }
    policy
}

/// Another version of the language, an effect turned, a condition less or more, or another policy.
fn changed(before: &Value, choices: &mut Choices<'_>) -> Value {
    let mut after = before.clone();
    let statements = after["Statement"].as_array_mut().unwrap();
    let place = choices.below(statements.len());
    match choices.below(6) {
        0 => after["Version"] = json!("2012-10-17"),
        1 => after["Version"] = json!("2008-10-17"),
        2 => {
            statements[place].as_object_mut().unwrap().remove("Condition");
        }
        3 => tests(&mut statements[place], choices),
        4 => {
            let new = statement(choices);
            statements.push(new);
        }
        _ => return policy(choices),
    }
    after
}

fn statement(choices: &mut Choices<'_>) -> Value {
    let principal = choices.of(&["*", "a.amazonaws.com"]);
    let principal = if *principal == "*" { json!("*") } else { json!({"Service": principal}) };
    let resource = |choices: &mut Choices<'_>| {
        let name = *choices.of(&RESOURCES);
        if name.starts_with('/') { format!("{PREFIX}{name}") } else { name.to_owned() }
    };
    let resources: Vec<String> = (0..=choices.below(2)).map(|_| resource(choices)).collect();
    let mut statement = json!({"Action": *choices.of(&["logs:PutLogEvents", "*"])});
    statement["Effect"] = json!(choices.of(&["Allow", "Allow", "Deny"]));
    statement[*choices.of(&["Principal", "Principal", "NotPrincipal"])] = principal;
    statement[*choices.of(&["Resource", "Resource", "NotResource"])] = json!(resources);
    for _ in 0..choices.below(3) {
        tests(&mut statement, choices);
    }
    statement
}

/// One more test in a statement.
fn tests(statement: &mut Value, choices: &mut Choices<'_>) {
    let operators: Vec<&str> = condition_operators().collect();
    let operator = *choices.of(&operators);
    let set = *choices.of(&["", "", "", "ForAllValues:", "ForAnyValue:"]);
    let if_exists = *choices.of(&["", "", "IfExists"]);
    let key = *choices.of(&KEYS);
    let values: Vec<Value> = (0..choices.below(3) + 1).map(|_| value(choices)).collect();
    statement["Condition"][format!("{set}{operator}{if_exists}")][key] = json!(values);
}

fn value(choices: &mut Choices<'_>) -> Value {
    match choices.below(12) {
        0 => json!(true),
        1 => json!(1),
        _ => json!(choices.of(&VALUES)),
    }
}

/// What is in a request under a key: nothing, a value, or two.
const FOUND: [&[&str]; 11] = [
    &[],
    &["1"],
    &["2"],
    &["*"],
    &["true"],
    &["10.0.0.1"],
    &["arn:aws:x:r:1:y"],
    &["2026-01-01T00:00:00Z"],
    &["1", "2"],
    &["*1", "${*}1"],
    &["2025-01-01T00:00:00Z", "1"],
];

/// Every request of a small world in which each key that the policies name is missing, or has one value. Those that are
/// asked about with set operators alone have two values as well: the others are taken for keys that never have.
fn requests(before: &Value, after: &Value) -> Vec<Request> {
    let mut keys = BTreeMap::new();
    [before, after].iter().for_each(|policy| named(policy, &mut keys));
    let mut contexts = vec![BTreeMap::new()];
    for (key, many) in keys.iter().take(2) {
        let with = |context: &BTreeMap<String, Vec<String>>, values: &&[&str]| {
            let mut context = context.clone();
            if !values.is_empty() {
                context.insert(key.clone(), values.iter().map(ToString::to_string).collect());
            }
            context
        };
        let found = || FOUND.iter().filter(|values| *many || values.len() < 2);
        contexts =
            contexts.iter().flat_map(|context| found().map(move |values| with(context, values))).collect();
    }
    let places = ["/a:log-stream:s", "/b/a:log-stream:t"];
    let whose = ["a.amazonaws.com", "b.amazonaws.com"]
        .into_iter()
        .flat_map(|service| places.map(|place| (service, place)));
    let request = |service: &str, place: &str, context: &BTreeMap<String, Vec<String>>| Request {
        service: service.to_owned(),
        action: "logs:PutLogEvents".to_owned(),
        resource: format!("{PREFIX}{place}"),
        context: context.clone(),
    };
    whose
        .flat_map(|(service, place)| contexts.iter().map(move |context| request(service, place, context)))
        .collect()
}

/// The keys that a policy names, and whether set operators alone ask about them.
fn named(policy: &Value, keys: &mut BTreeMap<String, bool>) {
    let conditions =
        policy["Statement"].as_array().unwrap().iter().filter_map(|one| one["Condition"].as_object());
    for (operator, block) in conditions.flatten() {
        let is_set = operator.contains(':');
        for key in block.as_object().unwrap().keys() {
            *keys.entry(key.to_ascii_lowercase()).or_insert(true) &= is_set;
        }
    }
}
