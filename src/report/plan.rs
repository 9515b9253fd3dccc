//! A plan as text: what changes at each target, in which steps, and what speaks against it.

use std::fmt::Write;

use crate::plan::TargetResult;
use crate::policy::Fingerprint;

use super::count::{counted, thousands};
use super::escape::terminal;
use super::layout::Layout;
use super::review::{
    Count, DiffLine, Line, ReviewItem, ReviewRefusal, ReviewTarget, folded, is_calm, is_large, plan_counts,
    review_target,
};
use super::step::steps;
use super::style::Style;

/// The plans of some targets, and the line that sums them up.
pub fn plan_text(results: &[TargetResult], digest: &Fingerprint, layout: Layout) -> String {
    let mut text = String::new();
    // Of many targets those are but counted where nothing is to be seen.
    let counts_calm = is_large(results.len()) && !layout.verbose;
    let targets = folded(results.iter().map(review_target).collect());
    let (calm, shown): (Vec<_>, Vec<_>) = targets.iter().partition(|target| counts_calm && target.is_calm());
    shown.iter().for_each(|shown| target(shown, layout, &mut text));
    if !calm.is_empty() {
        let more = if shown.is_empty() { "target" } else { "more target" };
        let _ = writeln!(text, "{} without changes\n", counted(calm.len(), more));
    }
    text.push_str(&summary_line(results, digest));
    text
}

/// `Plan 3f9c1a7e04b2: 1 to create, 4 unchanged`
fn summary_line(results: &[TargetResult], digest: &Fingerprint) -> String {
    let counts = plan_counts(results);
    let words = |Count { text, style }: &Count| style.paint(text).to_string();
    let counts: Vec<String> = counts.iter().map(words).collect();
    let nothing = if is_calm(results) { "No changes. " } else { "" };
    format!("{nothing}Plan {}: {}\n", Style::Strong.paint(digest.short()), counts.join(", "))
}

fn target(target: &ReviewTarget, layout: Layout, text: &mut String) {
    let _ = write!(text, "{}", Style::Strong.paint(target.target.to_string().replacen('/', " / ", 1)));
    if !target.also.is_empty() {
        let _ = write!(text, " · the same in {}", counted(target.number(), "target"));
    }
    if let Some((word, message)) = &target.error {
        also(target, text);
        let _ = writeln!(text, "\n\n  {} {}\n", Style::Bad.paint(word), terminal(message));
        return;
    }
    if let Some(slots) = target.slots {
        let (now, limit) = (slots.before, slots.limit);
        let _ = write!(
            text,
            " · {now} of {limit} policies now, at most {} during, {} after",
            slots.peak, slots.after
        );
    }
    also(target, text);
    text.push('\n');
    for Line { style, text: line } in &target.notes {
        let _ = writeln!(text, "  {}", style.paint(terminal(line)));
    }
    text.push('\n');
    // What needs no look stays away unless it is asked for.
    let mut shown = target.items.iter().filter(|item| layout.verbose || !item.is_quiet).peekable();
    let any = shown.peek().is_some();
    shown.for_each(|found| item(found, layout, text));
    if any {
        text.push('\n');
    }
    access(&target.access, text);
    text.push_str(&steps(&target.steps));
    target.refusals.iter().for_each(|found| refusal(found, text));
}

/// The first of the others at which it is the same.
fn also(target: &ReviewTarget, text: &mut String) {
    const FEW: usize = 3;
    if target.also.is_empty() {
        return;
    }
    let names: Vec<String> = target.also.iter().take(FEW).map(ToString::to_string).collect();
    let more = match target.also.len().saturating_sub(FEW) {
        0 => String::new(),
        more => format!(" and {} more", thousands(more)),
    };
    let _ = write!(text, "\n  also {}{more}", names.join(", "));
}

/// The lines about a target's access.
pub(super) fn access(lines: &[Line], text: &mut String) {
    let title = Style::Strong.paint("Access");
    match lines {
        [] => return,
        [Line { text: only, .. }] => {
            let _ = writeln!(text, "{title}  {only}");
        }
        lines => {
            let _ = writeln!(text, "{title}");
            for Line { style, text: line } in lines {
                let _ = writeln!(text, "  {}", style.paint(line));
            }
        }
    }
    text.push('\n');
}

fn refusal(refusal: &ReviewRefusal, text: &mut String) {
    let ReviewRefusal { name, key, message, allowed: _ } = refusal;
    let (word, style) = refusal.look();
    let place = key.as_ref().map(|key| format!(" {}", terminal(key))).unwrap_or_default();
    let _ = writeln!(text, "{} {name}{place}\n  {}\n", style.paint(word), terminal(message));
}

/// One policy, and how its document changes.
pub(super) fn item(item: &ReviewItem, layout: Layout, text: &mut String) {
    let ReviewItem { word, symbol, style, key, breadth, aside, .. } = item;
    let breadth = if breadth.is_empty() { String::new() } else { format!("  {breadth}") };
    let left = format!("  {symbol} {word:<7} {}{breadth}", terminal(&key.to_string()));
    let _ = writeln!(text, "{}", layout.edges(&left, &terminal(aside), |left| style.paint(left).to_string()));
    if !item.grants.is_empty() && (!item.lines.is_empty() || layout.verbose) {
        holds(&item.grants, layout, text);
    }
    for note in &item.notes {
        let _ = writeln!(text, "      {}", Style::Faint.paint(terminal(note)));
    }
    item.lines.iter().for_each(|found| line(found, text));
}

/// The grants that were packed into a policy.
fn holds(grants: &[String], layout: Layout, text: &mut String) {
    let mut lines = Vec::new();
    let mut line = format!("      {}: ", counted(grants.len(), "grant"));
    for (index, id) in grants.iter().enumerate() {
        let piece = format!("{id}{}", if index + 1 < grants.len() { ", " } else { "" });
        if line.len() + piece.len() > layout.width.max(40) {
            lines.push(std::mem::replace(&mut line, "        ".to_owned()));
        }
        line.push_str(&piece);
    }
    lines.push(line);
    for line in lines {
        let _ = writeln!(text, "{}", Style::Faint.paint(line.trim_end()));
    }
}

/// A line of a difference; what changed in a value stands between marks that can be read without colour.
fn line(line: &DiffLine, text: &mut String) {
    match line {
        DiffLine::Place(place) => {
            let _ = writeln!(text, "      {}", terminal(place));
        }
        DiffLine::Side { arrives, pieces: _, remark } => {
            let style = if *arrives { Style::Added } else { Style::Removed };
            let remark = if remark.is_empty() { String::new() } else { format!("  ({})", terminal(remark)) };
            let _ = writeln!(text, "      {}{remark}", style.paint(line.marked()));
        }
    }
}
