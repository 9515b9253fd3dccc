//! Applies, case by case: what each trouble between a reading, a write and its answer comes to, and what is recorded.

#![allow(clippy::unwrap_used, reason = "a test")]

mod scripted;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use logpolicy::apply::{Stamp, apply};
use logpolicy::model::{HISTORY, LivePolicy, LiveState, PolicyKey, RecordedApply, RecordedState};
use logpolicy::provider::ProviderErrorKind;
use scripted::{Event, Ledger, Script, ran, run};
use worlds::place::{Place, document};
use worlds::{World, plan_at_revision};

fn creates() -> Place {
    Place::default().asks("a", "A", |_| {})
}

fn updates() -> Place {
    Place::default().asks("a", "B", |_| {}).has("a", "A").wrote("a", "A", false)
}

fn short(sid: &str) -> String {
    document(sid).fingerprint().short().to_owned()
}

use ProviderErrorKind::{Conflict, Denied, Invalid, Throttled, Unanswered, Unavailable};

const TROUBLE: &str = "PutResourcePolicy at there: trouble";
const NETWORK: &str = "Check the network, proxy and endpoint, then try again.";

#[test]
fn a_write_is_read_before_and_behind() {
    let ran = ran(&creates(), &[]);
    assert_eq!(ran.told(), ["applied"]);
    assert_eq!(ran.calls, ["read a", "put a", "read a"]);
    assert_eq!((ran.milliseconds, ran.outcome.interrupted, ran.outcome.error), (0, false, None));
    let saved = &ran.ledger.saved;
    let key = PolicyKey::account("a");
    assert_eq!(saved.len(), 2, "before the first write, and behind it");
    assert!(
        saved[0].pending.contains_key(&key) && saved[0].policies.is_empty() && saved[0].history.is_empty()
    );
    let held = &saved[1].policies[&key];
    assert_eq!((held.plan.as_str(), held.applied_at.as_str()), ("sha256:77", "2026-11-27T00:00:00Z"));
    assert!(saved[1].pending.is_empty() && *held.document == *document("A"));
    let change = &saved[1].history[0].changes[&key];
    assert!(
        change.before.is_none()
            && change.after.as_ref().is_some_and(|after| *after.document == *document("A"))
    );
    assert_eq!(saved[1].history[0].serial, 2);
}

#[test]
fn each_trouble_comes_to_its_outcome() {
    let failed = |kind: &str| format!("failed: {TROUBLE}. {kind}");
    let denied = "The credentials lack the IAM action logs:PutResourcePolicy; it takes no resource and no condition, so \
                  allow it on \"*\".";
    let again = ["read a", "put a"].repeat(4);
    for (place, events, told, calls, milliseconds) in [
        (creates(), vec![Event::Well, Event::Fails(Denied)], failed(denied), vec!["read a", "put a"], 0),
        // Only a reading can tell what became of it.
        (
            creates(),
            vec![Event::Well, Event::Lost],
            "applied".to_owned(),
            vec!["read a", "put a", "read a"],
            250,
        ),
        (
            creates(),
            vec![Event::Well, Event::Fails(Unavailable), Event::Well, Event::Lost],
            "applied".to_owned(),
            vec!["read a", "put a", "read a", "put a", "read a"],
            750,
        ),
        (
            creates(),
            [Event::Well, Event::Fails(Unanswered)].repeat(4),
            failed(NETWORK),
            [&again[..], &["read a"]].concat(),
            1750,
        ),
        (
            creates(),
            [&[Event::Well, Event::Fails(Unanswered)].repeat(3)[..], &[Event::Well, Event::Lost]].concat(),
            "applied".to_owned(),
            [&again[..], &["read a"]].concat(),
            1750,
        ),
        (
            creates(),
            [&[Event::Well, Event::Fails(Unanswered)].repeat(4)[..], &[Event::Else(Some("T"))]].concat(),
            format!("conflict: expected no policy, found document {}", short("T")),
            [&again[..], &["read a"]].concat(),
            1750,
        ),
        (
            creates(),
            [&[Event::Well, Event::Fails(Unanswered)].repeat(4)[..], &[Event::Fails(Throttled)]].concat(),
            format!(
                "failed: {TROUBLE}; and reading what is there failed, so that it is not known: {TROUBLE}"
            ),
            [&again[..], &["read a"]].concat(),
            1750,
        ),
        (
            updates(),
            vec![Event::Well, Event::Fails(Conflict)],
            format!(
                "conflict: expected document {}, found that, and AWS refused the write all the same: {TROUBLE}",
                short("A")
            ),
            vec!["read a", "put a", "read a"],
            250,
        ),
        (
            updates(),
            vec![Event::Well, Event::ElseAndFails(Some("T"), Conflict)],
            format!("conflict: expected document {}, found document {}", short("A"), short("T")),
            vec!["read a", "put a", "read a"],
            250,
        ),
        (
            creates(),
            vec![Event::Else(Some("A"))],
            "skipped: is as planned already".to_owned(),
            vec!["read a"],
            0,
        ),
        (
            creates(),
            vec![Event::Else(Some("T"))],
            format!("conflict: expected no policy, found document {}", short("T")),
            vec!["read a"],
            0,
        ),
        (
            updates(),
            vec![Event::Else(None)],
            format!("conflict: expected document {}, found no policy", short("A")),
            vec!["read a"],
            0,
        ),
        (creates(), vec![Event::Fails(Unanswered)], failed(NETWORK), vec!["read a"], 0),
        (
            creates(),
            vec![Event::Well, Event::Lost, Event::Fails(Throttled)],
            format!(
                "failed: {TROUBLE}; and reading what is there failed, so that it is not known: {TROUBLE}"
            ),
            vec!["read a", "put a", "read a"],
            250,
        ),
        (
            creates(),
            vec![Event::Well, Event::Well, Event::Fails(Throttled)],
            format!("failed: the write was accepted, but reading it back failed: {TROUBLE}"),
            vec!["read a", "put a", "read a"],
            0,
        ),
        (
            creates(),
            vec![Event::Well, Event::Well, Event::Else(Some("T"))],
            format!(
                "conflict: expected the document written ({}), found document {}",
                short("A"),
                short("T")
            ),
            vec!["read a", "put a", "read a"],
            0,
        ),
        (
            Place::default().has("a", "A").wrote("a", "A", false),
            vec![Event::Well, Event::Well, Event::Else(Some("T"))],
            format!("conflict: expected nothing, found document {}", short("T")),
            vec!["read a", "delete a", "read a"],
            0,
        ),
        // Asked to stop between two attempts: what the first has brought about is found out, and nothing else is tried.
        (
            creates(),
            vec![Event::Well, Event::Stopped(Unanswered)],
            failed(NETWORK),
            vec!["read a", "put a", "read a"],
            250,
        ),
    ] {
        let ran = ran(&place, &events);
        assert_eq!(ran.told(), [told], "{events:?}");
        assert_eq!(
            (ran.calls.iter().map(String::as_str).collect(), ran.milliseconds),
            (calls, milliseconds),
            "{events:?}"
        );
        // What may be written and is not known to be stays noted.
        let last = ran.ledger.saved.last().unwrap();
        let is_noted = ran.told()[0].starts_with("failed") && place.desired.len() == 1;
        assert_eq!(last.pending.contains_key(&PolicyKey::account("a")), is_noted, "{events:?}");
    }
}

#[test]
fn behind_two_that_went_wrong_nothing_is_begun_and_what_waits_is_not_tried() {
    let place = ["a", "b", "c"].iter().fold(Place::default(), |place, name| place.asks(name, name, |_| {}));
    let refused = vec![Event::Well, Event::Fails(Invalid)];
    let wrong = format!(
        "failed: {TROUBLE}. AWS does not take this document or name; `logpolicy validate` may say why."
    );
    let one = ran(&place, &refused);
    assert_eq!(one.told(), [wrong.as_str(), "applied", "applied"]);
    let two = ran(&place, &[&refused[..], &refused[..]].concat());
    let skipped = "skipped: two operations before it went wrong, and an order without both was not planned";
    assert_eq!(two.told(), [wrong.as_str(), wrong.as_str(), skipped]);
    assert!(!two.outcome.is_complete() && two.outcome.error.is_none());
    // A statement that moves leaves its policy only once it stands in the other.
    let moves = Place::default().has("b", "A").wrote("b", "A", false).asks("a", "A", |_| {});
    let moved = ran(&moves, &refused);
    assert_eq!(moved.told(), [wrong.as_str(), "skipped: waits for operation 1, which was not done"]);
    let conflict = ran(&moves, &[Event::Else(Some("T"))]);
    assert!(
        conflict.told()[0].starts_with("conflict")
            && conflict.told()[1].starts_with("skipped: waits for operation 1")
    );
    let already = ran(&moves, &[Event::Else(Some("A"))]);
    assert_eq!(already.told(), ["skipped: is as planned already", "applied"], "it stands there");
}

#[test]
fn whoever_is_asked_to_stop_finishes_the_write_in_flight() {
    let place = ["a", "b"].iter().fold(Place::default(), |place, name| place.asks(name, name, |_| {}));
    let ran = ran(&place, &[Event::Well, Event::Stopped(Invalid)]);
    assert_eq!(ran.told()[1], "skipped: the run was interrupted before it");
    assert!(ran.outcome.interrupted);
    let plan = place.plan();
    let script = Script::default();
    script.stop.store(true, Ordering::Relaxed);
    let approved = plan.approve("").unwrap();
    let stamp = Stamp { applied_at: String::new() };
    let mut ledger = Ledger::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let hands = &script;
    let work = apply(&approved, RecordedState::default(), &hands, &hands, &mut ledger, &stamp, &script.stop);
    let outcome = runtime.block_on(work);
    assert!(outcome.interrupted && script.calls.into_inner().unwrap().is_empty());
    assert_eq!(outcome.outcomes.len(), 2);
    assert!(ledger.saved.last().unwrap().pending.is_empty(), "what was not begun is not noted any more");
}

#[test]
fn without_a_record_nothing_is_written() {
    let place = ["a", "b"].iter().fold(Place::default(), |place, name| place.asks(name, name, |_| {}));
    let with =
        |failing: &[usize]| run(&place.plan(), place.live.clone(), &[], failing, RecordedState::default());
    let first = with(&[1]);
    assert_eq!(first.outcome.error.as_deref(), Some("nothing was written: the disk is full"));
    assert_eq!(
        (first.told(), first.calls.len()),
        (vec!["skipped: the record could not be saved".to_owned(); 2], 0)
    );
    let second = with(&[2]);
    let error = "operation 1 was written at AWS, but not recorded: the disk is full";
    assert_eq!(second.outcome.error.as_deref(), Some(error));
    assert_eq!(second.told(), ["applied", "skipped: the record could not be saved"]);
    assert_eq!(second.calls, ["read a", "put a", "read a"]);
    // The note of what was not done cannot be taken back.
    let events = [Event::Well, Event::Fails(Invalid), Event::Well, Event::Stopped(Invalid)];
    let last = run(&place.plan(), place.live.clone(), &events, &[2], RecordedState::default());
    assert_eq!(
        (last.outcome.error, last.ledger.saved.len()),
        (None, 1),
        "both failed, so that both stay noted"
    );
}

#[test]
fn what_changes_in_the_record_alone_is_saved_once_and_nothing_is_saved_for_nothing() {
    let same = Place::default().asks("a", "A", |_| {}).has("a", "A").wrote("a", "A", false);
    assert_eq!(ran(&same, &[]).ledger.calls, 0);
    let adopted = ran(&Place::default().asks("a", "A", |entry| entry.adopt = true).has("a", "A"), &[]);
    let saved = &adopted.ledger.saved;
    let key = PolicyKey::account("a");
    assert_eq!((saved.len(), adopted.ledger.calls, adopted.calls.len()), (1, 1, 0));
    let change = &saved[0].history[0].changes[&key];
    assert_eq!(change.before, change.after, "it stood there before");
    let gone = ran(&Place::default().wrote("a", "A", false), &[]);
    let change = &gone.ledger.saved[0].history[0].changes[&key];
    assert!(change.before.is_some() && change.after.is_none() && gone.ledger.saved[0].policies.is_empty());
    // Another claim or revision on the same content is news, without a change of the content.
    let mut place = Place::default().asks("a", "A", |entry| entry.prevent_delete = true).has("a", "A");
    place = place.wrote("a", "A", false);
    let claimed = ran(&place, &[]);
    assert!(claimed.ledger.saved[0].policies[&key].claim.prevent_delete);
    assert_eq!(claimed.ledger.saved[0].history[0].changes.len(), 1);
    let mut place = same;
    place.recorded.policies.get_mut(&key).unwrap().revision = Some("1".to_owned());
    let revised = ran(&place, &[]);
    assert_eq!(revised.ledger.saved[0].policies[&key].revision, None);
    assert!(revised.ledger.saved[0].history.is_empty(), "nothing that anybody would go back to");
}

/// What an earlier run began and did not record is settled by what stands there.
#[test]
fn what_was_begun_is_recorded_where_it_was_done() {
    let key = PolicyKey::account("a");
    let begun = |live: &str| {
        let mut place = Place::default().has("a", live).wrote("a", "A", false);
        place.recorded.pending = std::mem::take(&mut place.recorded.policies);
        place.asks("b", "B", |_| {})
    };
    let refused = [Event::Fails(Denied)];
    let done = ran(&begun("A"), &refused);
    assert_eq!(done.calls[0], "read a", "it is ours, and nobody asks for it");
    let first = &done.ledger.saved[0];
    assert!(first.policies.contains_key(&key) && !first.pending.contains_key(&key));
    assert!(done.ledger.saved.last().unwrap().policies.contains_key(&key), "it could not be deleted");
    let other = ran(&begun("T"), &[]);
    assert_eq!(other.calls[0], "read b", "what stands there is somebody else's");
    assert!(other.ledger.saved[0].policies.is_empty() && !other.ledger.saved[0].pending.contains_key(&key));
    let mut place = begun("A");
    place.left_out.insert(key.clone());
    let left_out = ran(&place, &[]);
    assert!(
        left_out
            .ledger
            .saved
            .iter()
            .all(|saved| saved.pending.contains_key(&key) && !saved.policies.contains_key(&key))
    );
}

#[test]
fn the_history_has_an_end_and_each_apply_stands_in_it_once() {
    let mut recorded = updates().recorded;
    let apply = |serial: u64| RecordedApply {
        serial,
        applied_at: format!("time {serial}"),
        plan: "sha256:1".to_owned(),
        changes: BTreeMap::new(),
    };
    recorded.history = (1..=HISTORY as u64).map(apply).collect();
    recorded.serial = 40;
    let place = Place { recorded, ..updates() }.asks("b", "C", |_| {});
    let ran = ran(&place, &[]);
    assert_eq!(ran.told(), ["applied", "applied"]);
    let history = &ran.ledger.saved.last().unwrap().history;
    assert_eq!((history.len(), history[0].serial), (HISTORY, 2));
    let last = history.last().unwrap();
    assert_eq!((last.serial, last.changes.len(), last.plan.as_str()), (43, 2, "sha256:77"));
    let change = &last.changes[&PolicyKey::account("a")];
    assert!(change.before.as_ref().is_some_and(|before| *before.document == *document("A")));
    // The same plan at another time is another apply.
    let mut place = updates();
    place.recorded.history = vec![RecordedApply { plan: "sha256:77".to_owned(), ..apply(1) }];
    assert_eq!(scripted::ran(&place, &[]).ledger.saved.last().unwrap().history.len(), 2);
}

#[test]
fn a_log_group_is_written_at_its_revision() {
    let world = |sid: &str| World::from([(PolicyKey::log_group("/g"), document(sid))]);
    let (before, after) = (world("A"), world("B"));
    let plan = plan_at_revision("4", before, &after, &BTreeSet::new(), 10, 51_200);
    let policy = |sid: &str, revision: &str| LiveState {
        policies: [(
            PolicyKey::log_group("/g"),
            LivePolicy { document: document(sid), revision: Some(revision.to_owned()), last_updated: None },
        )]
        .into(),
    };
    let with = |live: LiveState, events: &[Event]| run(&plan, live, events, &[], RecordedState::default());
    let fine = with(policy("A", "4"), &[]);
    assert_eq!(fine.calls, ["read /g", "put at 4 /g", "read /g"]);
    let held = &fine.ledger.saved.last().unwrap().policies[&PolicyKey::log_group("/g")];
    assert_eq!(held.revision.as_deref(), Some("5"));
    let expected = format!("conflict: expected revision 4 with document {}, found ", short("A"));
    for (live, found) in [
        (policy("A", "5"), format!("revision 5 with document {}", short("A"))),
        (policy("T", "4"), format!("revision 4 with document {}", short("T"))),
        (LiveState::default(), "no policy".to_owned()),
    ] {
        assert_eq!(with(live, &[]).told(), [format!("{expected}{found}")]);
    }
    let gone = plan_at_revision("4", world("A"), &World::new(), &BTreeSet::new(), 10, 51_200);
    let ran = run(&gone, policy("A", "4"), &[], &[], RecordedState::default());
    assert_eq!(ran.calls, ["read /g", "delete at 4 /g", "read /g"]);
}
