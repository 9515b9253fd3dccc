//! Judges the desired state alone: one table of rules, each a named pure function, and the access tests.
//!
//! Every rule collects all that it finds; nothing stops at the first.

mod access_rules;
mod access_test;
mod effect;
mod element;
mod exposure;
mod identity;
mod language_rules;
mod level;
mod planning;
mod reader_rules;
mod rule;
mod shape;
mod size;
mod subject;

use crate::model::{DesiredState, Diagnostic, Diagnostics};

use crate::pack::place_grants;

use level::levelled;

pub use planning::when_planning;
pub use rule::{Check, Rule, rule, rules};
pub use subject::{Subject, TargetSubject};

/// Runs every rule over every policy at every target, and the access tests.
///
/// A rule about the text of an entry runs once, at the first target of the entry: what it finds is the same at
/// the others. Levels are as the rules have them; [`judged`] applies what the files say about them.
pub fn validate(desired: &DesiredState) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = Vec::new();
    let mut seen = vec![false; desired.policies.len()];
    let mut seen_grants = vec![false; desired.grants.len()];
    for at in &desired.targets {
        let mut here = desired.at(at);
        place_grants(&mut here, None);
        let mut subjects = subject::subjects(desired, at, &mut seen);
        let granted = subject::granted(desired, &here, &mut seen_grants);
        subjects.extend(subject::packed(&here));
        // What AWS can never take is told so (LP501), and not looked into; grants are judged one by one.
        let written = || subjects.iter().filter(|subject| subject.grants.is_empty()).chain(&granted);
        let judged = || written().filter(|subject| subject.document.bytes() <= MOST_JUDGED_BYTES);
        let target = TargetSubject { at, policies: &subjects, overflow: here.overflow.as_ref() };
        for rule in rules() {
            match rule.check {
                Check::Reader | Check::Plan | Check::Lint => {}
                Check::Entry(check) => {
                    let first = judged().filter(|subject| subject.is_first);
                    first.for_each(|subject| check(rule, subject, &mut findings));
                }
                Check::Each(check) => judged().for_each(|subject| check(rule, subject, &mut findings)),
                Check::Target(check) => check(rule, &target, &mut findings),
            }
        }
        if let Some(rule) = rule(ACCESS_TEST_FAILS) {
            let tests = desired.tests_at(at).into_iter();
            findings.extend(tests.filter_map(|test| access_test::failing(rule, test, &target)));
        }
    }
    findings
}

/// Documents above this many bytes are far beyond what AWS takes (51,200).
const MOST_JUDGED_BYTES: usize = 256 * 1024;

/// The code of an access test that fails on desired state; a plan judges the tests again, on what will be live.
pub const ACCESS_TEST_FAILS: &str = "LP119";

/// Findings with the levels that the files give them, and what the files accept in vain.
///
/// ```
/// use logpolicy::model::Directory;
/// use logpolicy::{config, validate};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = r#"
/// version: 1
/// targets: { main: { account: "111122223333", regions: [us-east-1] } }
/// policies:
///   - name: everybody
///     document:
///       Version: "2012-10-17"
///       Statement:
///         - Effect: Allow
///           Principal: { Service: es.amazonaws.com }
///           Action: logs:PutLogEvents
///           Resource: "arn:aws:logs:us-east-1:111122223333:log-group:/aws/es/*:*"
/// "#;
/// let parsed = config::parse_with(&[], &[("logpolicy.yaml".into(), text.to_owned())])?;
/// let loaded = parsed.loaded(&Directory::default());
/// let findings = validate::judged(&loaded.desired);
/// let codes: Vec<&str> = findings.iter().map(|finding| finding.code.0).collect();
/// // Nothing says for whom the service writes: a confused deputy.
/// assert_eq!(codes, ["LP401"]);
/// assert!(!findings.has_errors());
/// # Ok(())
/// # }
/// ```
pub fn judged(desired: &DesiredState) -> Diagnostics {
    Diagnostics::new(levelled(desired, validate(desired)))
}
