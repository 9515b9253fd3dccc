//! The steps of a plan, numbered, with the slots in use after each.

use std::fmt::Write;

use super::escape::terminal;
use super::review::ReviewStep;
use super::style::Style;

/// One line for each write; empty where there is none.
pub(super) fn steps(steps: &[ReviewStep]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let widest = steps.iter().map(|step| terminal(&step.key).chars().count()).max().unwrap_or(0);
    let mut text = format!("{}\n", Style::Strong.paint("Steps"));
    for ReviewStep { id, kind, key, bytes, slots, reason, outcome: _ } in steps {
        let line = format!("  {id:>2} {kind:<6} {:<widest$}  {bytes}  {slots}", terminal(key));
        let _ = writeln!(text, "{}{}", line.trim_end(), Style::Faint.paint(terminal(reason)));
    }
    text.push('\n');
    text
}
