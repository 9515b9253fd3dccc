//! The table of rules: code, weight, summary, help and check.

use crate::model::{Code, Diagnostic, Severity};

use super::{Subject, TargetSubject, identity, shape, size};

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
    /// How it is found.
    pub check: Check,
}

/// How a rule is checked.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// By the reader of the files, before there is a desired state.
    Reader,
    /// On each entry, once.
    Entry(fn(&Rule, &Subject<'_>, &mut Vec<Diagnostic>)),
    /// On each target.
    Target(fn(&Rule, &TargetSubject<'_>, &mut Vec<Diagnostic>)),
}

const fn reader(code: &'static str, summary: &'static str, help: &'static str) -> Rule {
    Rule { code: Code(code), severity: Severity::Error, summary, help, check: Check::Reader }
}

const fn error(code: &'static str, summary: &'static str, help: &'static str, check: Check) -> Rule {
    Rule { code: Code(code), severity: Severity::Error, summary, help, check }
}

const fn warning(code: &'static str, summary: &'static str, help: &'static str, check: Check) -> Rule {
    Rule { code: Code(code), severity: Severity::Warning, summary, help, check }
}

/// Every rule, by code.
pub const RULES: &[Rule] = &[
    reader(
        "LP101",
        "the file is not YAML that can be used",
        "Mend the marked place. Tags, merge keys and a second document are not read, because each hides what the file asks for.",
    ),
    reader(
        "LP102",
        "an unknown field",
        "Fields that nobody reads are mistakes: correct the name, or remove the field.",
    ),
    reader("LP103", "a missing field", "Add the field, or keep exactly one where only one may stand."),
    reader(
        "LP104",
        "a value of the wrong type",
        "Write the value as the message says; account ids are strings of 12 digits in quotation marks.",
    ),
    reader(
        "LP105",
        "a key or a section stands twice",
        "YAML keeps only one of them and says nothing: keep the one that is meant.",
    ),
    reader(
        "LP106",
        "two entries meet at one address",
        "A policy can have one document only: join the entries, or narrow their targets or Regions.",
    ),
    reader(
        "LP107",
        "an unknown variable",
        "Correct the name, declare it under `variables`, or write `$${` for a literal `${`.",
    ),
    reader("LP108", "an unknown target or Region", "Correct the name, or declare it under `targets`."),
    reader(
        "LP109",
        "a document file that cannot be used",
        "The file must exist, be text, and lie in the folder of the desired-state file or below.",
    ),
    reader(
        "LP110",
        "the file is too large, too deep, or its aliases weigh too much",
        "Split the file; write repeated content out, or use variables.",
    ),
    error(
        "LP201",
        "the document is not an object",
        "A policy document is an object with `Version` and `Statement`.",
        Check::Entry(shape::not_an_object),
    ),
    error(
        "LP202",
        "the document has no statement",
        "AWS refuses a document without statements: add one, or remove the entry.",
        Check::Entry(shape::no_statement),
    ),
    error(
        "LP210",
        "a policy name that AWS refuses",
        "A name has 1 to 255 characters, none of `:` and `*`, and single slashes inside only (PutResourcePolicy; CloudFormation schema).",
        Check::Entry(identity::policy_name),
    ),
    error(
        "LP211",
        "a log-group name that AWS refuses",
        "A name has 1 to 512 characters of a-z, A-Z, 0-9 and `_ - / . #` (CreateLogGroup).",
        Check::Entry(identity::log_group_name),
    ),
    error(
        "LP212",
        "a character that AWS refuses",
        "Documents may hold tab, line feed, carriage return and U+0020 to U+00FF only (CloudFormation schema).",
        Check::Entry(shape::characters),
    ),
    error(
        "LP501",
        "a document above the limit",
        "AWS refuses it: join statements, or split the policy.",
        Check::Target(size::too_large),
    ),
    warning(
        "LP502",
        "a document above 5,120 bytes, the limit before 2026",
        "Some AWS pages and tools still know the old limit: split the policy where they must read it.",
        Check::Target(size::large),
    ),
    error(
        "LP503",
        "more account policies for a target than fit",
        "AWS does not raise the quota of ten: join policies, or move one to its log group with `log_group`.",
        Check::Target(size::too_many),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_stand_once() {
        let codes: Vec<Code> = RULES.iter().map(|rule| rule.code).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
