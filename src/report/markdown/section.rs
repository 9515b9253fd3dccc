//! The folded details, as far as they fit: first a line for each change, then the documents, in order.

use crate::report::count::counted;
use crate::report::escape::{code_element, fenced, markdown, prose};
use crate::report::review::{DiffLine, ReviewItem, ReviewStep, ReviewTarget};

use super::budget::length;
use super::kinds;

/// What did not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Changes of which nothing is shown.
    pub(super) changes: usize,
    /// The targets of these.
    pub(super) targets: usize,
    /// Changes of which a line is shown, and no document.
    pub(super) details: usize,
    /// Targets whose steps are not shown.
    pub(super) steps: usize,
}

/// A target's fold.
struct Section {
    open: String,
    changes: Vec<Entry>,
    /// Steps and access; empty where there are none.
    end: String,
    is_open: bool,
    has_end: bool,
}

/// A change: its line, what comes below it, and how much of both is shown.
struct Entry {
    line: String,
    details: String,
    shown: Shown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Line,
    All,
}

const CLOSE: &str = "</details>\n\n";

/// The details of all targets in so much room, and what did not fit.
pub(super) fn sections(targets: &[ReviewTarget], room: usize) -> (String, LeftOut) {
    let mut sections: Vec<Section> = targets.iter().filter_map(Section::of).collect();
    let whole: usize = sections.iter().map(Section::lines).sum();
    // Where not even the lines fit, a third is for documents all the same.
    let mut for_lines = if whole > room { room - room / 3 } else { room };
    let mut room = room - for_lines;
    sections.iter_mut().for_each(|section| section.choose_lines(&mut for_lines));
    room += for_lines;
    sections.iter_mut().for_each(|section| section.choose_details(&mut room));
    let mut text = String::new();
    let mut left_out = LeftOut::default();
    for section in &sections {
        section.show(&mut text);
        section.count(&mut left_out);
    }
    (text, left_out)
}

/// Takes the room for a text, where there is so much.
fn takes(room: &mut usize, text: &str) -> bool {
    let left = room.checked_sub(length(text));
    *room = left.unwrap_or(*room);
    left.is_some()
}

impl Section {
    /// Nothing for a target that has nothing to unfold.
    fn of(target: &ReviewTarget) -> Option<Self> {
        let changes: Vec<Entry> = target.items.iter().filter(|item| item.is_change).map(Entry::of).collect();
        let end = end(target);
        let name = code_element(&target.name());
        let open = format!("<details><summary>{name} · {}</summary>\n\n", kinds(target));
        let has_something = !changes.is_empty() || !end.is_empty();
        has_something.then_some(Self { open, changes, end, is_open: false, has_end: false })
    }

    /// The length of its frame and of all its lines.
    fn lines(&self) -> usize {
        let lines: usize = self.changes.iter().map(|entry| length(&entry.line)).sum();
        length(&self.open) + lines + length(CLOSE)
    }

    fn choose_lines(&mut self, room: &mut usize) {
        let frame = length(&self.open) + length(CLOSE);
        let first = self.changes.first().map_or(0, |entry| length(&entry.line));
        if frame + first > *room {
            return;
        }
        *room -= frame;
        self.is_open = true;
        for entry in &mut self.changes {
            if takes(room, &entry.line) {
                entry.shown = Shown::Line;
            }
        }
    }

    fn choose_details(&mut self, room: &mut usize) {
        for entry in self.changes.iter_mut().filter(|entry| entry.shown == Shown::Line) {
            if takes(room, &entry.details) {
                entry.shown = Shown::All;
            }
        }
        self.has_end = self.is_open && takes(room, &self.end);
    }

    fn show(&self, text: &mut String) {
        if !self.is_open {
            return;
        }
        text.push_str(&self.open);
        for entry in &self.changes {
            if entry.shown != Shown::Nothing {
                text.push_str(&entry.line);
            }
            if entry.shown == Shown::All {
                text.push_str(&entry.details);
            }
        }
        if self.has_end {
            text.push_str(&self.end);
        }
        text.push_str(CLOSE);
    }

    fn count(&self, left_out: &mut LeftOut) {
        let changes = self.changes.iter().filter(|entry| entry.shown == Shown::Nothing).count();
        left_out.changes += changes;
        left_out.targets += usize::from(changes > 0);
        left_out.details += self.changes.iter().filter(|entry| entry.shown == Shown::Line).count();
        left_out.steps += usize::from(!self.has_end && !self.end.is_empty());
    }
}

impl Entry {
    fn of(item: &ReviewItem) -> Self {
        let ReviewItem { word, symbol, key, breadth, aside, grants, notes, lines, .. } = item;
        let more: String = [*breadth, aside.as_str()]
            .into_iter()
            .filter(|words| !words.is_empty())
            .map(|words| format!(" · {}", prose(words)))
            .collect();
        let line = format!("**{}{word}** {}{more}\n\n", sign(*symbol), markdown(&key.to_string()));
        let mut details = String::new();
        if !grants.is_empty() {
            let ids: Vec<String> = grants.iter().map(|id| markdown(id)).collect();
            details.push_str(&format!("{}: {}\n\n", counted(grants.len(), "grant"), ids.join(", ")));
        }
        for note in notes {
            details.push_str(&format!("{}\n\n", prose(note)));
        }
        if !lines.is_empty() {
            let lines: Vec<String> = lines.iter().map(diff_line).collect();
            details.push_str(&fenced("diff", &lines));
            details.push('\n');
        }
        Self { line, details, shown: Shown::Nothing }
    }
}

/// A sign that means nothing in Markdown.
fn sign(symbol: char) -> String {
    format!("&#{};&nbsp;", u32::from(symbol))
}

fn diff_line(line: &DiffLine) -> String {
    match line {
        DiffLine::Place(_) => format!("@@ {} @@", line.marked()),
        DiffLine::Side { remark, .. } if remark.is_empty() => line.marked(),
        DiffLine::Side { remark, .. } => format!("{}  ({remark})", line.marked()),
    }
}

/// Access as a whole, and the steps.
fn end(target: &ReviewTarget) -> String {
    let mut text = String::new();
    if !target.access.is_empty() {
        let lines: Vec<String> = target.access.iter().map(|line| line.text.trim().to_owned()).collect();
        text.push_str(&format!("Access\n{}\n", fenced("diff", &lines)));
    }
    if !target.steps.is_empty() {
        let lines: Vec<String> = target.steps.iter().map(step).collect();
        text.push_str(&format!("Steps\n{}\n", fenced("text", &lines)));
    }
    text
}

fn step(step: &ReviewStep) -> String {
    let ReviewStep { id, kind, key, bytes, slots, reason, outcome } = step;
    let slots = if slots.is_empty() { String::new() } else { format!("  {slots}") };
    let outcome = outcome.as_ref().map(|outcome| format!("  [{}]", outcome.word)).unwrap_or_default();
    format!("{id:>2} {kind:<6} {key}  {bytes}{slots}{outcome}{reason}")
}
