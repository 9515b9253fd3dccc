//! Drift for terminals: a line for each target, and below it what is not as expected.

use std::fmt::Write;

use crate::report::Layout;
use crate::report::escape::terminal;
use crate::report::plan::{access, item};
use crate::report::style::Style;
use crate::report::{Count, Line, ReviewTarget};

use super::DriftedTarget;
use super::review::{counts, review_target};

/// What others changed at some targets, and the line that sums it up.
pub fn drift_text(targets: &[DriftedTarget], layout: Layout) -> String {
    let mut text = String::new();
    for target in targets {
        let review = review_target(target);
        line(target, &review, &mut text);
        body(&review, layout, &mut text);
    }
    let words = |Count { text, style }: &Count| style.paint(text).to_string();
    let counts: Vec<String> = counts(targets).iter().map(words).collect();
    let _ = writeln!(text, "{}: {}", Style::Strong.paint("Drift"), counts.join(", "));
    text
}

/// `111122223333/us-east-1  drift: 1 changed, 1 added`
fn line(target: &DriftedTarget, review: &ReviewTarget, text: &mut String) {
    let found = match (&target.found, target.has_drift()) {
        (None, _) => Style::Bad.paint("not read").to_string(),
        (Some(_), false) => "no drift".to_owned(),
        (Some(_), true) => Style::Warning.paint(format!("drift: {}", review.words())).to_string(),
    };
    let _ = writeln!(text, "{}  {found}", Style::Strong.paint(target.target.to_string()));
}

fn body(target: &ReviewTarget, layout: Layout, text: &mut String) {
    target.items.iter().for_each(|found| item(found, layout, text));
    if !target.items.is_empty() {
        text.push('\n');
        access(&target.access, text);
    }
    for Line { style, text: line } in &target.notes {
        let _ = writeln!(text, "  {}", style.paint(terminal(line)));
    }
    if let Some((word, message)) = &target.error {
        let _ = writeln!(text, "  {} {}", Style::Bad.paint(word), terminal(message));
    }
}
