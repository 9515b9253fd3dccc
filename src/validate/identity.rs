//! Rules about names.

use crate::model::{Diagnostic, PolicyScope};

use super::{Rule, Subject};

/// LP210: `^([^:*\/]+\/?)*[^:*\/]+$`, 1 to 255 characters.
pub(super) fn policy_name(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let name = &subject.key.identity;
    if subject.key.scope != PolicyScope::Account {
        return;
    }
    let parts_are_good = name.split('/').all(|part| !part.is_empty() && !part.contains([':', '*']));
    let length = name.chars().count();
    if !parts_are_good || !(1..=255).contains(&length) || name.contains(|letter: char| letter.is_control()) {
        let message = format!("\"{}\" is not a policy name that AWS takes.", name.escape_debug());
        findings.push(subject.finding_at(rule, subject.entry.identity_span, message));
    }
}

/// LP211: `[\.\-_/#A-Za-z0-9]+`, 1 to 512 characters (CreateLogGroup, API reference).
pub(super) fn log_group_name(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let name = &subject.key.identity;
    // The reader has reported the ARN of somebody else's log group.
    if subject.key.scope != PolicyScope::Resource || name.starts_with("arn:") {
        return;
    }
    let is_good = |letter: char| letter.is_ascii_alphanumeric() || "_-/.#".contains(letter);
    if !name.chars().all(is_good) || !(1..=512).contains(&name.len()) {
        let message = format!("\"{}\" is not a log-group name that AWS takes.", name.escape_debug());
        findings.push(subject.finding_at(rule, subject.entry.identity_span, message));
    }
}
