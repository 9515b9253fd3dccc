//! The safe order on random worlds: every prefix is judged by the evaluator on concrete requests, which shares no code
//! with what the planner reasons with, and on small worlds a breadth-first search over all writes is the oracle.

#![allow(clippy::unwrap_used, reason = "a test")]

mod worlds;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use logpolicy::model::PolicyKey;
use logpolicy::plan::{Operation, OperationKind, Plan, RefusalName};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use worlds::said::{
    Case, Cell, GROUPS, Said, allowed, document, is_between, is_refused, planned, planned_from, requests,
    walked, walked_from,
};

const SEED: u64 = 20_261_123;

fn said(deny: u32) -> impl Strategy<Value = Said> {
    (prop::bool::weighted(1.0 - f64::from(deny) / 100.0), 0..2_usize, 0..GROUPS.len(), any::<bool>())
}

/// Worlds in which statements of one pool move, go and come; often with no slot to spare.
fn cases(most: usize, deny: u32) -> impl Strategy<Value = Case> {
    let pool = prop::collection::btree_set(said(deny), 2..5)
        .prop_map(|pool| pool.into_iter().collect::<Vec<Said>>());
    (pool, 2..=most)
        .prop_flat_map(move |(pool, number)| {
            let size = pool.len();
            let content = move || prop::option::weighted(0.7, prop::collection::vec(0..size, 1..3));
            let cell = (content(), content(), prop::bool::weighted(0.85), prop::bool::weighted(0.15));
            (
                Just(pool),
                prop::collection::vec(cell, number),
                0..3_usize,
                prop::option::weighted(0.2, 300..900_usize),
            )
        })
        .prop_map(|(pool, cells, spare, bytes)| {
            let said = |numbers: Option<Vec<usize>>| {
                numbers.map(|numbers| {
                    let numbers: BTreeSet<usize> = numbers.into_iter().collect();
                    numbers.into_iter().map(|number| pool[number]).collect::<Vec<Said>>()
                })
            };
            let cells: Vec<Cell> = cells
                .into_iter()
                .enumerate()
                .map(|(index, (before, after, managed, log_group))| Cell {
                    before: said(before),
                    after: said(after),
                    managed,
                    log_group: log_group && index < 3,
                })
                .collect();
            let mut case = Case { cells, limit: 10, bytes: 51_200 };
            case.limit = case.slots(false).max(case.slots(true)).max(1) + spare.saturating_sub(1);
            case.bytes = bytes.unwrap_or(case.bytes);
            case
        })
}

/// The fewest writes of any content that lead safely from before to after; nothing where there is no way.
fn oracle(case: &Case) -> Option<usize> {
    let mut pool: Vec<Said> = Vec::new();
    let mut mask = |said: &Option<Vec<Said>>| {
        said.as_ref().map(|said| {
            said.iter().fold(0_usize, |mask, said| {
                let found = pool.iter().position(|known| known == said);
                mask | 1
                    << found.unwrap_or_else(|| {
                        pool.push(*said);
                        pool.len() - 1
                    })
            })
        })
    };
    let masks: Vec<(Option<usize>, Option<usize>)> = case
        .cells
        .iter()
        .map(|cell| {
            let before = mask(&cell.before);
            (before, if cell.managed { mask(&cell.after) } else { before })
        })
        .collect();
    let requests = requests();
    let of_mask = |mask: usize| {
        let said: Vec<Said> =
            (0..pool.len()).filter(|bit| mask & (1 << bit) != 0).map(|bit| pool[bit]).collect();
        allowed(&BTreeMap::from([(PolicyKey::account("all"), document(&said))]), &requests)
    };
    let worlds: Vec<Vec<bool>> = (0..1_usize << pool.len()).map(of_mask).collect();
    let union = |state: &[Option<usize>]| state.iter().flatten().fold(0, |all, mask| all | mask);
    let mut start: Vec<Option<usize>> = masks.iter().map(|(before, _)| *before).collect();
    let mut goal: Vec<Option<usize>> = masks.iter().map(|(_, after)| *after).collect();
    // The policy that may stand in a free slot.
    start.push(None);
    goal.push(None);
    let (before, after) = (&worlds[union(&start)], &worlds[union(&goal)]);
    let most = case.limit.max(start.iter().flatten().count());
    let mut seen = BTreeSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start, 0_usize)]);
    while let Some((state, steps)) = queue.pop_front() {
        if state == goal {
            return Some(steps);
        }
        for actor in (0..state.len()).filter(|actor| case.cells.get(*actor).is_none_or(|cell| cell.managed)) {
            let looks = std::iter::once(None).chain((1..1_usize << pool.len()).map(Some));
            for look in looks {
                let mut next = state.clone();
                next[actor] = look;
                let slots = next.iter().flatten().count();
                let grows = slots > state.iter().flatten().count();
                if (grows && slots > case.limit) || slots > most || seen.contains(&next) {
                    continue;
                }
                if is_between(before, &worlds[union(&next)], after) {
                    seen.insert(next.clone());
                    queue.push_back((next, steps + 1));
                }
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 700, failure_persistence: None, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    #[test]
    fn every_step_is_safe(case in cases(9, 0)) {
        let plan = planned(&case);
        if plan.standing_refusals().next().is_none() {
            walked(&case, &plan)?;
        }
    }

    #[test]
    fn every_step_is_safe_with_denies(case in cases(6, 25)) {
        let plan = planned(&case);
        if plan.standing_refusals().next().is_none() {
            walked(&case, &plan)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    #[test]
    fn from_every_step_on_a_new_plan_leads_safely_to_the_end(case in cases(5, 10)) {
        let plan = planned(&case);
        if plan.standing_refusals().next().is_none() {
            for world in walked(&case, &plan)? {
                let rest = planned_from(&case, world.clone());
                prop_assert_eq!(rest.standing_refusals().next(), None, "{:?}", rest.refusals);
                walked_from(&case, world, &rest)?;
            }
        }
    }
}

/// Where one write is not done, and with it none that waits for it, the others are as safe.
fn safe_without_one(case: &Case, plan: &Plan) -> Result<(), TestCaseError> {
    let requests = requests();
    let start = case.side(false);
    let (before, after) = (allowed(&start, &requests), allowed(&case.side(true), &requests));
    let most = case.slots(false).max(case.limit);
    for missing in &plan.operations {
        let (mut undone, mut world) = (BTreeSet::from([missing.id]), start.clone());
        for Operation { id, key, kind, waits, .. } in &plan.operations {
            if undone.contains(id) || waits.keys().any(|earlier| undone.contains(earlier)) {
                undone.insert(*id);
                continue;
            }
            match kind {
                OperationKind::Put(document) => world.insert(key.clone(), Arc::clone(document)),
                OperationKind::Delete => world.remove(key),
            };
            let now = allowed(&world, &requests);
            prop_assert!(
                is_between(&before, &now, &after),
                "step {id} without {undone:?}: {:?}",
                plan.operations
            );
            prop_assert!(world.keys().filter(|key| key.takes_slot()).count() <= most, "step {id}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    #[test]
    fn every_step_is_safe_where_any_one_is_missing(case in cases(6, 10)) {
        let plan = planned(&case);
        if plan.standing_refusals().next().is_none() {
            safe_without_one(&case, &plan)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    #[test]
    fn where_a_way_exists_it_is_found_and_none_is_shorter(case in cases(3, 15)) {
        let mut case = case;
        case.bytes = 51_200;
        let spare = case.limit - case.slots(false).max(case.slots(true)).max(1);
        case.cells.iter_mut().for_each(|cell| cell.log_group = false);
        case.limit = case.slots(false).max(case.slots(true)).max(1) + spare;
        let plan = planned(&case);
        let shortest = oracle(&case);
        let gap = is_refused(&plan, RefusalName::AccessGap);
        prop_assert_eq!(shortest.is_none(), gap, "the oracle finds {:?}: {:?}", shortest, plan.refusals);
        if let Some(shortest) = shortest {
            walked(&case, &plan)?;
            prop_assert!(plan.operations.len() <= shortest, "{} steps, {} suffice: {:?}", plan.operations.len(), shortest, plan.operations);
        }
    }
}
