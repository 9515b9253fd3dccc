//! Access tests on desired state alone.

use crate::model::{AccessTest, Diagnostic, judge};

use super::{Rule, TargetSubject};

/// LP119: what a test asks for at a target, and does not find.
pub(super) fn failing(rule: &Rule, test: &AccessTest, target: &TargetSubject<'_>) -> Option<Diagnostic> {
    let policies = target.policies.iter().map(|subject| (&subject.key, &*subject.document));
    let judgement = judge(&target.at.target, policies, test.request(&target.at.target));
    if judgement.allowed == test.must_be_allowed {
        return None;
    }
    let message = format!("At {}, {}.", target.at.target, judgement.sentence());
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
