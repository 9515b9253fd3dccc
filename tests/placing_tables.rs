//! Where grants go, case by case: each stays where it stands, and what is new goes where the least changes.

#![allow(clippy::unwrap_used, reason = "a test")]

mod packing;

use std::collections::BTreeMap;
use std::sync::Arc;

use logpolicy::model::{
    Claim, DocumentTemplate, Ownership, Packing, PolicyKey, PolicyTemplate, RecordedPolicy, RecordedState,
    Unmanaged,
};
use logpolicy::policy::Document;
use packing::{Grant, Packed, Shelf, document_of};

/// A grant's id, and its statement alone in a document.
type Named = (String, Document);

type Live = BTreeMap<PolicyKey, Arc<Document>>;

/// A grant whose statement cannot be joined with others.
fn apart(name: &str, number: usize, length: usize) -> Named {
    named(name, Grant::apart(number, length))
}

/// A grant of a service on log groups, without a condition.
fn plain(name: &str, service: usize, groups: &[usize]) -> Named {
    let (groups, source, padding) = (groups.to_vec(), 0, 0);
    named(name, Grant { id: name.to_owned(), service, groups, source, padding })
}

fn named(name: &str, grant: Grant) -> Named {
    (name.to_owned(), document_of(&Grant { id: name.to_owned(), ..grant }))
}

fn shelf<'a>(grants: impl IntoIterator<Item = &'a Named>, most: usize, bytes: usize) -> Shelf {
    let grants: Vec<Named> = grants.into_iter().cloned().collect();
    Shelf::of_documents(grants.into_iter(), most, bytes)
}

/// `logpolicy-N` with the statements of some grants.
fn standing<'a>(number: usize, grants: impl IntoIterator<Item = &'a Named>) -> (PolicyKey, Arc<Document>) {
    let statements = grants.into_iter().flat_map(|(_, document)| document.statements());
    let statements: Vec<_> = statements.map(|found| found.json().clone()).collect();
    (Packing::default().policy(number), Arc::new(Document::of_statements(&statements, "2012-10-17")))
}

/// The policy number and Sid of each grant, by id: `a: 1 a`.
fn places(packed: &Packed) -> Vec<String> {
    let mut places: Vec<String> = packed
        .grants
        .iter()
        .map(|(id, key, sid)| format!("{id}: {} {sid}", key.identity.trim_start_matches("logpolicy-")))
        .collect();
    places.sort();
    places
}

const ROOM: usize = 51_200;

#[test]
fn what_another_grant_says_is_found_in_its_statement() {
    let wide = plain("wide", 0, &[1]);
    let [narrow, first] = [plain("narrow", 0, &[0]), plain("a", 0, &[0])];
    let again = plain("again", 0, &[1]);
    let other = plain("other", 1, &[0]);
    let grants = [narrow, wide, again, first, other];
    let found = shelf(&grants, 10, ROOM).packed(&Live::new());
    assert_eq!(
        places(&found),
        ["a: 1 wide", "again: 1 wide", "narrow: 1 wide", "other: 1 other", "wide: 1 wide"],
        "of equals the first stays"
    );
    assert_eq!(found.documents().values().next().unwrap().statements().len(), 2);
}

#[test]
fn a_grant_stays_where_it_stands_by_its_content_and_by_its_name() {
    let [one, two, three] = [apart("one", 1, 10), apart("two", 2, 10), apart("three", 3, 10)];
    let live: Live = [standing(1, [&one]), standing(3, [&two, &three])].into();
    let placed = |grants: &[&Named]| places(&shelf(grants.iter().copied(), 10, ROOM).packed(&live));
    assert_eq!(placed(&[&three, &two, &one]), ["one: 1 one", "three: 3 three", "two: 3 two"]);
    // Its statement is another one now, and the Sid is the same.
    let changed = plain("two", 1, &[6, 7]);
    assert_eq!(placed(&[&changed, &one]), ["one: 1 one", "two: 3 two"]);
    // The same statement under another name.
    let renamed = apart("renamed", 2, 10);
    assert_eq!(placed(&[&renamed, &one]), ["one: 1 one", "renamed: 3 renamed"]);
    // One that stands twice is found where it stands first.
    let twice: Live = [standing(2, [&one]), standing(4, [&one])].into();
    assert_eq!(places(&shelf([&one], 10, ROOM).packed(&twice)), ["one: 2 one"]);
}

#[test]
fn what_is_new_goes_where_something_changes_anyway() {
    let [one, two, new] = [apart("one", 1, 10), apart("two", 2, 10), apart("new", 3, 10)];
    let live: Live = [standing(1, [&one]), standing(2, [&two])].into();
    let placed = |grants: &[&Named]| places(&shelf(grants.iter().copied(), 10, ROOM).packed(&live));
    assert_eq!(placed(&[&one, &two, &new]), ["new: 1 new", "one: 1 one", "two: 2 two"]);
    let changed = plain("two", 1, &[6, 7]);
    assert_eq!(placed(&[&one, &changed, &new]), ["new: 2 new", "one: 1 one", "two: 2 two"]);
}

#[test]
fn what_is_new_opens_no_policy_and_changes_no_second_one_where_one_has_room() {
    let [one, two] = [apart("one", 1, 100), apart("two", 2, 10)];
    let live: Live = [standing(2, [&one])].into();
    let placed = |grants: &[&Named]| places(&shelf(grants.iter().copied(), 10, ROOM).packed(&live));
    assert_eq!(placed(&[&one, &two]), ["one: 2 one", "two: 2 two"]);
    // The longer one has room in the second only, the shorter one in both.
    let live: Live = [standing(1, [&one]), standing(2, [&two])].into();
    let (long, short) = (apart("long", 4, 200), apart("short", 5, 10));
    let limit = standing(2, [&two, &long, &short]).1.bytes();
    let all = [one, two, short, long];
    let found = places(&shelf(&all, 10, limit).packed(&live));
    assert_eq!(found, ["long: 2 long", "one: 1 one", "short: 2 short", "two: 2 two"]);
}

#[test]
fn of_a_policy_that_has_grown_too_long_the_shortest_that_is_enough_leaves() {
    let grants = |b: usize| [apart("a", 1, 100), apart("b", 2, b), apart("c", 3, 500)];
    let before = standing(1, &grants(300));
    let limit = before.1.bytes();
    let live: Live = [before].into();
    let placed = |b: usize, limit: usize| places(&shelf(&grants(b), 10, limit).packed(&live));
    assert_eq!(placed(300, limit), ["a: 1 a", "b: 1 b", "c: 1 c"], "just as long as it may be");
    assert_eq!(placed(301, limit), ["a: 2 a", "b: 1 b", "c: 1 c"]);
    assert_eq!(placed(900, limit), ["a: 1 a", "b: 1 b", "c: 2 c"]);
    assert_eq!(placed(1300, limit), ["a: 1 a", "b: 2 b", "c: 1 c"]);
    // Where no single one is enough, the longest leaves first.
    let two = standing(1, &grants(300)[..2]).1.bytes();
    assert_eq!(placed(300, two), ["a: 1 a", "b: 1 b", "c: 2 c"]);
    assert_eq!(placed(300, two - 1), ["a: 3 a", "b: 1 b", "c: 2 c"]);
}

#[test]
fn statements_that_fit_once_they_are_joined_have_room() {
    let groups = [0, 1, 2, 3, 4, 5];
    let [one, two] = [plain("a", 0, &groups), plain("b", 1, &groups)];
    let live: Live = [standing(1, [&one])].into();
    let both = shelf([&one, &two], 1, ROOM).packed(&live).documents();
    let bytes = both.values().next().unwrap().bytes();
    assert_eq!(both.values().next().unwrap().statements().len(), 1);
    let at = |bytes: usize| shelf([&one, &two], 1, bytes).packed(&live);
    assert_eq!(at(bytes).overflow, None);
    assert_eq!(at(bytes - 1).overflow.map(|overflow| overflow.bytes), Some(1));
    // Not in the first policy, which has no room, but in the one where they are joined.
    let full = plain("c", 2, &[6]);
    let live: Live = [standing(1, [&full]), standing(2, [&one])].into();
    let found = shelf([&one, &two, &full], 2, bytes).packed(&live);
    assert_eq!(
        (places(&found), found.overflow),
        (vec!["a: 2 aAndb".to_owned(), "b: 2 aAndb".to_owned(), "c: 1 c".to_owned()], None)
    );
}

/// Four statements in two policies and a fifth that has room only once one is moved: with a third slot it goes there.
fn tight() -> (Vec<Named>, Live, usize) {
    let unit = 400;
    let [a, b, c, d] =
        [apart("a", 1, 2 * unit), apart("b", 2, unit), apart("c", 3, 2 * unit), apart("d", 4, unit)];
    let new = apart("e", 5, 2 * unit);
    let live: Live = [standing(1, [&a, &b]), standing(2, [&c, &d])].into();
    let limit = standing(1, [&a, &c]).1.bytes().max(standing(1, [&b, &d, &new]).1.bytes());
    (vec![a, b, c, d, new], live, limit)
}

/// How many policies the grants of [`tight`] come to stand in beside so many others.
fn policies(others: usize, change: impl FnOnce(&mut Shelf, &mut Live)) -> usize {
    let (grants, mut live, limit) = tight();
    let mut shelf = shelf(&grants, 10, limit);
    for number in 0..others {
        live.insert(PolicyKey::account(format!("theirs{number}")), Arc::new(Document::from_text("{}")));
    }
    change(&mut shelf, &mut live);
    let packed = shelf.packed(&live);
    assert_eq!(packed.overflow, None);
    packed.documents().keys().filter(|key| Packing::default().number(key).is_some()).count()
}

#[test]
fn slots_that_nobody_else_has_are_ours() {
    assert_eq!(policies(7, |_, _| {}), 3, "with a slot to spare the fewest policies change");
    assert_eq!(policies(8, |_, _| {}), 2, "without one the fewest stand");
    // Where not even that fits, it is the slots that are too few, and the plan says so.
    assert_eq!(policies(9, |shelf, _| shelf.state.packing.max_policies = 3), 2, "what stands has its slots");
    let new = [apart("a", 1, 900), apart("b", 2, 900)];
    let theirs =
        |number: usize| (PolicyKey::account(format!("theirs{number}")), Arc::new(Document::from_text("{}")));
    let one = shelf(&new, 10, new[0].1.bytes() + 100).packed(&(0..9).map(theirs).collect());
    assert_eq!((places(&one), one.overflow), (vec!["a: 1 a".to_owned(), "b: 2 b".to_owned()], None));
    let entry = |key: PolicyKey| {
        PolicyTemplate::new(key, DocumentTemplate::Fixed(Arc::new(Document::from_text("{}"))))
    };
    let more = |key: PolicyKey| policies(7, |shelf, _| shelf.state.policies.push(entry(key)));
    assert_eq!(more(PolicyKey::account("named")), 2, "an entry takes a slot");
    assert_eq!(more(PolicyKey::account("theirs1")), 3, "one that stands there already has it");
    assert_eq!(more(PolicyKey::log_group("/a")), 3, "one of a log group takes none");
    let lives =
        |key: PolicyKey| policies(7, |_, live| drop(live.insert(key, Arc::new(Document::from_text("{}")))));
    assert_eq!(lives(PolicyKey::account("further")), 2);
    assert_eq!(lives(PolicyKey::log_group("/a")), 3);
}

#[test]
fn slots_that_become_free_are_ours_too() {
    let recorded = |name: &str| {
        let document = Arc::new(Document::from_text("{}"));
        let claim = Claim::on(&document, Ownership::Document, false);
        let (applied_at, plan) = (String::new(), String::new());
        let policy = RecordedPolicy { document, revision: None, claim, applied_at, plan };
        RecordedState { policies: [(PolicyKey::account(name), policy)].into(), ..RecordedState::default() }
    };
    let deletes = |ignored: &[&str]| Unmanaged {
        delete: true,
        ignore: ignored.iter().map(|name| (*name).to_owned()).collect(),
        ..Unmanaged::default()
    };
    let with = |record: Option<RecordedState>, unmanaged: Unmanaged| {
        policies(8, |shelf, _| (shelf.recorded, shelf.unmanaged) = (record, unmanaged))
    };
    assert_eq!(
        with(Some(recorded("theirs1")), Unmanaged::default()),
        3,
        "what we recorded and nobody names goes"
    );
    assert_eq!(with(Some(recorded("gone")), Unmanaged::default()), 2);
    assert_eq!(with(Some(recorded("gone")), deletes(&[])), 3, "what is unmanaged goes");
    assert_eq!(with(Some(recorded("gone")), deletes(&["theirs*"])), 2, "what is ignored stays");
    assert_eq!(with(None, deletes(&[])), 2, "without a record nothing is deleted");
    let replaces = policies(8, |shelf, _| {
        let mut entry = PolicyTemplate::new(
            PolicyKey::log_group("/a"),
            DocumentTemplate::Fixed(Arc::new(Document::from_text("{}"))),
        );
        entry.replaces = vec![logpolicy::model::Template::text("theirs3")];
        shelf.state.policies.push(entry);
    });
    assert_eq!(replaces, 3, "what an entry stands for goes");
}
