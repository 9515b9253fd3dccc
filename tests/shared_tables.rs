//! Applies to policies that others write to at the same time: what is ours must stand as planned, and what was ours be gone.

#![allow(clippy::unwrap_used, reason = "a test")]

mod scripted;
mod worlds;

use std::sync::Arc;

use logpolicy::model::{Ownership, PolicyKey};
use logpolicy::policy::{Document, Json};
use scripted::{Event, ran};
use worlds::place::{Place, document};

/// A policy of others with a statement of ours, of which only that is ours.
fn shared() -> Place {
    let mut place = Place::default().has("a", "A").wrote("a", "A", false);
    let key = PolicyKey::account("a");
    let statements: Vec<Json> =
        ["T", "A"].iter().map(|sid| document(sid).statements()[0].json().clone()).collect();
    place.live.policies.get_mut(&key).unwrap().document =
        Arc::new(Document::of_statements(&statements, "2012-10-17"));
    place.recorded.policies.get_mut(&key).unwrap().claim.ownership = Ownership::Statements;
    place
}

#[test]
fn what_others_add_between_a_write_and_its_reading_is_theirs() {
    let changed = || shared().asks("a", "B", |entry| entry.ownership = Ownership::Statements);
    let word = |place: &Place, event: Event| {
        let told = ran(place, &[Event::Well, Event::Well, event]).told();
        told[0].split(':').next().unwrap().to_owned()
    };
    // Ours is changed, or taken out altogether.
    for place in [changed(), shared()] {
        assert_eq!(word(&place, Event::Well), "applied");
        assert_eq!(word(&place, Event::Adds("T2")), "applied");
        assert_eq!(word(&place, Event::Adds("A")), "conflict", "what was taken out is there again");
    }
    assert_eq!(word(&changed(), Event::Else(Some("T"))), "conflict", "ours is gone");
    assert_eq!(word(&changed(), Event::Else(Some("B"))), "applied", "theirs is gone, which is theirs to do");
    assert_eq!(word(&shared(), Event::Else(Some("T3"))), "applied");
    // Where all of a policy is ours, nobody else has anything to add.
    let whole = Place::default().asks("a", "B", |_| {}).has("a", "A").wrote("a", "A", false);
    assert_eq!(word(&whole, Event::Adds("T2")), "conflict");
}

#[test]
fn what_others_add_before_a_write_is_a_conflict_and_nothing_of_it_is_overwritten() {
    let changed = shared().asks("a", "B", |entry| entry.ownership = Ownership::Statements);
    let ran = ran(&changed, &[Event::Adds("T2")]);
    assert!(ran.told()[0].starts_with("conflict") && ran.calls == ["read a"], "{:?}", ran.told());
}
