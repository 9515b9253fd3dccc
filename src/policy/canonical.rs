//! The canonical form: what of a document IAM reads, and nothing of how it was written.
//!
//! What means nothing to IAM is dropped; everything else counts. The result is itself a policy
//! document, so that taking it again changes nothing.

use super::{Json, Statement};

/// IAM's default for a document without `Version`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>).
const DEFAULT_VERSION: &str = "2008-10-17";

/// The canonical form of a whole document; `statements` are the canonical texts of its statements.
pub(super) fn canonical<'a>(document: &Json, statements: impl IntoIterator<Item = &'a Statement>) -> String {
    let Json::Object(members) = document else { return plain(document).text() };
    let mut texts: Vec<&str> = statements.into_iter().map(Statement::canonical).collect();
    texts.sort_unstable();
    texts.dedup();
    let first = document.get("Statement");
    let text = |key: &str, value: &Json| match key {
        "Statement" if first.is_some_and(|first| std::ptr::eq(first, value)) => {
            format!("[{}]", texts.join(","))
        }
        _ => plain(value).text(),
    };
    let mut written: Vec<(&str, String)> =
        members.iter().map(|(key, value)| (key.as_str(), text(key, value))).collect();
    if document.get("Version").is_none() {
        written.push(("Version", Json::String(DEFAULT_VERSION.to_owned()).to_string()));
    }
    written.sort_by_key(|(key, _)| *key);
    let written: Vec<String> =
        written.into_iter().map(|(key, value)| format!("{}:{value}", Json::String(key.to_owned()))).collect();
    format!("{{{}}}", written.join(","))
}

/// The canonical form of one statement.
pub(super) fn statement(value: &Json) -> Json {
    let Json::Object(members) = value else { return plain(value) };
    let mut result = Vec::with_capacity(members.len());
    for (key, value) in members {
        let value = match key.as_str() {
            "Sid" if value.as_str() == Some("") => continue,
            "Condition" if matches!(value, Json::Object(blocks) if blocks.is_empty()) => continue,
            "Condition" => condition(value),
            "Principal" | "NotPrincipal" => principal(value),
            "Action" | "NotAction" => values(value, |name| Json::String(name.to_ascii_lowercase())),
            "Resource" | "NotResource" => values(value, |name| Json::String(name.to_owned())),
            _ => plain(value),
        };
        result.push((key.clone(), value));
    }
    object(result)
}

/// A bare star is everyone, which below `AWS` is written the same way.
fn principal(value: &Json) -> Json {
    let everyone = Json::Object(vec![("AWS".to_owned(), Json::String("*".to_owned()))]);
    let value = if value.as_str() == Some("*") { &everyone } else { value };
    let Json::Object(members) = value else { return plain(value) };
    let kinds = members.iter().map(|(kind, names)| {
        let name = |name: &str| match account_of_root(name) {
            Some(account) if kind == "AWS" => Json::String(account.to_owned()),
            _ => Json::String(name.to_owned()),
        };
        (kind.clone(), values(names, name))
    });
    object(kinds.collect())
}

/// The account of `arn:PARTITION:iam::ACCOUNT:root`, which AWS writes where an account id was sent.
pub fn account_of_root(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    let head = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (account, rest) = (parts.next()?, parts.next()?);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let matches = matches!(head, ("arn", partition, "iam", "") if !partition.is_empty());
    (matches && is_account && rest == "root" && parts.next().is_none()).then_some(account)
}

/// Operators, keys and values: names without case, values as sets of strings.
///
/// Blocks are taken apart into (operator, key, values) and put together again, so that two blocks whose names
/// differ by case only become one; where they name the same key, both stay, for all of them must hold.
fn condition(value: &Json) -> Json {
    let Json::Object(blocks) = value else { return plain(value) };
    let mut tests: Vec<(String, Option<(String, Json)>)> = Vec::new();
    let mut result = Vec::new();
    for (operator, block) in blocks {
        let operator = operator.to_ascii_lowercase();
        match block {
            Json::Object(keys) if keys.is_empty() => tests.push((operator, None)),
            Json::Object(keys) => tests.extend(keys.iter().map(|(key, value)| {
                (operator.clone(), Some((key.to_ascii_lowercase(), condition_values(value))))
            })),
            other => result.push((operator, plain(other))),
        }
    }
    tests.sort_by(|(left, one), (right, other)| {
        let key = |test: &Option<(String, Json)>| test.as_ref().map(|(key, _)| key.clone());
        let value = |test: &Option<(String, Json)>| test.as_ref().map(|(_, value)| value.text());
        left.cmp(right).then_with(|| key(one).cmp(&key(other))).then_with(|| value(one).cmp(&value(other)))
    });
    tests.dedup();
    for (operator, test) in tests {
        place(&mut result, operator, test);
    }
    object(result)
}

/// Puts one test into the first block of its operator that has no such key yet, else into a new block.
fn place(blocks: &mut Vec<(String, Json)>, operator: String, test: Option<(String, Json)>) {
    let Some((key, values)) = test else { return blocks.push((operator, Json::Object(Vec::new()))) };
    let free = blocks.iter_mut().find_map(|(name, block)| match block {
        Json::Object(keys) if *name == operator && keys.iter().all(|(held, _)| *held != key) => Some(keys),
        _ => None,
    });
    match free {
        Some(keys) => keys.push((key, values)),
        None => blocks.push((operator, Json::Object(vec![(key, values)]))),
    }
}

/// Booleans and numbers may stand without quotation marks in conditions.
fn condition_values(value: &Json) -> Json {
    let text = |item: &Json| match item {
        Json::Bool(value) => Json::String(value.to_string()),
        Json::Number(text) => Json::String(text.clone()),
        other => plain(other),
    };
    set(value.items().iter().map(text).collect())
}

/// A scalar or a list of names as a set; what is not a string stays what it is.
fn values(value: &Json, name: impl Fn(&str) -> Json) -> Json {
    let item = |item: &Json| item.as_str().map_or_else(|| plain(item), &name);
    set(value.items().iter().map(item).collect())
}

/// Anything that no rule speaks about: only the order of keys means nothing.
fn plain(value: &Json) -> Json {
    match value {
        Json::Array(items) => Json::Array(items.iter().map(plain).collect()),
        Json::Object(members) => {
            object(members.iter().map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        scalar => scalar.clone(),
    }
}

/// Members by key; of repeated keys, which are rare, the first counts, and stays the first.
fn object(mut members: Vec<(String, Json)>) -> Json {
    members.sort_by(|(left, _), (right, _)| left.cmp(right));
    Json::Object(members)
}

/// Strings by their text, all else behind them by its JSON.
fn set(mut items: Vec<Json>) -> Json {
    if items.iter().all(|item| item.as_str().is_some()) {
        items.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
    } else {
        items.sort_by_cached_key(|item| (item.as_str().is_none(), item.to_string()));
    }
    items.dedup();
    Json::Array(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical_text(text: &str) -> String {
        let json = Json::parse(text).expect("JSON");
        canonical(&json, &Statement::all(&json))
    }

    #[test]
    fn taking_it_again_changes_nothing() {
        for text in [
            r#"{"Statement":{"Action":["B","a"],"Principal":"*","Condition":{"StringEquals":{"K":1,"k":[2,2]},"stringequals":{"K":[]}}}}"#,
            r#"{"Statement":[[],{},"x",{"Sid":"","Condition":{"Null":{},"null":{},"Bool":"x"}}],"Version":5,"Version":6}"#,
            r#"{"Statement":[{"Condition":{"A":[1]},"Principal":{"AWS":["arn:aws:iam::111122223333:root",4]}}],"Id":[{"z":1,"a":2}]}"#,
            "[1,2]",
            "\"x\"",
        ] {
            let once = canonical_text(text);
            assert_eq!(canonical_text(&once), once, "{text}");
        }
    }

    #[test]
    fn of_repeated_keys_the_first_stays_the_first() {
        for (one, other) in [
            (
                r#"{"Statement":{"Effect":"Allow","Effect":"Deny"}}"#,
                r#"{"Statement":{"Effect":"Deny","Effect":"Allow"}}"#,
            ),
            (
                r#"{"Version":"2008-10-17","Version":"2012-10-17"}"#,
                r#"{"Version":"2012-10-17","Version":"2008-10-17"}"#,
            ),
            (r#"{"Statement":[{}],"Statement":[]}"#, r#"{"Statement":[{}],"Statement":[{"Sid":"A"}]}"#),
        ] {
            assert_ne!(canonical_text(one), canonical_text(other));
            assert_eq!(canonical_text(&canonical_text(one)), canonical_text(one));
        }
    }

    #[test]
    fn root_arns_are_told_from_what_looks_like_them() {
        assert_eq!(account_of_root("arn:aws-cn:iam::111122223333:root"), Some("111122223333"));
        for other in [
            "arn:aws:iam::111122223333:user/root",
            "arn:aws:iam::11112222333:root",
            "arn:aws:iam:us-east-1:111122223333:root",
            "arn:aws:iam::111122223333:root:",
            "arn::iam::111122223333:root",
            "111122223333",
        ] {
            assert_eq!(account_of_root(other), None, "{other}");
        }
    }
}
