//! The reader of the desired state: what it reads is what serde_yaml reads, and every place lies in the text.

use std::path::PathBuf;
use std::rc::Rc;

use logpolicy::config::{Loaded, SourceKind, SourceNode, parse_template, parse_with, plain_json};
use logpolicy::model::{Diagnostic, Directory, SourceSpan, Sources};
use logpolicy::policy::Json;
use logpolicy::report::{Coverage, Layout, diagnostics_text, validate_github, validate_json, validate_sarif};
use logpolicy::validate::judged;
use serde_yaml::Value;

pub fn desired_state(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    values(text);
    let file = PathBuf::from("/nowhere/logpolicy.yaml");
    let Ok(parsed) = parse_with(&[], &[(file, text.to_owned())]) else { return };
    let Loaded { desired, sources, diagnostics, .. } = parsed.loaded(&Directory::default());
    diagnostics.iter().for_each(|finding| places(finding, &sources));
    let _ = diagnostics_text(diagnostics.iter(), &sources, Layout::default());
    let _ = validate_github(&diagnostics, &sources);
    for json in
        [validate_json(&diagnostics, &sources, &Coverage::default()), validate_sarif(&diagnostics, &sources)]
    {
        assert!(Json::parse(&json).is_ok(), "a report is no JSON: {json}");
    }
    if diagnostics.has_errors() {
        return;
    }
    judged(&desired).iter().for_each(|finding| places(finding, &sources));
    for at in desired.targets.iter().take(3) {
        for (key, policy) in desired.at(at).policies {
            assert!(policy.document.json().is_ok(), "{key} is sent as {:?}", policy.document.text());
        }
    }
}

/// Every place of a finding lies in its file, and no letter is cut.
fn places(finding: &Diagnostic, sources: &Sources) {
    let related = finding.related.iter().map(|(span, _)| *span);
    for span in related.chain(finding.span).filter(|span| *span != SourceSpan::NOWHERE) {
        let Some(file) = sources.file(span) else { panic!("{finding:?} is in no file") };
        assert!(file.text.get(span.start..span.end).is_some(), "{finding:?} lies outside");
    }
}

/// Where both understand a text, serde_yaml finds the same.
fn values(text: &str) {
    let mut findings = Vec::new();
    let root = parse_template(0, text, &mut findings);
    for span in findings.iter().filter_map(|finding| finding.span) {
        assert!(text.get(span.start..span.end).is_some(), "{findings:?} lie outside");
    }
    let Some(root) = root.filter(|_| findings.is_empty()) else { return };
    // What is no map is no desired state.
    if !matches!(root.kind, SourceKind::Map(_)) || has_odd_anchor(text) {
        return;
    }
    // It takes a byte order mark for a document.
    match serde_yaml::from_str::<Value>(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(value) => same(&root, &value, text),
        Err(error) => {
            let error = error.to_string();
            assert!(KNOWN.iter().any(|known| error.contains(known)), "is read, and serde_yaml says: {error}");
        }
    }
}

/// What serde_yaml refuses and we read: YAML 1.2 takes more than YAML 1.1, and numbers may have any length.
const KNOWN: [&str; 10] = [
    // A key may be empty, and may stand on several lines between brackets; so may a value behind a colon that ends a word.
    "did not find expected key",
    "did not find expected node content",
    "did not find expected ',' or '}'",
    "found unexpected ':'",
    // Tabs may stand before a block.
    "found character that cannot start any token",
    "found a tab character that violates indentation",
    // Names of anchors have any letters.
    "did not find expected alphabetic or numeric character",
    "u128, expected any YAML value",
    // Aliases have a bound of ours, and an anchor may stand inside of another one of its name.
    "repetition limit exceeded",
    "recursion limit exceeded",
];

/// Whether the name of an anchor may hold letters that YAML 1.1 does not have there, such as a colon, which begins a value
/// then.
fn has_odd_anchor(text: &str) -> bool {
    let ends = |letter: char| letter.is_whitespace() || ",[]{}".contains(letter);
    let mut names = text.split(['&', '*']).skip(1).map(|rest| rest.split(ends).next().unwrap_or_default());
    names.any(|name| name.contains(|letter: char| !letter.is_ascii_alphanumeric() && !"_-".contains(letter)))
}

fn same(node: &Rc<SourceNode>, value: &Value, text: &str) {
    let written = text.get(node.span.start..node.span.end);
    let written = written.unwrap_or_else(|| panic!("{:?} lies outside", node.span));
    match (&node.kind, value) {
        (SourceKind::List(items), Value::Sequence(values)) if items.len() == values.len() => {
            items.iter().zip(values).for_each(|(item, value)| same(item, value, text));
        }
        (SourceKind::Map(entries), Value::Mapping(values)) if entries.len() == values.len() => {
            for (entry, (key, value)) in entries.iter().zip(values) {
                let is_key = match key {
                    Value::String(key) => *key == entry.key || entry.key.starts_with('?'),
                    key => serde_yaml::from_str::<Value>(&entry.key).is_ok_and(|read| read == *key),
                };
                assert!(is_key, "the key {:?} is {key:?}", entry.key);
                assert!(
                    text.get(entry.key_span.start..entry.key_span.end).is_some(),
                    "{entry:?} lies outside"
                );
                same(&entry.value, value, text);
            }
        }
        // Short forms stand in the tree as the long ones.
        (SourceKind::Map(entries), Value::Tagged(_)) if entries.len() == 1 => {}
        // Where `?x` stands between brackets, YAML 1.1 sees a key.
        (SourceKind::Scalar { text: read, plain: true }, Value::Mapping(_)) if read.starts_with('?') => {}
        (SourceKind::Scalar { text: read, plain }, value) => {
            let is_same = match (value, plain_json(node)) {
                (Value::Null, Some(Json::Null)) => true,
                (Value::Bool(one), Some(Json::Bool(other))) => *one == other,
                (Value::Number(_), Some(Json::Number(number))) => number == *read,
                // It has no number such as 1e400.
                (Value::String(one), Some(Json::Number(number))) => one == read && number == *read,
                // A number in YAML alone is not taken for one of JSON.
                (Value::Number(_), None) => *plain,
                // At the end of a file without a line break a block has one or none.
                (Value::String(one), None) => one == read || (!plain && one == read.trim_end_matches('\n')),
                _ => false,
            };
            assert!(is_same, "{read:?} is {value:?}");
            // What needs no unescaping stands in its place as it is.
            if *plain && !read.contains([' ', '\n']) && !written.is_empty() {
                assert_eq!(written, read, "the place is another one");
            }
        }
        (kind, value) => panic!("{kind:?} is {value:?}"),
    }
}
