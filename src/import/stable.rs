//! A document as a person would write it again: what IAM reads as a set stands in one order.

use crate::model::{Node, Segment, Template};
use crate::policy::{DOCUMENT_ELEMENTS, STATEMENT_ELEMENTS};

/// The elements of a statement whose lists are sets to IAM.
const SETS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];

/// The document with its elements as AWS orders them, and its lists of values, kinds of principal, operators and condition
/// keys sorted. Statements stay where they are: their order is how people read them.
pub fn stable(document: Node) -> Node {
    let Node::Object(members) = document else { return document };
    let members = members.into_iter().map(|(key, value)| {
        let value = match (key.as_str(), value) {
            ("Statement", Node::Array(items)) => Node::Array(items.into_iter().map(statement).collect()),
            ("Statement", single) => statement(single),
            (_, value) => value,
        };
        (key, value)
    });
    Node::Object(by_element(members.collect(), &DOCUMENT_ELEMENTS))
}

/// Members in the order of some names; those of other names come last. Repeated keys stay in their order.
fn by_element(mut members: Vec<(String, Node)>, names: &[&str]) -> Vec<(String, Node)> {
    members.sort_by_key(|(key, _)| names.iter().position(|name| name == key).unwrap_or(names.len()));
    members
}

fn statement(node: Node) -> Node {
    let Node::Object(members) = node else { return node };
    let members = members.into_iter().map(|(key, value)| {
        let value = match key.as_str() {
            "Principal" | "NotPrincipal" => in_order(value, set),
            "Condition" => in_order(value, |block| in_order(block, set)),
            key if SETS.contains(&key) => set(value),
            _ => value,
        };
        (key, value)
    });
    Node::Object(by_element(members.collect(), &STATEMENT_ELEMENTS))
}

/// An object by key; repeated keys stay as they are written, for the reader refuses them.
fn in_order(node: Node, value: impl Fn(Node) -> Node) -> Node {
    let Node::Object(members) = node else { return node };
    let mut members: Vec<(String, Node)> =
        members.into_iter().map(|(key, member)| (key, value(member))).collect();
    members.sort_by(|(left, _), (right, _)| left.cmp(right));
    Node::Object(members)
}

/// A list of strings by text, each once; other lists stay as they are.
fn set(node: Node) -> Node {
    let Node::Array(mut items) = node else { return node };
    if items.iter().all(|item| matches!(item, Node::Text(_))) {
        items.sort_by_cached_key(text);
        items.dedup_by_key(|item| text(item));
    }
    Node::Array(items)
}

fn text(node: &Node) -> String {
    match node {
        Node::Text(template) => spelled(template),
        _ => String::new(),
    }
}

/// A template as one text, in which variables are told from all text by a control character that no document holds.
pub(super) fn spelled(template: &Template) -> String {
    let piece = |segment: &Segment| match segment {
        Segment::Text(text) => text.clone(),
        Segment::Account => "\u{1}account\u{1}".to_owned(),
        Segment::Region => "\u{1}region\u{1}".to_owned(),
        Segment::Partition => "\u{1}partition\u{1}".to_owned(),
        Segment::Target => "\u{1}target\u{1}".to_owned(),
    };
    template.segments().iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Document, Json};

    #[test]
    fn two_readings_become_one_document() {
        let node = |text: &str| {
            let json = Json::parse(text).expect("JSON");
            stable(Node::from(&json))
        };
        let one = node(
            r#"{"Statement":[{"Sid":"b","Principal":{"Service":["b","a"],"AWS":"1"},"Action":["y","x","x"],
                "Condition":{"StringLike":{"k":["2","1"],"a":"1"},"ArnLike":{"k":"v"}}},{"Sid":"a"}]}"#,
        );
        let two = node(
            r#"{"Statement":[{"Sid":"b","Principal":{"AWS":"1","Service":["a","b"]},"Action":["x","y"],
                "Condition":{"ArnLike":{"k":"v"},"StringLike":{"a":"1","k":["1","2"]}}},{"Sid":"a"}]}"#,
        );
        let target = "111122223333/us-east-1".parse().expect("a target");
        assert_eq!(one.at(&target), two.at(&target));
        let text = one.at(&target).to_string();
        assert!(text.contains(r#""Action":["x","y"]"#) && text.ends_with(r#"{"Sid":"a"}]}"#), "{text}");
    }

    #[test]
    fn it_stays_the_same_document() {
        let target = "111122223333/us-east-1".parse().expect("a target");
        for text in [
            r#"{"Statement":{"Principal":"*","Action":["b",1,"a"],"Resource":[["x"]],"Condition":["a"]}}"#,
            r#"{"Statement":[1,null,{"Condition":{"Bool":true,"Null":{"b":[true,"x"],"a":[]}}}]}"#,
            r#"["Statement"]"#,
            "1.50",
        ] {
            let json = Json::parse(text).expect("JSON");
            let document = Document::from_json(json.clone());
            assert_eq!(Document::from_json(stable(Node::from(&json)).at(&target)), document, "{text}");
        }
    }
}
