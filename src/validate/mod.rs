//! Judges the desired state alone: one table of rules, each a named pure function.
//!
//! Every rule collects all that it finds; nothing stops at the first.

mod identity;
mod rule;
mod shape;
mod size;
mod subject;

use crate::model::{DesiredState, Diagnostic, Diagnostics};

pub use rule::{Check, RULES, Rule};
pub use subject::{Subject, TargetSubject};

/// Runs every rule over every policy at every target.
///
/// A rule about the text of an entry runs once, at the first target of the entry: what it finds is the same at
/// the others.
pub fn validate(desired: &DesiredState) -> Diagnostics {
    let mut findings: Vec<Diagnostic> = Vec::new();
    let mut seen = vec![false; desired.policies.len()];
    for at in &desired.targets {
        let subjects = subject::subjects(desired, at, &mut seen);
        for rule in RULES {
            match rule.check {
                Check::Reader => {}
                Check::Entry(check) => {
                    let first = subjects.iter().filter(|subject| subject.is_first);
                    first.for_each(|subject| check(rule, subject, &mut findings));
                }
                Check::Target(check) => {
                    check(rule, &TargetSubject { at, policies: &subjects }, &mut findings);
                }
            }
        }
    }
    Diagnostics::new(findings)
}
