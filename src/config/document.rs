//! Policy documents: nodes become JSON with templates, and the place of each part is kept.

use std::sync::Arc;

use serde_yaml::Value;

use crate::model::{DocumentTemplate, Node as Template, NodeSpans, SourceSpan, Sources};
use crate::policy::Json;

use super::code;
use super::decode::{Decoder, is_json_number, plain_value};
use super::tree::{Kind, Node};
use super::variable::Variables;

/// Reads documents, with what their strings may refer to.
pub(super) struct DocumentReader<'a> {
    pub(super) variables: &'a Variables,
    pub(super) sources: &'a Sources,
}

impl DocumentReader<'_> {
    /// The document of a node, and the places of its parts by JSON pointer.
    pub(super) fn read(&self, node: &Node, decoder: &mut Decoder<'_>) -> (DocumentTemplate, Arc<NodeSpans>) {
        let mut spans = Vec::new();
        let mut pointer = String::new();
        let template = self.node(node, &mut pointer, &mut spans, decoder);
        (DocumentTemplate::new(template), Arc::new(NodeSpans::new(spans)))
    }

    fn node(
        &self,
        node: &Node,
        pointer: &mut String,
        spans: &mut Vec<(String, SourceSpan)>,
        decoder: &mut Decoder<'_>,
    ) -> Template {
        spans.push((pointer.clone(), node.span));
        let length = pointer.len();
        match &node.kind {
            Kind::Scalar { text, .. } => self.scalar(node, text, decoder),
            Kind::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    pointer.push_str(&format!("/{index}"));
                    values.push(self.node(item, pointer, spans, decoder));
                    pointer.truncate(length);
                }
                Template::Array(values)
            }
            Kind::Map(entries) => {
                let mut members = Vec::with_capacity(entries.len());
                for entry in entries {
                    pointer.push('/');
                    // RFC 6901, section 3.
                    pointer.push_str(&entry.key.replace('~', "~0").replace('/', "~1"));
                    members.push((entry.key.clone(), self.node(&entry.value, pointer, spans, decoder)));
                    pointer.truncate(length);
                }
                Template::Object(members)
            }
        }
    }

    fn scalar(&self, node: &Node, text: &str, decoder: &mut Decoder<'_>) -> Template {
        match plain_json(node) {
            Some(plain) => Template::Plain(plain),
            None if is_odd_number(node, text) => {
                let message = format!("The number {text} would not be kept as it is written.");
                let note = format!("Write it in quotation marks: \"{text}\".");
                decoder.report(code::TYPE, node.span, message, note);
                Template::Plain(Json::Null)
            }
            None => Template::Text(self.variables.template(text, node.span, self.sources, decoder)),
        }
    }
}

/// The value of a plain scalar that is no string: nothing, a boolean, or a number that JSON has as well.
pub fn plain_json(node: &Node) -> Option<Json> {
    match (plain_value(node)?, &node.kind) {
        (Value::Null, _) => Some(Json::Null),
        (Value::Bool(value), _) => Some(Json::Bool(value)),
        // The digits count: an account id must not pass through a floating-point number.
        (Value::Number(_), Kind::Scalar { text, .. }) if is_json_number(text) => {
            Some(Json::Number(text.clone()))
        }
        _ => None,
    }
}

/// A number in YAML only (`0x1F`, `.inf`, `+1`), or digits that would lose their leading zero.
fn is_odd_number(node: &Node, text: &str) -> bool {
    let Kind::Scalar { plain: true, .. } = &node.kind else { return false };
    let leading_zero =
        text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    leading_zero || matches!(plain_value(node), Some(Value::Number(_)))
}
