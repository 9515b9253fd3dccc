//! The steps of a plan, numbered, with the slots in use after each.

use std::fmt::Write;

use crate::model::PolicyScope;
use crate::plan::{Operation, OperationKind, Plan};

use super::count::thousands;
use super::escape::terminal;
use super::style::Style;

/// One line for each operation; empty where there is none.
pub(super) fn steps(plan: &Plan) -> String {
    if plan.operations.is_empty() {
        return String::new();
    }
    let limit = plan.limits.account_policies;
    let name = |operation: &Operation| terminal(&operation.key.to_string());
    let widest = plan.operations.iter().map(|operation| name(operation).chars().count()).max().unwrap_or(0);
    let mut text = format!("{}\n", Style::Strong.paint("Steps"));
    for operation in &plan.operations {
        let mut line =
            format!("  {:>2} {:<6} {:<widest$}", operation.id, operation.kind.as_str(), name(operation));
        let before = operation.before.as_ref().map_or(0, |document| document.bytes());
        let after = match &operation.kind {
            OperationKind::Put(document) => document.bytes(),
            OperationKind::Delete => 0,
        };
        let _ = write!(line, "  {} → {} bytes", thousands(before), thousands(after));
        if operation.key.scope == PolicyScope::Account {
            let _ = write!(line, "  {} of {limit} slots", operation.slots);
        }
        let _ = writeln!(text, "{}{}", line.trim_end(), Style::Faint.paint(reason(operation)));
    }
    text.push('\n');
    text
}

/// `, after 1 and 2: frees a slot for policy:x`
fn reason(operation: &Operation) -> String {
    let because = terminal(&operation.because.join("; "));
    let numbers: Vec<String> = operation.waits.keys().map(ToString::to_string).collect();
    match (numbers.is_empty(), because.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!(": {because}"),
        (false, _) => format!(", after {}: {because}", numbers.join(", ")),
    }
}
