//! Desired state as the YAML that a person would write.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use crate::model::{Limits, PolicyKey, PolicyScope};
use crate::policy::{Document, Json};

/// One entry under `policies`.
#[derive(Debug, Clone)]
pub struct DesiredEntry {
    /// The policy.
    pub key: PolicyKey,
    /// The document.
    pub document: Arc<Document>,
    /// Names under `targets`; none for every target.
    pub targets: Vec<String>,
    /// Regions; none for every Region of those targets.
    pub regions: Vec<String>,
    /// May take over what is live.
    pub adopt: bool,
    /// Account policies that it stands for.
    pub replaces: Vec<String>,
    /// Lines of comment above it.
    pub comments: Vec<String>,
}

/// A target that the entries need and no file names alone.
#[derive(Debug, Clone)]
pub struct DeclaredTarget {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// What fits; written where it is not the default.
    pub limits: Limits,
}

/// A file of `version: 1`, some targets and these entries, under some lines of comment.
pub fn desired_yaml(
    comments: &[String],
    targets: &BTreeMap<String, DeclaredTarget>,
    entries: &[DesiredEntry],
) -> String {
    let mut text = String::new();
    for line in comments {
        comment(line, "", &mut text);
    }
    text.push_str("version: 1\n");
    if !targets.is_empty() {
        text.push_str("\ntargets:\n");
        targets.iter().for_each(|(name, target)| declaration(name, target, &mut text));
    }
    text.push_str("\npolicies:");
    text.push_str(if entries.is_empty() { " []\n" } else { "\n" });
    for entry in entries {
        one(entry, &mut text);
    }
    text
}

fn declaration(name: &str, target: &DeclaredTarget, text: &mut String) {
    let DeclaredTarget { account, region, profile, limits } = target;
    let _ = writeln!(text, "  {}:", scalar_key(name));
    let _ = writeln!(text, "    account: {}", quoted(account));
    let _ = writeln!(text, "    regions: [{}]", in_list(region));
    if let Some(profile) = profile {
        let _ = writeln!(text, "    profile: {}", in_list(profile));
    }
    let Limits { account_policies, document_bytes, warn_document_bytes } = limits;
    if *limits != Limits::default() {
        let _ = writeln!(
            text,
            "    limits: {{ account_policies: {account_policies}, document_bytes: {document_bytes}, \
             warn_document_bytes: {warn_document_bytes} }}"
        );
    }
}

fn comment(line: &str, indent: &str, text: &mut String) {
    // A line break in a name must not end the comment.
    let line: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let _ = writeln!(text, "{}", format!("{indent}# {line}").trim_end());
}

fn one(entry: &DesiredEntry, text: &mut String) {
    let DesiredEntry { key, document, targets, regions, adopt, replaces, comments } = entry;
    for line in comments {
        comment(line, "  ", text);
    }
    let field = match key.scope {
        PolicyScope::Account => "name",
        PolicyScope::Resource => "log_group",
    };
    let _ = writeln!(text, "  - {field}: {}", scalar(&key.identity));
    let mut list = |name: &str, values: &[String]| {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| in_list(value)).collect();
            let _ = writeln!(text, "    {name}: [{}]", values.join(", "));
        }
    };
    list("targets", targets);
    list("regions", regions);
    let replaces: Vec<String> = replaces.iter().map(|name| name.replace("${", "$${")).collect();
    list("replaces", &replaces);
    if *adopt {
        text.push_str("    adopt: true\n");
    }
    text.push_str("    document:");
    match document.json() {
        Ok(json) => value(json, 6, text),
        // What is no JSON cannot be asked for; as a string it is refused with its place.
        Err(_) => {
            let _ = writeln!(text, " {}", quoted(document.text()));
        }
    }
}

/// A value behind its key or dash.
fn value(json: &Json, indent: usize, text: &mut String) {
    match json {
        Json::Object(members) if !members.is_empty() => {
            text.push('\n');
            for (key, member) in members {
                let _ = write!(text, "{:indent$}{}:", "", scalar_key(key));
                value(member, indent + 2, text);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            text.push('\n');
            for item in items {
                let _ = write!(text, "{:indent$}-", "");
                item_of_list(item, indent + 2, text);
            }
        }
        Json::Object(_) => text.push_str(" {}\n"),
        Json::Array(_) => text.push_str(" []\n"),
        Json::String(value) => {
            let _ = writeln!(text, " {}", scalar(value));
        }
        plain => {
            let _ = writeln!(text, " {plain}");
        }
    }
}

/// The first member of an object stands behind the dash.
fn item_of_list(json: &Json, indent: usize, text: &mut String) {
    let Json::Object(members) = json else { return value(json, indent, text) };
    if members.is_empty() {
        return value(json, indent, text);
    }
    for (index, (key, member)) in members.iter().enumerate() {
        if index == 0 {
            let _ = write!(text, " {}:", scalar_key(key));
        } else {
            let _ = write!(text, "{:indent$}{}:", "", scalar_key(key));
        }
        value(member, indent + 2, text);
    }
}

/// A string as the file reads it: `${` of a document is no variable of the files.
fn scalar(value: &str) -> String {
    let value = value.replace("${", "$${");
    if is_plain(&value) { value } else { quoted(&value) }
}

/// A key, in which nothing is replaced.
fn scalar_key(key: &str) -> String {
    if is_plain(key) && !key.contains(':') { key.to_owned() } else { quoted(key) }
}

fn in_list(value: &str) -> String {
    if is_plain(value) && !value.contains(['{', '}']) { value.to_owned() } else { quoted(value) }
}

/// Between quotation marks, with everything written out that YAML does not take as it is.
fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            _ if letter.is_control() || "\u{2028}\u{2029}\u{feff}".contains(letter) => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            _ => text.push(letter),
        }
    }
    text.push('"');
    text
}

/// Whether YAML reads the text as this string without quotation marks.
fn is_plain(value: &str) -> bool {
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let good = |letter: char| letter.is_ascii_alphanumeric() || "/_.-:*+@=$ {}?".contains(letter);
    value.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/')
        && value.chars().all(good)
        && !value.ends_with([':', ' '])
        && !value.contains(": ")
        && !value.contains(" #")
        && !reserved.contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_yaml_reads_otherwise_are_quoted() {
        for (value, expected) in [
            ("logs:PutLogEvents", "logs:PutLogEvents"),
            (
                "arn:aws:logs:us-east-1:111122223333:log-group:/aws/*:*",
                "arn:aws:logs:us-east-1:111122223333:log-group:/aws/*:*",
            ),
            ("111122223333", "\"111122223333\""),
            ("2012-10-17", "\"2012-10-17\""),
            ("*", "\"*\""),
            ("no", "\"no\""),
            ("a: b", "\"a: b\""),
            ("ends:", "\"ends:\""),
            ("line\nbreak", "\"line\\nbreak\""),
            ("${aws:SourceArn}", "\"$${aws:SourceArn}\""),
            ("x${aws:SourceArn}", "x$${aws:SourceArn}"),
            ("", "\"\""),
        ] {
            assert_eq!(scalar(value), expected);
        }
        assert_eq!(in_list("a,b"), "\"a,b\"");
        assert_eq!(quoted("a\u{85}\u{2028}"), "\"a\\u0085\\u2028\"");
    }
}
