//! Rules about names.

use crate::model::{Diagnostic, PolicyScope, is_log_group_name};

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

/// LP211
pub(super) fn log_group_name(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let name = &subject.key.identity;
    // The reader has reported the ARN of somebody else's log group.
    if subject.key.scope != PolicyScope::Resource || name.starts_with("arn:") {
        return;
    }
    if !is_log_group_name(name) {
        let message = format!("\"{}\" is not a log-group name that AWS takes.", name.escape_debug());
        findings.push(subject.finding_at(rule, subject.entry.identity_span, message));
    }
}
