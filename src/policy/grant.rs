//! Grants: a statement taken apart into one principal, one action and one resource each.

use std::collections::BTreeSet;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Document, Json, Statement};

/// What one statement says about one principal, one action and one resource.
///
/// A negated element (`NotAction` ...) stands as `not ` and its JSON; what a statement lacks is empty. As JSON:
/// `{"effect":"Allow","principal":"es.amazonaws.com","action":"logs:PutLogEvents","resource":"*","condition":{}}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// `Allow` or `Deny`, or whatever stands there.
    pub effect: String,
    /// The service principal's name; others with their kind, such as `AWS:*`.
    pub principal: String,
    /// The action or a pattern of actions, as written.
    pub action: String,
    /// The resource pattern.
    pub resource: String,
    /// The condition in its canonical form; empty where there is none.
    pub condition: Condition,
}

/// The canonical text of a condition, shown as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition(String);

/// The most grants that a document is taken apart into; a document of 50 KB made of long lists could mean
/// millions. What comes after is left out of the list, and shows in the document's own differences.
const MOST_GRANTS: usize = 10_000;

impl Document {
    /// What the document says, one principal, action and resource at a time; sorted, each once.
    pub fn grants(&self) -> BTreeSet<Grant> {
        let mut grants = BTreeSet::new();
        for statement in self.statements() {
            collect(statement, &mut grants);
        }
        grants
    }
}

impl Grant {
    /// A document that says just this; nothing for a grant with a negated element or another principal than a service
    /// or everyone.
    pub fn document(&self) -> Option<Document> {
        let negated =
            [&self.principal, &self.action, &self.resource].into_iter().any(|text| text.starts_with("not "));
        let principal = match self.principal.split_once(':') {
            None if !self.principal.is_empty() => {
                Json::Object(vec![("Service".to_owned(), text(&self.principal))])
            }
            Some(("AWS", "*")) => text("*"),
            _ => return None,
        };
        let mut members = vec![
            ("Effect".to_owned(), text(&self.effect)),
            ("Principal".to_owned(), principal),
            ("Action".to_owned(), text(&self.action)),
            ("Resource".to_owned(), text(&self.resource)),
        ];
        if !self.condition.0.is_empty() {
            members.push(("Condition".to_owned(), Json::parse(&self.condition.0).ok()?));
        }
        let version = ("Version".to_owned(), text("2012-10-17"));
        let statement = ("Statement".to_owned(), Json::Object(members));
        (!negated).then(|| Document::from_json(Json::Object(vec![version, statement])))
    }
}

fn text(text: &str) -> Json {
    Json::String(text.to_owned())
}

fn collect(statement: &Statement, grants: &mut BTreeSet<Grant>) {
    let effect = statement.json().get("Effect").and_then(Json::as_str).unwrap_or_default();
    let condition = Condition::of(statement);
    let principals = statement.principals().into_iter().map(|(kind, name)| match kind {
        "Service" => name.to_owned(),
        _ => format!("{kind}:{name}"),
    });
    let principals = or_negated(principals.collect(), statement, "Principal");
    let actions = or_negated(owned(statement.strings("Action")), statement, "Action");
    let resources = or_negated(owned(statement.strings("Resource")), statement, "Resource");
    for principal in &principals {
        for action in &actions {
            for resource in &resources {
                if grants.len() >= MOST_GRANTS {
                    return;
                }
                grants.insert(Grant {
                    effect: effect.to_owned(),
                    principal: principal.clone(),
                    action: action.clone(),
                    resource: resource.clone(),
                    condition: condition.clone(),
                });
            }
        }
    }
}

fn owned(values: Vec<&str>) -> Vec<String> {
    values.into_iter().map(ToOwned::to_owned).collect()
}

/// The values of an element, or its negation as one value.
fn or_negated(values: Vec<String>, statement: &Statement, element: &str) -> Vec<String> {
    if !values.is_empty() {
        return values;
    }
    let negated = statement.json().get(&format!("Not{element}"));
    vec![negated.map(|value| format!("not {value}")).unwrap_or_default()]
}

impl Condition {
    fn of(statement: &Statement) -> Self {
        let canonical = super::canonical::statement(statement.json());
        Self(canonical.get("Condition").map(ToString::to_string).unwrap_or_default())
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = if self.0.is_empty() { Ok(Json::Object(Vec::new())) } else { Json::parse(&self.0) };
        json.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = serde_json::Map::deserialize(deserializer)?;
        if members.is_empty() {
            return Ok(Self::default());
        }
        let json = Json::parse(&serde_json::Value::Object(members).to_string());
        json.map(|json| Self(json.to_string())).map_err(serde::de::Error::custom)
    }
}

/// Numbers that fit none of Rust's types are given as strings, so that no digit is lost.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(text) => match (text.parse::<u64>(), text.parse::<i64>()) {
                (Ok(number), _) => serializer.serialize_u64(number),
                (_, Ok(number)) => serializer.serialize_i64(number),
                _ => serializer.serialize_str(text),
            },
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| sequence.serialize_element(item))?;
                sequence.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_taken_apart() {
        let document = Document::from_text(
            r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["b","a"],"AWS":"1"},"Action":"x","Resource":["r","s"],
                "Condition":{"StringEquals":{"AWS:SourceAccount":1}}},{"Effect":"Deny","NotPrincipal":"*","NotAction":"y"}]}"#,
        );
        let grants = document.grants();
        assert_eq!(grants.len(), 7);
        let first = serde_json::to_string(grants.first().expect("a grant")).expect("JSON");
        let expected = concat!(
            r#"{"effect":"Allow","principal":"AWS:1","action":"x","resource":"r","#,
            r#""condition":{"stringequals":{"aws:sourceaccount":["1"]}}}"#
        );
        assert_eq!(first, expected);
        for grant in &grants {
            let text = serde_json::to_string(grant).expect("JSON");
            assert_eq!(serde_json::from_str::<Grant>(&text).expect("a grant"), *grant, "{text}");
        }
        let last = grants.last().expect("a grant");
        assert_eq!(
            (last.principal.as_str(), last.action.as_str(), last.resource.as_str()),
            ("not \"*\"", "not \"y\"", "")
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let many: Vec<String> = (0..1_000).map(|number| format!("\"{number}\"")).collect();
        let many = many.join(",");
        let text = format!(
            r#"{{"Statement":{{"Action":[{many}],"Resource":[{many}],"Principal":{{"Service":[{many}]}}}}}}"#
        );
        assert_eq!(Document::from_text(text).grants().len(), MOST_GRANTS);
    }
}
