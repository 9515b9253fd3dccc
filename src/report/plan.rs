//! A plan as text: what changes at each target, in which steps, and what speaks against it.

use std::fmt::Write;

use crate::diff::{Breadth, Change, DocumentDiff, FieldDiff, Mark, Marked, Meaning, StatementDiff, compare};
use crate::plan::{
    Plan, PlannedChange, RefusalName, Summary, TargetResult, slots_sentence, what_frees_a_slot,
};
use crate::policy::{Document, Fingerprint, Statement};

use super::access::access_text;
use super::count::{counted, thousands};
use super::escape::terminal;
use super::layout::Layout;
use super::statement::sentences;
use super::step::steps;
use super::style::Style;

/// The plans of some targets, and the line that sums them up.
pub fn plan_text(results: &[TargetResult], digest: &Fingerprint, layout: Layout) -> String {
    let mut text = String::new();
    for result in results {
        match &result.plan {
            Ok(plan) => target(plan, layout, &mut text),
            Err(error) => {
                let _ = writeln!(text, "{}", heading(&result.target.to_string()));
                let word = if error.locked { "refused" } else { "error" };
                let _ = writeln!(text, "\n  {} {}\n", Style::Bad.paint(word), terminal(&error.message));
            }
        }
    }
    text.push_str(&summary_line(results, digest));
    text
}

/// `Plan 3f9c1a7e04b2: 1 to create, 4 unchanged`
fn summary_line(results: &[TargetResult], digest: &Fingerprint) -> String {
    let Summary { create, update, delete, adopt, forget, unchanged, unmanaged } = Summary::of(results);
    let mut parts = Vec::new();
    for (number, what) in [
        (create, "to create"),
        (update, "to update"),
        (delete, "to delete"),
        (adopt, "to adopt"),
        (forget, "to forget"),
        (unchanged, "unchanged"),
        (unmanaged, "unmanaged"),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", thousands(number)));
        }
    }
    let refused = results.iter().filter_map(|result| result.plan.as_ref().ok());
    let refused = refused.filter(|plan| plan.standing_refusals().next().is_some()).count();
    if refused > 0 {
        parts.push(Style::Bad.paint(format!("{} refused", counted(refused, "target"))).to_string());
    }
    let failed = results.iter().filter(|result| result.plan.is_err()).count();
    if failed > 0 {
        parts.push(Style::Bad.paint(format!("{} not planned", counted(failed, "target"))).to_string());
    }
    let what = if parts.is_empty() {
        "nothing is there and nothing is asked for".to_owned()
    } else {
        parts.join(", ")
    };
    let nothing =
        if !Summary::of(results).has_changes() && refused + failed == 0 { "No changes. " } else { "" };
    format!("{nothing}Plan {}: {what}\n", Style::Strong.paint(digest.short()))
}

fn heading(target: &str) -> String {
    Style::Strong.paint(target.replacen('/', " / ", 1)).to_string()
}

fn target(plan: &Plan, layout: Layout, text: &mut String) {
    let _ = write!(text, "{}", heading(&plan.target.to_string()));
    if let Some(slots) = plan.slots {
        let (now, limit) = (slots.before, slots.limit);
        let _ = write!(
            text,
            " · {now} of {limit} policies now, at most {} during, {} after",
            slots.peak, slots.after
        );
    }
    text.push('\n');
    text.push_str(&whose_slots(plan));
    text.push('\n');
    let mut shown =
        plan.changes.iter().filter(|planned| layout.verbose || is_shown(&planned.change)).peekable();
    let any = shown.peek().is_some();
    shown.for_each(|planned| change(plan, planned, layout, text));
    if any {
        text.push('\n');
    }
    if let Some(access) = &plan.access {
        text.push_str(&access_text(access, !plan.operations.is_empty()));
    }
    text.push_str(&steps(plan));
    for refusal in &plan.refusals {
        let word = if refusal.allowed {
            Style::Warning.paint("allowed").to_string()
        } else {
            Style::Bad.paint("refused").to_string()
        };
        let place =
            refusal.key.as_ref().map(|key| format!(" {}", terminal(&key.to_string()))).unwrap_or_default();
        let _ = writeln!(text, "{word} {}{place}\n  {}\n", refusal.name.as_str(), terminal(&refusal.message));
    }
}

/// Whose the slots are, where there are too few of them: in use now, or at the end. What helps stands in the refusal, where
/// there is one, and is not needed where the plan itself frees one.
fn whose_slots(plan: &Plan) -> String {
    let Some(slots) = plan.slots else { return String::new() };
    let refused = plan.refusals.iter().any(|refusal| refusal.name == RefusalName::SlotsExceeded);
    if slots.before < slots.limit && !refused {
        return String::new();
    }
    let mut text = format!("  {}\n", slots_sentence(slots.limit, plan.owners));
    if slots.after >= slots.limit && !refused {
        let help = format!("{} `logpolicy status` shows who holds what.", what_frees_a_slot(plan.owners));
        let _ = writeln!(text, "  {}", Style::Faint.paint(help));
    }
    text
}

/// What needs no look stays away unless it is asked for.
fn is_shown(change: &Change) -> bool {
    change.is_change() || matches!(change, Change::Unmanaged { .. })
}

fn change(plan: &Plan, planned: &PlannedChange, layout: Layout, text: &mut String) {
    let limit = thousands(plan.limits.document_bytes);
    let size = |document: &Document| format!("{} of {limit} bytes", thousands(document.bytes()));
    let (symbol, word, style) = look(&planned.change);
    let right = match &planned.change {
        Change::Create { after } | Change::Update { after, .. } => size(after),
        Change::Delete { recorded: Some(recorded), .. } => ours_since(&recorded.applied_at),
        Change::Delete { recorded: None, .. } => "unmanaged".to_owned(),
        Change::Forget { live: None } => "gone already; only the record changes".to_owned(),
        Change::Forget { live: Some(_) } => "none of it is ours any more; only the record changes".to_owned(),
        Change::Adopt { .. } => "there as desired; only the record changes".to_owned(),
        Change::Unchanged { .. } if planned.left_out => "left out".to_owned(),
        Change::Unchanged { live } => size(&live.document),
        Change::Unmanaged { .. } => "unmanaged".to_owned(),
    };
    let breadth = match (&planned.change, &planned.meaning) {
        (Change::Update { .. }, Some(meaning)) => breadth(meaning.breadth),
        _ => "",
    };
    let left = format!("  {symbol} {word:<7} {}{breadth}", terminal(&planned.key.to_string()));
    let painted = |left: &str| style.map_or_else(|| left.to_owned(), |style| style.paint(left).to_string());
    let _ = writeln!(text, "{}", layout.edges(&left, &right, painted));
    if planned.change.is_write() || layout.verbose {
        holds(plan, planned, layout, text);
    }
    details(&planned.change, planned.meaning.as_ref(), text);
}

/// The grants that were packed into a policy.
fn holds(plan: &Plan, planned: &PlannedChange, layout: Layout, text: &mut String) {
    let mut ids: Vec<&str> =
        plan.grants.iter().filter(|place| place.key == planned.key).map(|place| place.id.as_str()).collect();
    ids.dedup();
    if ids.is_empty() {
        return;
    }
    let (what, mut lines) = (format!("      {}: ", counted(ids.len(), "grant")), Vec::new());
    let mut line = what;
    for (index, id) in ids.iter().enumerate() {
        let piece = format!("{id}{}", if index + 1 < ids.len() { ", " } else { "" });
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

fn ours_since(applied_at: &str) -> String {
    format!("ours since {}", terminal(applied_at.get(..10).unwrap_or(applied_at)))
}

fn look(change: &Change) -> (char, &'static str, Option<Style>) {
    match change {
        Change::Create { .. } => ('+', "create", Some(Style::Added)),
        Change::Update { .. } => ('~', "update", Some(Style::Changed)),
        Change::Delete { .. } => ('-', "delete", Some(Style::Removed)),
        Change::Adopt { .. } => ('>', "adopt", Some(Style::Added)),
        Change::Forget { .. } => ('<', "forget", Some(Style::Removed)),
        Change::Unchanged { .. } => ('=', "keep", Some(Style::Faint)),
        Change::Unmanaged { .. } => ('.', "leave", Some(Style::Faint)),
    }
}

/// What an update means for the policy's own access.
pub(super) fn breadth(breadth: Breadth) -> &'static str {
    match breadth {
        Breadth::Wider => "  wider",
        Breadth::Narrower => "  narrower",
        Breadth::Same => "  same access",
        Breadth::Other => "  other access",
        Breadth::Unknown => "  access not shown",
    }
}

/// What is different, statement by statement.
pub(super) fn details(change: &Change, meaning: Option<&Meaning>, text: &mut String) {
    let marks = Marks(meaning);
    match change {
        Change::Create { after } => whole(after, true, marks, text),
        Change::Delete { before, .. } => whole(&before.document, false, marks, text),
        Change::Update { before, after } => difference(&compare(&before.document, after), marks, text),
        Change::Adopt { .. }
        | Change::Forget { .. }
        | Change::Unchanged { .. }
        | Change::Unmanaged { .. } => {}
    }
}

/// What becomes of each statement that comes or goes.
#[derive(Clone, Copy)]
struct Marks<'a>(Option<&'a Meaning>);

impl Marks<'_> {
    /// A few words behind a sentence; empty where the statement counts.
    fn of(self, statement: &Statement, arrives: bool) -> String {
        let marks = self.0.map(|meaning| if arrives { &meaning.arriving } else { &meaning.leaving });
        match (marks.and_then(|marks| marks.get(statement.canonical())), arrives) {
            (Some(Mark::Moved(other)), true) => format!("  (moved from {})", terminal(&other.to_string())),
            (Some(Mark::Moved(other)), false) => format!("  (moved to {})", terminal(&other.to_string())),
            (Some(Mark::CoveredAnyway), true) => "  (allowed before)".to_owned(),
            (Some(Mark::CoveredAnyway), false) => "  (still allowed)".to_owned(),
            (Some(Mark::Counts) | None, _) => String::new(),
        }
    }
}

/// Every statement of a document in words.
fn whole(document: &Document, arrives: bool, marks: Marks<'_>, text: &mut String) {
    document.statements().iter().for_each(|statement| one(statement, arrives, marks, text));
}

fn one(statement: &Statement, arrives: bool, marks: Marks<'_>, text: &mut String) {
    let (symbol, style) = if arrives { ('+', Style::Added) } else { ('-', Style::Removed) };
    let mark = marks.of(statement, arrives);
    for sentence in sentences(statement) {
        let _ = writeln!(text, "      {}{mark}", style.paint(format!("{symbol} {sentence}")));
    }
}

fn difference(diff: &DocumentDiff, marks: Marks<'_>, text: &mut String) {
    for found in &diff.fields {
        field("", found, text);
    }
    for statement in &diff.statements {
        match statement {
            StatementDiff::Added(statement) => one(statement, true, marks, text),
            StatementDiff::Removed(statement) => one(statement, false, marks, text),
            StatementDiff::Changed { name, fields } => {
                let name = if name.starts_with('#') { name.clone() } else { format!("\"{name}\"") };
                fields.iter().for_each(|found| field(&format!("Statement {name} · "), found, text));
            }
        }
    }
}

fn field(place: &str, found: &FieldDiff, text: &mut String) {
    let _ = writeln!(text, "      {}", terminal(&format!("{place}{}", found.path)));
    for (old, new) in &found.values {
        let paired = old.is_some() && new.is_some();
        if let Some(old) = old {
            let _ = writeln!(text, "      {}", value(old, '-', ("[-", "-]"), Style::Removed, paired));
        }
        if let Some(new) = new {
            let _ = writeln!(text, "      {}", value(new, '+', ("{+", "+}"), Style::Added, paired));
        }
    }
}

/// A value with its changed pieces between marks that can be read without colour.
fn value(pieces: &Marked, symbol: char, (open, close): (&str, &str), style: Style, paired: bool) -> String {
    let mut line = style.paint(format!("{symbol} ")).to_string();
    for piece in pieces {
        let shown = terminal(&piece.text);
        if piece.changed && paired {
            line.push_str(&style.paint(format!("{open}{shown}{close}")).to_string());
        } else {
            line.push_str(&style.paint(shown).to_string());
        }
    }
    line
}
