//! What became of an apply, as text.

use std::fmt::Write;

use crate::plan::TargetOutcome;

use super::escape::terminal;
use super::review::{outcome_style, outcome_summary};
use super::style::Style;

/// One line for each operation, and a line that sums up.
pub fn apply_text(outcomes: &[TargetOutcome]) -> String {
    let mut text = String::new();
    for target in outcomes.iter().filter(|target| !target.outcomes.is_empty() || target.error.is_some()) {
        let _ = writeln!(text, "{}", Style::Strong.paint(target.target.to_string().replacen('/', " / ", 1)));
        for operation in &target.outcomes {
            let word = outcome_style(&operation.outcome).paint(format!("{:<8}", operation.outcome.as_str()));
            let name = terminal(&operation.key.to_string());
            let message =
                operation.outcome.message().map(|message| format!("\n        {}", terminal(&message)));
            let _ = writeln!(text, "  {:>2} {word} {name}{}", operation.id, message.unwrap_or_default());
        }
        if let Some(error) = &target.error {
            let _ = writeln!(text, "  {} {}", Style::Bad.paint("error"), terminal(error));
        }
    }
    let (summary, is_complete) = outcome_summary(outcomes);
    text.push_str(&summary);
    text.push_str(if is_complete {
        ". What AWS has is what the files ask for.\n"
    } else {
        ".\nRun `logpolicy plan` to see what is left; running `apply` again does only that.\n"
    });
    text
}
