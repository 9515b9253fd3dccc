//! A policy document: which ones PutResourcePolicy takes, and which ones the world holds.
//!
//! AWS checks little. What is refused here is documented or was reported with its answer; everything else goes
//! through, whether it makes sense or not.

use serde_json::{Map, Value};

use super::answer::ServiceError;
use super::arn::is_account_id;
use super::normal_form::{PrincipalOrder, listed, normal_form};

/// A document as the world keeps it: the two forms in which Describe shows it by turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// AWS's form, principals in the order they were sent in. This one is kept in the world file.
    pub(super) text: String,
    /// The same with principals the other way round; nothing where that is the same text.
    pub(super) turned: Option<String>,
}

impl Document {
    /// Takes in what was sent, or refuses it as AWS does; `longest` counts characters.
    pub(super) fn from_put(sent: &str, longest: usize, partition: &str) -> Result<Self, ServiceError> {
        check_text(sent, longest)?;
        let policy = grammatical(sent).ok_or_else(|| {
            ServiceError::invalid_parameter(
                "Error occurred while parsing accessPolicy. Please check if the accessPolicy has been constructed \
                 correctly using IAM grammar.",
            )
        })?;
        check_principals(&policy)?;
        Ok(Self::in_normal_form(&policy, partition))
    }

    /// Takes in what a world file says. Nothing is refused: a text that is no JSON object stays as it is.
    pub(super) fn from_world(text: &str, partition: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(Value::Object(policy)) => Self::in_normal_form(&policy, partition),
            _ => Self { text: text.to_owned(), turned: None },
        }
    }

    fn in_normal_form(policy: &Map<String, Value>, partition: &str) -> Self {
        let text = normal_form(policy, partition, PrincipalOrder::AsSent);
        let turned = normal_form(policy, partition, PrincipalOrder::Reversed);
        Self { turned: (turned != text).then_some(turned), text }
    }
}

/// Length: 1 to 51,200 characters by the API page of PutResourcePolicy. Characters: the CloudFormation schema of
/// `AWS::Logs::ResourcePolicy`. AWS's sentences for these two are not known.
fn check_text(sent: &str, longest: usize) -> Result<(), ServiceError> {
    let length = sent.chars().count();
    if length == 0 || length > longest {
        return Err(ServiceError::invalid_parameter(format!(
            "Value at 'policyDocument' failed to satisfy constraint: Member must have length between 1 and {longest}, \
             found {length}"
        )));
    }
    match sent.chars().find(|char| !matches!(char, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')) {
        Some(char) => Err(ServiceError::invalid_parameter(format!(
            "Value at 'policyDocument' failed to satisfy constraint: Member must satisfy regular expression pattern: \
             [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+, found U+{:04X}",
            u32::from(char)
        ))),
        None => Ok(()),
    }
}

/// Reads a JSON object with statements; AWS refuses what is less than that.
fn grammatical(sent: &str) -> Option<Map<String, Value>> {
    let Ok(Value::Object(policy)) = serde_json::from_str(sent) else { return None };
    let sound = match policy.get("Statement")? {
        Value::Array(statements) => statements.iter().all(Value::is_object),
        single => single.is_object(),
    };
    sound.then_some(policy)
}

/// Below `AWS` AWS stores account ids and `*`; ARNs and service names it is known to refuse.
fn check_principals(policy: &Map<String, Value>) -> Result<(), ServiceError> {
    let statements = policy.get("Statement").map_or(&[][..], listed);
    for statement in statements {
        for element in ["Principal", "NotPrincipal"] {
            let Some(names) = statement.get(element).and_then(|principal| principal.get("AWS")) else {
                continue;
            };
            for name in listed(names).iter().filter_map(Value::as_str) {
                check_account(name)?;
            }
        }
    }
    Ok(())
}

fn check_account(name: &str) -> Result<(), ServiceError> {
    if is_account_id(name) {
        return Ok(());
    }
    if name.starts_with("arn:") {
        return Err(ServiceError::invalid_parameter(
            "Principal section of policy contains ARN instead of account ID",
        ));
    }
    // A service name is known by its dots.
    if name.contains('.') {
        return Err(ServiceError::invalid_parameter("Could not convert to persistable policy."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;

    const PARSING: &str = "Error occurred while parsing";

    fn answer(sent: &str) -> Result<Document, String> {
        Document::from_put(sent, 200, "aws").map_err(|error| error.message)
    }

    fn with_principal(principal: &str) -> String {
        format!(r#"{{"Statement":[{{"Principal":{principal}}}]}}"#)
    }

    #[test]
    fn takes_nearly_everything() {
        for sent in [
            r#"{"Statement":[]}"#,
            r#"{"Statement":{}}"#,
            r#"{"Version":"1999","Statement":[{"Effect":"Perhaps","Unknown":[]}]}"#,
            "{\"Statement\":[],\r\n\t\"Id\":\"\u{e9}\u{ff}\"}",
            &with_principal(r#""*""#),
            &with_principal(r#"{"AWS":["444455556666","*"],"Service":"arn:x"}"#),
        ] {
            assert!(answer(sent).is_ok(), "{sent}");
        }
    }

    #[test]
    fn refuses_as_aws_does() {
        let long = format!(r#"{{"Statement":[],"Id":"{}"}}"#, "x".repeat(200));
        for (sent, message) in [
            ("", "length between 1 and 200, found 0"),
            (&long, "length between 1 and 200"),
            ("{\"Statement\":[],\"Id\":\"\u{101}\"}", "found U+0101"),
            ("{\"Statement\":[],\u{7f}\"Id\":\"\u{1f}\"}", "found U+001F"),
            ("not-json", PARSING),
            ("{}", PARSING),
            ("[]", PARSING),
            (r#"{"Statement":"x"}"#, PARSING),
            (r#"{"Statement":[1]}"#, PARSING),
            (&with_principal(r#"{"AWS":"arn:aws:iam::444455556666:root"}"#), "ARN instead of account ID"),
            (
                &with_principal(r#"{"AWS":["444455556666","arn:aws:iam::1:role/x"]}"#),
                "ARN instead of account ID",
            ),
            (
                &with_principal(r#"{"AWS":"route53.amazonaws.com"}"#),
                "Could not convert to persistable policy.",
            ),
        ] {
            let found = answer(sent).unwrap_err();
            assert!(found.contains(message), "{sent}: {found}");
        }
    }

    #[test]
    fn counts_characters() {
        let sent = format!(r#"{{"Statement":[],"Id":"{}"}}"#, "\u{e9}".repeat(176));
        assert_eq!((sent.chars().count(), sent.len()), (200, 376));
        assert!(answer(&sent).is_ok());
    }

    #[test]
    fn a_world_may_hold_anything() {
        for text in ["not json", "", "[1, 2]", "7"] {
            let document = Document::from_world(text, "aws");
            assert_eq!((document.text.as_str(), document.turned), (text, None));
        }
        let document =
            Document::from_world(&with_principal(r#"{"AWS":["arn:aws:iam::1:root","b.c"]}"#), "aws");
        assert!(document.turned.is_some());
    }
}
