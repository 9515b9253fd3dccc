//! Bytes become a tree in which every node knows its place.
//!
//! The tree is built from parser events without recursion, so that nesting costs no stack; aliases share the
//! node that they name, and what they add up to is bounded.

use std::collections::BTreeMap;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::model::{Diagnostic, SourceSpan};

use super::code;
use super::tabs::flow_tabs_as_spaces;

/// The largest file that is read, in bytes.
pub(super) const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The deepest nesting, aliases followed.
const MOST_DEPTH: usize = 64;

/// The most nodes that aliases may add to those written.
const MOST_ALIASED: usize = 100_000;

/// A node and its place.
#[derive(Debug)]
pub struct Node {
    /// The place.
    pub span: SourceSpan,
    /// What it is.
    pub kind: Kind,
    depth: usize,
    weight: usize,
}

/// What a node is.
#[derive(Debug)]
pub enum Kind {
    /// A scalar; a plain one may be a number, a boolean or nothing.
    Scalar {
        /// The text, unescaped.
        text: String,
        /// Whether it stands without quotation marks.
        plain: bool,
    },
    /// A list.
    List(Vec<Rc<Node>>),
    /// A map, in the order written, each key once.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The place of the key.
    pub key_span: SourceSpan,
    /// The value.
    pub value: Rc<Node>,
}

/// What becomes of YAML tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tags {
    /// They are reported.
    Refused,
    /// CloudFormation's short forms become the long ones: `!Ref x` is `{ Ref: x }`, `!Sub x` is `{ "Fn::Sub": x }`.
    ShortForms,
}

/// Parses one file; nothing comes back where the text cannot be understood, and every finding is reported.
pub(super) fn parse(file: usize, text: &str, findings: &mut Vec<Diagnostic>) -> Option<Rc<Node>> {
    let says_something = findings.len();
    let root = tree(file, text, Tags::Refused, findings);
    if root.is_none() && findings.len() == says_something {
        let message = "The file says nothing.";
        let finding = Diagnostic::error(code::MISSING_FIELD, SourceSpan { file, start: 0, end: 0 }, message);
        findings.push(finding.note("A desired-state file has at least `version` and `targets`."));
    }
    root
}

/// Parses a CloudFormation template: its short-form functions stand in the tree as the long ones. Nothing comes back
/// where the text says nothing or cannot be understood; then a finding says why.
pub fn parse_template(file: usize, text: &str, findings: &mut Vec<Diagnostic>) -> Option<Rc<Node>> {
    tree(file, text, Tags::ShortForms, findings)
}

fn tree(file: usize, text: &str, tags: Tags, findings: &mut Vec<Diagnostic>) -> Option<Rc<Node>> {
    if text.len() > MOST_BYTES {
        let message = format!("The file is {} bytes long, more than {MOST_BYTES}.", text.len());
        findings.push(Diagnostic::error(code::TOO_LARGE, SourceSpan { file, start: 0, end: 0 }, message));
        return None;
    }
    line_breaks(file, text, findings);
    let spaced = flow_tabs_as_spaces(text);
    let text = spaced.as_deref().unwrap_or(text);
    let mut builder = Builder::new(file, text, tags, findings);
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                if !builder.take(event, &span) {
                    return None;
                }
            }
            Err(error) => {
                builder.syntax_error(error.marker().byte_offset().unwrap_or(0), &error.info());
                return None;
            }
        }
    }
    builder.root
}

/// Characters that break lines for some YAML readers and not for others.
fn line_breaks(file: usize, text: &str, findings: &mut Vec<Diagnostic>) {
    for (start, letter) in text.char_indices() {
        if matches!(letter, '\u{85}' | '\u{2028}' | '\u{2029}') {
            let span = SourceSpan { file, start, end: start + letter.len_utf8() };
            let message = format!(
                "The file holds U+{:04X}, which is a line break to some readers only.",
                u32::from(letter)
            );
            findings.push(Diagnostic::error(code::SYNTAX, span, message).note("Remove the character."));
        }
    }
}

/// A collection that is not complete yet.
enum Open {
    List { begun: Begun, items: Vec<Rc<Node>> },
    Map { begun: Begun, entries: Vec<Entry>, seen: BTreeMap<String, SourceSpan>, key: Option<Key> },
}

/// How a node begins.
struct Begun {
    start: usize,
    anchor: usize,
    /// The name of the function that a short form puts around it.
    function: Option<String>,
}

/// A key whose value is still to come.
struct Key {
    name: String,
    span: SourceSpan,
    /// False where the entry is wrong as such: its value is read over.
    counts: bool,
}

struct Builder<'a> {
    file: usize,
    text: &'a str,
    tags: Tags,
    findings: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Rc<Node>>,
    documents: usize,
    written: usize,
    root: Option<Rc<Node>>,
}

impl<'a> Builder<'a> {
    fn new(file: usize, text: &'a str, tags: Tags, findings: &'a mut Vec<Diagnostic>) -> Self {
        let (open, anchors) = (Vec::new(), BTreeMap::new());
        Self { file, text, tags, findings, open, anchors, documents: 0, written: 0, root: None }
    }

    /// Takes one event; false when the rest is of no use.
    fn take(&mut self, event: Event<'_>, span: &Span) -> bool {
        let place = self.place(span);
        let function = event.tag().and_then(|tag| self.function(tag));
        if event.tag().is_some() && function.is_none() {
            let message = "A YAML tag stands here, and tags are not read.";
            self.report(
                Diagnostic::error(code::SYNTAX, place, message).note("Write the value without the tag."),
            );
            return false;
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let finding =
                        Diagnostic::error(code::SYNTAX, place, "A second YAML document begins here.");
                    self.report(finding.note("Only the first would be read: put it into a file of its own."));
                    return false;
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let kind = Kind::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                let begun = Begun { start: place.start, anchor, function };
                return self.complete(Node { span: place, kind, depth: 1, weight: 1 }, begun);
            }
            Event::SequenceStart(_, anchor, _) => {
                let begun = Begun { start: place.start, anchor, function };
                self.open.push(Open::List { begun, items: Vec::new() });
                return self.depth_is_fine(place);
            }
            Event::MappingStart(_, anchor, _) => {
                let begun = Begun { start: place.start, anchor, function };
                self.open.push(Open::Map { begun, entries: Vec::new(), seen: BTreeMap::new(), key: None });
                return self.depth_is_fine(place);
            }
            Event::SequenceEnd | Event::MappingEnd => return self.close(place),
            Event::Alias(anchor) => return self.alias(anchor, place),
            _ => {}
        }
        true
    }

    fn close(&mut self, end: SourceSpan) -> bool {
        let Some(open) = self.open.pop() else { return true };
        let (begun, kind) = match open {
            Open::List { begun, items } => (begun, Kind::List(items)),
            Open::Map { begun, entries, .. } => (begun, Kind::Map(entries)),
        };
        let parts: Vec<&Rc<Node>> = match &kind {
            Kind::List(items) => items.iter().collect(),
            Kind::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
            Kind::Scalar { .. } => Vec::new(),
        };
        let depth = 1 + parts.iter().map(|node| node.depth).max().unwrap_or(0);
        let weight = parts.iter().fold(1_usize, |sum, node| sum.saturating_add(node.weight));
        let span = SourceSpan { file: self.file, start: begun.start, end: end.end.max(begun.start) };
        self.complete(Node { span, kind, depth, weight }, begun)
    }

    fn alias(&mut self, anchor: usize, place: SourceSpan) -> bool {
        let Some(node) = self.anchors.get(&anchor).map(Rc::clone) else {
            self.report(Diagnostic::error(code::SYNTAX, place, "The alias stands inside of what it names."));
            return false;
        };
        self.attach(node, place)
    }

    /// The function of a short form; nothing for a tag that is not read.
    fn function(&self, tag: &Tag) -> Option<String> {
        let is_short = self.tags == Tags::ShortForms && tag.handle() == "!";
        let name = tag.suffix();
        let is_name = name.starts_with(|letter: char| letter.is_ascii_uppercase())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        let long =
            || if ["Ref", "Condition"].contains(&name) { name.to_owned() } else { format!("Fn::{name}") };
        (is_short && is_name).then(long)
    }

    fn complete(&mut self, node: Node, begun: Begun) -> bool {
        self.written += 1;
        let (place, Begun { start: _, anchor, function }) = (node.span, begun);
        let mut node = Rc::new(node);
        if let Some(key) = function {
            let (depth, weight) = (node.depth + 1, node.weight.saturating_add(1));
            let kind = Kind::Map(vec![Entry { key, key_span: place, value: node }]);
            node = Rc::new(Node { span: place, kind, depth, weight });
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.attach(node, place)
    }

    /// Puts a complete node where it belongs: into the list, behind its key, or at the root.
    fn attach(&mut self, node: Rc<Node>, place: SourceSpan) -> bool {
        if self.open.len() + node.depth > MOST_DEPTH
            || node.weight > self.written.saturating_add(MOST_ALIASED)
        {
            let message = "What stands here is too deep or too much once its aliases are followed.";
            self.report(Diagnostic::error(code::TOO_LARGE, place, message));
            return false;
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some(Key { name, span, counts: true }) => {
                    entries.push(Entry { key: name, key_span: span, value: node });
                }
                Some(_) => {}
                None => return self.begin_entry(&node, place),
            },
        }
        true
    }

    /// A node in the place of a key.
    fn begin_entry(&mut self, node: &Node, place: SourceSpan) -> bool {
        let Kind::Scalar { text, plain } = &node.kind else {
            self.report(Diagnostic::error(
                code::SYNTAX,
                place,
                "A key must be a plain name, not a list or a map.",
            ));
            return false;
        };
        let is_merge = *plain && text == "<<";
        let Some(Open::Map { seen, key, .. }) = self.open.last_mut() else { return true };
        let first = seen.get(text).copied();
        if !is_merge {
            seen.entry(text.clone()).or_insert(place);
        }
        *key = Some(Key { name: text.clone(), span: place, counts: !is_merge && first.is_none() });
        if is_merge {
            let finding = Diagnostic::error(code::SYNTAX, place, "Merge keys are not read.");
            self.report(finding.note("They hide what the entry says: write the fields out."));
        }
        if let Some(first) = first {
            let message = format!("The key `{}` stands twice.", text.escape_debug());
            let finding = Diagnostic::error(code::DUPLICATE, place, message).label("again here");
            let finding = finding.related(first, "first here");
            self.report(finding.note("Only one of the two would count: remove or rename one."));
        }
        true
    }

    fn depth_is_fine(&mut self, place: SourceSpan) -> bool {
        let fine = self.open.len() <= MOST_DEPTH;
        if !fine {
            let message = format!("The file nests deeper than {MOST_DEPTH} levels.");
            self.report(Diagnostic::error(code::TOO_LARGE, place, message));
        }
        fine
    }

    fn syntax_error(&mut self, at: usize, info: &str) {
        let start = self.text.floor_char_boundary(at);
        let end = self.text.ceil_char_boundary(start + 1);
        let span = SourceSpan { file: self.file, start, end };
        let message = format!("This is not YAML: {info}.");
        self.report(Diagnostic::error(code::SYNTAX, span, message));
    }

    fn place(&self, span: &Span) -> SourceSpan {
        let range = span.byte_range().unwrap_or(0..0);
        SourceSpan { file: self.file, start: range.start, end: range.end.max(range.start) }
    }

    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }
}
