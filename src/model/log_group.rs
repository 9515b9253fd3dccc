//! Names of log groups, and the ones that a document names exactly.

use std::collections::BTreeSet;

use crate::policy::{Document, matches_wildcards};

use super::Target;

/// Whether AWS takes the name: `[\.\-_/#A-Za-z0-9]+`, 1 to 512 characters (CreateLogGroup, API reference). There can be
/// no log group of another name.
pub fn is_log_group_name(name: &str) -> bool {
    let is_good = |letter: char| letter.is_ascii_alphanumeric() || "_-/.#".contains(letter);
    name.chars().all(is_good) && (1..=512).contains(&name.len())
}

/// What the resources of a document say about log groups of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedLogGroups {
    /// Names without a wildcard.
    pub exact: BTreeSet<String>,
    /// Whether the document speaks about nothing else.
    pub is_all: bool,
}

impl NamedLogGroups {
    /// Reads the `Resource` values of every statement. Wildcards in the account, Region and partition count where they
    /// meet the target's; what stands behind the log group's name does not matter.
    pub fn of(document: &Document, target: &Target) -> Self {
        let mut named = Self { exact: BTreeSet::new(), is_all: true };
        named.is_all &= !document.statements().is_empty();
        for statement in document.statements() {
            let resources = statement.strings("Resource");
            named.is_all &= !resources.is_empty();
            for resource in resources {
                let name = exact_log_group(resource, target);
                named.is_all &= name.is_some();
                named.exact.extend(name.map(ToOwned::to_owned));
            }
        }
        named
    }
}

/// The log group's name, where the resource names one of the target's without a wildcard or a policy variable.
pub fn exact_log_group<'a>(resource: &'a str, target: &Target) -> Option<&'a str> {
    let parts: Vec<&str> = resource.splitn(8, ':').collect();
    let ["arn", partition, "logs", region, account, "log-group", name, ..] = parts[..] else { return None };
    let here = matches_wildcards(partition, target.region.partition().as_str())
        && matches_wildcards(region, target.region.as_str())
        && matches_wildcards(account, target.account.as_str());
    (here && !name.is_empty() && !name.contains(['*', '?']) && !name.contains("${")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_aws_takes() {
        for (name, is_one) in [
            ("/aws/x", true),
            ("a.b-c_d#1", true),
            ("", false),
            ("/aws/ä", false),
            ("a b", false),
            ("<x>", false),
            (&"x".repeat(512), true),
            (&"x".repeat(513), false),
        ] {
            assert_eq!(is_log_group_name(name), is_one, "{name}");
        }
    }

    #[test]
    fn exact_names_are_found() {
        let target: Target = "111122223333/us-east-1".parse().expect("a target");
        let arn = |rest: &str| format!("arn:aws:logs:us-east-1:111122223333:log-group:{rest}");
        for (resource, name) in [
            (arn("/aws/x"), Some("/aws/x")),
            (arn("/aws/x:*"), Some("/aws/x")),
            (arn("/aws/x:log-stream:*"), Some("/aws/x")),
            (arn("/aws/x:log-stream:a:b"), Some("/aws/x")),
            (arn("<b>:*"), Some("<b>")),
            ("arn:*:logs:*:*:log-group:/aws/x:*".to_owned(), Some("/aws/x")),
            ("arn:aws:logs:us-*:1111*:log-group:/aws/x:*".to_owned(), Some("/aws/x")),
            ("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x:*".to_owned(), None),
            ("arn:aws:logs:us-east-1:999922223333:log-group:/aws/x:*".to_owned(), None),
            ("arn:aws-cn:logs:us-east-1:111122223333:log-group:/aws/x:*".to_owned(), None),
            ("arn:aws:logs:*:log-group:/aws/x:*".to_owned(), None),
            ("arn:aws:s3:us-east-1:111122223333:log-group:/aws/x:*".to_owned(), None),
            (arn("/aws/x*"), None),
            (arn("/aws/x*:*"), None),
            (arn("/aws/?:*"), None),
            (arn("/aws/${aws:username}:*"), None),
            (arn(""), None),
            (arn(":*"), None),
            ("*".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(exact_log_group(&resource, &target), name, "{resource}");
        }
    }

    #[test]
    fn a_document_may_speak_about_nothing_else() {
        let target: Target = "111122223333/us-east-1".parse().expect("a target");
        let arn = |rest: &str| format!("arn:aws:logs:us-east-1:111122223333:log-group:{rest}");
        let statement = |resources: &str| format!(r#"{{"Effect":"Allow","Resource":{resources}}}"#);
        for (statements, exact, is_all) in [
            (format!("[{}]", statement(&format!("\"{}\"", arn("/a:*")))), vec!["/a"], true),
            (
                format!("[{}]", statement(&format!("[\"{}\",\"{}\"]", arn("/a:*"), arn("/b")))),
                vec!["/a", "/b"],
                true,
            ),
            (format!("[{}]", statement(&format!("[\"{}\",\"*\"]", arn("/a:*")))), vec!["/a"], false),
            (format!("[{},{{}}]", statement(&format!("\"{}\"", arn("/a:*")))), vec!["/a"], false),
            ("[]".to_owned(), vec![], false),
        ] {
            let document = Document::from_text(format!(r#"{{"Statement":{statements}}}"#));
            let named = NamedLogGroups::of(&document, &target);
            assert_eq!(named.exact.iter().map(String::as_str).collect::<Vec<_>>(), exact, "{statements}");
            assert_eq!(named.is_all, is_all, "{statements}");
        }
        assert_eq!(NamedLogGroups::of(&Document::from_text("{ no json"), &target), NamedLogGroups::default());
    }
}
