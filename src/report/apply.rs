//! What became of an apply, as text.

use std::fmt::Write;

use crate::plan::{Outcome, TargetOutcome};

use super::count::counted;
use super::escape::terminal;
use super::style::Style;

/// One line for each operation, and a line that sums up.
pub fn apply_text(outcomes: &[TargetOutcome]) -> String {
    let mut text = String::new();
    for target in outcomes.iter().filter(|target| !target.outcomes.is_empty() || target.error.is_some()) {
        let _ = writeln!(text, "{}", Style::Strong.paint(target.target.to_string().replacen('/', " / ", 1)));
        for operation in &target.outcomes {
            let word = style(&operation.outcome).paint(format!("{:<8}", operation.outcome.as_str()));
            let name = terminal(&operation.key.to_string());
            let message =
                operation.outcome.message().map(|message| format!("\n        {}", terminal(&message)));
            let _ = writeln!(text, "  {:>2} {word} {name}{}", operation.id, message.unwrap_or_default());
        }
        if let Some(error) = &target.error {
            let _ = writeln!(text, "  {} {}", Style::Bad.paint("error"), terminal(error));
        }
    }
    text.push_str(&summary(outcomes));
    text
}

fn style(outcome: &Outcome) -> Style {
    match outcome {
        Outcome::Applied => Style::Added,
        Outcome::Skipped { satisfied: true, .. } => Style::Faint,
        Outcome::Skipped { .. } => Style::Warning,
        Outcome::Conflict { .. } | Outcome::Failed { .. } => Style::Bad,
    }
}

fn summary(outcomes: &[TargetOutcome]) -> String {
    let all = || outcomes.iter().flat_map(|target| &target.outcomes);
    let count = |word: &str| all().filter(|operation| operation.outcome.as_str() == word).count();
    let applied = counted(count("applied"), "operation");
    let mut line = format!("Applied {applied}");
    for word in ["skipped", "conflict", "failed"] {
        let number = count(word);
        if number > 0 {
            let _ = write!(line, ", {number} {word}");
        }
    }
    if outcomes.iter().all(TargetOutcome::is_complete) {
        line.push_str(". What AWS has is what the files ask for.\n");
    } else {
        line.push_str(".\nRun `logpolicy plan` to see what is left; running `apply` again does only that.\n");
    }
    line
}
