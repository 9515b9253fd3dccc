//! The status for terminals: bars, the largest documents, dead log groups.

use std::fmt::Write;

use crate::model::{Meter, MeteredPolicy, Owner};
use crate::report::Layout;
use crate::report::count::{counted, thousands};
use crate::report::escape::terminal;
use crate::report::style::Style;

use super::{MOST_NAMES, TargetStatus, bar, free, help, largest, sentence, slot_bar, summary};

/// Documents that are shown where not all are asked for.
const MOST_DOCUMENTS: usize = 5;

/// The cells of a document's bar.
const CELLS: usize = 10;

/// The status of some targets, and the line that sums them up.
pub fn status_text(statuses: &[TargetStatus], layout: Layout) -> String {
    let mut text = String::new();
    for TargetStatus { target, meter, error } in statuses {
        let heading = Style::Strong.paint(target.to_string().replacen('/', " / ", 1));
        match meter {
            Some(meter) => {
                let line = sentence(meter);
                let line = if meter.is_full() { Style::Warning.paint(line).to_string() } else { line };
                let _ = writeln!(text, "{heading} · {line}\n");
                owners(meter, &mut text);
                documents(meter, layout, &mut text);
                dead(meter, layout, &mut text);
            }
            None => {
                let _ = writeln!(text, "{heading}\n");
            }
        }
        if let Some(error) = error {
            let _ = writeln!(text, "  {} {}\n", Style::Bad.paint("error"), terminal(error));
        }
    }
    let _ = writeln!(text, "{}: {}", Style::Strong.paint("Status"), summary(statuses));
    text
}

/// One bar for each owner, one behind the other, and one for what is free.
fn owners(meter: &Meter, text: &mut String) {
    for owner in Owner::ALL {
        let (slots, documents) = (meter.slots.of(owner), meter.documents.of(owner));
        let (slots, bytes) = (counted(slots, "slot"), thousands(meter.bytes.of(owner)));
        let bar = slot_bar(meter, Some(owner));
        let documents = counted(documents, "document");
        let _ =
            writeln!(text, "  {:<9}  [{bar}]  {slots:>8}  {bytes:>9} bytes in {documents}", owner.as_str());
    }
    let slots = counted(free(meter), "slot");
    let _ = writeln!(text, "  {:<9}  [{}]  {slots:>8}\n", "free", slot_bar(meter, None));
    if let Some(help) = help(meter) {
        let _ = writeln!(text, "  {}\n", Style::Faint.paint(help));
    }
}

/// The largest documents; names come last, for they may be long.
fn documents(meter: &Meter, layout: Layout, text: &mut String) {
    let policies = largest(meter);
    if policies.is_empty() {
        return;
    }
    let most = if layout.verbose { policies.len() } else { MOST_DOCUMENTS };
    let title = if policies.len() > most { "Largest documents" } else { "Documents" };
    let limit = meter.limits.document_bytes;
    let _ =
        writeln!(text, "  {}, of {} bytes that fit in each", Style::Strong.paint(title), thousands(limit));
    for MeteredPolicy { key, owner, bytes, .. } in policies.iter().take(most) {
        let bar = bar(0, *bytes, limit, CELLS);
        let size = thousands(*bytes);
        let _ =
            writeln!(text, "    [{bar}] {size:>7}  {:<9}  {}", owner.as_str(), terminal(&key.to_string()));
    }
    more(policies.len().saturating_sub(most), "document", "    ", text);
    text.push('\n');
}

/// Log groups that are named and are not there.
fn dead(meter: &Meter, layout: Layout, text: &mut String) {
    let title = Style::Strong.paint("Log groups that are named and do not exist");
    if let Err(why) = &meter.looked_up {
        let _ = writeln!(text, "  {title}: not known\n    {}\n", terminal(why));
        return;
    }
    let mut policies = meter.policies.iter().filter(|policy| !policy.dead_log_groups.is_empty()).peekable();
    if policies.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "  {title}");
    for MeteredPolicy { key, dead_log_groups, is_all_dead, .. } in policies {
        let note = if *is_all_dead { "  names nothing else" } else { "" };
        let _ = writeln!(text, "    {}{}", terminal(&key.to_string()), Style::Warning.paint(note));
        let most = if layout.verbose { dead_log_groups.len() } else { MOST_NAMES };
        for name in dead_log_groups.iter().take(most) {
            let _ = writeln!(text, "      {}", terminal(name));
        }
        more(dead_log_groups.len().saturating_sub(most), "log group", "      ", text);
    }
    text.push('\n');
}

/// What is left out is said.
fn more(number: usize, noun: &str, indent: &str, text: &mut String) {
    if number > 0 {
        let line = format!("and {} more; `-v` shows all", counted(number, noun));
        let _ = writeln!(text, "{indent}{}", Style::Faint.paint(line));
    }
}
