//! What a statement means: whom it speaks about, what they do, where, and when.

use super::condition::{Test, tests};
use super::pattern::{Pattern, Reading};
use super::{Document, Effect, Json, Statement};

/// A statement that can take effect, typed.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub(super) effect: Effect,
    pub(super) principals: Principals,
    pub(super) actions: Patterns,
    pub(super) resources: Patterns,
    pub(super) tests: Vec<Test>,
    /// Whether policy variables are read: from 2012-10-17 on.
    pub(super) variables: bool,
}

/// The service principals that a statement speaks about; all other kinds never call here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principals {
    /// All.
    Everyone,
    /// These.
    Services(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
}

/// Patterns of an element, or of its negation.
#[derive(Debug, Clone)]
pub(super) struct Patterns {
    pub(super) negated: bool,
    /// A pattern with a policy variable is nothing here.
    pub(super) patterns: Vec<Option<Pattern>>,
    /// The values as written.
    pub(super) written: Vec<String>,
}

impl Clause {
    /// The meaning of each statement of a document; nothing for one that IAM would not read: without effect,
    /// principal, action or resource, with an element and its negation, or with a condition it does not know.
    pub(super) fn all(document: &Document) -> Vec<Option<Self>> {
        let variables = document.version() == Some("2012-10-17");
        document.statements().iter().map(|statement| Self::of(statement, variables)).collect()
    }

    fn of(statement: &Statement, variables: bool) -> Option<Self> {
        Some(Self {
            effect: statement.effect()?,
            principals: principals(statement)?,
            actions: patterns(statement, "Action", "NotAction", Reading::WildcardsAnyCase, variables)?,
            resources: patterns(statement, "Resource", "NotResource", Reading::Wildcards, variables)?,
            tests: tests(statement.json().get("Condition"))?,
            variables,
        })
    }
}

fn principals(statement: &Statement) -> Option<Principals> {
    let (named, negated) = one_of(statement, "Principal", "NotPrincipal")?;
    let (everyone, services) = match named {
        Json::String(name) if name == "*" => (true, Vec::new()),
        Json::Object(kinds) => {
            let names = |wanted: &str| {
                let kinds = kinds.iter().filter(|(kind, _)| kind == wanted);
                let names = kinds.flat_map(|(_, names)| names.items().iter().filter_map(Json::as_str));
                names.map(ToOwned::to_owned).collect::<Vec<String>>()
            };
            (names("AWS").iter().any(|name| name == "*"), names("Service"))
        }
        _ => return None,
    };
    Some(match (everyone, negated) {
        (true, false) => Principals::Everyone,
        (true, true) => Principals::Services(Vec::new()),
        (false, false) => Principals::Services(services),
        (false, true) => Principals::AllBut(services),
    })
}

fn patterns(
    statement: &Statement,
    element: &str,
    negation: &str,
    reading: Reading,
    variables: bool,
) -> Option<Patterns> {
    let (values, negated) = one_of(statement, element, negation)?;
    let written = values.items().iter().map(|value| value.as_str().map(ToOwned::to_owned));
    let written = written.collect::<Option<Vec<String>>>()?;
    // Names of actions hold no policy variables.
    let variables = variables && reading == Reading::Wildcards;
    let patterns = written.iter().map(|text| Pattern::read(text, reading, variables)).collect();
    Some(Patterns { negated, patterns, written })
}

/// The element or its negation: exactly one of the two.
fn one_of<'a>(statement: &'a Statement, element: &str, negation: &str) -> Option<(&'a Json, bool)> {
    match (statement.json().get(element), statement.json().get(negation)) {
        (Some(value), None) => Some((value, false)),
        (None, Some(value)) => Some((value, true)),
        _ => None,
    }
}
