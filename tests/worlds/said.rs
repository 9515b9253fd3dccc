//! Small worlds of statements of one kind, and the judge of every step between two of them: the evaluator on concrete
//! requests, which shares no code with what the planner reasons with.

use std::collections::BTreeSet;
use std::sync::Arc;

use logpolicy::model::{PolicyKey, PolicyScope};
use logpolicy::plan::{OperationKind, Plan, RefusalName};
use logpolicy::policy::{Attached, Document, Request, is_allowed};
use proptest::prelude::*;

use super::{ACCOUNT, PREFIX, World, plan_between};

/// A statement: effect, service, log group, and the account that it asks for.
pub type Said = (bool, usize, usize, bool);

pub const SERVICES: [&str; 2] = ["es.amazonaws.com", "events.amazonaws.com"];
pub const GROUPS: [&str; 7] = ["/a*", "/b*", "/app-*", "/*-prod", "/app-prod", "*", "/a/b*"];
/// One name in each part that the patterns make of all names.
pub const STREAMS: [&str; 10] =
    ["/a", "/a/b", "/b", "/app-x", "/app-prod", "/x-prod", "/a-prod", "/a/b-prod", "/b-prod", "/z"];

pub fn statement((allow, service, group, asks): Said) -> String {
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

pub fn document(said: &[Said]) -> Arc<Document> {
    let statements: Vec<String> = said.iter().map(|said| statement(*said)).collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    Arc::new(Document::from_text(text))
}

/// Every request that tells the statements apart.
pub fn requests() -> Vec<Request> {
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
pub struct Cell {
    pub before: Option<Vec<Said>>,
    pub after: Option<Vec<Said>>,
    pub managed: bool,
    pub log_group: bool,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub cells: Vec<Cell>,
    pub limit: usize,
    pub bytes: usize,
}

impl Case {
    pub fn key(&self, index: usize) -> PolicyKey {
        if self.cells[index].log_group {
            PolicyKey::log_group(["/a", "/a/b", "/app-prod"][index % 3])
        } else {
            PolicyKey::account(format!("p{index}"))
        }
    }

    pub fn side(&self, after: bool) -> World {
        let said = |(index, cell): (usize, &Cell)| {
            let said = if after && cell.managed { &cell.after } else { &cell.before };
            Some((self.key(index), document(said.as_ref()?)))
        };
        self.cells.iter().enumerate().filter_map(said).collect()
    }

    pub fn slots(&self, after: bool) -> usize {
        self.side(after).keys().filter(|key| key.takes_slot()).count()
    }
}
pub fn planned(case: &Case) -> Plan {
    planned_from(case, case.side(false))
}

/// The plan from a world that may lie in the middle of another plan: all that is not theirs is recorded as ours.
pub fn planned_from(case: &Case, world: World) -> Plan {
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

pub fn allowed(world: &World, requests: &[Request]) -> Vec<bool> {
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
pub fn is_between(before: &[bool], now: &[bool], after: &[bool]) -> bool {
    before
        .iter()
        .zip(now)
        .zip(after)
        .all(|((before, now), after)| if *now { *before || *after } else { !(*before && *after) })
}

/// Walks a plan from the beginning and judges every world on the way.
pub fn walked(case: &Case, plan: &Plan) -> Result<Vec<World>, TestCaseError> {
    walked_from(case, case.side(false), plan)
}

/// Walks a plan, judges every world on the way, and returns those worlds.
pub fn walked_from(case: &Case, mut world: World, plan: &Plan) -> Result<Vec<World>, TestCaseError> {
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

pub fn is_refused(plan: &Plan, name: RefusalName) -> bool {
    plan.refusals.iter().any(|refusal| refusal.name == name)
}

/// A policy of ours before and after.
pub fn cell(before: Option<&[Said]>, after: Option<&[Said]>) -> Cell {
    let said = |said: Option<&[Said]>| said.map(<[Said]>::to_vec);
    Cell { before: said(before), after: said(after), managed: true, log_group: false }
}

/// Two statements that have nothing in common.
pub const X: Said = (true, 0, 0, false);
pub const Y: Said = (true, 1, 1, false);
