//! What the reader does with any input: it says the same as serde_yaml, and never breaks.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_yaml::{Mapping, Value};

use super::decode::plain_value;
use super::tree::{self, Kind, Node};
use super::*;
use crate::policy::Json;

/// The value that our tree stands for, typed as the decoder types it.
fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar { text, .. } => plain_value(node).unwrap_or_else(|| Value::String(text.clone())),
        Kind::List(items) => Value::Sequence(items.iter().map(|item| value(item)).collect()),
        Kind::Map(entries) => {
            let members = entries.iter().map(|entry| (Value::String(entry.key.clone()), value(&entry.value)));
            Value::Mapping(members.collect::<Mapping>())
        }
    }
}

fn parsed(text: &str) -> (Option<Value>, usize) {
    let mut findings = Vec::new();
    let tree = tree::parse(0, text, &mut findings);
    (tree.map(|tree| value(&tree)), findings.len())
}

fn values() -> impl Strategy<Value = Value> {
    let text = "[ -~äöü]{0,12}|[0-9]{1,14}|true|null|~|-1|1\\.5|0x1F|\\.inf|2012-10-17|arn:aws:logs:\\*";
    let leaf = prop_oneof![
        text.prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Number(number.into())),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let map = prop::collection::btree_map("[a-zA-Z:/*${} -]{1,10}", inner.clone(), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::Sequence),
            map.prop_map(|members| {
                Value::Mapping(members.into_iter().map(|(key, value)| (Value::String(key), value)).collect())
            }),
        ]
    })
}

/// Every node lies within the text and within the node around it.
fn places_are_nested(node: &Node, length: usize) {
    assert!(node.span.start <= node.span.end && node.span.end <= length, "{:?}", node.span);
    let inside = |child: &Node| {
        assert!(child.span.start >= node.span.start && child.span.end <= node.span.end);
        places_are_nested(child, length);
    };
    match &node.kind {
        Kind::Scalar { .. } => {}
        Kind::List(items) => items.iter().for_each(|item| inside(item)),
        Kind::Map(entries) => entries.iter().for_each(|entry| inside(&entry.value)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_serde_yaml_reads(expected in values()) {
        let text = serde_yaml::to_string(&expected).expect("YAML");
        let again: Value = serde_yaml::from_str(&text).expect("YAML");
        prop_assert_eq!(parsed(&text), (Some(again), 0), "{}", text);
    }

    #[test]
    fn reads_json_as_yaml(expected in values()) {
        let text = serde_json::to_string_pretty(&expected).expect("JSON");
        let again: Value = serde_yaml::from_str(&text).expect("YAML");
        prop_assert_eq!(parsed(&text), (Some(again), 0), "{}", text);
    }

    #[test]
    fn places_lie_where_the_text_is(expected in values()) {
        let text = serde_yaml::to_string(&expected).expect("YAML");
        let tree = tree::parse(0, &text, &mut Vec::new()).expect("a tree");
        places_are_nested(&tree, text.len());
    }

    #[test]
    fn no_input_breaks_the_reader(text in "(version: 1|targets:|policies:|  - |[{}\\[\\]:,&*!|>'\"#%@-]|\\$\\{[a-z]*\\}?|<<|~|\u{2028}|ä|[ \n\t]|[a-z0-9]){0,60}") {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.yaml");
        fs_err::write(&path, &text).expect("written");
        let loaded = load(&[path]).expect("readable");
        for finding in &loaded.diagnostics {
            prop_assert!(finding.span.is_none_or(|span| loaded.sources.location(span).is_some()));
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.yaml");
    fs_err::write(&path, [0xff, 0xfe, 0x00]).expect("written");
    let error = load(&[path]).expect_err("no text").to_string();
    assert!(error.contains("not UTF-8"), "{error}");
    assert!(load(&[PathBuf::from("/nonexistent/x.yaml")]).is_err());
}

#[test]
fn what_would_begin_a_document_is_text_where_it_is_a_value() {
    for text in ["a: ---\n", "a: ...\n", "a: [---]\n", "a: +\n", "a: ~x\n", "a: 1\n  2\n", "a: ~\n", "a: 1\n"]
    {
        let theirs: Value = serde_yaml::from_str(text).expect("YAML");
        assert_eq!(parsed(text), (Some(theirs), 0), "{text}");
    }
}

#[test]
fn numbers_beyond_a_machine_word_are_numbers_and_keep_their_digits() {
    let node = |text: &str| tree::parse(0, &format!("{text}\n"), &mut Vec::new()).expect("a scalar");
    for text in ["118446744073709551616", "-9223372036854775809", "1e400", "-1E+400"] {
        assert_eq!(plain_json(&node(text)), Some(Json::Number(text.to_owned())), "{text}");
        assert!(matches!(plain_value(&node(text)), Some(Value::Number(_))), "{text}");
    }
    // No numbers of JSON: they are refused where they stand in a document.
    for text in ["0xffffffffffffffffffff", "+118446744073709551616"] {
        assert_eq!(plain_json(&node(text)), None, "{text}");
        assert!(matches!(plain_value(&node(text)), Some(Value::Number(_))), "{text}");
    }
    for text in ["1e400x", "2026-01-01", "1.2.3"] {
        assert_eq!(plain_value(&node(text)), Some(Value::String(text.to_owned())), "{text}");
    }
}

#[test]
fn a_key_that_stands_twice_is_found_among_very_many() {
    let keys: String = (0..200_000).map(|number| format!("k{number}: 1\n")).collect();
    assert_eq!(parsed(&keys).1, 0);
    assert_eq!(parsed(&format!("{keys}k7: 2\n")).1, 1);
}

#[test]
fn the_place_of_a_wrong_letter_is_the_whole_letter() {
    let text = "a: 1\n  \u{feff}b: 2\n";
    let mut findings = Vec::new();
    assert!(tree::parse(0, text, &mut findings).is_none());
    let span = findings[0].span.expect("a place");
    assert!(text.get(span.start..span.end).is_some(), "{span:?}");
}

#[test]
fn a_byte_order_mark_is_read_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.yaml");
    fs_err::write(&path, "\u{feff}version: 7\n").expect("written");
    let loaded = load(&[path]).expect("readable");
    let spans = loaded.diagnostics.iter().filter_map(|finding| finding.span);
    let columns: Vec<usize> = spans.filter_map(|span| Some(loaded.sources.location(span)?.column)).collect();
    assert_eq!(columns, [1, 10]);
}

#[test]
fn a_link_that_leads_out_of_the_folder_is_refused() {
    #[cfg(unix)]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out.json"));
        fs_err::create_dir(&inside).expect("a folder");
        fs_err::write(&outside, "{}").expect("written");
        std::os::unix::fs::symlink(&outside, inside.join("link.json")).expect("a link");
        let text = "version: 1\ntargets: { a: { account: \"111122223333\", regions: [us-east-1] } }\npolicies:\n  - { name: x, document_file: link.json }\n";
        fs_err::write(inside.join("x.yaml"), text).expect("written");
        let loaded = load(&[inside.join("x.yaml")]).expect("readable");
        let codes: Vec<&str> = loaded.diagnostics.iter().map(|finding| finding.code.0).collect();
        assert_eq!(codes, ["LP109"]);
    }
}
