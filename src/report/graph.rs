//! The order of a plan as a drawing: DOT for Graphviz, and Mermaid.

use std::fmt::Write;

use crate::model::PolicyScope;
use crate::plan::{Operation, Plan, TargetResult};

/// A digraph with one cluster for each target; labels are quoted, so that a name does nothing in them.
pub fn plan_dot(results: &[TargetResult]) -> String {
    let mut text = String::from("digraph plan {\n  rankdir=LR;\n  node [shape=box];\n");
    for (number, result) in results.iter().enumerate() {
        let _ =
            writeln!(text, "  subgraph cluster_{number} {{\n    label={};", dot(&result.target.to_string()));
        match &result.plan {
            Ok(plan) => operations_dot(plan, number, &mut text),
            Err(why) => {
                let _ = writeln!(text, "    t{number}_error [label={}, shape=plaintext];", dot(&why.message));
            }
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

fn operations_dot(plan: &Plan, number: usize, text: &mut String) {
    if plan.operations.is_empty() {
        let _ = writeln!(text, "    t{number}_none [label=\"nothing to write\", shape=plaintext];");
    }
    for operation in &plan.operations {
        let label = dot(&label(plan, operation));
        let _ = writeln!(text, "    t{number}_{} [label={label}];", operation.id);
    }
    for (operation, (earlier, reasons)) in edges(plan) {
        let label = dot(&reasons.join("\n"));
        let _ = writeln!(text, "    t{number}_{earlier} -> t{number}_{} [label={label}];", operation.id);
    }
}

/// A flowchart with one subgraph for each target.
pub fn plan_mermaid(results: &[TargetResult]) -> String {
    let mut text = String::from("flowchart LR\n");
    for (number, result) in results.iter().enumerate() {
        let _ = writeln!(text, "  subgraph t{number}[{}]", mermaid(&result.target.to_string()));
        match &result.plan {
            Ok(plan) => operations_mermaid(plan, number, &mut text),
            Err(why) => {
                let _ = writeln!(text, "    t{number}_error[{}]", mermaid(&why.message));
            }
        }
        text.push_str("  end\n");
    }
    text
}

fn operations_mermaid(plan: &Plan, number: usize, text: &mut String) {
    if plan.operations.is_empty() {
        let _ = writeln!(text, "    t{number}_none[\"nothing to write\"]");
    }
    for operation in &plan.operations {
        let _ = writeln!(text, "    t{number}_{}[{}]", operation.id, mermaid(&label(plan, operation)));
    }
    for (operation, (earlier, reasons)) in edges(plan) {
        let label = mermaid(&reasons.join("\n"));
        let _ = writeln!(text, "    t{number}_{earlier} -->|{label}| t{number}_{}", operation.id);
    }
}

/// `1 put policy:NAME (8 of 10)`
fn label(plan: &Plan, operation: &Operation) -> String {
    let mut label = format!("{} {} {}", operation.id, operation.kind.as_str(), operation.key);
    if operation.key.scope == PolicyScope::Account {
        let _ = write!(label, " ({} of {})", operation.slots, plan.limits.account_policies);
    }
    label
}

/// What each operation waits for, with the reasons.
fn edges(plan: &Plan) -> impl Iterator<Item = (&Operation, (&usize, &Vec<String>))> {
    plan.operations.iter().flat_map(|operation| operation.waits.iter().map(move |wait| (operation, wait)))
}

/// A quoted DOT string (Graphviz, "The DOT Language": `"` is escaped, a line break is `\n`).
fn dot(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            letter if letter.is_control() => quoted.extend(letter.escape_default().flat_map(|part| {
                // The backslash of the escape is a letter of the label.
                if part == '\\' { vec!['\\', '\\'] } else { vec![part] }
            })),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A quoted Mermaid string, everything but plain letters as entity codes (Mermaid, "Entity codes to escape characters").
fn mermaid(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '\n' => quoted.push_str("<br/>"),
            letter if letter.is_ascii_alphanumeric() || " _-./:*,()".contains(letter) => quoted.push(letter),
            letter => {
                let _ = write!(quoted, "#{};", u32::from(letter));
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_nothing_in_a_drawing() {
        assert_eq!(dot("a\"];x\\\n\u{1b}"), r#""a\"];x\\\n\\u{1b}""#);
        assert_eq!(mermaid("a\"]<script>\nb"), "\"a#34;#93;#60;script#62;<br/>b\"");
    }
}
