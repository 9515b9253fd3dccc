//! Properties of plans over random desired, live and recorded states.

#![allow(clippy::unwrap_used, reason = "a test")]

mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logpolicy::model::{
    Access, Claim, DesiredState, DesiredTarget, DocumentTemplate, Limits, LivePolicy, LiveState, Ownership,
    PolicyKey, PolicyScope, PolicyTemplate, RecordedPolicy, RecordedState, SourceSpan,
};
use logpolicy::plan::{OperationKind, Plan, PlanFormat, Precondition, TargetResult};
use logpolicy::policy::Document;
use proptest::prelude::*;

/// A policy in each of three states, by the number of its content.
#[derive(Debug, Clone)]
struct Cell {
    desired: Option<u8>,
    live: Option<u8>,
    recorded: Option<u8>,
    adopt: bool,
}

fn cells() -> impl Strategy<Value = Vec<Cell>> {
    let content = || prop::option::weighted(0.6, 0..3_u8);
    let cell = (content(), content(), content(), any::<bool>());
    let cell = cell.prop_map(|(desired, live, recorded, adopt)| Cell { desired, live, recorded, adopt });
    prop::collection::vec(cell, 0..16)
}

/// Every third policy is that of a log group.
fn key(index: usize) -> PolicyKey {
    match index % 3 {
        0 => PolicyKey::log_group(format!("/aws/{index:02}")),
        _ => PolicyKey::account(format!("p{index:02}")),
    }
}

fn document(content: u8) -> Arc<Document> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"S{content}","Effect":"Allow"}}]}}"#);
    Arc::new(Document::from_text(text))
}

fn desired(cells: &[Cell]) -> DesiredState {
    let span = SourceSpan { file: 0, start: 0, end: 0 };
    let entry = |(index, cell): (usize, &Cell)| {
        let key = key(index);
        let document = DocumentTemplate::Fixed(document(cell.desired?));
        Some(PolicyTemplate {
            adopt: cell.adopt,
            span,
            identity_span: span,
            ..PolicyTemplate::new(key, document)
        })
    };
    let target = DesiredTarget {
        target: "111122223333/us-east-1".parse().unwrap(),
        names: BTreeSet::from(["main".to_owned()]),
        access: Access::default(),
        limits: Limits::default(),
        span,
    };
    DesiredState {
        targets: vec![target],
        policies: cells.iter().enumerate().filter_map(entry).collect(),
        ..DesiredState::default()
    }
}

fn claim() -> Claim {
    Claim { ownership: Ownership::Document, statements: BTreeSet::new(), prevent_delete: false }
}

fn live(key: &PolicyKey, content: u8) -> LivePolicy {
    let revision = (key.scope == PolicyScope::Resource).then(|| "1".to_owned());
    LivePolicy { document: document(content), revision, last_updated: None }
}

fn live_state(cells: &[Cell]) -> LiveState {
    let policies = cells.iter().enumerate().filter_map(|(index, cell)| {
        let key = key(index);
        let policy = live(&key, cell.live?);
        Some((key, policy))
    });
    LiveState { policies: policies.collect() }
}

fn recorded_state(cells: &[Cell]) -> RecordedState {
    let policies = cells.iter().enumerate().filter_map(|(index, cell)| {
        let policy = RecordedPolicy {
            document: document(cell.recorded?),
            revision: None,
            claim: claim(),
            applied_at: "2026-01-01T00:00:00Z".to_owned(),
            plan: String::new(),
        };
        Some((key(index), policy))
    });
    RecordedState { policies: policies.collect(), ..RecordedState::default() }
}

fn planned(desired: &DesiredState, live: &LiveState, recorded: &RecordedState) -> Plan {
    worlds::planned(desired, &desired.targets[0], live, recorded, &[])
}

fn json(plan: Plan) -> String {
    let result = TargetResult { target: plan.target.clone(), plan: Ok(plan) };
    serde_json::to_string(&PlanFormat::new(&[result])).unwrap()
}

/// Carries a plan out as AWS would, and checks each step.
fn carried_out(plan: &Plan, live: &LiveState, recorded: &RecordedState) -> (LiveState, RecordedState) {
    let (mut live, mut recorded) = (live.clone(), recorded.clone());
    let most = live.slots().max(plan.limits.account_policies);
    let mut done = BTreeSet::new();
    for operation in &plan.operations {
        assert!(operation.waits.keys().all(|id| done.contains(id)), "what comes first has come");
        done.insert(operation.id);
        let found = live.policies.get(&operation.key);
        match (&operation.precondition, found) {
            (Precondition::Absent, None) => {}
            (Precondition::Document(document), Some(found)) => {
                assert_eq!(found.document.fingerprint(), document);
            }
            (Precondition::Revision { revision, document }, Some(found)) => {
                assert_eq!(found.document.fingerprint(), document);
                assert_eq!(found.revision.as_ref(), Some(revision));
            }
            (precondition, found) => panic!("{precondition:?} does not hold for {found:?}"),
        }
        match &operation.kind {
            OperationKind::Put(document) => {
                let revision = (operation.key.scope == PolicyScope::Resource).then(|| "2".to_owned());
                let policy = LivePolicy { document: Arc::clone(document), revision, last_updated: None };
                live.policies.insert(operation.key.clone(), policy);
            }
            OperationKind::Delete => {
                live.policies.remove(&operation.key);
            }
        }
        assert_eq!(live.slots(), operation.slots, "the meter is true");
        assert!(live.slots() <= most, "never above ten");
        match operation.record(None, "2026-01-02T00:00:00Z", "") {
            Some(policy) => recorded.policies.insert(operation.key.clone(), policy),
            None => recorded.policies.remove(&operation.key),
        };
    }
    for change in plan.changes.iter().filter(|planned| planned.change.action() == "adopt") {
        let document = Arc::clone(change.change.after().unwrap());
        let (applied_at, plan) = (String::new(), String::new());
        let policy = RecordedPolicy { document, revision: None, claim: claim(), applied_at, plan };
        recorded.policies.insert(change.key.clone(), policy);
    }
    recorded.policies.retain(|key, _| live.policies.contains_key(key));
    (live, recorded)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plans_are_safe_and_the_second_finds_nothing(cells in cells()) {
        let (desired, live, recorded) = (desired(&cells), live_state(&cells), recorded_state(&cells));
        let first = planned(&desired, &live, &recorded);
        prop_assert_eq!(json(first.clone()), json(planned(&desired, &live, &recorded)));
        prop_assert_eq!(first.slots.unwrap().before, first.owners.total());
        if first.standing_refusals().next().is_some() {
            prop_assert!(first.approve("x").is_err());
            return Ok(());
        }
        let (after, record) = carried_out(&first, &live, &recorded);
        // Unmanaged policies are as they were.
        let unmanaged = |(index, cell): (usize, &Cell)| (cell.desired.is_none() && cell.recorded.is_none()).then(|| key(index));
        for key in cells.iter().enumerate().filter_map(unmanaged) {
            let text = |state: &LiveState| state.policies.get(&key).map(|policy| policy.document.text().to_owned());
            prop_assert_eq!(text(&live), text(&after));
        }
        // What is desired is there, and what we let go is gone.
        let expected: BTreeMap<PolicyKey, u8> = cells.iter().enumerate().filter_map(|(index, cell)| {
            let unmanaged = if cell.recorded.is_none() { cell.live } else { None };
            Some((key(index), cell.desired.or(unmanaged)?))
        }).collect();
        prop_assert_eq!(after.policies.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (key, content) in &expected {
            prop_assert_eq!(&*after.policies[key].document, &*document(*content));
        }
        let second = planned(&desired, &after, &record);
        let left: Vec<&str> = second.changes.iter().filter(|planned| planned.change.is_change())
            .map(|planned| planned.change.action()).collect();
        prop_assert!(second.operations.is_empty() && left.is_empty(), "{:?}", left);
    }

    #[test]
    fn a_refused_plan_writes_nothing_of_others(cells in cells()) {
        let (desired, live, recorded) = (desired(&cells), live_state(&cells), recorded_state(&cells));
        for operation in planned(&desired, &live, &recorded).operations {
            let index = cells.iter().enumerate().position(|(index, _)| key(index) == operation.key).unwrap();
            prop_assert!(cells[index].desired.is_some() || cells[index].recorded.is_some());
        }
    }
}
