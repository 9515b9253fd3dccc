//! `${name}`: variables of the files are replaced at once, those of the target stay places in a template.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::model::{Segment, SourceSpan, Sources, Template};

use super::code;
use super::decode::Decoder;
use super::suggest::sentence;
use super::tree::Node;

/// What only the target knows.
const BUILT_IN: [&str; 4] = ["account", "region", "partition", "target"];

/// The variables of all files.
#[derive(Debug, Default)]
pub(super) struct Variables {
    known: BTreeMap<String, Variable>,
    /// Bytes that variables have put in place of their names so far.
    added: Cell<usize>,
}

/// The most bytes that variables may add in a run.
const MOST_ADDED: usize = 32 * 1024 * 1024;

/// A variable: its value and where its name stands.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) value: Template,
    pub(super) span: SourceSpan,
}

impl Variables {
    /// Reads `variables` of one file; the values may use what the target knows, and nothing else.
    pub(super) fn read(&mut self, node: &Node, sources: &Sources, decoder: &mut Decoder<'_>) {
        let Some(fields) = decoder.map(node, "`variables`") else { return };
        let none = Self::default();
        for entry in fields.entries() {
            let name = &entry.key;
            if BUILT_IN.contains(&name.as_str()) || !is_name(name) {
                let message = format!("`{}` cannot be the name of a variable.", name.escape_debug());
                let note = "Letters, digits, `_` and `-` make a name; account, region, partition and target are taken.";
                decoder.report(code::TYPE, entry.key_span, message, note);
                continue;
            }
            if let Some(first) = self.known.get(name) {
                let message = format!("The variable `{name}` is declared twice.");
                let finding = crate::model::Diagnostic::error(code::DUPLICATE, entry.key_span, message);
                decoder.findings.push(finding.label("again here").related(first.span, "first here"));
                continue;
            }
            let Some(text) = decoder.text(&entry.value, &format!("The variable `{name}`")) else { continue };
            let value = none.template(text, entry.value.span, sources, decoder);
            self.known.insert(name.clone(), Variable { value, span: entry.key_span });
        }
    }

    /// The template of a string; what cannot be resolved is reported at its place.
    pub(super) fn template(
        &self,
        text: &str,
        span: SourceSpan,
        sources: &Sources,
        decoder: &mut Decoder<'_>,
    ) -> Template {
        if !text.contains("${") {
            return Template::text(text);
        }
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('$') {
                segments.push(Segment::Text(format!("{before}${{")));
                rest = &from[2..];
                continue;
            }
            segments.push(Segment::Text(before.to_owned()));
            let Some(end) = from.find('}') else {
                let place = within(span, from, sources);
                let note = "Close it, or write `$${` for a literal `${`.";
                decoder.report(code::UNKNOWN_VARIABLE, place, "The `${` is never closed.", note);
                return Template::text(text);
            };
            let (reference, after) = from.split_at(end + 1);
            let name = &reference[2..end];
            match self.resolve(name) {
                Some(found) if !self.has_room_for(&found) => {
                    let message = format!("The variables add up to more than {MOST_ADDED} bytes.");
                    decoder.report(code::TOO_LARGE, within(span, reference, sources), message, "");
                    return Template::text(text);
                }
                Some(found) => segments.extend(found),
                None => {
                    let place = within(span, reference, sources);
                    let known = BUILT_IN.into_iter().chain(self.known.keys().map(String::as_str));
                    let message = format!("There is no variable `{}`.", name.escape_debug());
                    decoder.report(code::UNKNOWN_VARIABLE, place, message, sentence(name, known));
                }
            }
            rest = after;
        }
        segments.push(Segment::Text(rest.to_owned()));
        Template::new(segments)
    }

    /// Counts what is about to be put in place; false beyond the bound.
    fn has_room_for(&self, segments: &[Segment]) -> bool {
        let length = |segment: &Segment| match segment {
            Segment::Text(text) => text.len(),
            _ => 0,
        };
        self.added.set(self.added.get().saturating_add(segments.iter().map(length).sum()));
        self.added.get() <= MOST_ADDED
    }

    fn resolve(&self, name: &str) -> Option<Vec<Segment>> {
        Some(match name {
            "account" => vec![Segment::Account],
            "region" => vec![Segment::Region],
            "partition" => vec![Segment::Partition],
            "target" => vec![Segment::Target],
            // IAM's own policy variables (IAM user guide, "IAM policy elements: variables and tags").
            "*" | "?" | "$" => vec![Segment::Text(format!("${{{name}}}"))],
            _ if name.starts_with("aws:") => vec![Segment::Text(format!("${{{name}}}"))],
            _ => self.known.get(name)?.value.segments().to_vec(),
        })
    }
}

fn is_name(name: &str) -> bool {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    !name.is_empty() && name.chars().all(letter)
}

/// The place of a part of a scalar, where its source shows it unchanged; else the scalar's.
fn within(span: SourceSpan, part: &str, sources: &Sources) -> SourceSpan {
    let source = sources.file(span).and_then(|file| file.text.get(span.start..span.end));
    match source.and_then(|source| source.find(part)) {
        Some(at) => SourceSpan { start: span.start + at, end: span.start + at + part.len(), ..span },
        None => span,
    }
}
