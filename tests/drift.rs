//! Drift is told apart from changes of ours that are not applied yet: every combination of what was recorded, what is live
//! and what the files ask for.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logpolicy::diff::{States, drift};
use logpolicy::model::{
    Access, Claim, DesiredState, DesiredTarget, DocumentTemplate, Limits, LivePolicy, LiveState, Ownership,
    PolicyKey, PolicyTemplate, RecordedPolicy, RecordedState, SourceSpan, Unmanaged,
};
use logpolicy::policy::Document;

/// A document of some statements: `a` is one of ours, `t` one of others; a number behind it is another version of it.
fn document(statements: &str) -> Arc<Document> {
    let statement = |name: &str| {
        let (sid, version) = name.split_at(1);
        format!(
            r#"{{"Sid":"{sid}","Effect":"Allow","Principal":{{"Service":"es.amazonaws.com"}},"Action":"logs:PutLogEvents","Resource":"arn:aws:logs:us-east-1:111122223333:log-group:/{sid}{version}:*"}}"#
        )
    };
    let statements: Vec<String> = statements.split(' ').map(statement).collect();
    Arc::new(Document::from_text(format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )))
}

/// What is found for one policy: drift and what is still to come.
fn found(
    name: &str,
    ownership: Ownership,
    desired: Option<&str>,
    recorded: Option<&str>,
    live: Option<&str>,
    has_record: bool,
) -> (Option<String>, Option<&'static str>) {
    let key = PolicyKey::account(name);
    let entry = |text: &str| PolicyTemplate {
        ownership,
        ..PolicyTemplate::new(key.clone(), DocumentTemplate::Fixed(document(text)))
    };
    let at = DesiredTarget {
        target: "111122223333/us-east-1".parse().unwrap(),
        names: BTreeSet::new(),
        access: Access::default(),
        limits: Limits::default(),
        span: SourceSpan::NOWHERE,
    };
    let state =
        DesiredState { policies: desired.map(entry).into_iter().collect(), ..DesiredState::default() };
    let policy = |text: &str| {
        let document = document(text);
        let claim = match ownership {
            Ownership::Document => Claim::on(&document, ownership, false),
            Ownership::Statements => {
                Claim { ownership, statements: BTreeSet::from(["a".to_owned()]), prevent_delete: false }
            }
        };
        let (applied_at, plan) = ("2026-01-01T00:00:00Z".to_owned(), String::new());
        (key.clone(), RecordedPolicy { document, revision: None, claim, applied_at, plan })
    };
    let recorded = RecordedState {
        serial: u64::from(has_record),
        policies: recorded.map(policy).into_iter().collect(),
        ..RecordedState::default()
    };
    let standing = |text: &str| {
        let policy = LivePolicy { document: document(text), revision: None, last_updated: None };
        (key.clone(), policy)
    };
    let live = LiveState { policies: live.map(standing).into_iter().collect::<BTreeMap<_, _>>() };
    let desired = state.at(&at);
    let unmanaged = Unmanaged::default();
    let states =
        States { desired: &desired.policies, live: &live, recorded: Some(&recorded), unmanaged: &unmanaged };
    let found = drift(&at.target, states, &BTreeSet::new());
    let drifted = found.drifted.first().map(|drifted| {
        let side = |document: Option<&Arc<Document>>| {
            let statements = document.map(|document| document.statements()).unwrap_or_default();
            let groups = statements.iter().map(|statement| statement.strings("Resource")[0].to_owned());
            let names = groups.map(|arn| arn.rsplit('/').next().unwrap().trim_end_matches(":*").to_owned());
            names.collect::<Vec<_>>().join(" ")
        };
        format!(
            "{}: {} -> {}",
            drifted.kind.as_str(),
            side(drifted.change.before()),
            side(drifted.change.after())
        )
    });
    (drifted, found.pending.first().map(|(_, action)| *action))
}

#[test]
fn drift_is_what_others_did() {
    for (desired, recorded, live, drifted, pending) in [
        // Nothing happened, or what we asked for and did not apply yet.
        (Some("a"), Some("a"), Some("a"), None, None),
        (Some("a2"), Some("a"), Some("a"), None, Some("update")),
        (None, Some("a"), Some("a"), None, Some("delete")),
        (Some("a"), None, None, None, Some("create")),
        (Some("a"), None, Some("a"), None, Some("adopt")),
        (Some("a"), None, Some("a2"), None, Some("update")),
        // Others changed it.
        (Some("a"), Some("a"), Some("a3"), Some("changed: a -> a3"), None),
        (Some("a"), Some("a"), None, Some("removed: a -> "), None),
        // Others changed it, and so did we.
        (Some("a2"), Some("a"), Some("a3"), Some("changed: a -> a3"), Some("update")),
        (Some("a2"), Some("a"), None, Some("removed: a -> "), Some("create")),
        (None, Some("a"), Some("a3"), Some("changed: a -> a3"), Some("delete")),
        // Others did what we ask for.
        (Some("a2"), Some("a"), Some("a2"), None, None),
        (None, Some("a"), None, None, Some("forget")),
        // Nobody asked for it.
        (None, None, Some("a"), Some("added:  -> a"), None),
        (None, None, None, None, None),
    ] {
        let result = found("p", Ownership::Document, desired, recorded, live, true);
        let expected = (drifted.map(ToOwned::to_owned), pending);
        assert_eq!(result, expected, "desired {desired:?}, recorded {recorded:?}, live {live:?}");
    }
}

#[test]
fn without_a_record_the_files_are_expected() {
    for (desired, live, drifted) in [
        (Some("a"), Some("a"), None),
        (Some("a"), Some("a2"), Some("changed: a -> a2")),
        (Some("a"), None, Some("removed: a -> ")),
        (None, Some("a"), Some("added:  -> a")),
    ] {
        let result = found("p", Ownership::Document, desired, None, live, false);
        assert_eq!(result, (drifted.map(ToOwned::to_owned), None), "desired {desired:?}, live {live:?}");
    }
}

#[test]
fn what_others_do_to_their_statements_is_theirs() {
    for (recorded, live, drifted) in [
        ("t a", "t a", None),
        ("t a", "t2 a", None),
        ("t a", "a", None),
        ("a", "t a", None),
        ("t a", "t2 a2", Some("changed: t2 a -> t2 a2")),
        ("t a", "t", Some("changed: t a -> t")),
    ] {
        let result = found("p", Ownership::Statements, Some("a"), Some(recorded), Some(live), true);
        assert_eq!(result.0.as_deref(), drifted, "recorded {recorded:?}, live {live:?}");
    }
    let gone = found("p", Ownership::Statements, Some("a"), Some("t a"), None, true);
    assert_eq!(gone.0.as_deref(), Some("removed: a -> "), "the statements of others are no loss of ours");
}

#[test]
fn what_aws_writes_for_itself_is_no_drift() {
    for name in ["AWSLogDeliveryWrite20150319", "AWSWAF-LOGS", "DO_NOT_DELETE_x"] {
        for has_record in [true, false] {
            let result = found(name, Ownership::Document, None, None, Some("a"), has_record);
            assert_eq!(result, (None, None), "{name}");
        }
    }
}
