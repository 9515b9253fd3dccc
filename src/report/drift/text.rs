//! Drift for terminals: a line for each target, and below it what is not as expected.

use std::fmt::Write;

use crate::diff::{DriftKind, Drifted};
use crate::report::Layout;
use crate::report::access::access_text;
use crate::report::count::{counted, thousands};
use crate::report::escape::terminal;
use crate::report::plan::{breadth, details};
use crate::report::style::Style;

use super::{DriftedTarget, FoundDrift, counts};

/// What others changed at some targets, and the line that sums it up.
pub fn drift_text(targets: &[DriftedTarget], layout: Layout) -> String {
    let mut text = String::new();
    for target in targets {
        line(target, &mut text);
        if let Some(found) = &target.found {
            body(found, layout, &mut text);
        }
        if let Some(error) = &target.error {
            let _ = writeln!(text, "  {} {}", Style::Bad.paint("error"), terminal(error));
        }
    }
    text.push_str(&summary(targets));
    text
}

/// `111122223333/us-east-1  drift: 1 changed, 1 added`
fn line(target: &DriftedTarget, text: &mut String) {
    let found = match (&target.found, target.has_drift()) {
        (None, _) => Style::Bad.paint("not read").to_string(),
        (Some(_), false) => "no drift".to_owned(),
        (Some(_), true) => Style::Warning.paint(format!("drift: {}", counts(&[target]))).to_string(),
    };
    let _ = writeln!(text, "{}  {found}", Style::Strong.paint(target.target.to_string()));
}

fn body(found: &FoundDrift, layout: Layout, text: &mut String) {
    for drifted in &found.drift.drifted {
        policy(drifted, layout, text);
    }
    if !found.drift.drifted.is_empty() {
        for line in access_text(&found.drift.access, true).lines().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "  {line}");
        }
    }
    let mut pending = found.drift.pending.iter().peekable();
    if pending.peek().is_some() {
        let words: Vec<String> =
            pending.map(|(key, action)| format!("{action} {}", terminal(&key.to_string()))).collect();
        let _ = writeln!(text, "  {}", Style::Faint.paint(format!("not applied yet: {}", words.join(", "))));
    }
}

fn policy(drifted: &Drifted, layout: Layout, text: &mut String) {
    let Drifted { key, kind, change, meaning, applied_at, written_at: _, attribution } = drifted;
    let (symbol, style) = match kind {
        DriftKind::Changed => ('~', Style::Changed),
        DriftKind::Removed => ('-', Style::Removed),
        DriftKind::Added => ('+', Style::Added),
    };
    let width = match (kind, meaning) {
        (DriftKind::Changed, Some(meaning)) => breadth(meaning.breadth),
        _ => "",
    };
    let left = format!("  {symbol} {:<7} {}{width}", kind.as_str(), terminal(&key.to_string()));
    let right = match (kind, applied_at) {
        (DriftKind::Added, _) => "unmanaged".to_owned(),
        (_, Some(at)) => format!("as applied on {}", terminal(at.get(..10).unwrap_or(at))),
        (_, None) => "never applied by us".to_owned(),
    };
    let _ = writeln!(text, "{}", layout.edges(&left, &right, |left| style.paint(left).to_string()));
    details(change, meaning.as_ref(), text);
    if let Some(attribution) = attribution {
        let _ = writeln!(text, "      {}", Style::Strong.paint(terminal(&attribution.to_string())));
    }
}

/// `Drift in 1 of 3 targets: 1 changed, 1 added`
fn summary(targets: &[DriftedTarget]) -> String {
    let drifted: Vec<&DriftedTarget> = targets.iter().filter(|target| target.has_drift()).collect();
    let unread = targets.iter().filter(|target| target.found.is_none()).count();
    let mut line = if drifted.is_empty() {
        format!("{}: none in {}", Style::Strong.paint("Drift"), counted(targets.len() - unread, "target"))
    } else {
        let (here, all) = (thousands(drifted.len()), counted(targets.len(), "target"));
        format!("{} in {here} of {all}: {}", Style::Strong.paint("Drift"), counts(&drifted))
    };
    if unread > 0 {
        let _ = write!(line, ", {}", Style::Bad.paint(format!("{} not read", counted(unread, "target"))));
    }
    line.push('\n');
    line
}
