//! Rules about the elements of a statement: what IAM would refuse, or not read.

use std::collections::BTreeMap;

use crate::model::Diagnostic;
use crate::policy::{
    DOCUMENT_ELEMENTS, Json, STATEMENT_ELEMENTS, condition_operators, is_condition_operator,
    is_condition_value,
};

use super::{Rule, Subject};

const PRINCIPAL_KINDS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

/// LP203
pub(super) fn effect(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement) in subject.statements() {
        if !matches!(statement.json(), Json::Object(_)) {
            findings.push(subject.finding(rule, &pointer, "The statement is not an object."));
        } else if statement.effect().is_none() {
            let message = match statement.json().get("Effect") {
                None => "The statement has no `Effect`.".to_owned(),
                Some(found) => format!("`Effect` is {found}, and must be \"Allow\" or \"Deny\"."),
            };
            findings.push(subject.finding(rule, &format!("{pointer}/Effect"), message));
        }
    }
}

/// LP204
pub(super) fn contradiction(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement) in subject.statements() {
        let has = |element: &str| statement.json().get(element).is_some();
        for element in ["Principal", "Action", "Resource"] {
            let negation = format!("Not{element}");
            if has(element) && has(&negation) {
                let message = format!("The statement has both `{element}` and `{negation}`.");
                findings.push(subject.finding(rule, &format!("{pointer}/{negation}"), message));
            }
        }
        let is_object = matches!(statement.json(), Json::Object(_));
        if is_object && !has("Action") && !has("NotAction") {
            findings.push(subject.finding(rule, &pointer, "The statement has no `Action`."));
        }
        for element in
            ["Action", "NotAction"].into_iter().filter(|element| is_empty(statement.json().get(element)))
        {
            let message = format!("`{element}` names nothing.");
            findings.push(subject.finding(rule, &format!("{pointer}/{element}"), message));
        }
    }
}

/// Whether an element is there and holds no name, or something that is not a name.
fn is_empty(value: Option<&Json>) -> bool {
    value.is_some_and(|value| {
        let items = value.items();
        items.is_empty() || items.iter().any(|item| item.as_str().is_none_or(str::is_empty))
    })
}

/// LP205
pub(super) fn principal(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement) in subject.statements() {
        let json = statement.json();
        if !matches!(json, Json::Object(_)) {
            continue;
        }
        let (element, value) = match (json.get("Principal"), json.get("NotPrincipal")) {
            (Some(value), _) => ("Principal", value),
            (None, Some(value)) => ("NotPrincipal", value),
            (None, None) => {
                findings.push(subject.finding(rule, &pointer, "The statement has no `Principal`."));
                continue;
            }
        };
        let is_good = match value {
            Json::String(name) => name == "*",
            Json::Object(kinds) => !kinds.is_empty() && kinds.iter().all(|(_, names)| !is_empty(Some(names))),
            _ => false,
        };
        if !is_good {
            let message =
                format!("`{element}` must look like {{\"Service\": \"es.amazonaws.com\"}}, and is {value}.");
            findings.push(subject.finding(rule, &format!("{pointer}/{element}"), message));
        }
    }
}

/// LP206
pub(super) fn resource(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement) in subject.statements() {
        let json = statement.json();
        let has = |element: &str| json.get(element).is_some();
        if matches!(json, Json::Object(_)) && !has("Resource") && !has("NotResource") {
            findings.push(subject.finding(rule, &pointer, "The statement has no `Resource`."));
        }
        for element in ["Resource", "NotResource"].into_iter().filter(|element| is_empty(json.get(element))) {
            let message = format!("`{element}` names nothing.");
            findings.push(subject.finding(rule, &format!("{pointer}/{element}"), message));
        }
    }
}

/// LP207
pub(super) fn unknown(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let mut check = |pointer: &str, value: &Json, known: &[&str]| {
        for (key, _) in value.members().iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let meant = known.iter().find(|known| known.eq_ignore_ascii_case(key));
            let meant = meant.or_else(|| known.iter().find(|known| is_near(known, key)));
            let hint = meant.map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
            let message = format!("IAM does not know the element `{}`.{hint}", key.escape_debug());
            let place = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
            findings.push(subject.finding(rule, &place, message));
        }
    };
    if let Ok(json) = subject.document.json() {
        check("", json, &DOCUMENT_ELEMENTS);
    }
    for (pointer, statement) in subject.statements() {
        check(&pointer, statement.json(), &STATEMENT_ELEMENTS);
        for element in ["Principal", "NotPrincipal"] {
            if let Some(value @ Json::Object(_)) = statement.json().get(element) {
                check(&format!("{pointer}/{element}"), value, &PRINCIPAL_KINDS);
            }
        }
    }
}

/// Whether one of two names is the other with one letter more, less, or swapped.
fn is_near(known: &str, found: &str) -> bool {
    let (known, found) = (known.to_lowercase(), found.to_lowercase());
    let common_start = known.chars().zip(found.chars()).take_while(|(left, right)| left == right).count();
    let common_end =
        known.chars().rev().zip(found.chars().rev()).take_while(|(left, right)| left == right).count();
    let longest = known.chars().count().max(found.chars().count());
    common_start > 0 && common_start + common_end + 2 >= longest
}

/// LP208
pub(super) fn sid(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    for (pointer, statement) in subject.statements() {
        let pointer = format!("{pointer}/Sid");
        match statement.json().get("Sid") {
            Some(Json::String(sid)) => {
                if !sid.chars().all(|letter| letter.is_ascii_alphanumeric()) {
                    let message =
                        format!("The Sid \"{}\" holds more than letters and digits.", sid.escape_debug());
                    findings.push(subject.finding(rule, &pointer, message));
                }
                if sid.is_empty() {
                    continue;
                }
                if let Some(place) = first.get(sid.as_str()) {
                    let message = format!("The Sid \"{}\" stands twice in the document.", sid.escape_debug());
                    let finding = subject.finding(rule, &pointer, message).label("again here");
                    findings.push(finding.related(subject.place(place), "first here"));
                } else {
                    first.insert(sid, pointer);
                }
            }
            Some(found) => {
                findings.push(subject.finding(
                    rule,
                    &pointer,
                    format!("`Sid` must be a string, and is {found}."),
                ));
            }
            None => {}
        }
    }
}

/// LP209
pub(super) fn version(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let found = subject.document.json().ok().and_then(|json| json.get("Version"));
    let is_known = |version: &Json| matches!(version.as_str(), Some("2012-10-17" | "2008-10-17"));
    if let Some(version) = found.filter(|version| !is_known(version)) {
        let message =
            format!("`Version` is {version}, and IAM knows \"2012-10-17\" and \"2008-10-17\" only.");
        findings.push(subject.finding(rule, "/Version", message));
    }
}

/// LP603
pub(super) fn no_version(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let is_object = matches!(subject.document.json(), Ok(Json::Object(_)));
    if is_object && subject.document.json().is_ok_and(|json| json.get("Version").is_none()) {
        findings.push(subject.finding(rule, "", "The document has no `Version`."));
    }
}

/// LP213
pub(super) fn operator(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement) in subject.statements() {
        let pointer = format!("{pointer}/Condition");
        let Some(condition) = statement.json().get("Condition") else { continue };
        if !matches!(condition, Json::Object(_)) {
            findings.push(subject.finding(
                rule,
                &pointer,
                format!("`Condition` must be an object, and is {condition}."),
            ));
        }
        for (name, block) in condition.members() {
            let place = format!("{pointer}/{name}");
            if !is_condition_operator(name) {
                let meant = condition_operators().find(|known| is_near(known, name));
                let hint = meant.map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
                let message =
                    format!("IAM does not know the condition operator `{}`.{hint}", name.escape_debug());
                findings.push(subject.finding(rule, &place, message));
            } else if !matches!(block, Json::Object(keys) if !keys.is_empty()) {
                findings.push(subject.finding(rule, &place, format!("`{name}` needs a key and its values.")));
            }
        }
    }
}

/// LP215
pub(super) fn condition_value(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement) in subject.statements() {
        let blocks = statement.json().get("Condition").map(Json::members).unwrap_or_default();
        for (operator, key, values) in blocks.iter().flat_map(|(operator, block)| {
            block.members().iter().map(move |(key, values)| (operator, key, values))
        }) {
            let place =
                format!("{pointer}/Condition/{operator}/{}", key.replace('~', "~0").replace('/', "~1"));
            if values.items().is_empty() {
                findings.push(subject.finding(
                    rule,
                    &place,
                    format!("`{key}` has no value, so `{operator}` is never met."),
                ));
            }
            for value in values.items() {
                let text = match value {
                    Json::String(text) | Json::Number(text) => text.clone(),
                    Json::Bool(value) => value.to_string(),
                    Json::Null | Json::Array(_) | Json::Object(_) => {
                        let message = format!("A value of `{key}` must be a string, and is {value}.");
                        findings.push(subject.finding(rule, &place, message));
                        continue;
                    }
                };
                if !is_condition_value(operator, &text) {
                    let message = format!("\"{}\" can never match with `{operator}`.", text.escape_debug());
                    findings.push(subject.finding(rule, &place, message));
                }
            }
        }
    }
}
