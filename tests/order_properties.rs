//! The safe order on random worlds: every prefix is judged by the evaluator on concrete requests, which shares no code
//! with what the planner reasons with, and on small worlds a breadth-first search over all writes is the oracle.

#![allow(clippy::unwrap_used, reason = "a test")]

mod worlds;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use logpolicy::model::{PolicyKey, PolicyScope};
use logpolicy::plan::{OperationKind, Plan, RefusalName};
use logpolicy::policy::{Attached, Document, Request, is_allowed};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use worlds::{ACCOUNT, PREFIX, World, plan_between};

/// The same worlds on every run; another number tries others.
const SEED: u64 = 20_261_123;

/// A statement: effect, service, log group, and the account that it asks for.
type Said = (bool, usize, usize, bool);

const SERVICES: [&str; 2] = ["es.amazonaws.com", "events.amazonaws.com"];
const GROUPS: [&str; 7] = ["/a*", "/b*", "/app-*", "/*-prod", "/app-prod", "*", "/a/b*"];
/// One name in each part that the patterns make of all names.
const STREAMS: [&str; 10] =
    ["/a", "/a/b", "/b", "/app-x", "/app-prod", "/x-prod", "/a-prod", "/a/b-prod", "/b-prod", "/z"];

fn statement((allow, service, group, asks): Said) -> String {
    let condition = if asks {
        format!(r#","Condition":{{"StringEquals":{{"aws:SourceAccount":"{ACCOUNT}"}}}}"#)
    } else {
        String::new()
    };
    let (effect, name, pattern) = (if allow { "Allow" } else { "Deny" }, SERVICES[service], GROUPS[group]);
    format!(
        r#"{{"Sid":"S{}{service}{group}{}","Effect":"{effect}","Principal":{{"Service":"{name}"}},"Action":"logs:PutLogEvents","Resource":"{PREFIX}{pattern}:*"{condition}}}"#,
        u8::from(allow),
        u8::from(asks)
    )
}

fn document(said: &[Said]) -> Arc<Document> {
    let statements: Vec<String> = said.iter().map(|said| statement(*said)).collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    Arc::new(Document::from_text(text))
}

/// Every request that tells the statements apart.
fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for service in SERVICES {
        for stream in STREAMS {
            for account in [Some(ACCOUNT), Some("999988887777"), None] {
                requests.push(Request {
                    service: service.to_owned(),
                    action: "logs:PutLogEvents".to_owned(),
                    resource: format!("{PREFIX}{stream}:log-stream:x"),
                    context: account
                        .map(|account| ("aws:sourceaccount".to_owned(), vec![account.to_owned()]))
                        .into_iter()
                        .collect(),
                });
            }
        }
    }
    requests
}

/// A policy before and after; nothing stands for "not there". Unmanaged ones are the same on both sides.
#[derive(Debug, Clone)]
struct Cell {
    before: Option<Vec<Said>>,
    after: Option<Vec<Said>>,
    managed: bool,
    log_group: bool,
}

#[derive(Debug, Clone)]
struct Case {
    cells: Vec<Cell>,
    limit: usize,
    bytes: usize,
}

impl Case {
    fn key(&self, index: usize) -> PolicyKey {
        if self.cells[index].log_group {
            PolicyKey::log_group(["/a", "/a/b", "/app-prod"][index % 3])
        } else {
            PolicyKey::account(format!("p{index}"))
        }
    }

    fn side(&self, after: bool) -> World {
        let said = |(index, cell): (usize, &Cell)| {
            let said = if after && cell.managed { &cell.after } else { &cell.before };
            Some((self.key(index), document(said.as_ref()?)))
        };
        self.cells.iter().enumerate().filter_map(said).collect()
    }

    fn slots(&self, after: bool) -> usize {
        self.side(after).keys().filter(|key| key.takes_slot()).count()
    }
}

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

fn planned(case: &Case) -> Plan {
    planned_from(case, case.side(false))
}

/// The plan from a world that may lie in the middle of another plan: all that is not theirs is recorded as ours.
fn planned_from(case: &Case, world: World) -> Plan {
    let entry = |(index, cell): (usize, &Cell)| {
        Some((case.key(index), document(cell.after.as_ref().filter(|_| cell.managed)?)))
    };
    let after: World = case.cells.iter().enumerate().filter_map(entry).collect();
    let theirs: BTreeSet<PolicyKey> = (0..case.cells.len())
        .filter(|index| !case.cells[*index].managed)
        .map(|index| case.key(index))
        .collect();
    plan_between(world, &after, &theirs, case.limit, case.bytes)
}

fn allowed(world: &World, requests: &[Request]) -> Vec<bool> {
    let policies: Vec<Attached<'_>> = world
        .iter()
        .map(|(key, document)| Attached {
            document,
            log_group: (key.scope == PolicyScope::Resource).then_some(key.identity.as_str()),
        })
        .collect();
    requests.iter().map(|request| is_allowed(PREFIX, &policies, request)).collect()
}

/// Whether a world between two others neither refuses what both allow nor allows what neither does.
fn is_between(before: &[bool], now: &[bool], after: &[bool]) -> bool {
    before
        .iter()
        .zip(now)
        .zip(after)
        .all(|((before, now), after)| if *now { *before || *after } else { !(*before && *after) })
}

/// Walks a plan from the beginning and judges every world on the way.
fn walked(case: &Case, plan: &Plan) -> Result<Vec<World>, TestCaseError> {
    walked_from(case, case.side(false), plan)
}

/// Walks a plan, judges every world on the way, and returns those worlds.
fn walked_from(case: &Case, mut world: World, plan: &Plan) -> Result<Vec<World>, TestCaseError> {
    let requests = requests();
    let goal = case.side(true);
    let mut worlds = Vec::new();
    let (before, after) = (allowed(&world, &requests), allowed(&goal, &requests));
    let most = case.slots(false).max(case.limit);
    for operation in &plan.operations {
        match &operation.kind {
            OperationKind::Put(document) => {
                prop_assert!(document.bytes() <= case.bytes, "too large at step {}", operation.id);
                let sids: Vec<_> = document.statements().iter().filter_map(|found| found.sid()).collect();
                prop_assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len(), "Sids are unique");
                world.insert(operation.key.clone(), Arc::clone(document))
            }
            OperationKind::Delete => world.remove(&operation.key),
        };
        let now = allowed(&world, &requests);
        prop_assert!(is_between(&before, &now, &after), "step {}: {:?}", operation.id, plan.operations);
        let slots = world.keys().filter(|key| key.takes_slot()).count();
        prop_assert!(slots <= most && slots == operation.slots, "step {}: {slots} slots", operation.id);
        for (index, _) in case.cells.iter().enumerate().filter(|(_, cell)| !cell.managed) {
            let theirs = case.side(false).get(&case.key(index)).cloned();
            prop_assert_eq!(world.get(&case.key(index)), theirs.as_ref(), "theirs stays");
        }
        worlds.push(world.clone());
    }
    prop_assert_eq!(world, goal, "the end is what was asked for");
    Ok(worlds)
}

fn is_refused(plan: &Plan, name: RefusalName) -> bool {
    plan.refusals.iter().any(|refusal| refusal.name == name)
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

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

fn cell(before: Option<&[Said]>, after: Option<&[Said]>) -> Cell {
    let said = |said: Option<&[Said]>| said.map(<[Said]>::to_vec);
    Cell { before: said(before), after: said(after), managed: true, log_group: false }
}

const X: Said = (true, 0, 0, false);
const Y: Said = (true, 1, 1, false);

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
