//! Rules about what takes effect: actions, principals and resources that AWS accepts and never honours.

use crate::model::{Diagnostic, Severity};
use crate::policy::{EFFECTIVE_ACTIONS, pattern_covers, patterns_meet};

use super::{Rule, Subject};

/// Any log stream of any account, Region and partition.
const ANY_STREAM: &str = "arn:*:logs:*:*:log-group:*:log-stream:*";

/// An action that some documents still name.
const GONE_ACTION: &str = "logs:putlogeventsbatch";

/// LP301
pub(super) fn action(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, _, action) in subject.values("Action") {
        let lower = action.to_ascii_lowercase();
        let reached = EFFECTIVE_ACTIONS
            .iter()
            .filter(|known| patterns_meet(&[&lower, &known.to_ascii_lowercase()]))
            .count();
        let is_pattern = action.contains(['*', '?']);
        if reached == 0 && lower != GONE_ACTION {
            let message = format!("\"{}\" never takes effect here.", action.escape_debug());
            findings.push(subject.finding(rule, &pointer, message));
        } else if is_pattern && reached > 0 {
            let message = format!(
                "\"{}\" covers more than the two actions that take effect here.",
                action.escape_debug()
            );
            let finding = subject.finding(rule, &pointer, message);
            findings.push(Diagnostic { severity: Severity::Warning, ..finding });
        }
    }
}

/// LP605
pub(super) fn gone_action(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, _, action) in subject.values("Action") {
        if action.eq_ignore_ascii_case(GONE_ACTION) {
            let message = format!("\"{action}\" is an action that no longer exists.");
            findings.push(subject.finding(rule, &pointer, message));
        }
    }
}

/// LP302
pub(super) fn principal(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, _, kind, name) in subject.principals() {
        if kind == "Service" || (kind, name) == ("AWS", "*") {
            continue;
        }
        let is_arn = name.starts_with("arn:") && kind == "AWS";
        let what = if is_arn { "AWS rejects an ARN here outright" } else { "AWS does not enforce it here" };
        let message = format!("The principal {kind} \"{}\" is not a service: {what}.", name.escape_debug());
        findings.push(subject.finding(rule, &pointer, message));
    }
}

/// LP214
pub(super) fn arn(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for element in ["Resource", "NotResource"] {
        for (pointer, _, resource) in subject.values(element) {
            if is_malformed(resource) {
                let message =
                    format!("\"{}\" is not the ARN of anything in CloudWatch Logs.", resource.escape_debug());
                findings.push(subject.finding(rule, &pointer, message));
            }
        }
    }
}

/// Whether no ARN of a log group or stream can match. Only those are resources here.
fn is_malformed(resource: &str) -> bool {
    !patterns_meet(&[resource, "arn:*:logs:*:*:log-group:*"])
}

/// LP303
pub(super) fn no_stream(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, _, resource) in subject.values("Resource") {
        if !is_malformed(resource) && !patterns_meet(&[resource, ANY_STREAM]) {
            let message = format!("\"{}\" can match no log stream.", resource.escape_debug());
            let finding = subject.finding(rule, &pointer, message);
            findings.push(finding.note(format!("Write \"{resource}:*\".")));
        }
    }
}

/// LP304
pub(super) fn elsewhere(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let prefix = subject.prefix();
    let here = format!("{prefix}*");
    for (pointer, _, resource) in subject.values("Resource") {
        // Nearly always it begins as it must.
        let is_here = || resource.starts_with(&prefix) || patterns_meet(&[resource, &here]);
        if !is_here() && !is_malformed(resource) {
            let message = format!(
                "\"{}\" lies in another account, Region or partition than {}.",
                resource.escape_debug(),
                subject.at.target
            );
            findings.push(subject.finding(rule, &pointer, message));
        }
    }
}

/// LP305
pub(super) fn other_group(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(name) = subject.log_group() else { return };
    let (here, own) = (format!("{}*", subject.prefix()), format!("{}{name}*", subject.prefix()));
    let own_stream = format!("{}{name}:*", subject.prefix());
    for (pointer, _, resource) in subject.values("Resource") {
        let is_here = !is_malformed(resource) && patterns_meet(&[resource, &here]);
        let is_own = patterns_meet(&[resource, &own_stream])
            || (patterns_meet(&[resource, &own]) && !has_stream(resource));
        if is_here && !is_own {
            let message = format!(
                "\"{}\" does not match the log group {name} that the policy hangs on.",
                resource.escape_debug()
            );
            findings.push(subject.finding(rule, &pointer, message));
        }
    }
}

/// Whether a resource can match a log stream at all; one that cannot is LP303's.
fn has_stream(resource: &str) -> bool {
    patterns_meet(&[resource, ANY_STREAM])
}

/// LP306
pub(super) fn negation(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (pointer, statement) in subject.statements() {
        for element in ["NotPrincipal", "NotAction", "NotResource"] {
            if statement.json().get(element).is_some() {
                let message = format!("`{element}` speaks about everything that it does not name.");
                findings.push(subject.finding(rule, &format!("{pointer}/{element}"), message));
            }
        }
    }
}

/// LP307
pub(super) fn route53(rule: &Rule, subject: &Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let region = subject.at.target.region.as_str();
    if region == "us-east-1" || subject.at.target.region.partition().as_str() != "aws" {
        return;
    }
    for (pointer, _, kind, name) in subject.principals() {
        if (kind, name) == ("Service", "route53.amazonaws.com") {
            let message = format!("Route 53 public query logging does not work in {region}.");
            findings.push(subject.finding(rule, &pointer, message));
        }
    }
}

/// Whether a resource pattern covers every log group of the target.
pub(super) fn covers_every_group(resource: &str, prefix: &str) -> bool {
    pattern_covers(resource, &format!("{prefix}*:log-stream:*")) == Some(true)
}
