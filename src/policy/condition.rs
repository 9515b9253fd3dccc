//! Conditions: what must be true of a request's context.

use super::Json;

/// One test of a condition: an operator on a key with values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    /// How several values of the request count; nothing for an operator without a set prefix.
    pub(super) set: Option<SetPrefix>,
    /// A missing key passes.
    pub(super) if_exists: bool,
    /// The operator.
    pub(super) operator: Operator,
    /// The key, in lower case.
    pub(super) key: String,
    /// The values; any of them is enough, and with a negated operator none may match.
    pub(super) values: Vec<String>,
    /// The operator as written, for people.
    pub(super) written: String,
}

/// IAM user guide, "Set operators for multivalued context keys".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetPrefix {
    /// Every value of the request must match; so do none at all.
    All,
    /// One value of the request must match.
    Any,
}

/// IAM user guide, "IAM JSON policy elements: Condition operators".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `StringEquals`
    Equals,
    /// `StringEqualsIgnoreCase`
    EqualsAnyCase,
    /// `StringLike`
    Like,
    /// `ArnLike` and `ArnEquals`, which IAM treats alike.
    Arn,
    /// `StringNotEquals`
    NotEquals,
    /// `StringNotEqualsIgnoreCase`
    NotEqualsAnyCase,
    /// `StringNotLike`
    NotLike,
    /// `ArnNotLike` and `ArnNotEquals`
    NotArn,
    /// `Bool`
    Bool,
    /// `Null`
    Null,
    /// `NumericEquals` and the like.
    Numeric(Order),
    /// `DateEquals` and the like.
    Date(Order),
    /// `IpAddress`
    Ip,
    /// `NotIpAddress`
    NotIp,
    /// `BinaryEquals`
    Binary,
}

/// How two numbers or times are compared: the request's to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equals,
    NotEquals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// Every operator by its name in lower case.
const OPERATORS: [(&str, Operator); 27] = [
    ("stringequals", Operator::Equals),
    ("stringequalsignorecase", Operator::EqualsAnyCase),
    ("stringlike", Operator::Like),
    ("arnlike", Operator::Arn),
    ("arnequals", Operator::Arn),
    ("stringnotequals", Operator::NotEquals),
    ("stringnotequalsignorecase", Operator::NotEqualsAnyCase),
    ("stringnotlike", Operator::NotLike),
    ("arnnotlike", Operator::NotArn),
    ("arnnotequals", Operator::NotArn),
    ("bool", Operator::Bool),
    ("null", Operator::Null),
    ("numericequals", Operator::Numeric(Order::Equals)),
    ("numericnotequals", Operator::Numeric(Order::NotEquals)),
    ("numericlessthan", Operator::Numeric(Order::LessThan)),
    ("numericlessthanequals", Operator::Numeric(Order::LessThanEquals)),
    ("numericgreaterthan", Operator::Numeric(Order::GreaterThan)),
    ("numericgreaterthanequals", Operator::Numeric(Order::GreaterThanEquals)),
    ("dateequals", Operator::Date(Order::Equals)),
    ("datenotequals", Operator::Date(Order::NotEquals)),
    ("datelessthan", Operator::Date(Order::LessThan)),
    ("datelessthanequals", Operator::Date(Order::LessThanEquals)),
    ("dategreaterthan", Operator::Date(Order::GreaterThan)),
    ("dategreaterthanequals", Operator::Date(Order::GreaterThanEquals)),
    ("ipaddress", Operator::Ip),
    ("notipaddress", Operator::NotIp),
    ("binaryequals", Operator::Binary),
];

/// Whether IAM knows an operator, set prefix and `IfExists` included.
pub fn is_condition_operator(name: &str) -> bool {
    parse(name).is_some()
}

/// The names of all operators, for suggestions.
pub fn condition_operators() -> impl Iterator<Item = &'static str> {
    [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "ArnLike",
        "ArnNotLike",
        "ArnEquals",
        "ArnNotEquals",
        "Bool",
        "Null",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "IpAddress",
        "NotIpAddress",
        "BinaryEquals",
    ]
    .into_iter()
}

impl Operator {
    /// Whether the operator is met when no value matches, and so when the key is missing (IAM user guide, "Missing
    /// keys in the request context").
    pub(super) fn is_negated(self) -> bool {
        match self {
            Self::NotEquals | Self::NotEqualsAnyCase | Self::NotLike | Self::NotArn | Self::NotIp => true,
            Self::Numeric(order) | Self::Date(order) => order == Order::NotEquals,
            Self::Equals
            | Self::EqualsAnyCase
            | Self::Like
            | Self::Arn
            | Self::Bool
            | Self::Null
            | Self::Ip
            | Self::Binary => false,
        }
    }
}

/// The set prefix, the operator and whether `IfExists` stands behind it.
pub(super) fn parse(name: &str) -> Option<(Option<SetPrefix>, Operator, bool)> {
    let lower = name.to_ascii_lowercase();
    let (set, rest) = match lower.split_once(':') {
        Some(("forallvalues", rest)) => (Some(SetPrefix::All), rest),
        Some(("foranyvalue", rest)) => (Some(SetPrefix::Any), rest),
        Some(_) => return None,
        None => (None, lower.as_str()),
    };
    let (base, if_exists) = match rest.strip_suffix("ifexists") {
        Some(base) => (base, true),
        None => (rest, false),
    };
    let (_, operator) = OPERATORS.into_iter().find(|(known, _)| *known == base)?;
    // `NullIfExists` is not an operator (IAM user guide, "...IfExists condition operators").
    (!(if_exists && operator == Operator::Null)).then_some((set, operator, if_exists))
}

/// The tests of a `Condition` element; nothing where it is not one that IAM knows.
pub(super) fn tests(condition: Option<&Json>) -> Option<Vec<Test>> {
    let Some(condition) = condition else { return Some(Vec::new()) };
    let Json::Object(blocks) = condition else { return None };
    let mut tests = Vec::new();
    for (name, block) in blocks {
        let (set, operator, if_exists) = parse(name)?;
        let Json::Object(keys) = block else { return None };
        for (key, values) in keys {
            let values = values.items().iter().map(value).collect::<Option<Vec<String>>>()?;
            let key = key.to_ascii_lowercase();
            tests.push(Test { set, if_exists, operator, key, values, written: name.clone() });
        }
    }
    Some(tests)
}

/// Booleans and numbers are their text.
fn value(json: &Json) -> Option<String> {
    match json {
        Json::String(text) | Json::Number(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_known_by_any_case_with_prefix_and_suffix() {
        for name in condition_operators() {
            assert!(is_condition_operator(name), "{name}");
        }
        assert!(is_condition_operator("forallvalues:STRINGLIKEIfExists"));
        for name in ["StringEqual", "NullIfExists", "ForSomeValues:StringLike", "", "IfExists"] {
            assert!(!is_condition_operator(name), "{name}");
        }
    }
}
