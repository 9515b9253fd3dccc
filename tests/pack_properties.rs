//! Packing on random grants: nothing is lost or added, everything has a place, a second run moves nothing, and on small
//! instances a mixed-integer model says how few policies there can be.

#![allow(clippy::unwrap_used, reason = "a test")]

mod packing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use good_lp::{Expression, Solution, SolverModel, constraint, microlp, variable, variables};
use logpolicy::model::{DesiredPolicy, PolicyKey};
use logpolicy::policy::{AccessChange, Attached, Document, Found, evaluate};
use packing::{Grant, PREFIX, Shelf, document_of, requests};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SEED: u64 = 20_261_124;

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let grant = (0..3_usize, prop::collection::btree_set(0..8_usize, 1..4), 0..3_usize, 0..4_usize);
    prop::collection::vec(grant, 1..24).prop_map(|grants| {
        let numbered = grants.into_iter().enumerate();
        numbered
            .map(|(number, (service, groups, source, more))| Grant {
                id: format!("g{number}"),
                service,
                groups: groups.into_iter().collect(),
                source,
                padding: more * 40,
            })
            .collect()
    })
}

/// What the grants allow, each alone in a document, and what the packed policies allow.
fn same_access(grants: &[Grant], policies: &BTreeMap<PolicyKey, Arc<Document>>) -> Result<(), TestCaseError> {
    let alone: Vec<Document> = grants.iter().map(document_of).collect();
    let before: Vec<Attached<'_>> =
        alone.iter().map(|document| Attached { document, log_group: None }).collect();
    let after: Vec<Attached<'_>> =
        policies.values().map(|document| Attached { document, log_group: None }).collect();
    let AccessChange { gained, lost } = AccessChange::between(PREFIX, &before, &after);
    prop_assert_eq!(gained, Found::None);
    prop_assert_eq!(lost, Found::None);
    for request in requests() {
        let then = evaluate(alone.iter(), &request).allowed;
        let now = evaluate(policies.values().map(|document| &**document), &request).allowed;
        prop_assert_eq!(then, now, "{:?}", request);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_or_added_and_each_grant_is_found_again(grants in grants(), bytes in 900..4000_usize) {
        let shelf = Shelf::new(&grants, 10, bytes);
        let packed = shelf.packed(&BTreeMap::new());
        let policies = packed.documents();
        same_access(&grants, &policies)?;
        if packed.overflow.is_none() {
            prop_assert!(policies.values().all(|document| document.bytes() <= bytes));
        } else {
            prop_assert!(policies.values().any(|document| document.bytes() > bytes));
        }
        let sids: BTreeSet<(PolicyKey, String)> = policies
            .iter()
            .flat_map(|(key, document)| {
                document.statements().iter().map(|statement| (key.clone(), statement.sid().unwrap().to_owned()))
            })
            .collect();
        let mapped: BTreeSet<&str> = packed.grants.iter().map(|(id, _, _)| id.as_str()).collect();
        prop_assert_eq!(mapped.len(), grants.len(), "each grant is mapped");
        for (_, key, sid) in &packed.grants {
            prop_assert!(sids.contains(&(key.clone(), sid.clone())), "{} {}", key, sid);
        }
    }

    #[test]
    fn a_second_run_changes_nothing(grants in grants(), bytes in 900..4000_usize) {
        let shelf = Shelf::new(&grants, 10, bytes);
        let first = shelf.packed(&BTreeMap::new());
        prop_assume!(first.overflow.is_none());
        let again = shelf.packed(&first.documents());
        prop_assert_eq!(again.documents(), first.documents());
        prop_assert_eq!(again.grants, first.grants);
    }

    #[test]
    fn one_grant_less_or_more_touches_one_policy_where_it_can(grants in grants(), bytes in 1500..4000_usize) {
        prop_assume!(grants.len() > 1);
        let (rest, all) = (&grants[1..], &grants[..]);
        let first = Shelf::new(rest, 10, bytes).packed(&BTreeMap::new());
        prop_assume!(first.overflow.is_none());
        let more = Shelf::new(all, 10, bytes).packed(&first.documents());
        prop_assume!(more.overflow.is_none());
        same_access(all, &more.documents())?;
        let less = Shelf::new(rest, 10, bytes).packed(&more.documents());
        same_access(rest, &less.documents())?;
        prop_assert!(less.overflow.is_none());
        prop_assert!(changed(&more.documents(), &less.documents()) <= 1 || covers_something(&grants), "less");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    #[test]
    fn as_few_policies_as_a_mixed_integer_model_needs(
        lengths in prop::collection::vec(100..700_usize, 2..8), bytes in 1100..1800_usize
    ) {
        // Statements that cannot be joined, so that lengths add up.
        let grants: Vec<Grant> = lengths.iter().enumerate().map(|(number, length)| Grant::apart(number, *length)).collect();
        let packed = Shelf::new(&grants, 10, bytes).packed(&BTreeMap::new());
        prop_assert!(packed.overflow.is_none());
        let alone: Vec<usize> = grants.iter().map(|grant| document_of(grant).bytes()).collect();
        let ours = packed.documents().len();
        prop_assert_eq!(ours, fewest(&alone, bytes, ours));
    }
}

fn changed(before: &BTreeMap<PolicyKey, Arc<Document>>, after: &BTreeMap<PolicyKey, Arc<Document>>) -> usize {
    let keys: BTreeSet<&PolicyKey> = before.keys().chain(after.keys()).collect();
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).count()
}

/// Without the first grant those that it covered need a place of their own.
fn covers_something(grants: &[Grant]) -> bool {
    let documents: Vec<Document> = grants.iter().map(document_of).collect();
    documents[1..].iter().any(|document| {
        let side = |document| [Attached { document, log_group: None }];
        let change = AccessChange::between(PREFIX, &side(&documents[0]), &side(document));
        change.gained == Found::None
    })
}

/// The least number of documents, at most `most`, by branch and cut: each statement in one document, no document too
/// long.
fn fewest(alone: &[usize], limit: usize, most: usize) -> usize {
    // A document without statements is 38 bytes long, less the comma that the first one does not need.
    let lengths: Vec<f64> = alone.iter().map(|bytes| f64::from(u32::try_from(bytes - 38).unwrap())).collect();
    let room = f64::from(u32::try_from(limit - 38).unwrap());
    let mut problem = variables!();
    let used: Vec<_> = (0..most).map(|_| problem.add(variable().binary())).collect();
    let inside: Vec<Vec<_>> =
        lengths.iter().map(|_| (0..most).map(|_| problem.add(variable().binary())).collect()).collect();
    let objective: Expression = used.iter().sum();
    let mut model = problem.minimise(objective).using(microlp);
    for row in &inside {
        model = model.with(constraint!(row.iter().sum::<Expression>() == 1));
    }
    for (bin, used) in used.iter().enumerate() {
        let filled: Expression = inside.iter().zip(&lengths).map(|(row, length)| *length * row[bin]).sum();
        model = model.with(constraint!(filled <= room * *used));
    }
    for pair in used.windows(2) {
        model = model.with(constraint!(pair[0] >= pair[1]));
    }
    let solution = model.solve().unwrap();
    used.iter().filter(|used| solution.value(**used) > 0.5).count()
}

#[test]
fn a_statement_too_long_for_any_document_is_split_by_its_resources() {
    let grant = Grant { id: "wide".to_owned(), service: 0, groups: (0..8).collect(), source: 0, padding: 0 };
    let bytes = document_of(&grant).bytes() * 2 / 3;
    let packed = Shelf::new(std::slice::from_ref(&grant), 10, bytes).packed(&BTreeMap::new());
    assert!(packed.overflow.is_none());
    assert_eq!(packed.documents().len(), 2);
    assert!(packed.grants.iter().all(|(id, _, sid)| id == "wide" && sid == "wide"));
    same_access(&[grant], &packed.documents()).unwrap();
}

#[test]
fn what_does_not_fit_says_how_much_and_what_helps() {
    let grants: Vec<Grant> = (0..12).map(|number| Grant::apart(number, 400)).collect();
    let packed = Shelf::new(&grants, 2, 1500).packed(&BTreeMap::new());
    let overflow = packed.overflow.as_ref().unwrap();
    let too_long: usize =
        packed.documents().values().map(|document| document.bytes().saturating_sub(1500)).sum();
    assert_eq!(overflow.bytes, too_long);
    assert!(overflow.help.iter().any(|help| help.contains("max_policies")), "{:?}", overflow.help);
    let fits = packed
        .documents()
        .values()
        .map(|document: &Arc<Document>| document.statements().len())
        .sum::<usize>();
    assert_eq!(fits, grants.len(), "nothing is left out silently");
}

#[test]
fn policies_have_a_slot_where_there_is_one() {
    let grants: Vec<Grant> = (0..3).map(|number| Grant::apart(number, 400)).collect();
    let policy: fn(&DesiredPolicy<'_>) -> usize = |policy| policy.grants.len();
    let shelf = Shelf::new(&grants, 10, 1_500);
    assert_eq!(
        shelf.with_packed(&BTreeMap::new(), |desired| desired.policies.values().map(policy).sum::<usize>()),
        3
    );
}
