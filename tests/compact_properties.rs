//! Compaction on random policies: the evaluator judges every request the same before and after, the proof says so, and a
//! plan with the result ends there.

#![allow(clippy::unwrap_used, reason = "a test")]

mod packing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logpolicy::model::{NamedLogGroups, PolicyKey, Target};
use logpolicy::pack::compact;
use logpolicy::policy::{Document, evaluate};
use packing::{ACCOUNT, Grant, PREFIX, document_of, requests};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SEED: u64 = 20_261_125;

type Policies = BTreeMap<PolicyKey, Arc<Document>>;

/// Policies of some statements each; one in five of the statements is a Deny.
fn policies() -> impl Strategy<Value = Policies> {
    let statement = (0..3_usize, prop::collection::btree_set(0..8_usize, 1..4), 0..3_usize, 0..5_u8);
    let policy = prop::collection::vec(statement, 1..6);
    prop::collection::vec(policy, 1..11).prop_map(|policies| {
        let mut number = 0;
        let mut built = Policies::new();
        for (index, statements) in policies.into_iter().enumerate() {
            let mut texts = Vec::new();
            for (service, groups, source, deny) in statements {
                number += 1;
                let groups: Vec<usize> = groups.into_iter().collect();
                let grant = Grant { id: format!("s{number}"), service, groups, source, padding: 0 };
                let text = document_of(&grant).statements()[0].json().to_string();
                texts.push(if deny == 0 { text.replace("\"Allow\"", "\"Deny\"") } else { text });
            }
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, texts.join(","));
            built.insert(PolicyKey::account(format!("p{index}")), Arc::new(Document::from_text(text)));
        }
        built
    })
}

fn allowed(policies: &Policies) -> Vec<bool> {
    requests()
        .iter()
        .map(|request| evaluate(policies.values().map(|document| &**document), request).allowed)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    #[test]
    fn access_stays_the_same_in_no_more_policies(before in policies(), bytes in 1500..6000_usize) {
        let target = format!("{ACCOUNT}/us-east-1").parse().unwrap();
        let limit = before.values().map(|document| document.bytes()).max().unwrap_or(0).max(bytes);
        let compaction = compact(&target, before.clone(), limit, &BTreeSet::new());
        prop_assert!(compaction.proof.holds(), "{:?}", compaction.proof);
        prop_assert!(compaction.proof.sampled > 0 && compaction.left_out.is_empty());
        prop_assert_eq!(allowed(&before), allowed(&compaction.after));
        prop_assert!(compaction.after.len() <= before.len());
        prop_assert!(compaction.after.keys().all(|key| before.contains_key(key)), "names are reused");
        prop_assert!(compaction.after.values().all(|document| document.bytes() <= limit));
        // What is compact stays as it is.
        let again = compact(&target, compaction.after.clone(), limit, &BTreeSet::new());
        prop_assert_eq!(again.after.len(), compaction.after.len());
    }

    #[test]
    fn only_what_names_dead_log_groups_goes(before in policies()) {
        let target: Target = format!("{ACCOUNT}/us-east-1").parse().unwrap();
        let named = before.values().flat_map(|document| NamedLogGroups::of(document, &target).exact);
        let dead: BTreeSet<String> = named.filter(|name| name.starts_with("/z")).collect();
        let compaction = compact(&target, before.clone(), 51_200, &dead);
        prop_assert!(compaction.dropped.is_subset(&dead));
        prop_assert!(compaction.proof.holds());
        for ((request, then), now) in requests().iter().zip(allowed(&before)).zip(allowed(&compaction.after)) {
            let on_dead = dead.iter().any(|name| request.resource.starts_with(&format!("{PREFIX}{name}:")));
            prop_assert!(then == now || (on_dead && then), "{:?}", request);
        }
    }
}

#[test]
fn what_cannot_be_taken_apart_is_left_out_and_said() {
    let target = format!("{ACCOUNT}/us-east-1").parse().unwrap();
    let policies: Policies = [
        ("broken", "{ no json".to_owned()),
        ("odd", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Whatever":1}]}"#.to_owned()),
        ("old", format!(r#"{{"Statement":[{{"Effect":"Allow","Resource":"{PREFIX}/${{aws:x}}"}}]}}"#)),
    ]
    .into_iter()
    .map(|(name, text)| (PolicyKey::account(name), Arc::new(Document::from_text(text))))
    .collect();
    let compaction = compact(&target, policies, 51_200, &BTreeSet::new());
    assert!(compaction.before.is_empty() && compaction.after.is_empty());
    assert_eq!(compaction.left_out.len(), 3);
}
