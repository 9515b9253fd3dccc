//! Rules about how much fits.

use crate::model::Diagnostic;

use super::{Rule, TargetSubject};

/// LP501
pub(super) fn too_large(rule: &Rule, target: &TargetSubject<'_>, findings: &mut Vec<Diagnostic>) {
    let limit = target.at.limits.document_bytes;
    for subject in target.policies.iter().filter(|subject| subject.document.bytes() > limit) {
        let bytes = subject.document.bytes();
        let overflow = target.overflow.filter(|_| !subject.grants.is_empty());
        let message = overflow.map_or_else(
            || format!("The document is {bytes} bytes long, {} more than fit.", bytes - limit),
            |overflow| overflow.sentence(limit),
        );
        let finding = subject.finding(rule, "", message);
        let help = overflow.iter().flat_map(|overflow| &overflow.help);
        findings.push(help.fold(finding, |finding, help| finding.note(help.clone())));
    }
}

/// LP502
pub(super) fn large(rule: &Rule, target: &TargetSubject<'_>, findings: &mut Vec<Diagnostic>) {
    let (warn, limit) = (target.at.limits.warn_document_bytes, target.at.limits.document_bytes);
    for subject in target.policies {
        let bytes = subject.document.bytes();
        if bytes > warn && bytes <= limit {
            let message = format!("The document is {bytes} bytes long, more than {warn}.");
            findings.push(subject.finding(rule, "", message));
        }
    }
}

/// LP503
pub(super) fn too_many(rule: &Rule, target: &TargetSubject<'_>, findings: &mut Vec<Diagnostic>) {
    let limit = target.at.limits.account_policies;
    let declared: Vec<_> = target.policies.iter().filter(|subject| subject.key.takes_slot()).collect();
    if let Some(first_too_many) = declared.get(limit) {
        let (count, place) = (declared.len(), &target.at.target);
        let message = format!("{count} account policies are declared for {place}, and {limit} fit.");
        let finding = first_too_many.finding_at(rule, first_too_many.entry.identity_span, message);
        findings.push(finding.label("the first that does not fit"));
    }
}

/// LP504, on what is declared; a plan counts what is live as well.
pub(super) fn nearly_full(rule: &Rule, target: &TargetSubject<'_>, findings: &mut Vec<Diagnostic>) {
    let limits = target.at.limits;
    let declared: Vec<_> = target.policies.iter().filter(|subject| subject.key.takes_slot()).collect();
    let (count, limit) = (declared.len(), limits.account_policies);
    if let Some(last) = declared.last().filter(|_| is_nearly(count, limit) && count <= limit) {
        let message = format!("{count} of {limit} account policies are declared for {}.", target.at.target);
        findings.push(last.finding_at(rule, last.entry.identity_span, message));
    }
    for subject in target.policies {
        let (bytes, limit) = (subject.document.bytes(), limits.document_bytes);
        if is_nearly(bytes, limit) && bytes <= limit {
            findings.push(subject.finding(rule, "", format!("{bytes} of {limit} bytes are used.")));
        }
    }
}

/// 80 percent or more.
pub(super) fn is_nearly(used: usize, limit: usize) -> bool {
    used.saturating_mul(5) >= limit.saturating_mul(4)
}
