//! The table of rules: code, weight, summary, help, examples and check.

use crate::model::{Code, Diagnostic, Severity};

use super::access_rules::ACCESS;
use super::language_rules::LANGUAGE;
use super::reader_rules::READER;
use super::{Subject, TargetSubject};

/// A rule; its code is stable for ever.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The code.
    pub code: Code,
    /// Its weight unless the files say otherwise.
    pub severity: Severity,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Why it matters and what to do.
    pub help: &'static str,
    /// The page that says so; empty where there is none.
    pub link: &'static str,
    /// A desired state in which it finds something.
    pub bad: &'static str,
    /// One in which it does not.
    pub good: &'static str,
    /// How it is found.
    pub check: Check,
}

/// How a rule is checked.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// By the reader of the files, or by running the access tests.
    Reader,
    /// On each entry, once.
    Entry(fn(&Rule, &Subject<'_>, &mut Vec<Diagnostic>)),
    /// On each entry at each of its targets.
    Each(fn(&Rule, &Subject<'_>, &mut Vec<Diagnostic>)),
    /// On each target.
    Target(fn(&Rule, &TargetSubject<'_>, &mut Vec<Diagnostic>)),
    /// When planning, with what is live.
    Plan,
    /// On `lint` itself, once all else is found.
    Lint,
}

/// Every rule, by code.
pub fn rules() -> impl Iterator<Item = &'static Rule> + Clone {
    READER.iter().chain(LANGUAGE).chain(ACCESS)
}

/// The rule of a code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code.0 == code)
}

/// The text of a fixture, which is also the example that `explain` shows.
macro_rules! example {
    ($code:literal, $kind:literal) => {
        include_str!(concat!("../../tests/cases/rules/", $code, "/", $kind, ".yaml"))
    };
}

pub(super) use example;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_stand_once() {
        let codes: Vec<Code> = rules().map(|rule| rule.code).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn every_rule_says_what_to_do() {
        for rule in rules() {
            assert!(rule.help.ends_with('.') && !rule.summary.ends_with('.'), "{}", rule.code.0);
            assert!(rule.link.is_empty() || rule.link.starts_with("https://"), "{}", rule.code.0);
        }
    }
}
