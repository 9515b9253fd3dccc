//! The order of a plan as a drawing: DOT for Graphviz, and Mermaid.

use std::fmt::Write;

use crate::model::PolicyScope;
use crate::plan::{Operation, Plan, TargetResult};

/// A digraph with one cluster for each target; labels are quoted, so that a name does nothing in them.
pub fn plan_dot(results: &[TargetResult]) -> String {
    let drawing = drawing(results, &Dot);
    format!("digraph plan {{\n  rankdir=LR;\n  node [shape=box];\n{drawing}}}\n")
}

/// A flowchart with one subgraph for each target.
pub fn plan_mermaid(results: &[TargetResult]) -> String {
    format!("flowchart LR\n{}", drawing(results, &Mermaid))
}

/// How a language writes what a drawing is made of; a note is a box without a frame.
trait Language {
    fn target(&self, id: &str, label: &str, content: &str) -> String;
    fn node(&self, id: &str, label: &str) -> String;
    fn note(&self, id: &str, label: &str) -> String;
    fn edge(&self, from: &str, to: &str, label: &str) -> String;
}

fn drawing(results: &[TargetResult], language: &dyn Language) -> String {
    let mut text = String::new();
    for (number, result) in results.iter().enumerate() {
        let id = format!("t{number}");
        let content = match &result.plan {
            Ok(plan) => operations(plan, &id, language),
            Err(why) => language.note(&format!("{id}_error"), &why.message),
        };
        text.push_str(&language.target(&id, &result.target.to_string(), &content));
    }
    text
}

fn operations(plan: &Plan, id: &str, language: &dyn Language) -> String {
    let mut text = String::new();
    let refusals = || plan.refusals.iter().filter(|refusal| !refusal.allowed);
    for (number, refusal) in refusals().enumerate() {
        let place = refusal.key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
        let label = format!("refused {}{place}", refusal.name.as_str());
        text.push_str(&language.note(&format!("{id}_refused{number}"), &label));
    }
    if plan.operations.is_empty() && refusals().next().is_none() {
        text.push_str(&language.note(&format!("{id}_none"), "nothing to write"));
    }
    let node = |number: usize| format!("{id}_{number}");
    for operation in &plan.operations {
        text.push_str(&language.node(&node(operation.id), &label(plan, operation)));
    }
    for operation in &plan.operations {
        for (earlier, reasons) in &operation.waits {
            text.push_str(&language.edge(&node(*earlier), &node(operation.id), &reasons.join("\n")));
        }
    }
    text
}

struct Dot;

impl Language for Dot {
    fn target(&self, id: &str, label: &str, content: &str) -> String {
        format!("  subgraph cluster_{id} {{\n    label={};\n{content}  }}\n", dot(label))
    }

    fn node(&self, id: &str, label: &str) -> String {
        format!("    {id} [label={}];\n", dot(label))
    }

    fn note(&self, id: &str, label: &str) -> String {
        format!("    {id} [label={}, shape=plaintext];\n", dot(label))
    }

    fn edge(&self, from: &str, to: &str, label: &str) -> String {
        format!("    {from} -> {to} [label={}];\n", dot(label))
    }
}

struct Mermaid;

impl Language for Mermaid {
    fn target(&self, id: &str, label: &str, content: &str) -> String {
        format!("  subgraph {id}[{}]\n{content}  end\n", mermaid(label))
    }

    fn node(&self, id: &str, label: &str) -> String {
        format!("    {id}[{}]\n", mermaid(label))
    }

    fn note(&self, id: &str, label: &str) -> String {
        format!("    {id}([{}])\n", mermaid(label))
    }

    fn edge(&self, from: &str, to: &str, label: &str) -> String {
        format!("    {from} -->|{}| {to}\n", mermaid(label))
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
