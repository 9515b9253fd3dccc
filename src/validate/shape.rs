//! Rules about the shape of a document.

use crate::model::Diagnostic;
use crate::policy::Json;

use super::{Rule, Subject};

/// LP201
pub(super) fn not_an_object(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    if !matches!(subject.document.json(), Ok(Json::Object(_))) {
        let message = "The document is not an object.";
        findings.push(subject.finding(rule, "", message));
    }
}

/// LP202
pub(super) fn no_statement(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let is_object = matches!(subject.document.json(), Ok(Json::Object(_)));
    if is_object && subject.document.statements().is_empty() {
        let message = "The document has no statement.";
        findings.push(subject.finding(rule, "/Statement", message));
    }
}

/// LP212
pub(super) fn characters(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let Ok(json) = subject.document.json() else { return };
    let mut odd = Vec::new();
    odd_texts(json, &mut String::new(), &mut odd);
    for (pointer, letter) in odd {
        let message = format!("The document holds U+{:04X}, which AWS refuses.", u32::from(letter));
        findings.push(subject.finding(rule, &pointer, message));
    }
}

/// The nodes that hold a character outside U+0009 U+000A U+000D U+0020–U+00FF, and that character.
fn odd_texts(json: &Json, pointer: &mut String, odd: &mut Vec<(String, char)>) {
    let refused = |letter: &char| !matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
    let mut check = |text: &str, pointer: &str| {
        odd.extend(text.chars().find(refused).map(|letter| (pointer.to_owned(), letter)));
    };
    let length = pointer.len();
    match json {
        Json::String(text) => check(text, pointer),
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                odd_texts(item, pointer, odd);
                pointer.truncate(length);
            }
        }
        Json::Object(members) => {
            for (key, value) in members {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                odd.extend(key.chars().find(refused).map(|letter| (pointer.clone(), letter)));
                odd_texts(value, pointer, odd);
                pointer.truncate(length);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
