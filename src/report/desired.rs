//! Desired state as the YAML that a person would write.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use crate::model::{Access, AssumedRole, Limits, Node, PolicyKey, PolicyScope, Segment, Template};

use super::escape::is_invisible;

/// A file of `version: 1`: its targets, what is left alone, its policies.
#[derive(Debug, Clone, Default)]
pub struct DesiredFile {
    /// Lines of comment at its head.
    pub comments: Vec<String>,
    /// The targets that no other file declares.
    pub targets: BTreeMap<String, DeclaredTarget>,
    /// Patterns under `unmanaged.ignore`, below lines of comment; none writes no such section.
    pub ignore: Vec<String>,
    /// Why these are left alone.
    pub ignore_comments: Vec<String>,
    /// The policies.
    pub policies: Vec<DesiredEntry>,
}

/// One entry under `policies`.
#[derive(Debug, Clone)]
pub struct DesiredEntry {
    /// The policy.
    pub key: PolicyKey,
    /// The document.
    pub document: Node,
    /// Names under `targets`; none for every target.
    pub targets: Vec<String>,
    /// Regions; none for every Region of those targets.
    pub regions: Vec<String>,
    /// May take over what is live.
    pub adopt: bool,
    /// Account policies that it stands for.
    pub replaces: Vec<String>,
    /// Findings that are accepted: code and reason.
    pub accepted: BTreeMap<String, String>,
    /// Lines of comment above it.
    pub comments: Vec<String>,
}

/// A target that the entries need and no file names alone.
#[derive(Debug, Clone)]
pub struct DeclaredTarget {
    /// The account.
    pub account: String,
    /// The Regions.
    pub regions: Vec<String>,
    /// Whose credentials reach it.
    pub access: Access,
    /// What fits; written where it is not the default.
    pub limits: Limits,
}

/// The text of a file, and where in it each of its policies stands, in bytes.
pub fn desired_yaml(file: &DesiredFile) -> (String, Vec<Range<usize>>) {
    let DesiredFile { comments, targets, ignore, ignore_comments, policies } = file;
    let mut text = String::new();
    for line in comments {
        comment(line, "", &mut text);
    }
    text.push_str("version: 1\n");
    if !targets.is_empty() {
        text.push_str("\ntargets:\n");
        targets.iter().for_each(|(name, target)| declaration(name, target, &mut text));
    }
    if !ignore.is_empty() {
        text.push_str("\nunmanaged:\n");
        ignore_comments.iter().for_each(|line| comment(line, "  ", &mut text));
        text.push_str("  ignore:\n");
        for pattern in ignore {
            let _ = writeln!(text, "    - {}", scalar_key(pattern));
        }
    }
    text.push_str("\npolicies:");
    text.push_str(if policies.is_empty() { " []\n" } else { "\n" });
    let mut places = Vec::with_capacity(policies.len());
    for entry in policies {
        let start = text.len();
        one(entry, &mut text);
        places.push(start..text.len());
    }
    (text, places)
}

fn declaration(name: &str, target: &DeclaredTarget, text: &mut String) {
    let DeclaredTarget { account, regions, access, limits } = target;
    let Access { profile, role } = access;
    let _ = writeln!(text, "  {}:", scalar_key(name));
    let _ = writeln!(text, "    account: {}", quoted(account));
    let regions: Vec<String> = regions.iter().map(|region| in_list(region)).collect();
    let _ = writeln!(text, "    regions: [{}]", regions.join(", "));
    if let Some(profile) = profile {
        let _ = writeln!(text, "    profile: {}", in_list(profile));
    }
    if let Some(AssumedRole { arn, external_id }) = role {
        let _ = writeln!(text, "    assume_role: {}", scalar(arn));
        if let Some(external_id) = external_id {
            let _ = writeln!(text, "    external_id: {}", scalar(external_id));
        }
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
    let plain = |letter: char| if letter.is_control() || is_invisible(letter) { ' ' } else { letter };
    let line: String = line.chars().map(plain).collect();
    let _ = writeln!(text, "{}", format!("{indent}# {line}").trim_end());
}

fn one(entry: &DesiredEntry, text: &mut String) {
    let DesiredEntry { key, document, targets, regions, adopt, replaces, accepted, comments } = entry;
    for line in comments {
        comment(line, "  ", text);
    }
    let field = match key.scope {
        PolicyScope::Account => "name",
        PolicyScope::Resource => "log_group",
    };
    let _ = writeln!(text, "  - {field}: {}", scalar(&escaped(&key.identity)));
    let mut list = |name: &str, values: &[String]| {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| in_list(value)).collect();
            let _ = writeln!(text, "    {name}: [{}]", values.join(", "));
        }
    };
    list("targets", targets);
    list("regions", regions);
    let replaces: Vec<String> = replaces.iter().map(|name| escaped(name)).collect();
    list("replaces", &replaces);
    if *adopt {
        text.push_str("    adopt: true\n");
    }
    if !accepted.is_empty() {
        text.push_str("    lint:\n      allow:\n");
        for (code, reason) in accepted {
            let _ = writeln!(text, "        {code}: {}", scalar_key(reason));
        }
    }
    text.push_str("    document:");
    value(document, 6, text);
}

/// A value behind its key or dash.
fn value(node: &Node, indent: usize, text: &mut String) {
    match node {
        Node::Object(members) if !members.is_empty() => {
            text.push('\n');
            for (key, member) in members {
                let _ = write!(text, "{:indent$}{}", "", before_value(key, indent));
                value(member, indent + 2, text);
            }
        }
        Node::Array(items) if !items.is_empty() => {
            text.push('\n');
            for item in items {
                let _ = write!(text, "{:indent$}-", "");
                item_of_list(item, indent + 2, text);
            }
        }
        Node::Object(_) => text.push_str(" {}\n"),
        Node::Array(_) => text.push_str(" []\n"),
        Node::Text(template) => {
            let _ = writeln!(text, " {}", scalar(&template_text(template)));
        }
        Node::Plain(plain) => {
            let _ = writeln!(text, " {plain}");
        }
    }
}

/// The first member of an object stands behind the dash.
fn item_of_list(node: &Node, indent: usize, text: &mut String) {
    let Node::Object(members) = node else { return value(node, indent, text) };
    if members.is_empty() {
        return value(node, indent, text);
    }
    for (index, (key, member)) in members.iter().enumerate() {
        if index == 0 {
            let _ = write!(text, " {}", before_value(key, indent));
        } else {
            let _ = write!(text, "{:indent$}{}", "", before_value(key, indent));
        }
        value(member, indent + 2, text);
    }
}

/// A template as the file spells it.
fn template_text(template: &Template) -> String {
    let spelled = |segment: &Segment| match segment {
        Segment::Text(text) => escaped(text),
        Segment::Account => "${account}".to_owned(),
        Segment::Region => "${region}".to_owned(),
        Segment::Partition => "${partition}".to_owned(),
        Segment::Target => "${target}".to_owned(),
    };
    template.segments().iter().map(spelled).collect()
}

/// Text in which nothing is replaced: a `${` of a document is no variable of the files. IAM's own variables pass
/// through as they are, unless a `$` before them would make them something else.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let name = from[2..].split_once('}').map(|(name, _)| name);
        let is_iam = name.is_some_and(|name| ["*", "?", "$"].contains(&name) || name.starts_with("aws:"));
        let is_iam = is_iam && !result.ends_with('$');
        if !is_iam {
            result.push('$');
        }
        // An IAM variable is taken whole, for its name may hold a `${` that means nothing.
        let taken = if is_iam { name.map_or(2, |name| name.len() + 3) } else { 2 };
        result.push_str(&from[..taken]);
        rest = &from[taken..];
    }
    result.push_str(rest);
    result
}

/// A string as the file spells it.
fn scalar(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { quoted(value) }
}

/// The longest key that stands before its colon as it is, in bytes: 1,024 letters are the most (YAML 1.2, section 7.4.2).
const LONGEST_KEY: usize = 1_000;

/// A key and its colon.
fn before_value(key: &str, indent: usize) -> String {
    let key = scalar_key(key);
    if key.len() > LONGEST_KEY { format!("? {key}\n{:indent$}:", "") } else { format!("{key}:") }
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
            _ if letter.is_control() || is_invisible(letter) || is_no_character(letter) => {
                let number = u32::from(letter);
                let _ = if number > 0xffff {
                    write!(text, "\\U{number:08x}")
                } else {
                    write!(text, "\\u{number:04x}")
                };
            }
            _ => text.push(letter),
        }
    }
    text.push('"');
    text
}

/// Code points that are no characters, and that YAML does not print (YAML 1.2, section 5.1).
fn is_no_character(letter: char) -> bool {
    u32::from(letter) & 0xfffe == 0xfffe
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
    use crate::policy::Json;

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
            ("${aws:SourceArn}", "\"${aws:SourceArn}\""),
            ("a\u{202e}\u{e0001}", "\"a\\u202e\\U000e0001\""),
            ("", "\"\""),
        ] {
            assert_eq!(scalar(value), expected);
        }
        assert_eq!(in_list("a,b"), "\"a,b\"");
        assert_eq!(quoted("a\u{85}\u{2028}"), "\"a\\u0085\\u2028\"");
    }

    #[test]
    fn a_long_key_is_marked_as_one() {
        let long = "k".repeat(1_001);
        let inner = Node::Object(vec![(long.clone(), Node::Array(vec![Node::Plain(Json::Null)]))]);
        let mut text = String::new();
        value(&Node::Array(vec![inner]), 2, &mut text);
        assert_eq!(text, format!("\n  - ? {long}\n    :\n      - null\n"));
    }

    #[test]
    fn what_looks_like_a_variable_is_escaped_and_iam_s_own_is_not() {
        for (text, expected) in [
            ("plain", "plain"),
            ("x${account}", "x$${account}"),
            ("x${aws:SourceArn}y", "x${aws:SourceArn}y"),
            ("${*}${?}${$}", "${*}${?}${$}"),
            ("$${aws:x}", "$$${aws:x}"),
            ("${$}${account}", "${$}$${account}"),
            ("${aws:${account}", "${aws:${account}"),
            ("$${aws:${account}", "$$${aws:$${account}"),
            ("${aws:open", "$${aws:open"),
            ("${", "$${"),
        ] {
            assert_eq!(escaped(text), expected, "{text}");
        }
        let template = Template::new([Segment::Text("a${b}:".to_owned()), Segment::Account]);
        assert_eq!(template_text(&template), "a$${b}:${account}");
    }
}
