//! What the files say about findings: raised to errors, or accepted with a reason.

use std::collections::BTreeSet;

use crate::model::{DesiredState, Diagnostic, GrantTemplate, Lint, PolicyTemplate, Severity, SourceSpan};

use super::rule::{Check, rule};

/// The code of an exception that nothing needs.
const IN_VAIN: &str = "LP606";

/// Applies `lint` of the files and of each policy, and reports what is accepted in vain.
pub(super) fn levelled(desired: &DesiredState, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let (mut kept, used) = accepted(desired, findings);
    kept.extend(in_vain(desired, &used).map(|finding| raised(finding, &desired.lint)));
    kept
}

/// The findings that are not accepted, and the exceptions that accepted the others.
pub(super) fn accepted(
    desired: &DesiredState,
    findings: Vec<Diagnostic>,
) -> (Vec<Diagnostic>, BTreeSet<SourceSpan>) {
    let mut used: BTreeSet<SourceSpan> = BTreeSet::new();
    let mut kept = Vec::new();
    // Few entries accept anything; only these are looked through for each finding.
    let accepting: Vec<&PolicyTemplate> =
        desired.policies.iter().filter(|entry| !entry.lint.allow.is_empty()).collect();
    let grants: Vec<&GrantTemplate> =
        desired.grants.iter().filter(|grant| !grant.entry.lint.allow.is_empty()).collect();
    for finding in findings {
        let entry = entry_of(desired, &accepting, &finding);
        let grant = grants.iter().find(|grant| grant.is_about(&finding)).map(|grant| &grant.entry);
        let own = entry.or(grant).and_then(|entry| exception(&entry.lint, &finding));
        let accepted = own.or(exception(&desired.lint, &finding));
        match accepted {
            Some(span) => {
                used.insert(span);
            }
            None => kept.push(raised(finding, &desired.lint)),
        }
    }
    (kept, used)
}

/// The entry that a finding is about: of several with one name, the one of the finding's target.
fn entry_of<'a>(
    desired: &DesiredState,
    entries: &[&'a PolicyTemplate],
    finding: &Diagnostic,
) -> Option<&'a PolicyTemplate> {
    let address = finding.address.as_ref()?;
    let place = desired.targets.binary_search_by(|at| at.target.cmp(&address.target)).ok();
    let at = place.and_then(|place| desired.targets.get(place));
    let is_here = |entry: &PolicyTemplate| at.is_none_or(|at| entry.applies_to(at));
    entries.iter().copied().find(|entry| entry.key(&address.target) == address.key && is_here(entry))
}

fn exception(lint: &Lint, finding: &Diagnostic) -> Option<SourceSpan> {
    lint.allow.get(finding.code.0).map(|exception| exception.span)
}

fn raised(finding: Diagnostic, lint: &Lint) -> Diagnostic {
    if lint.deny.contains(finding.code.0) {
        Diagnostic { severity: Severity::Error, ..finding }
    } else {
        finding
    }
}

/// Exceptions that no finding needed. What only a plan finds, and unknown codes of later versions, are left alone.
fn in_vain<'a>(
    desired: &'a DesiredState,
    used: &'a BTreeSet<SourceSpan>,
) -> impl Iterator<Item = Diagnostic> + 'a {
    let entries = desired.policies.iter().chain(desired.grants.iter().map(|grant| &grant.entry));
    let lints = entries.map(|entry| &entry.lint).chain([&desired.lint]);
    let exceptions =
        lints.flat_map(|lint| &lint.allow).filter(|(_, exception)| !used.contains(&exception.span));
    exceptions.filter_map(|(code, exception)| {
        let own = rule(IN_VAIN)?;
        let message = match rule(code) {
            None => format!("There is no rule {code}."),
            Some(found) if matches!(found.check, Check::Plan) || code == "LP504" => return None,
            Some(_) => format!("{code} is accepted here and is not found."),
        };
        let finding = Diagnostic::error(own.code, exception.span, message).note(own.help);
        Some(Diagnostic { severity: own.severity, ..finding })
    })
}
