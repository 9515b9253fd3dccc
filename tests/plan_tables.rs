//! Plans, case by case: what is approved and recorded, what a saved plan finds to have moved, and each refusal at its bound.

#![allow(clippy::unwrap_used, reason = "a test")]

mod worlds;

use std::collections::BTreeSet;
use std::sync::Arc;

use logpolicy::model::{
    Code, Diagnostic, DocumentTemplate, GrantTemplate, Guards, Limits, LivePolicy, Overflow, Ownership,
    PlacedGrant, PolicyKey, PolicyTemplate, SourceSpan,
};
use logpolicy::plan::{Base, Kept, Moved, OperationKind, RecordChange, RefusalName, Refused};
use logpolicy::policy::Document;
use worlds::place::{Place, access_test, document, mixed};

#[test]
fn what_is_approved_is_what_was_planned() {
    let plan = mixed().plan();
    let approved = plan.approve("sha256:77").unwrap();
    assert_eq!((approved.target(), approved.digest()), (&plan.target, "sha256:77"));
    let writes: Vec<String> = approved
        .operations()
        .iter()
        .map(|operation| {
            let word = if matches!(operation.kind, OperationKind::Delete) { "delete" } else { "put" };
            format!("{word} {}", operation.key)
        })
        .collect();
    assert_eq!(writes, ["put policy:new", "delete policy:old"]);
    assert_eq!(approved.left_out(), &BTreeSet::from([PolicyKey::account("later")]));
    let records: Vec<String> = approved
        .records()
        .iter()
        .map(|record| match record {
            RecordChange::Keep { key, document: found, claim, .. } => {
                assert_eq!(claim.statements.len(), 1);
                format!("keep {key} {}", found.statements()[0].sid().unwrap())
            }
            RecordChange::Strike { key } => format!("strike {key}"),
        })
        .collect();
    assert_eq!(records, ["keep policy:adopted A", "strike policy:gone", "keep policy:same C"]);
    assert_eq!(
        plan.ours_since().map(|(address, time)| format!("{address} {time}")).collect::<Vec<_>>(),
        ["111122223333/us-east-1/policy:old 2026-01-01T00:00:00Z"]
    );
}

#[test]
fn errors_and_refusals_are_not_approved() {
    let finding = Diagnostic::error(Code("LP101"), SourceSpan::NOWHERE, "wrong");
    let mut place = mixed();
    place.findings = vec![finding.clone().warning()];
    assert!(!place.plan().has_errors() && place.plan().approve("").is_ok());
    place.findings.push(finding);
    assert!(place.plan().has_errors());
    assert_eq!(place.plan().approve("").unwrap_err(), Refused::Findings);
    place.limits.account_policies = 4;
    let mut plan = place.plan();
    assert_eq!(plan.approve("").unwrap_err(), Refused::Refusals(vec![RefusalName::SlotsExceeded]));
    assert!(plan.operations.is_empty(), "what does not fit has no order");
    plan.allow(&[RefusalName::SlotsExceeded, RefusalName::Takeover]);
    assert_eq!(plan.standing_refusals().count(), 1, "nobody can allow that");
}

#[test]
fn a_plan_is_calm_where_nothing_changes_and_nothing_speaks_against_it() {
    let calm = || Place::default().asks("a", "A", |_| {}).has("a", "A").wrote("a", "A", false);
    assert!(calm().plan().is_calm());
    assert!(!mixed().plan().is_calm());
    assert!(!calm().asks("b", "B", |_| {}).plan().is_calm());
    let adopted = Place::default().asks("a", "A", |entry| entry.adopt = true).has("a", "A");
    assert!(!adopted.plan().is_calm(), "the record changes");
    let mut refused = calm().plan();
    refused.refuse_what_moved(&"444455556666".parse().unwrap(), &Base::default());
    assert!(!refused.is_calm());
    assert_eq!(refused.refusals[0].name, RefusalName::WrongAccount);
    for (kept, calm_is_kept, other_is_kept) in
        [(Kept::All, true, true), (Kept::Changes, false, true), (Kept::Numbers, false, false)]
    {
        for (place, is_kept) in [(calm(), calm_is_kept), (mixed(), other_is_kept)] {
            let mut plan = place.plan();
            let summary = plan.summary;
            plan.let_go(kept);
            assert_eq!((!plan.changes.is_empty(), plan.summary), (is_kept, summary), "{kept:?}");
        }
    }
}

#[test]
fn what_moved_since_is_said_with_before_and_after() {
    let base = |place: &Place| Base::of(&place.live, Some(&place.recorded), false);
    let mut was = Place::default().has("a", "A").wrote("a", "A", false).has("b", "B");
    (was.recorded.lineage, was.recorded.serial) = ("one".to_owned(), 4);
    let now = |change: fn(&mut Place)| {
        let mut place = Place::default().has("a", "A").wrote("a", "A", false).has("b", "B");
        (place.recorded.lineage, place.recorded.serial) = ("one".to_owned(), 9);
        change(&mut place);
        let moved = base(&was).moved(&base(&place));
        moved
            .into_iter()
            .map(|Moved { key, was, is }| {
                format!("{}: {was} | {is}", key.map(|key| key.to_string()).unwrap_or_default())
            })
            .collect::<Vec<_>>()
    };
    let short = |sid: &str| document(sid).fingerprint().short().to_owned();
    let (a, b, c) = (short("A"), short("B"), short("C"));
    assert_eq!(now(|_| {}), [""; 0], "a serial alone is nothing");
    assert_eq!(
        now(|place| {
            place.live.policies.insert(
                PolicyKey::account("a"),
                LivePolicy { document: document("C"), revision: Some("7".to_owned()), last_updated: None },
            );
        }),
        [format!("policy:a: document {a}, recorded as {a} | revision 7 with document {c}, recorded as {a}")]
    );
    assert_eq!(
        now(|place| drop(place.live.policies.remove(&PolicyKey::account("b")))),
        [format!("policy:b: document {b}, not recorded | not there, not recorded")]
    );
    assert_eq!(
        now(|place| drop(place.recorded.policies.remove(&PolicyKey::account("a")))),
        [format!("policy:a: document {a}, recorded as {a} | document {a}, not recorded")]
    );
    assert_eq!(
        now(|place| place.recorded.lineage = "two".to_owned()),
        [": the record one with serial 4 | the record two with serial 9"]
    );
    assert_eq!(
        now(|place| place.recorded.lineage = String::new()),
        [": recorded, with serial 4 | without a record"]
    );
    let mut plan = was.plan();
    let moved = Place::default().has("a", "A").has("b", "B");
    plan.refuse_what_moved(&"111122223333".parse().unwrap(), &base(&moved));
    let names: Vec<_> = plan.refusals.iter().map(|refusal| (refusal.name, refusal.key.clone())).collect();
    assert_eq!(
        names,
        [(RefusalName::StalePlan, None), (RefusalName::StalePlan, Some(PolicyKey::account("a")))]
    );
    assert!(plan.refusals[1].message.contains(&format!("document {a}, not recorded. Plan again")));
}

#[test]
fn each_guard_counts_up_to_its_number() {
    let with = |max_deletes: usize, max_changes: usize| {
        let mut place = Place::default()
            .has("a", "A")
            .wrote("a", "A", false)
            .has("b", "B")
            .wrote("b", "B", false)
            .asks("c", "C2", |_| {})
            .has("c", "C")
            .wrote("c", "C", false)
            .asks("new", "N", |_| {});
        place.guards = Guards { max_deletes, max_changes };
        place.refused()
    };
    assert_eq!(with(2, 3), [""; 0]);
    assert_eq!(with(1, 3), ["too-many-deletes"]);
    assert_eq!(with(2, 2), ["too-many-changes"]);
    assert_eq!(with(0, 0), ["too-many-deletes", "too-many-changes"]);
}

#[test]
fn slots_and_bytes_are_full_where_one_more_does_not_fit() {
    let with = |limit: usize| {
        let mut place = Place::default().has("theirs", "T").asks("a", "A", |_| {}).asks("b", "B", |_| {});
        place.limits.account_policies = limit;
        place
    };
    assert_eq!((with(3).refused(), with(3).plan().operations.len()), (vec![], 2));
    assert_eq!(with(2).refused(), ["slots-exceeded"]);
    let message = &with(2).plan().refusals[0].message;
    assert!(
        message.contains("at least 1 must go") && message.contains("3 account policies would stand"),
        "{message}"
    );
    // Above already: what adds nothing is left alone.
    let mut above = Place::default()
        .has("x", "X")
        .has("y", "Y")
        .asks("a", "A2", |_| {})
        .has("a", "A")
        .wrote("a", "A", false);
    above.limits.account_policies = 1;
    assert_eq!((above.refused(), above.plan().operations.len()), (vec![], 1));
    let mut fewer = above.has("gone", "G").wrote("gone", "G", false);
    assert_eq!((fewer.refused(), fewer.plan().operations.len()), (vec![], 2));
    fewer.desired.clear();
    assert_eq!((fewer.refused(), fewer.plan().operations.len()), (vec![], 2));
    let mut sized = Place::default().asks("a", "A", |_| {});
    sized.limits.document_bytes = document("A").bytes();
    assert_eq!(sized.refused(), [""; 0]);
    sized.limits.document_bytes -= 1;
    assert_eq!(sized.refused(), ["document-too-large policy:a"]);
    assert!(sized.plan().refusals[0].message.contains("bytes long, 1 more than"));
    sized.left_out.insert(PolicyKey::account("a"));
    assert_eq!(sized.refused(), [""; 0], "what is left out is not written");
}

#[test]
fn what_others_wrote_is_taken_over_where_the_files_say_so() {
    let with = |adopt: bool, live: &str| {
        Place::default().asks("a", "A", move |entry| entry.adopt = adopt).has("a", live)
    };
    assert_eq!(with(false, "B").refused(), ["takeover policy:a"]);
    assert_eq!(with(true, "B").refused(), [""; 0]);
    assert_eq!(with(false, "A").refused(), [""; 0], "the same content costs nobody anything");
    assert_eq!(with(false, "B").wrote("a", "A", false).refused(), [""; 0], "others changed what is ours");
    // Of what was shared, all is to be ours.
    let mut shared_once = with(false, "B").wrote("a", "A", false);
    let recorded = shared_once.recorded.policies.get_mut(&PolicyKey::account("a")).unwrap();
    recorded.claim.ownership = Ownership::Statements;
    assert_eq!(shared_once.refused(), ["takeover policy:a"]);
    assert_eq!(with(false, "B").wrote("a", "B", false).refused(), [""; 0], "it is ours");
    // With statements, only one of our own Sid is in the way.
    let shared = |live: &str| {
        Place::default().asks("a", "A", |entry| entry.ownership = Ownership::Statements).has("a", live)
    };
    assert_eq!(shared("B").refused(), [""; 0]);
    let mut taken = shared("B");
    let text = document("B").text().replace(r#""Sid":"B""#, r#""Sid":"A""#);
    taken.live.policies.get_mut(&PolicyKey::account("a")).unwrap().document =
        Arc::new(Document::from_text(text));
    assert_eq!(taken.refused(), ["takeover policy:a"]);
    taken.live.policies.get_mut(&PolicyKey::account("a")).unwrap().document =
        Arc::new(Document::from_text("no JSON"));
    assert_eq!(taken.refused(), ["takeover policy:a"]);
}

#[test]
fn what_is_protected_is_not_deleted() {
    let gone = |prevent: bool| Place::default().has("a", "A").wrote("a", "A", prevent);
    assert_eq!(gone(true).refused(), ["prevent-delete policy:a"]);
    assert_eq!(gone(false).refused(), [""; 0]);
    // Whoever still names it may change it.
    assert_eq!(gone(true).asks("a", "A2", |_| {}).refused(), [""; 0]);
}

#[test]
fn a_refusal_is_lifted_by_its_own_name() {
    let taken = || Place::default().asks("a", "A", |_| {}).has("a", "B");
    let lifted = |names: &[RefusalName]| {
        let mut plan = taken().plan();
        plan.allow(names);
        plan.allow(&[]);
        plan.standing_refusals().next().is_none()
    };
    assert!(lifted(&[RefusalName::AccessGap, RefusalName::Takeover]));
    assert!(!lifted(&[RefusalName::AccessGap]));
    assert!(!lifted(&[]));
    let mut sized = Place::default().asks("a", "A", |_| {});
    sized.limits.document_bytes = 10;
    let mut plan = sized.plan();
    plan.allow(&[RefusalName::DocumentTooLarge]);
    assert_eq!(plan.standing_refusals().count(), 1);
}

#[test]
fn access_tests_are_about_what_would_be_live() {
    let mut place =
        Place::default().asks("a", "A", |_| {}).has("old", "E").wrote("old", "E", false).has("theirs", "T");
    for (group, allowed) in [("/A", true), ("/E", false), ("/T", true), ("/nobody", false)] {
        place.tests = vec![access_test(allowed, group)];
        assert_eq!(place.refused(), [""; 0], "{group}");
        place.tests = vec![access_test(!allowed, group)];
        assert_eq!(place.refused(), ["access-test-failed"], "{group}");
    }
    let message = &place.plan().refusals[0].message;
    assert!(message.contains("fails: es.amazonaws.com may not PutLogEvents on /nobody"), "{message}");
}

#[test]
fn what_was_packed_and_does_not_fit_says_what_helps() {
    let place = Place { limits: Limits { document_bytes: 10, ..Limits::default() }, ..Place::default() };
    let place = place.asks("a", "A", |_| {}).asks("b", "B", |_| {});
    let template = GrantTemplate {
        id: "g".to_owned(),
        id_span: SourceSpan::NOWHERE,
        entry: PolicyTemplate::new(PolicyKey::account("g"), DocumentTemplate::Fixed(document("A"))),
    };
    let template: &'static GrantTemplate = Box::leak(Box::new(template));
    let plan = place.plan_with(|desired| {
        let policy = desired.policies.get_mut(&PolicyKey::account("a")).unwrap();
        policy.grants.push(PlacedGrant { grant: template, sid: "A".to_owned() });
        let help = vec!["Join some.".to_owned(), "Or move some.".to_owned()];
        desired.overflow = Some(Overflow { bytes: 7, policies: 1, help });
    });
    let messages: Vec<&str> = plan.refusals.iter().map(|refusal| refusal.message.as_str()).collect();
    assert!(messages[0].ends_with("Join some. Or move some."), "{messages:?}");
    assert!(messages[1].starts_with("The document is 203 bytes long, 193 more than the 10"), "{messages:?}");
}
