//! `lint`: findings that are raised or accepted.

use crate::model::{Exception, Lint};

use super::code;
use super::decode::Decoder;
use super::tree::Node;

pub(super) const LINT_FIELDS: &[&str] = &["deny", "allow"];
pub(super) const POLICY_LINT_FIELDS: &[&str] = &["allow"];

/// Reads `lint` with the fields that may stand here.
pub(super) fn read(node: &Node, known: &[&str], decoder: &mut Decoder<'_>) -> Lint {
    let mut lint = Lint::default();
    let Some(fields) = decoder.fields(node, "`lint`", known) else { return lint };
    if let Some(node) = fields.get("deny") {
        for item in decoder.list(node, "`deny`").unwrap_or_default() {
            let text = decoder.text(item, "A rule's code");
            lint.deny.extend(text.and_then(|text| checked(text, item.span, decoder)));
        }
    }
    let allowed = fields.get("allow").and_then(|node| decoder.map(node, "`allow`"));
    for entry in allowed.iter().flat_map(|fields| fields.entries()) {
        let reason = decoder.text(&entry.value, "The reason");
        let code = checked(&entry.key, entry.key_span, decoder);
        if let (Some(code), Some(reason)) = (code, reason) {
            lint.allow.insert(code, Exception { reason: reason.to_owned(), span: entry.key_span });
        }
    }
    lint
}

/// A code of a rule that judges; what the reader finds (LP1xx) makes a file unreadable and cannot be accepted.
fn checked(text: &str, span: crate::model::SourceSpan, decoder: &mut Decoder<'_>) -> Option<String> {
    let number = text
        .strip_prefix("LP")
        .filter(|digits| digits.len() == 3)
        .and_then(|digits| digits.parse::<u16>().ok());
    match number {
        Some(200..) => Some(text.to_owned()),
        _ => {
            let message = format!(
                "`{}` is not the code of a rule that can be raised or accepted.",
                text.escape_debug()
            );
            decoder.report(
                code::TYPE,
                span,
                message,
                "Codes look like LP401; `logpolicy explain` lists them.",
            );
            None
        }
    }
}
