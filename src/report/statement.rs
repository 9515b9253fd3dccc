//! A statement in words: who may do what, where, and when.

use std::collections::BTreeMap;

use crate::policy::{Effect, Grant, Json, Statement};

use super::escape::terminal;

/// One line for each resource of a statement, such as
/// `events.amazonaws.com may PutLogEvents on log-group:/aws/events/*:* when aws:SourceAccount is 1111…`.
pub(super) fn sentences(statement: &Statement) -> Vec<String> {
    let verb = match statement.effect() {
        Some(Effect::Allow) => "may",
        Some(Effect::Deny) => "must not",
        None => return vec![terminal(&statement.json().to_string())],
    };
    let who = element(statement, "Principal", principals(statement), "nobody");
    let actions: Vec<&str> = statement.strings("Action").into_iter().map(short_action).collect();
    let what = element(statement, "Action", actions.join(", "), "nothing");
    let when = condition(statement);
    let wheres: Vec<String> = match statement.strings("Resource") {
        resources if resources.is_empty() => {
            vec![element(statement, "Resource", String::new(), "no resource")]
        }
        resources => resources.into_iter().map(short_resource).collect(),
    };
    wheres.into_iter().map(|place| terminal(&format!("{who} {verb} {what} on {place}{when}"))).collect()
}

/// A grant as such a line, with these actions in place of its own.
pub(super) fn grant_sentence(grant: &Grant, actions: &[&str]) -> String {
    let Grant { effect, principal, action: _, resource, condition: written } = grant;
    let verb = if effect == "Deny" { "must not" } else { "may" };
    let who = match principal.as_str() {
        "" => "nobody",
        "AWS:*" => "everyone",
        principal => principal,
    };
    let actions: Vec<&str> = actions.iter().map(|action| short_action(action)).collect();
    let when = match grant.document() {
        Some(document) => document.statements().first().map(condition).unwrap_or_default(),
        None => match serde_json::to_string(written) {
            Ok(json) if json != "{}" => format!(" when {json}"),
            _ => String::new(),
        },
    };
    terminal(&format!("{who} {verb} {} on {}{when}", actions.join(", "), short_resource(resource)))
}

/// The value of an element in words, or that of its negation.
fn element(statement: &Statement, name: &str, words: String, nothing: &str) -> String {
    if !words.is_empty() {
        return words;
    }
    match statement.json().get(&format!("Not{name}")) {
        Some(negated) => format!("anything but {negated}"),
        None => nothing.to_owned(),
    }
}

fn principals(statement: &Statement) -> String {
    let name = |(kind, name): (&str, &str)| match (kind, name) {
        ("AWS", "*") => "everyone".to_owned(),
        ("Service", name) => name.to_owned(),
        (kind, name) => format!("{kind} {name}"),
    };
    statement.principals().into_iter().map(name).collect::<Vec<_>>().join(", ")
}

fn short_action(action: &str) -> &str {
    action.strip_prefix("logs:").unwrap_or(action)
}

/// The part of a log-group ARN that people look for; anything else as it stands.
fn short_resource(resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "logs", _, _, rest] if rest.starts_with("log-group:") => (*rest).to_owned(),
        _ => resource.to_owned(),
    }
}

/// The condition as ` when KEY OPERATOR VALUE and ...`; empty where there is none.
fn condition(statement: &Statement) -> String {
    let blocks = statement.json().get("Condition").map(Json::members).unwrap_or_default();
    let tests = blocks.iter().flat_map(|(operator, keys)| {
        keys.members().iter().map(move |(key, values)| {
            let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let values: Vec<String> = values.items().iter().map(text).collect();
            let key = key.split_once(':').map_or(key.as_str(), |(_, name)| known_key(name));
            format!("{key} {} {}", words(operator), values.join(" or "))
        })
    });
    let tests: Vec<String> = tests.collect();
    if tests.is_empty() { String::new() } else { format!(" when {}", tests.join(" and ")) }
}

/// AWS's spelling of a key that stands in its canonical form, without `aws:`.
fn known_key(name: &str) -> &str {
    let known =
        ["SourceArn", "SourceAccount", "SourceOrgID", "SourceOrgPaths", "PrincipalOrgID", "SecureTransport"];
    known.into_iter().find(|known| known.to_ascii_lowercase() == name).unwrap_or(name)
}

/// A condition operator in words; one without words stands as written.
fn words(operator: &str) -> String {
    let known = BTreeMap::from([
        ("stringequals", "is"),
        ("stringlike", "is like"),
        ("stringnotequals", "is not"),
        ("stringnotlike", "is not like"),
        ("arnlike", "is like"),
        ("arnequals", "is like"),
        ("arnnotlike", "is not like"),
        ("arnnotequals", "is not like"),
        ("bool", "is"),
    ]);
    known
        .get(operator.to_ascii_lowercase().as_str())
        .map_or_else(|| operator.to_owned(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    fn said(statement: &str) -> Vec<String> {
        let document = Document::from_text(format!("{{\"Statement\":{statement}}}"));
        document.statements().iter().flat_map(sentences).collect()
    }

    #[test]
    fn statements_read_as_sentences() {
        let allow = r#"{"Effect":"Allow","Principal":{"Service":["es.amazonaws.com","x.amazonaws.com"]},
            "Action":["logs:CreateLogStream","logs:PutLogEvents"],
            "Resource":["arn:aws:logs:us-east-1:111122223333:log-group:/aws/a:*","*"],
            "Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:es:*"},"StringEquals":{"aws:SourceAccount":["1","2"]}}}"#;
        let condition = "when SourceArn is like arn:aws:es:* and SourceAccount is 1 or 2";
        let who = "es.amazonaws.com, x.amazonaws.com may CreateLogStream, PutLogEvents on";
        assert_eq!(
            said(allow),
            [format!("{who} log-group:/aws/a:* {condition}"), format!("{who} * {condition}")]
        );
    }

    #[test]
    fn odd_statements_are_shown_all_the_same() {
        assert_eq!(
            said(r#"[{"Effect":"Deny","Principal":"*","NotAction":"logs:X"},{"Effect":"allow"},7]"#),
            ["everyone must not anything but \"logs:X\" on no resource", "{\"Effect\":\"allow\"}", "7"]
        );
    }
}
