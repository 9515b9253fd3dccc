//! The rules for people: one in full, all in a list, and the page of the documentation.

use std::fmt::Write;

use crate::model::Severity;
use crate::validate::{Rule, rules};

use super::style::Style;

/// One rule in full: what it finds, why it matters, and a bad and a good example.
pub fn rule_text(rule: &Rule) -> String {
    let Rule { code, severity, summary, help, link, bad, good, check: _ } = rule;
    let mut text = format!("{} {}: {summary}\n\n{help}\n", Style::Strong.paint(code.0), weight(*severity));
    if !link.is_empty() {
        let _ = writeln!(text, "{link}");
    }
    let _ = writeln!(text, "\n{}\n{}", Style::Bad.paint("Bad"), example(bad));
    let _ = writeln!(text, "{}\n{}", Style::Added.paint("Good"), example(good));
    text
}

/// Every rule in a line.
pub fn rules_text() -> String {
    let mut text = String::new();
    for Rule { code, severity, summary, .. } in rules() {
        let _ = writeln!(text, "{}  {:<7}  {summary}", Style::Strong.paint(code.0), weight(*severity));
    }
    text
}

/// `docs/rules.md`.
pub fn rules_page() -> String {
    let mut page = String::from(
        "# Rules\n\nMade from the table in `src/validate/`; `logpolicy explain CODE` shows each with its examples, which \
         are the fixtures in\n`tests/cases/rules/`. A code is stable for ever. `lint` in the files changes its level:\n\n\
         ```yaml\nlint: { deny: [LP401], allow: { LP603: \"the reason\" } }   # for all files\n```\n\nA policy accepts with \
         `lint: { allow: { CODE: \"reason\" } }` at its entry. LP1xx cannot be accepted.\n\n",
    );
    page.push_str("| code | level | finds | what to do |\n|---|---|---|---|\n");
    for Rule { code, severity, summary, help, link, .. } in rules() {
        let code = if link.is_empty() { code.0.to_owned() } else { format!("[{}]({link})", code.0) };
        let _ = writeln!(page, "| {code} | {} | {} | {} |", weight(*severity), cell(summary), cell(help));
    }
    page
}

fn weight(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The most lines of an example; a fixture about what is too long shows its beginning.
const EXAMPLE_LINES: usize = 24;

fn example(text: &str) -> String {
    let mut shown = String::new();
    for line in text.lines().take(EXAMPLE_LINES) {
        let cut: String = line.chars().take(160).collect();
        let _ = writeln!(shown, "  {cut}{}", if cut.len() < line.len() { "..." } else { "" });
    }
    if text.lines().count() > EXAMPLE_LINES {
        shown.push_str("  ...\n");
    }
    shown
}
