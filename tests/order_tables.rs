//! The safe order, case by case: which writes, in which order, what is carried and whose it is then.

#![allow(clippy::unwrap_used, reason = "a test")]

mod worlds;

use std::collections::BTreeSet;
use std::sync::Arc;

use logpolicy::model::{Ownership, PolicyKey};
use logpolicy::plan::{Operation, OperationKind, RefusalName};
use logpolicy::policy::{Document, Json};
use worlds::place::{Place, document as document_of};
use worlds::said::{Case, Cell, Said, X, Y, cell, document, is_refused, planned, walked};
use worlds::{World, plan_at_revision};

/// The plan's steps as `put p1` and `delete p2`; each world on the way was judged.
fn steps(case: &Case) -> Vec<String> {
    let plan = planned(case);
    assert!(plan.standing_refusals().next().is_none(), "{:?}", plan.refusals);
    walked(case, &plan).unwrap();
    let step = |operation: &logpolicy::plan::Operation| {
        format!("{} {}", operation.kind.as_str(), operation.key.identity)
    };
    plan.operations.iter().map(step).collect()
}

#[test]
fn what_two_policies_exchange_stands_in_both_for_a_while() {
    let cells = vec![cell(Some(&[X]), Some(&[Y])), cell(Some(&[Y]), Some(&[X]))];
    let case = Case { cells, limit: 2, bytes: 51_200 };
    assert_eq!(steps(&case), ["put p0", "put p1", "put p0"]);
}

/// Ten statements that have nothing in common.
fn ten() -> Vec<Said> {
    let groups = [1, 4, 6, 0, 5];
    groups.iter().flat_map(|group| [(true, 0, *group, false), (true, 1, *group, false)]).collect()
}

#[test]
fn a_policy_is_renamed_at_ten_of_ten() {
    let said = ten();
    let mut cells: Vec<Cell> = said[..9].iter().map(|one| cell(Some(&[*one]), Some(&[*one]))).collect();
    cells.push(cell(Some(&said[9..]), None));
    cells.push(cell(None, Some(&said[9..])));
    // The last one is what nothing else allows.
    let steps = steps(&Case { cells, limit: 10, bytes: 51_200 });
    assert!(steps.len() <= 4 && steps.contains(&"put p10".to_owned()), "{steps:?}");
}

#[test]
fn ten_policies_become_one_at_ten_of_ten() {
    let said = ten();
    let mut cells: Vec<Cell> = said.iter().map(|one| cell(Some(&[*one]), None)).collect();
    cells.push(cell(None, Some(&said)));
    let steps = steps(&Case { cells, limit: 10, bytes: 51_200 });
    assert!(steps.len() <= 12, "{steps:?}");
}

#[test]
fn a_deny_comes_before_what_it_shall_hold_back() {
    let (allow_all, deny) = ((true, 0, 5, false), (false, 0, 0, false));
    let cells = vec![cell(None, Some(&[allow_all])), cell(Some(&[Y]), Some(&[Y, deny]))];
    let case = Case { cells, limit: 10, bytes: 51_200 };
    assert_eq!(steps(&case), ["put p1", "put p0"]);
}

#[test]
fn without_room_anywhere_it_is_refused_and_says_what_would_be_lost() {
    let cells = vec![cell(Some(&[X]), Some(&[Y])), cell(Some(&[Y]), Some(&[X]))];
    let bytes = document(&[X]).bytes().max(document(&[Y]).bytes());
    let plan = planned(&Case { cells, limit: 2, bytes });
    assert!(is_refused(&plan, RefusalName::AccessGap));
    assert_eq!(plan.operations.len(), 2, "the order with the smallest gap is shown");
    let message = &plan.refusals[0].message;
    assert!(
        message.contains("step 1 no longer keeps PutLogEvents for es.amazonaws.com on /a*:*"),
        "{message}"
    );
}

/// Of two orders of as few writes the one with the lower address first is shown, even where it keeps less in hand.
#[test]
fn the_lowest_address_goes_first() {
    let cells = vec![cell(Some(&[X]), None), cell(Some(&[X]), None), cell(None, Some(&[X]))];
    assert_eq!(steps(&Case { cells, limit: 10, bytes: 51_200 }), ["delete p0", "put p2", "delete p1"]);
}

/// Two statements on a log group.
const A: Said = (true, 0, 4, false);
const B: Said = (true, 1, 4, false);

#[test]
fn a_revision_that_is_no_number_cannot_be_known_beforehand() {
    let more = [(true, 0, 1, false), (true, 1, 1, false)];
    let side = |one: Said| [&[one], &more[..]].concat();
    let bytes = document(&side(A)).bytes().max(document(&side(B)).bytes());
    let world = |account: Said, log_group: Said| {
        let log_group = (PolicyKey::log_group("/app-prod"), document(&[log_group]));
        World::from([(PolicyKey::account("p0"), document(&side(account))), log_group])
    };
    let gap = |revision: &str| {
        let plan = plan_at_revision(revision, world(A, B), &world(B, A), &BTreeSet::new(), 1, bytes);
        is_refused(&plan, RefusalName::AccessGap)
    };
    assert!(!gap("7"));
    assert!(gap("x7"), "it cannot be written twice");
}

#[test]
fn what_is_carried_is_ours_and_what_others_have_is_not() {
    let shared = |place: Place, name: &str, old: &str, new: &str| {
        let both = [theirs(name), document_of(old)];
        let statements: Vec<Json> =
            both.iter().flat_map(|found| found.statements()).map(|found| found.json().clone()).collect();
        let mut place = place
            .asks(name, new, |entry| entry.ownership = Ownership::Statements)
            .has(name, old)
            .wrote(name, old, false);
        let key = PolicyKey::account(name);
        let document = Arc::new(Document::of_statements(&statements, "2012-10-17"));
        place.live.policies.get_mut(&key).unwrap().document = Arc::clone(&document);
        let recorded = place.recorded.policies.get_mut(&key).unwrap();
        recorded.claim.ownership = Ownership::Statements;
        place
    };
    let mut place = shared(shared(Place::default(), "p0", "A", "B"), "p1", "B", "A");
    place.limits.account_policies = 2;
    let claims = |place: &Place| -> Vec<String> {
        let line = |operation: &Operation| {
            let claim = operation.claim.as_ref().unwrap();
            let sids = |sids: Vec<&str>| sids.join(" ");
            let OperationKind::Put(document) = &operation.kind else { panic!("nothing is deleted") };
            let standing = document.statements().iter().filter_map(|found| found.sid()).collect();
            let ours = claim.statements.iter().map(String::as_str).collect();
            format!("{}: {}, ours {}", operation.key.identity, sids(standing), sids(ours))
        };
        place.plan().operations.iter().map(line).collect()
    };
    assert_eq!(
        claims(&place),
        ["p0: Tp0 A B, ours A B", "p1: Tp1 A, ours A", "p0: Tp0 B, ours B"],
        "what still stands of ours stays ours"
    );
    // Whoever is stopped after the first write goes on where it stopped.
    let first = place.plan().operations.swap_remove(0);
    let recorded = first.record(None, "", "").unwrap();
    place.live.policies.get_mut(&first.key).unwrap().document = Arc::clone(&recorded.document);
    place.recorded.policies.insert(first.key, recorded);
    assert_eq!(claims(&place), ["p1: Tp1 A, ours A", "p0: Tp0 B, ours B"]);
}

fn theirs(name: &str) -> Arc<Document> {
    document_of(&format!("T{name}"))
}

/// Two policies of which the second is the lesser evil to write first, and others that are in nobody's way.
fn evils(others: usize) -> (Vec<String>, String) {
    let w = (true, 0, 1, false);
    let (kept, old, new) = ((true, 1, 4, false), (true, 1, 6, false), (true, 1, 3, false));
    let mut cells = vec![cell(Some(&[X, Y]), Some(&[w, kept])), cell(Some(&[w, kept]), Some(&[X, Y]))];
    cells.extend((0..others).map(|_| cell(Some(&[kept, old]), Some(&[kept, new]))));
    let bytes = cells
        .iter()
        .flat_map(|cell| [&cell.before, &cell.after])
        .map(|said| document(said.as_ref().unwrap()).bytes())
        .max()
        .unwrap();
    let plan = planned(&Case { limit: cells.len(), cells, bytes });
    let refusal = plan.refusals.iter().find(|refusal| refusal.name == RefusalName::AccessGap);
    let message = &refusal.unwrap().message;
    let steps = plan.operations.iter().map(|operation| operation.key.identity.clone()).collect();
    let gap = message.split("In the one with the smallest gap, ").nth(1).unwrap();
    (steps, gap.split(". What helps").next().unwrap().to_owned())
}

#[test]
fn of_two_gaps_the_smaller_one_is_shown() {
    for others in [3, 8] {
        let (steps, gap) = evils(others);
        assert_eq!(steps[..3], ["p1", "p0", "p2"], "{others}");
        assert_eq!(gap, "step 1 no longer keeps PutLogEvents for es.amazonaws.com on /b*:*");
    }
    // Of more writes than can be weighed against each other, what is in nobody's way goes first.
    let (steps, gap) = evils(9);
    assert_eq!(steps[8..], ["p9", "p1", "p0"]);
    assert_eq!(gap, "step 10 no longer keeps PutLogEvents for es.amazonaws.com on /b*:*");
}
