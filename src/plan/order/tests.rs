//! The search from the inside: what is known of pairs, what a replay finds out, and how a plan falls into parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diff::Change;
use crate::model::{Claim, LivePolicy, Ownership, PolicyKey, Target};
use crate::plan::PlannedChange;
use crate::policy::Document;

use super::choice::{AFTER, BEFORE};
use super::requirement::Requirements;
use super::search::{Search, Step};
use super::world::World;

/// `es /a*`, `es+events /a*` of two services, or `!es /a*`, which denies.
fn statement(said: &str) -> String {
    let (effect, said) = said.strip_prefix('!').map_or(("Allow", said), |said| ("Deny", said));
    let (service, group) = said.split_once(' ').expect("a service and a log group");
    let services: Vec<String> =
        service.split('+').map(|service| format!("\"{service}.amazonaws.com\"")).collect();
    let services = services.join(",");
    format!(
        r#"{{"Effect":"{effect}","Principal":{{"Service":[{services}]}},"Action":"logs:PutLogEvents","Resource":"arn:aws:logs:us-east-1:111122223333:log-group:{group}:*"}}"#
    )
}

fn document(said: &[&str]) -> Arc<Document> {
    let statements: Vec<String> = said.iter().map(|said| statement(said)).collect();
    Arc::new(Document::from_text(format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )))
}

fn target() -> Target {
    "111122223333/us-east-1".parse().expect("a target")
}

/// What a policy says before and after; nothing where it is not there.
type Cell<'a> = (Option<&'a [&'a str]>, Option<&'a [&'a str]>);

/// A world of the account policies `p0`, `p1` and so on, all of them ours.
fn world(cells: &[Cell<'_>], limit: usize) -> World {
    let planned = |(index, (before, after)): (usize, &Cell<'_>)| {
        let live =
            |said: &[&str]| LivePolicy { document: document(said), revision: None, last_updated: None };
        let change = match (before.map(live), after.map(document)) {
            (Some(before), Some(after)) if before.document == after => Change::Unchanged { live: before },
            (Some(before), Some(after)) => Change::Update { before, after },
            (None, Some(after)) => Change::Create { after },
            (Some(before), None) => Change::Delete { before, recorded: None },
            (None, None) => Change::Forget { live: None },
        };
        let key = PolicyKey::account(format!("p{index}"));
        let claim = after.map(|said| Claim::on(&document(said), Ownership::Document, false));
        (key.clone(), PlannedChange { key, change, meaning: None, claim, left_out: false, source: None })
    };
    let changes: BTreeMap<PolicyKey, PlannedChange> = cells.iter().enumerate().map(planned).collect();
    World::new(&target(), &changes, limit, 51_200, PolicyKey::account("bridge"))
}

fn put(actor: usize) -> Step {
    Step { actor, from: BEFORE, to: AFTER }
}

#[test]
fn pairs_are_told_once_and_rightly_while_statements_are_added() {
    let mut world = world(&[], 10);
    let key = PolicyKey::account("any");
    let rounds: [&[&str]; 3] = [
        &["es /a*", "es /a/b", "events /a*"],
        &["es /b*", "!es /a*", "es /*b"],
        &["es *", "events /a/b", "es /a/b*", "events /c"],
    ];
    for said in rounds {
        world.content(&key, &document(said));
        for _ in 0..2 {
            for one in 0..world.atoms.len() {
                for other in 0..world.atoms.len() {
                    let (left, right) =
                        (world.atoms[one].requests.clone(), world.atoms[other].requests.clone());
                    let apart = one != other && world.comparison.are_apart(&left, &right);
                    assert_eq!(world.are_apart(one, other), apart, "{one} {other}");
                    assert_eq!(
                        world.lies_within(one, other),
                        world.comparison.is_within(&left, &right),
                        "{one} {other}"
                    );
                }
            }
        }
    }
    assert_eq!(world.atoms.len(), 10, "equal statements are one");
    assert!(world.are_apart(0, 2) && world.lies_within(1, 0) && !world.lies_within(0, 1));
}

fn replays(cells: &[Cell<'_>], limit: usize, steps: &[Step]) -> bool {
    let mut world = world(cells, limit);
    let requirements = Requirements::of(&mut world).expect("few statements");
    Search::new(&mut world, requirements).replays(steps)
}

#[test]
fn a_replay_finds_out_what_is_not_safe_and_what_is_not_done() {
    let (es, events): (&[&str], &[&str]) = (&["es /a*"], &["events /b*"]);
    // The statement moves: first there, then gone.
    let moves: [Cell<'_>; 2] = [(Some(es), None), (None, Some(es))];
    assert!(replays(&moves, 2, &[put(1), put(0)]));
    assert!(!replays(&moves, 2, &[put(0), put(1)]), "a gap");
    assert!(!replays(&moves, 1, &[put(1), put(0)]), "two policies where one fits");
    assert!(!replays(&moves, 2, &[put(1)]), "the end is missing");
    // What denies comes first and goes last.
    let denies: [Cell<'_>; 2] =
        [(None, Some(&["es /a*"])), (Some(events), Some(&["events /b*", "!es /a/b"]))];
    assert!(replays(&denies, 2, &[put(1), put(0)]));
    assert!(!replays(&denies, 2, &[put(0), put(1)]), "an excess");
    // Above the limit already: what stands may stand, and no more.
    let above: [Cell<'_>; 3] = [(Some(es), Some(es)), (Some(events), Some(events)), (Some(es), Some(events))];
    assert!(replays(&above, 1, &[put(2)]));
}

#[test]
fn what_has_nothing_to_do_with_each_other_is_searched_apart() {
    let parts = |cells: &[Cell<'_>], limit: usize| {
        let mut world = world(cells, limit);
        let requirements = Requirements::of(&mut world).expect("few statements");
        Search::new(&mut world, requirements).parts()
    };
    let (es, events): (&[&str], &[&str]) = (&["es /a*"], &["events /b*"]);
    let two_moves: [Cell<'_>; 4] =
        [(Some(es), None), (Some(events), None), (None, Some(events)), (None, Some(es))];
    assert_eq!(parts(&two_moves, 10), [[0, 3], [1, 2]]);
    assert_eq!(parts(&two_moves, 4), [[0, 3], [1, 2]], "as many slots as are ever needed");
    assert_eq!(parts(&two_moves, 3), [[0, 1, 2, 3]], "slots are scarce");
    // Whoever takes no slot more is in no line for one.
    let dns: &[&str] = &["dns /z"];
    let beside: [Cell<'_>; 5] =
        [two_moves[0], two_moves[1], two_moves[2], two_moves[3], (Some(dns), Some(&["dns /y"]))];
    assert_eq!(parts(&beside, 4), [vec![0, 1, 2, 3], vec![4]]);
    assert_eq!(parts(&beside, 5), [vec![0, 3], vec![1, 2], vec![4]], "three stand, and two come");
    // Of parts that are as good at any time, the one whose next address is the lowest goes on.
    assert_eq!(order_of(&two_moves, 10), Some(vec![2, 1, 3, 0]));
    assert_eq!(parts(&[(Some(es), Some(es)), (Some(dns), None)], 10), [[1]], "what stays is in no part");
    // What denies a statement of another one is bound to it.
    let denies: [Cell<'_>; 2] = [(None, Some(es)), (Some(dns), Some(&["dns /z", "!es /a/b"]))];
    assert_eq!(parts(&denies, 10), [[0, 1]]);
}

/// The actors in the order of their writes.
fn order_of(cells: &[Cell<'_>], limit: usize) -> Option<Vec<usize>> {
    let mut world = world(cells, limit);
    let requirements = Requirements::of(&mut world).expect("few statements");
    let steps = Search::new(&mut world, requirements).run()?;
    Some(steps.into_iter().map(|step| step.actor).collect())
}

#[test]
fn several_statements_may_keep_what_none_of_them_keeps_alone() {
    let (all, one, other): (&[&str], &[&str], &[&str]) = (&["es+events /a*"], &["es /a*"], &["events /a*"]);
    // While both stand, the one that says it all may go, and another one of its kind can come later.
    let cells = [(Some(all), None), (Some(one), None), (Some(other), None), (None, Some(all))];
    assert_eq!(order_of(&cells, 3), Some(vec![0, 3, 1, 2]));
    // With one of them it is not enough.
    let cells = [(Some(all), None), (Some(one), None), (None, Some(all))];
    assert_eq!(order_of(&cells, 2), Some(vec![1, 2, 0]));
    // Where both stay, nothing else is needed.
    let cells = [(Some(all), None), (None, Some(all)), (Some(one), Some(one)), (Some(other), Some(other))];
    assert_eq!(order_of(&cells, 3), Some(vec![0, 1]));
}
