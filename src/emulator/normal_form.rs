//! AWS's own form of a policy document: what Describe gives back for what Put was given.
//!
//! Recorded against AWS: minified; Version, Statement; in a statement Sid, Effect, Principal, Action, Resource,
//! Condition; a list of one is a scalar; no Version is 2008-10-17; ArnEquals, StringEquals come back the other way
//! round; an account id is its root ARN. Everything else here (the place of other members, the order of the other
//! operators) is only made definite, so that the same document always gives the same text.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::arn::is_account_id;

/// In which order the principals of one list are shown. AWS changes it from read to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PrincipalOrder {
    AsSent,
    Reversed,
}

/// Writes AWS's form of a document; account ids become root ARNs of `partition`.
pub(super) fn normal_form(document: &Map<String, Value>, partition: &str, order: PrincipalOrder) -> String {
    let form = Form { partition, order };
    let mut node = members(document, &["Version", "Id", "Statement"], |key, value| match key {
        "Statement" => form.statements(value),
        _ => plain(value),
    });
    if let (Node::Object(entries), None) = (&mut node, document.get("Version")) {
        entries.insert(0, ("Version".to_owned(), Node::Scalar(Value::from("2008-10-17"))));
    }
    serde_json::to_string(&node).unwrap_or_default()
}

/// JSON whose members stand in a chosen order, whichever order `serde_json` keeps.
enum Node {
    Scalar(Value),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(value) => value.serialize(serializer),
            Self::List(nodes) => serializer.collect_seq(nodes),
            Self::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    map.serialize_entry(key, node)?;
                }
                map.end()
            }
        }
    }
}

struct Form<'a> {
    partition: &'a str,
    order: PrincipalOrder,
}

impl Form<'_> {
    /// Statements stay a list, also a single one.
    fn statements(&self, value: &Value) -> Node {
        match value {
            Value::Array(statements) => {
                Node::List(statements.iter().map(|one| self.statement(one)).collect())
            }
            single => Node::List(vec![self.statement(single)]),
        }
    }

    fn statement(&self, value: &Value) -> Node {
        /// Each `Not` form takes the place of the form it negates.
        const ORDER: [&str; 9] = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let Value::Object(statement) = value else { return plain(value) };
        members(statement, &ORDER, |key, value| match key {
            "Principal" | "NotPrincipal" => self.principal(value),
            "Action" | "NotAction" | "Resource" | "NotResource" => unlisted(value),
            "Condition" => conditions(value),
            _ => plain(value),
        })
    }

    fn principal(&self, value: &Value) -> Node {
        let Value::Object(kinds) = value else { return plain(value) };
        members(kinds, &[], |kind, value| {
            let mut names: Vec<Node> = listed(value).iter().map(|name| self.named(kind, name)).collect();
            if self.order == PrincipalOrder::Reversed {
                names.reverse();
            }
            scalar_if_single(names)
        })
    }

    fn named(&self, kind: &str, name: &Value) -> Node {
        match name.as_str() {
            Some(id) if kind == "AWS" && is_account_id(id) => {
                Node::Scalar(Value::from(format!("arn:{}:iam::{id}:root", self.partition)))
            }
            _ => plain(name),
        }
    }
}

/// Sorts operators by family, in the order of the IAM guide, which is also the one order that was recorded:
/// StringEquals before ArnEquals.
fn conditions(value: &Value) -> Node {
    let Value::Object(operators) = value else { return plain(value) };
    let mut sorted: Vec<&String> = operators.keys().collect();
    sorted.sort_by_key(|operator| (family(operator), *operator));
    let order: Vec<&str> = sorted.into_iter().map(String::as_str).collect();
    members(operators, &order, |_, keys| match keys {
        Value::Object(keys) => members(keys, &[], |_, values| unlisted(values)),
        other => plain(other),
    })
}

fn family(operator: &str) -> usize {
    const FAMILIES: [&str; 8] = ["String", "Numeric", "Date", "Bool", "Binary", "Ip", "Arn", "Null"];
    let bare = operator.rsplit(':').next().unwrap_or(operator);
    FAMILIES.iter().position(|family| bare.starts_with(family)).unwrap_or(FAMILIES.len())
}

/// Orders members: the known ones first, in their order, then the others by name.
fn members(object: &Map<String, Value>, known: &[&str], form: impl Fn(&str, &Value) -> Node) -> Node {
    let rank = |key: &str| known.iter().position(|name| *name == key).unwrap_or(known.len());
    let mut entries: Vec<(&String, &Value)> = object.iter().collect();
    entries.sort_by_key(|(key, _)| (rank(key), *key));
    Node::Object(entries.into_iter().map(|(key, value)| (key.clone(), form(key, value))).collect())
}

fn plain(value: &Value) -> Node {
    match value {
        Value::Array(values) => Node::List(values.iter().map(plain).collect()),
        Value::Object(object) => members(object, &[], |_, value| plain(value)),
        scalar => Node::Scalar(scalar.clone()),
    }
}

fn unlisted(value: &Value) -> Node {
    scalar_if_single(listed(value).iter().map(plain).collect())
}

/// Gives the members of a list; anything else counts as a list of one.
pub(super) fn listed(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn scalar_if_single(nodes: Vec<Node>) -> Node {
    match <[Node; 1]>::try_from(nodes) {
        Ok([single]) => single,
        Err(nodes) => Node::List(nodes),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;

    fn form(text: &str, order: PrincipalOrder) -> String {
        normal_form(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap(), "aws", order)
    }

    #[test]
    fn is_what_aws_reads_back() {
        let table = [
            ("a version is added", r"{}", r#"{"Version":"2008-10-17"}"#),
            (
                "one statement becomes a list, lists of one become scalars",
                r#"{"Statement":{"Resource":["*"],"Action":["a"],"Effect":"Allow"},"Version":"2012-10-17"}"#,
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a","Resource":"*"}]}"#,
            ),
            (
                "lists of none and of two stay, their order, too",
                r#"{"Version":"v","Statement":[{"Action":[],"Resource":["b","a"]}]}"#,
                r#"{"Version":"v","Statement":[{"Action":[],"Resource":["b","a"]}]}"#,
            ),
            (
                "account ids become root arns, below AWS only",
                r#"{"Version":"v","Statement":[{"Principal":{"AWS":["444455556666","*"],"Service":"444455556666"}}]}"#,
                r#"{"Version":"v","Statement":[{"Principal":{"AWS":["arn:aws:iam::444455556666:root","*"],"Service":"444455556666"}}]}"#,
            ),
            (
                "operators by family, keys by name",
                r#"{"Version":"v","Statement":[{"Condition":{"Null":{"k":"true"},"ArnLike":{"b":["1"],"a":["1","2"]},"ForAnyValue:StringLike":{"k":"v"},"Mine":{},"StringEquals":{"k":"v"}}}]}"#,
                r#"{"Version":"v","Statement":[{"Condition":{"ForAnyValue:StringLike":{"k":"v"},"StringEquals":{"k":"v"},"ArnLike":{"a":["1","2"],"b":"1"},"Null":{"k":"true"},"Mine":{}}}]}"#,
            ),
            (
                "unknown members stay, behind the known ones; wrong types stay",
                r#"{"Zoo":[1],"Id":"i","Statement":[7,{"Note":{"b":[1],"a":1},"NotPrincipal":"*","Sid":"s","Condition":[]}],"Version":"v"}"#,
                r#"{"Version":"v","Id":"i","Statement":[7,{"Sid":"s","NotPrincipal":"*","Condition":[],"Note":{"a":1,"b":[1]}}],"Zoo":[1]}"#,
            ),
        ];
        for (why, sent, read) in table {
            assert_eq!(form(sent, PrincipalOrder::AsSent), read, "{why}");
            assert_eq!(form(read, PrincipalOrder::AsSent), read, "{why}: a second time");
        }
    }

    #[test]
    fn names_the_partition_in_root_arns() {
        let sent: Value =
            serde_json::from_str(r#"{"Statement":[{"Principal":{"AWS":"444455556666"}}]}"#).unwrap();
        let read = normal_form(sent.as_object().unwrap(), "aws-cn", PrincipalOrder::AsSent);
        assert!(read.contains("arn:aws-cn:iam::444455556666:root"), "{read}");
    }

    #[test]
    fn reverses_principals_and_nothing_else() {
        let sent = r#"{"Version":"v","Statement":[{"Principal":{"Service":["a","b"]},"Action":["c","d"]}]}"#;
        let read = r#"{"Version":"v","Statement":[{"Principal":{"Service":["b","a"]},"Action":["c","d"]}]}"#;
        assert_eq!(form(sent, PrincipalOrder::Reversed), read);
    }
}
