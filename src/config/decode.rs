//! From nodes to values: every function reports what it cannot use and goes on.

use std::ops::RangeInclusive;
use std::rc::Rc;

use serde_yaml::Value;

use crate::model::{Code, Diagnostic, SourceSpan};
use crate::policy::Json;

use super::code;
use super::suggest::sentence;
use super::tree::{Entry, Kind, Node};

/// Collects findings while values are read.
pub(super) struct Decoder<'a> {
    pub(super) findings: &'a mut Vec<Diagnostic>,
}

/// The fields of one map.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) span: SourceSpan,
    entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    /// The fields of a node, if it is a map.
    pub(super) fn of(node: &'a Node) -> Option<Self> {
        match &node.kind {
            Kind::Map(entries) => Some(Self { span: node.span, entries }),
            _ => None,
        }
    }

    pub(super) fn get(self, name: &str) -> Option<&'a Rc<Node>> {
        self.entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value)
    }

    pub(super) fn key_span(self, name: &str) -> Option<SourceSpan> {
        self.entries.iter().find(|entry| entry.key == name).map(|entry| entry.key_span)
    }

    pub(super) fn entries(self) -> &'a [Entry] {
        self.entries
    }
}

impl Decoder<'_> {
    pub(super) fn report(
        &mut self,
        code: Code,
        span: SourceSpan,
        message: impl Into<String>,
        note: impl Into<String>,
    ) {
        let note = note.into();
        let finding = Diagnostic::error(code, span, message);
        self.findings.push(if note.is_empty() { finding } else { finding.note(note) });
    }

    /// A map with any keys.
    pub(super) fn map<'a>(&mut self, node: &'a Node, what: &str) -> Option<Fields<'a>> {
        let fields = Fields::of(node);
        if fields.is_none() {
            let message = format!("{what} must be a map, and this is {}.", kind(node));
            self.report(code::TYPE, node.span, message, "");
        }
        fields
    }

    /// A map with these fields and no others.
    pub(super) fn fields<'a>(&mut self, node: &'a Node, what: &str, known: &[&str]) -> Option<Fields<'a>> {
        let fields = self.map(node, what)?;
        for entry in fields.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let name = entry.key.escape_debug().to_string();
            let message = format!("{what} has no field `{name}`.");
            let note = sentence(&entry.key, known.iter().copied());
            self.report(code::UNKNOWN_FIELD, entry.key_span, message, note);
        }
        Some(fields)
    }

    /// The value of a field that must be there.
    pub(super) fn required<'a>(
        &mut self,
        fields: Fields<'a>,
        what: &str,
        name: &str,
    ) -> Option<&'a Rc<Node>> {
        let found = fields.get(name);
        if found.is_none() {
            let message = format!("{what} needs the field `{name}`.");
            self.report(code::MISSING_FIELD, fields.span, message, "");
        }
        found
    }

    /// The name and value of the one of some fields that must be there alone.
    pub(super) fn one_of<'a, const N: usize>(
        &mut self,
        fields: Fields<'a>,
        what: &str,
        names: [&'static str; N],
    ) -> Option<(&'static str, &'a Rc<Node>)> {
        let mut found = names.into_iter().filter_map(|name| Some((name, fields.get(name)?)));
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            (None, _) => {
                let [before @ .., last] = names.as_slice() else { return None };
                let before = before.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                let message = format!("{what} needs one of the fields {before} and `{last}`.");
                self.report(code::MISSING_FIELD, fields.span, message, "");
                None
            }
            (Some((first, _)), Some((second, _))) => {
                let message = format!("{what} has both `{first}` and `{second}`, and only one may stand.");
                let span = fields.key_span(second).unwrap_or(fields.span);
                self.report(code::MISSING_FIELD, span, message, "");
                None
            }
        }
    }

    /// A list, empty ones refused: an empty choice chooses nothing, which nobody means.
    pub(super) fn list<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a [Rc<Node>]> {
        match &node.kind {
            Kind::List(items) if items.is_empty() => {
                self.report(
                    code::TYPE,
                    node.span,
                    format!("{what} is empty."),
                    "Remove the field, or name something.",
                );
                None
            }
            Kind::List(items) => Some(items),
            _ => {
                let message = format!("{what} must be a list, and this is {}.", kind(node));
                self.report(code::TYPE, node.span, message, "");
                None
            }
        }
    }

    /// A string that is not empty.
    pub(super) fn text<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        match &node.kind {
            Kind::Scalar { text, .. } if is_text(node) && !text.is_empty() => Some(text),
            Kind::Scalar { .. } if is_text(node) => {
                self.report(code::TYPE, node.span, format!("{what} is empty."), "");
                None
            }
            _ => {
                let note = match &node.kind {
                    Kind::Scalar { text, .. } if !text.is_empty() => {
                        format!("Write it in quotation marks: \"{text}\".")
                    }
                    _ => String::new(),
                };
                let message = format!("{what} must be a string, and this is {}.", kind(node));
                self.report(code::TYPE, node.span, message, note);
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Some(Value::Bool(value)) = plain_value(node) {
            return Some(value);
        }
        self.report(
            code::TYPE,
            node.span,
            format!("{what} must be true or false, and this is {}.", kind(node)),
            "",
        );
        None
    }

    /// One of two words.
    pub(super) fn choice(
        &mut self,
        node: &Node,
        what: &str,
        words: [&'static str; 2],
    ) -> Option<&'static str> {
        let text = self.text(node, what)?;
        let found = words.into_iter().find(|word| *word == text);
        if found.is_none() {
            let message = format!("{what} must be `{}` or `{}`.", words[0], words[1]);
            self.report(code::TYPE, node.span, message, sentence(text, words));
        }
        found
    }

    /// A whole number from 1 to `most`.
    pub(super) fn count(&mut self, node: &Node, what: &str, most: usize, why: &str) -> Option<usize> {
        self.number(node, what, 1..=most, why)
    }

    /// A whole number in a range.
    pub(super) fn number(
        &mut self,
        node: &Node,
        what: &str,
        range: RangeInclusive<usize>,
        why: &str,
    ) -> Option<usize> {
        let number = match plain_value(node) {
            Some(Value::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            _ => None,
        };
        match number {
            Some(number) if range.contains(&number) => Some(number),
            _ => {
                let (least, most) = (range.start(), range.end());
                let message = format!("{what} must be a whole number from {least} to {most}.");
                self.report(code::TYPE, node.span, message, why);
                None
            }
        }
    }
}

/// What a plain scalar is to serde_yaml; quoted ones are strings.
pub(super) fn plain_value(node: &Node) -> Option<Value> {
    let Kind::Scalar { text, plain: true } = &node.kind else { return None };
    // Only these beginnings can be something else than a string in YAML's core schema.
    let odd = text.is_empty()
        || text.starts_with(|letter: char| letter.is_ascii_digit() || "+-.~tTfFnN".contains(letter));
    let is_string = || Some(Value::String(text.clone()));
    if !odd || text.contains('\n') {
        return is_string();
    }
    // As an item: alone in a document `---` would begin one.
    match serde_yaml::from_str::<Vec<Value>>(&format!("- {text}")) {
        Ok(items) => match items.into_iter().next() {
            Some(Value::String(_)) if is_json_number(text) => Some(beyond_a_word()),
            Some(Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_)) | None => is_string(),
            scalar => scalar,
        },
        Err(_) if is_whole_number(text) => Some(beyond_a_word()),
        Err(_) => None,
    }
}

/// Whether a text that serde_yaml refuses is a whole number: in decimals, or as in `0x1F`.
fn is_whole_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|letter| letter.is_ascii_alphanumeric())
}

/// Stands for a whole number of more than 64 bits, which serde_yaml refuses, or for one such as `1e400`, which it takes for
/// a string: in a document the digits count.
fn beyond_a_word() -> Value {
    Value::Number(f64::NAN.into())
}

/// Whether the text is a number in JSON as well (RFC 8259, section 6).
pub(super) fn is_json_number(text: &str) -> bool {
    matches!(Json::parse(text), Ok(Json::Number(_)))
}

fn is_text(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar { plain: false, .. } => true,
        Kind::Scalar { .. } => {
            !matches!(plain_value(node), Some(Value::Null | Value::Bool(_) | Value::Number(_)))
        }
        Kind::List(_) | Kind::Map(_) => false,
    }
}

/// What a node is, for messages.
pub(super) fn kind(node: &Node) -> &'static str {
    match &node.kind {
        Kind::List(_) => "a list",
        Kind::Map(_) => "a map",
        Kind::Scalar { .. } => match plain_value(node) {
            Some(Value::Null) => "nothing",
            Some(Value::Bool(_)) => "a boolean",
            Some(Value::Number(_)) => "a number",
            _ => "a string",
        },
    }
}
