//! Rules that need what is live: they run when planning.

use std::collections::BTreeSet;

use crate::model::{DesiredState, DesiredTarget, Diagnostic, LiveState, PolicyKey};

use super::level::accepted;
use super::rule::{Rule, rule};
use super::size::is_nearly;

/// LP504 with unmanaged policies, and LP604: what is found at a target when `after` account policies stand at the end
/// and the log groups in `missing` are not there.
pub fn when_planning(
    desired: &DesiredState,
    at: &DesiredTarget,
    live: &LiveState,
    after: usize,
    missing: &BTreeSet<String>,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    findings.extend(rule("LP504").and_then(|rule| slots(rule, desired, at, live, after)));
    for name in missing {
        findings.extend(rule("LP604").and_then(|rule| no_log_group(rule, desired, at, name)));
    }
    accepted(desired, findings).0
}

/// Only where unmanaged policies make the difference: what is declared was judged with the files.
fn slots(
    rule: &Rule,
    desired: &DesiredState,
    at: &DesiredTarget,
    live: &LiveState,
    after: usize,
) -> Option<Diagnostic> {
    // Most targets hold nothing else, and are far from full.
    if !is_nearly(after, at.limits.account_policies) {
        return None;
    }
    let entries = || desired.policies.iter().filter(|entry| entry.applies_to(at));
    let has_grants = desired.grants.iter().any(|grant| grant.entry.applies_to(at));
    let own = |key: &PolicyKey| entries().any(|entry| entry.key(&at.target) == *key);
    let packed = |key: &PolicyKey| has_grants && desired.packing.number(key).is_some();
    let theirs = |key: &&PolicyKey| key.takes_slot() && !own(key) && !packed(key);
    let unmanaged = live.policies.keys().filter(theirs).count();
    let limit = at.limits.account_policies;
    if unmanaged == 0 || after > limit {
        return None;
    }
    let message = format!("{after} of {limit} slots of {} are in use at the end.", at.target);
    let finding = Diagnostic::error(rule.code, at.span, message).note(rule.help);
    Some(Diagnostic { severity: rule.severity, ..finding })
}

fn no_log_group(rule: &Rule, desired: &DesiredState, at: &DesiredTarget, name: &str) -> Option<Diagnostic> {
    let key = PolicyKey::log_group(name);
    let entry = desired.policies.iter().find(|entry| entry.applies_to(at) && entry.key(&at.target) == key)?;
    let message = format!("The log group {} does not exist at {}.", name.escape_debug(), at.target);
    let finding =
        Diagnostic::error(rule.code, entry.identity_span, message).note(rule.help).about(key.at(&at.target));
    Some(Diagnostic { severity: rule.severity, ..finding })
}
