//! Documents, table by table: JSON, canonical form, what is shown, the text that is sent, and long patterns.

#![allow(clippy::unwrap_used, reason = "a test")]

use logpolicy::policy::{
    Document, Effect, Fingerprint, Fingerprinter, Json, JsonError, MAX_DEPTH, matches_wildcards,
    pattern_covers, patterns_meet,
};

#[test]
fn json_keeps_digits_keys_and_depth() {
    let huge = "123456789012345678901234567890";
    let text = format!(r#"{{"a":[{huge},1e400,-0,true,false,null,"x\"]}}{{",{{}},[]],"a":{{"b":{huge}}}}}"#);
    let json = Json::parse(&text).unwrap();
    assert_eq!(json.to_string(), text);
    let items = json.get("a").unwrap().items();
    assert_eq!(items.len(), 9);
    assert_eq!(items[3..6], [Json::Bool(true), Json::Bool(false), Json::Null]);
    assert_eq!((&items[0], &items[8]), (&Json::Number(huge.to_owned()), &Json::Array(Vec::new())));
    let small = Json::parse(r#"[1,-1,true,"a"]"#).unwrap();
    assert_eq!(serde_json::to_string(&small).unwrap(), r#"[1,-1,true,"a"]"#);
    let most = u64::MAX.to_string();
    assert_eq!(serde_json::to_string(&Json::Number(most.clone())).unwrap(), most);
    assert_eq!(serde_json::to_string(&Json::Number(huge.to_owned())).unwrap(), format!("{huge:?}"));
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Json::parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(Json::parse(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep));
    let siblings = format!("[{}]", vec!["[]"; 200].join(","));
    assert!(Json::parse(&siblings).is_ok(), "what is closed counts no more");
    let words = format!(r#"["{}","\"{}","\\",{}]"#, "[".repeat(200), "{".repeat(200), nested(MAX_DEPTH - 1));
    assert!(Json::parse(&words).is_ok(), "brackets in strings are letters");
}

#[test]
fn documents_show_what_they_are() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Condition":{"B":{"k":"1"},"A":{}},"Effect":"Deny","Principal":{"AWS":["b","a"]}}}"#;
    let one = Document::from_text(text);
    assert_eq!((one.version(), one.bytes()), (Some("2012-10-17"), text.len()));
    assert_eq!(format!("{one:?}"), format!("Document({text})"));
    assert_eq!(Document::from_text("{}").version(), None);
    assert_eq!(
        one.stable_text(),
        r#"{"Version":"2012-10-17","Statement":{"Condition":{"A":{},"B":{"k":"1"}},"Effect":"Deny","Principal":{"AWS":["a","b"]}}}"#
    );
    let statement = &one.statements()[0];
    assert_eq!(
        (statement.effect(), Effect::Allow.as_str(), Effect::Deny.as_str()),
        (Some(Effect::Deny), "Allow", "Deny")
    );
    assert_eq!(statement.principals(), [("AWS", "b"), ("AWS", "a")]);
    let everyone =
        Document::from_text(r#"{"Statement":[{"Principal":"*"},{"Principal":"*"},{"Principal":"a"}]}"#);
    assert_eq!(everyone.statements()[0].principals(), [("AWS", "*")]);
    assert!(everyone.statements()[0] == everyone.statements()[1]);
    assert!(everyone.statements()[0] != everyone.statements()[2]);
    let mut parts = Fingerprinter::default();
    parts.add(b"ab");
    parts.add(b"c");
    let (whole, shown) =
        (Fingerprint::of(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(parts.fingerprint(), whole);
    assert_eq!((whole.to_string(), format!("{whole:?}")), (shown.to_owned(), "ba7816bf8f01".to_owned()));
}

/// Operators and keys are names without case: blocks of one operator are one block.
#[test]
fn conditions_are_the_same_however_their_blocks_are_cut() {
    let with = |condition: &str| {
        Document::from_text(format!(r#"{{"Statement":[{{"Effect":"Allow","Condition":{condition}}}]}}"#))
    };
    let one = with(r#"{"StringEquals":{"a":"1","b":"2"}}"#);
    assert_eq!(one, with(r#"{"StringEquals":{"B":["2"]},"stringequals":{"A":"1"}}"#));
    assert_ne!(one, with(r#"{"StringEquals":{"a":"1"},"StringLike":{"b":"2"}}"#));
    let twice = with(r#"{"StringEquals":{"a":"1"},"stringequals":{"a":"2"}}"#);
    assert_eq!(twice, with(r#"{"stringEquals":{"A":"2"},"StringEquals":{"a":"1"}}"#));
    assert_ne!(twice, with(r#"{"StringEquals":{"a":["1","2"]}}"#), "both must hold");
    let nothing = with(r#"{"StringEquals":{}}"#);
    assert_eq!(nothing, with(r#"{"stringequals":{}}"#));
    assert_ne!(nothing, with(r#"{"StringLike":{}}"#));
    assert_ne!(one, with(r#"{"StringEquals":{"a":"1","b":"2"},"StringLike":{}}"#));
}

/// The order that AWS keeps, and nothing that is not a statement is touched.
#[test]
fn what_is_sent_is_in_order() {
    for (text, sent) in [
        (
            r#"{"Statement":{"Resource":"*","Effect":"Allow"},"Version":"2012-10-17"}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*"}}"#,
        ),
        (
            r#"{"Statement":[{"Resource":"*","Sid":"A","NotPrincipal":{"AWS":["arn:aws:iam::111122223333:root","x"]}}]}"#,
            r#"{"Statement":[{"Sid":"A","NotPrincipal":{"AWS":["111122223333","x"]},"Resource":"*"}]}"#,
        ),
        (r#"{"Odd":[{"Resource":"*","Effect":"a"}],"Other":{"Resource":"*","Sid":"a"}}"#, ""),
        (r#"{"Statement":[{"Action":{"AWS":"arn:aws:iam::111122223333:root"}}]}"#, ""),
    ] {
        let expected = if sent.is_empty() { text } else { sent };
        assert_eq!(Document::from_json(Json::parse(text).unwrap()).text(), expected);
    }
}

/// Longer than a word of the walk has bits, as the patterns of ARNs are.
#[test]
fn long_patterns_are_compared_like_short_ones() {
    for length in [1, 62, 63, 64, 65, 127, 128, 129, 200] {
        let long = "ab".repeat(length / 2) + if length % 2 == 1 { "a" } else { "" };
        let (open, inner) = (format!("x*{long}?"), format!("x{long}b*{long}c"));
        assert_eq!(pattern_covers(&open, &inner), Some(true), "{length}");
        assert_eq!(pattern_covers(&inner, &open), Some(false), "{length}");
        assert_eq!(pattern_covers(&format!("*{long}*b"), &format!("*{long}*")), Some(false), "{length}");
        assert_eq!(pattern_covers(&format!("?*{long}"), &format!("{long}?*{long}")), Some(true), "{length}");
        assert!(
            patterns_meet(&[&format!("*{long}"), &format!("{long}*"), &format!("?*{long}*?")]),
            "{length}"
        );
        assert!(!patterns_meet(&[&format!("*{long}a"), &format!("{long}*b")]), "{length}");
        assert!(!patterns_meet(&[&format!("{long}?"), &format!("{long}??")]), "{length}");
        assert!(matches_wildcards(&format!("*{long}?"), &format!("zz{long}c")));
        assert!(!matches_wildcards(&format!("*{long}?"), &format!("zz{long}")), "{length}");
    }
    assert!(patterns_meet(&["é*", "*é", "??"]) && !patterns_meet(&["é?", "?ö", "*ü"]));
    assert_eq!(pattern_covers("é*", "éa"), Some(true));
    assert_eq!(pattern_covers("é*", "ea"), Some(false));
}
