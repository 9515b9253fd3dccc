//! Whether a request is allowed: IAM's evaluation, read off the documents.
//!
//! This is the judge of everything that reasons about access, so it shares no code with the reasoning beyond
//! parsing and matching one pattern.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::clause::{Clause, Patterns, Principals};
use super::condition::{Operator, Order, SetPrefix, Test};
use super::instant::seconds;
use super::pattern::{Pattern, Reading};
use super::{Document, Effect};

/// A request for one of the two actions that take effect here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Request {
    /// The service principal, such as `es.amazonaws.com`.
    pub service: String,
    /// `logs:PutLogEvents` or `logs:CreateLogStream`.
    pub action: String,
    /// The ARN of a log stream.
    pub resource: String,
    /// Context keys and their values; a key that is not here is missing.
    #[serde(serialize_with = "one_or_many", deserialize_with = "many")]
    pub context: BTreeMap<String, Vec<String>>,
}

/// A single value as a string.
fn one_or_many<S: Serializer>(
    context: &BTreeMap<String, Vec<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(context.len()))?;
    for (key, values) in context {
        match values.as_slice() {
            [value] => map.serialize_entry(key, value)?,
            values => map.serialize_entry(key, values)?,
        }
    }
    map.end()
}

/// The values of each key, of which a single one may stand as a string.
fn many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Values {
        One(String),
        Many(Vec<String>),
    }
    let context: BTreeMap<String, Values> = BTreeMap::deserialize(deserializer)?;
    let values = |values| match values {
        Values::One(value) => vec![value],
        Values::Many(values) => values,
    };
    Ok(context.into_iter().map(|(key, found)| (key, values(found))).collect())
}

/// Which part of a statement did not match a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// The condition on a key; nearest to a match.
    Condition {
        /// The operator, as written.
        operator: String,
        /// The key, in lower case.
        key: String,
    },
    /// The resource.
    Resource,
    /// The action.
    Action,
    /// The principal.
    Principal,
}

impl Mismatch {
    /// What did not match, as a part of a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Condition { operator, key } => format!("its condition {operator} on {key} is not met"),
            Self::Resource => "its resource does not match".to_owned(),
            Self::Action => "its action does not match".to_owned(),
            Self::Principal => "its principal does not match".to_owned(),
        }
    }
}

/// A statement: the number of its document and its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementRef {
    /// Index of the document.
    pub document: usize,
    /// Index of the statement in it.
    pub statement: usize,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether some Allow matches and no Deny does.
    pub allowed: bool,
    /// The statement that decided; nothing where none matched.
    pub decided_by: Option<StatementRef>,
    /// The Allow statement that came nearest, and what of it did not match; nothing where one matched.
    pub nearest: Option<(StatementRef, Mismatch)>,
}

/// The actions that CloudWatch Logs honours in these policies
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html>).
pub const EFFECTIVE_ACTIONS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

/// Judges a request against documents: all account policies, and the policy of the request's own log group.
///
/// "Some Allow, and no Deny" (IAM user guide, "Policy evaluation logic"). What only AWS can know, such as the value of
/// a policy variable, never grants and always denies.
pub fn evaluate<'a>(documents: impl IntoIterator<Item = &'a Document>, request: &Request) -> Verdict {
    Evaluator::of(documents).judge(request)
}

/// Documents that many requests are judged against: what their statements mean is read once.
#[derive(Debug)]
pub struct Evaluator {
    documents: Vec<Vec<Option<Clause>>>,
}

impl Evaluator {
    /// Reads the statements of some documents.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        Self { documents: documents.into_iter().map(Clause::all).collect() }
    }

    /// Judges a request; see [`evaluate`].
    pub fn judge(&self, request: &Request) -> Verdict {
        let effective = EFFECTIVE_ACTIONS.iter().any(|action| action.eq_ignore_ascii_case(&request.action));
        let context =
            request.context.iter().map(|(key, values)| (key.to_ascii_lowercase(), values)).collect();
        let (mut allow, mut deny, mut nearest) = (None, None, None);
        for (document, clauses) in self.documents.iter().enumerate() {
            for (statement, clause) in clauses.iter().enumerate() {
                let place = StatementRef { document, statement };
                let Some(clause) = clause else { continue };
                match (clause.effect, mismatch(clause, request, &context)) {
                    (Effect::Allow, None) if effective => allow = allow.or(Some(place)),
                    (Effect::Deny, None) => deny = deny.or(Some(place)),
                    (Effect::Allow, Some(mismatch)) => {
                        let found = (mismatch, place);
                        nearest = nearest.min(Some(found.clone())).or(Some(found));
                    }
                    (Effect::Allow, None) | (Effect::Deny, Some(_)) => {}
                }
            }
        }
        let nearest = nearest.filter(|_| allow.is_none()).map(|(mismatch, place)| (place, mismatch));
        Verdict { allowed: allow.is_some() && deny.is_none(), decided_by: deny.or(allow), nearest }
    }
}

/// A request's context, keys in lower case.
type Context<'a> = BTreeMap<String, &'a Vec<String>>;

/// The first part that does not match, from principal to condition.
fn mismatch(clause: &Clause, request: &Request, context: &Context<'_>) -> Option<Mismatch> {
    // Where only AWS knows, an Allow does not match and a Deny does.
    let unknown = clause.effect == Effect::Deny;
    if !names(&clause.principals, &request.service) {
        return Some(Mismatch::Principal);
    }
    if !covers(&clause.actions, &request.action, unknown) {
        return Some(Mismatch::Action);
    }
    if !covers(&clause.resources, &request.resource, unknown) {
        return Some(Mismatch::Resource);
    }
    let failed = clause.tests.iter().find(|test| !holds(test, context, clause.variables).unwrap_or(unknown));
    failed.map(|test| Mismatch::Condition { operator: test.written.clone(), key: test.key.clone() })
}

fn names(principals: &Principals, service: &str) -> bool {
    match principals {
        Principals::Everyone => true,
        Principals::Services(names) => names.iter().any(|name| name == service),
        Principals::AllBut(names) => names.iter().all(|name| name != service),
    }
}

fn covers(patterns: &Patterns, text: &str, unknown: bool) -> bool {
    let matched = patterns.patterns.iter().any(|pattern| match pattern {
        Some(pattern) => pattern.matches(text),
        None => unknown != patterns.negated,
    });
    matched != patterns.negated
}

/// Whether a test holds; nothing where only AWS knows.
fn holds(test: &Test, context: &Context<'_>, variables: bool) -> Option<bool> {
    let present = context.get(&test.key).map(|values| values.as_slice()).filter(|values| !values.is_empty());
    if test.operator == Operator::Null {
        // "true": the key is absent; "false": it is there.
        return Some(test.values.iter().any(|value| value.eq_ignore_ascii_case("true") == present.is_none()));
    }
    let Some(found) = present else {
        // Set operators: nothing is outside of all, and nothing is inside of any.
        return Some(match test.set {
            Some(SetPrefix::All) => true,
            Some(SetPrefix::Any) => test.if_exists,
            None => test.if_exists || test.operator.is_negated(),
        });
    };
    let one = |value: &String| value_holds(test, value, variables);
    match test.set {
        Some(SetPrefix::All) => all(found.iter().map(one)),
        Some(SetPrefix::Any) => any(found.iter().map(one)),
        // A key with several values and no set operator: any of them, and with a negated operator none.
        None if test.operator.is_negated() => all(found.iter().map(one)),
        None => any(found.iter().map(one)),
    }
}

/// One value of the request against the values of the policy: any of them, and with a negated operator none.
fn value_holds(test: &Test, found: &str, variables: bool) -> Option<bool> {
    let matched = any(test.values.iter().map(|wanted| matches(test.operator, wanted, found, variables)));
    if test.operator.is_negated() { matched.map(|matched| !matched) } else { matched }
}

/// Three-valued: a yes counts whatever else is unknown.
fn any(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(false);
    answers
        .find_map(|answer| {
            result = if answer.is_none() { None } else { result };
            answer.filter(|yes| *yes)
        })
        .or(result)
}

fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    any(answers.map(|answer| answer.map(|yes| !yes))).map(|no| !no)
}

/// One value against one value, the operator read without its negation.
fn matches(operator: Operator, wanted: &str, found: &str, variables: bool) -> Option<bool> {
    let pattern = |reading| Some(Pattern::read(wanted, reading, variables)?.matches(found));
    match operator {
        Operator::Equals | Operator::NotEquals => pattern(Reading::Literal),
        Operator::EqualsAnyCase | Operator::NotEqualsAnyCase => {
            Some(Pattern::read(wanted, Reading::LiteralAnyCase, variables)?.matches(found))
        }
        Operator::Like | Operator::NotLike => pattern(Reading::Wildcards),
        Operator::Arn | Operator::NotArn => pattern(Reading::Arn),
        Operator::Bool => Some(wanted.eq_ignore_ascii_case(found)),
        Operator::Null => None,
        Operator::Numeric(order) => {
            Some(compare(order, found.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?))
        }
        Operator::Date(order) => Some(compare(order, seconds(found)?, seconds(wanted)?)),
        Operator::Ip | Operator::NotIp => in_network(wanted, found),
        // Base64 texts of the same bytes are the same.
        Operator::Binary => Some(wanted == found),
    }
}

/// The negation of `NotEquals` is the caller's.
fn compare<T: PartialOrd + Copy>(order: Order, found: T, wanted: T) -> bool {
    match order {
        Order::Equals | Order::NotEquals => found == wanted,
        Order::LessThan => found < wanted,
        Order::LessThanEquals => found <= wanted,
        Order::GreaterThan => found > wanted,
        Order::GreaterThanEquals => found >= wanted,
    }
}

/// Whether an address lies in a network (CIDR, RFC 4632) or is the address.
fn in_network(network: &str, address: &str) -> Option<bool> {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<u32>().ok()?)),
        None => (network, None),
    };
    let shared = |base: u128, address: u128, bits: u32| {
        let length = length.unwrap_or(bits);
        (length <= bits).then(|| {
            let dropped = bits - length;
            dropped >= 128 || base >> dropped == address >> dropped
        })
    };
    match (base.parse().ok()?, address.parse().ok()?) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            shared(base.to_bits().into(), address.to_bits().into(), 32)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => shared(base.to_bits(), address.to_bits(), 128),
        _ => Some(false),
    }
}
