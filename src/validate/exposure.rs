//! Rules about grants that reach further than they should, and about what says nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Diagnostic;
use crate::policy::{Attached, Comparison, Effect, Json, Statement};

use super::effect::covers_every_group;
use super::{Rule, Subject};

/// Keys that tie a statement to the resource or account that a service acts for.
const SOURCE_KEYS: [&str; 2] = ["aws:sourcearn", "aws:sourceaccount"];

/// LP401
pub(super) fn confused_deputy(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement) in subject.statements() {
        let names_service = statement.principals().iter().any(|(kind, _)| *kind == "Service");
        if statement.effect() == Some(Effect::Allow) && names_service && !names_source(statement) {
            let message = "The statement lets a service write on behalf of anyone: no aws:SourceArn, no aws:SourceAccount.";
            findings.push(subject.finding(rule, &pointer, message));
        }
    }
}

fn names_source(statement: &Statement) -> bool {
    let blocks = statement.json().get("Condition").map(Json::members).unwrap_or_default();
    let mut keys =
        blocks.iter().flat_map(|(_, block)| block.members()).map(|(key, _)| key.to_ascii_lowercase());
    keys.any(|key| SOURCE_KEYS.contains(&key.as_str()))
}

/// LP402
pub(super) fn everyone(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement, kind, name) in subject.principals() {
        if name == "*" && matches!(kind, "AWS" | "Service") && statement.effect() == Some(Effect::Allow) {
            findings.push(subject.finding(rule, &pointer, "The statement allows everyone."));
        }
    }
}

/// LP403
pub(super) fn every_group(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    if subject.log_group().is_some() {
        return;
    }
    for (pointer, statement, resource) in subject.values("Resource") {
        if statement.effect() == Some(Effect::Allow) && covers_every_group(resource, &subject.prefix()) {
            let message = format!("\"{}\" is every log group of the account.", resource.escape_debug());
            findings.push(subject.finding(rule, &pointer, message));
        }
    }
}

/// LP601
pub(super) fn covered(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let policy = Attached { document: &subject.document, log_group: subject.log_group() };
    let statements = subject.statements();
    let name = |index: usize| match statements[index].1.sid() {
        Some(sid) => format!("\"{}\"", sid.escape_debug()),
        None => format!("#{}", index + 1),
    };
    for (inner, outer) in Comparison::new(subject.prefix()).covered(policy) {
        let message =
            format!("The statement {} says nothing that {} does not say.", name(inner), name(outer));
        let finding = subject.finding(rule, &statements[inner].0, message);
        findings.push(finding.related(subject.place(&statements[outer].0), "what covers it"));
    }
}

/// LP602
pub(super) fn repeated(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for element in ["Action", "NotAction", "Resource", "NotResource"] {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (pointer, _, value) in subject.values(element) {
            let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
            let folded =
                if element.ends_with("Action") { value.to_ascii_lowercase() } else { value.to_owned() };
            if !seen.entry(parent).or_default().insert(folded) {
                let message = format!("\"{}\" stands twice in `{element}`.", value.escape_debug());
                findings.push(subject.finding(rule, &pointer, message));
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (pointer, _, kind, name) in subject.principals() {
        let place = pointer.split("/Principal").next().unwrap_or_default().to_owned();
        if !seen.insert((place, kind, name)) {
            let message = format!("\"{}\" stands twice in `Principal`.", name.escape_debug());
            findings.push(subject.finding(rule, &pointer, message));
        }
    }
}
