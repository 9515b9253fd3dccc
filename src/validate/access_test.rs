//! Access tests on desired state alone.

use crate::model::{AccessTest, Diagnostic, Judgement, judge};

use super::{Rule, TargetSubject};

/// LP119: what a test asks for at a target, and does not find.
pub(super) fn failing(rule: &Rule, test: &AccessTest, target: &TargetSubject<'_>) -> Option<Diagnostic> {
    let policies = target.policies.iter().map(|subject| (&subject.key, &*subject.document));
    let judgement = judge(&target.at.target, policies, test.request(&target.at.target));
    if judgement.allowed == test.must_be_allowed {
        return None;
    }
    let message = format!("At {}, {}.", target.at.target, sentence(&judgement));
    let mut finding = Diagnostic::error(rule.code, test.span, message).note(rule.help);
    let decisive = judgement.decided_by.or(judgement.nearest.map(|(key, statement, _)| (key, statement)));
    if let Some((key, statement)) = decisive
        && let Some(subject) = target.policies.iter().find(|subject| subject.key == key)
    {
        let pointer =
            subject.statements().into_iter().nth(statement).map(|(pointer, _)| pointer).unwrap_or_default();
        let label =
            if judgement.allowed { "this allows it" } else { "the statement that decides, or comes nearest" };
        finding = finding.related(subject.place(&pointer), label);
    }
    Some(finding)
}

/// What was found, as a part of a sentence.
fn sentence(judgement: &Judgement) -> String {
    let request = &judgement.request;
    let verb = if judgement.allowed { "may" } else { "may not" };
    let action = request.action.strip_prefix("logs:").unwrap_or(&request.action);
    let group = request.resource.split(":log-group:").nth(1).unwrap_or(&request.resource);
    let group = group.split(":log-stream:").next().unwrap_or(group);
    let decided = match (&judgement.decided_by, &judgement.nearest) {
        (Some((key, statement)), _) => format!("; statement {} of {key} decides", statement + 1),
        (None, Some((key, statement, mismatch))) => {
            format!("; statement {} of {key} comes nearest, but {}", statement + 1, mismatch.words())
        }
        (None, None) => "; no statement speaks about it".to_owned(),
    };
    format!("{} {verb} {action} on {group}{decided}", request.service)
}
