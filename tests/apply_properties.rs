//! Properties of applies over random desired, live and recorded states, with policies that others write to as well:
//! the second run finds nothing, what is not ours stays byte for byte, and a run that was stopped or lost its record
//! in the middle is finished by the next.

#![allow(clippy::unwrap_used, reason = "a test")]

mod memory;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use logpolicy::apply::{Stamp, apply};
use logpolicy::model::{
    Access, Claim, DesiredState, DesiredTarget, DocumentTemplate, Limits, LivePolicy, LiveState, Ownership,
    PolicyKey, PolicyScope, PolicyTemplate, RecordedPolicy, RecordedState, SourceSpan, Unmanaged,
};
use logpolicy::plan::{Plan, PlanFormat, RefusalName, SavedPlan, TargetOutcome, TargetResult, saved_text};
use logpolicy::policy::{Document, Statement};
use memory::{Ledger, Memory};
use proptest::prelude::*;

const SIDS: [&str; 4] = ["Ours1", "Ours2", "Theirs1", "Theirs2"];

/// For each Sid the number of its content, or none.
type Content = [Option<u8>; 4];

#[derive(Debug, Clone)]
struct Cell {
    desired: Option<(Ownership, Content)>,
    live: Option<Content>,
    recorded: Option<(Ownership, Content)>,
    adopt: bool,
}

#[derive(Debug, Clone)]
struct Case {
    cells: Vec<Cell>,
    delete_unmanaged: bool,
    allow_takeover: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let one = || prop::option::weighted(0.5, 0..3_u8);
    let content = move || [one(), one(), one(), one()];
    let ownership = || prop::sample::select(vec![Ownership::Document, Ownership::Statements]);
    let owned = move || prop::option::weighted(0.6, (ownership(), content()));
    let cell = (owned(), prop::option::weighted(0.6, content()), owned(), any::<bool>());
    let cell = cell.prop_map(|(desired, live, recorded, adopt)| Cell { desired, live, recorded, adopt });
    (prop::collection::vec(cell, 0..9), any::<bool>(), any::<bool>()).prop_map(
        |(cells, delete_unmanaged, allow_takeover)| Case { cells, delete_unmanaged, allow_takeover },
    )
}

fn key(index: usize) -> PolicyKey {
    match index % 3 {
        0 => PolicyKey::log_group(format!("/aws/{index}")),
        _ => PolicyKey::account(format!("p{index}")),
    }
}

/// A document with odd spacing, as somebody else may have written it; only ours where just ours are asked for.
fn document(content: Content, only_ours: bool) -> Arc<Document> {
    let statement = |(sid, content): (&&str, &Option<u8>)| {
        let content = (*content)?;
        Some(format!(r#"{{"Sid":"{sid}", "Effect":"Allow","Resource":"{content}"}}"#))
    };
    let wanted = if only_ours { 2 } else { 4 };
    let statements: Vec<String> = SIDS.iter().zip(&content).take(wanted).filter_map(statement).collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    Arc::new(Document::from_text(text))
}

fn owned(ownership: Ownership, content: Content) -> (Arc<Document>, Claim) {
    let ours = document(content, ownership == Ownership::Statements);
    let claim = Claim::on(&ours, ownership, false);
    (ours, claim)
}

fn desired(case: &Case) -> DesiredState {
    let span = SourceSpan::NOWHERE;
    let entry = |(index, cell): (usize, &Cell)| {
        let (key, (ownership, content)) = (key(index), cell.desired.as_ref()?);
        let document = DocumentTemplate::Fixed(owned(*ownership, *content).0);
        Some(PolicyTemplate {
            adopt: cell.adopt,
            ownership: *ownership,
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
        policies: case.cells.iter().enumerate().filter_map(entry).collect(),
        unmanaged: Unmanaged {
            delete: case.delete_unmanaged,
            ignore: vec!["p1".to_owned(), "log-group:/aws/3".to_owned()],
            discover_log_groups: true,
        },
        ..DesiredState::default()
    }
}

/// What stands at AWS at the beginning.
fn memory(cells: &[Cell]) -> Memory {
    let policies = cells.iter().enumerate().filter_map(|(index, cell)| {
        let key = key(index);
        let revision = (key.scope == PolicyScope::Resource).then(|| "1".to_owned());
        let document = document(cell.live?, false);
        Some((key, LivePolicy { document, revision, last_updated: None }))
    });
    Memory::of(LiveState { policies: policies.collect() })
}

fn ledger(cells: &[Cell]) -> Ledger {
    let policies = cells.iter().enumerate().filter_map(|(index, cell)| {
        let (ownership, content) = cell.recorded.as_ref()?;
        let (document, claim) = owned(*ownership, *content);
        let (applied_at, plan) = (String::new(), String::new());
        Some((key(index), RecordedPolicy { document, revision: None, claim, applied_at, plan }))
    });
    let saved = RecordedState { policies: policies.collect(), ..RecordedState::default() };
    Ledger { saved, room: usize::MAX }
}

fn planned(case: &Case, desired: &DesiredState, live: &LiveState, recorded: &RecordedState) -> Plan {
    let allowed: &[RefusalName] = if case.allow_takeover { &[RefusalName::Takeover] } else { &[] };
    worlds::planned(desired, &desired.targets[0], live, recorded, allowed)
}

fn applied(plan: &Plan, memory: &Memory, ledger: &mut Ledger) -> TargetOutcome {
    let approved = plan.approve("sha256:00").unwrap();
    let stamp = Stamp { applied_at: format!("after {}", ledger.saved.serial) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let recorded = ledger.saved.clone();
    let work = apply(&approved, recorded, &memory, &memory, ledger, &stamp, &memory.stop);
    runtime.block_on(work)
}

fn result(plan: &Plan) -> Vec<TargetResult> {
    vec![TargetResult { target: plan.target.clone(), plan: Ok(plan.clone()) }]
}

/// The JSON of a plan, but for the sizes of documents that others wrote with white space, which the plan shows without.
fn shown(plan: &Plan) -> serde_json::Value {
    let mut json = serde_json::to_value(PlanFormat::new(&result(plan))).unwrap();
    json["digest"].take();
    for change in json["targets"][0]["changes"].as_array_mut().unwrap() {
        change["bytes"].take();
    }
    json
}

/// Nothing is left to do, and the record is true.
fn is_settled(
    case: &Case,
    desired: &DesiredState,
    memory: &Memory,
    ledger: &Ledger,
) -> Result<(), TestCaseError> {
    let live = memory.live();
    let second = planned(case, desired, &live, &ledger.saved);
    let left: Vec<&str> = second
        .changes
        .iter()
        .map(|planned| planned.change.action())
        .filter(|action| !["unchanged", "unmanaged"].contains(action))
        .collect();
    prop_assert!(second.operations.is_empty() && left.is_empty(), "{left:?} {:?}", second.refusals);
    prop_assert!(ledger.saved.pending.is_empty());
    for (key, policy) in &ledger.saved.policies {
        prop_assert!(policy.claim.same(&policy.document, &live.policies[key].document), "{key}");
    }
    Ok(())
}

/// What others wrote is there byte for byte.
fn theirs_stays(case: &Case, before: &LiveState, after: &LiveState) -> Result<(), TestCaseError> {
    for (index, cell) in case.cells.iter().enumerate() {
        let key = key(index);
        let Some(old) = before.policies.get(&key) else { continue };
        let new = after.policies.get(&key).map(|policy| policy.document.text());
        let ignored = ["policy:p1", "log-group:/aws/3"].contains(&key.to_string().as_str());
        match (&cell.desired, &cell.recorded) {
            (None, None) if !case.delete_unmanaged || ignored => {
                prop_assert_eq!(new, Some(old.document.text()), "{} is unmanaged", key);
            }
            (None, None | Some((Ownership::Statements, _))) if case.delete_unmanaged && !ignored => {
                prop_assert_eq!(new, None, "{} shall go", key);
            }
            (Some((Ownership::Statements, _)), recorded)
            | (None, recorded @ Some((Ownership::Statements, _))) => {
                let whole = matches!(recorded, Some((Ownership::Document, _)));
                let foreign =
                    |statement: &&Statement| statement.sid().is_some_and(|sid| sid.starts_with("Theirs"));
                for statement in old.document.statements().iter().filter(foreign).filter(|_| !whole) {
                    let text = old.document.text();
                    let at = text.find(statement.sid().unwrap()).unwrap();
                    let end = at + text[at..].find('}').unwrap();
                    let kept = new.is_some_and(|new| new.contains(&text[at..end]));
                    prop_assert!(kept, "{} of {}: {:?}", statement.sid().unwrap(), key, new);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_second_run_finds_nothing_and_theirs_stays(case in cases()) {
        let (desired, memory, mut ledger) = (desired(&case), memory(&case.cells), ledger(&case.cells));
        let before = memory.live();
        let first = planned(&case, &desired, &before, &ledger.saved);
        if first.standing_refusals().next().is_some() {
            return Ok(());
        }
        let outcome = applied(&first, &memory, &mut ledger);
        prop_assert!(outcome.is_complete(), "{:?}", outcome);
        is_settled(&case, &desired, &memory, &ledger)?;
        theirs_stays(&case, &before, &memory.live())?;
        // Entries that say only our statements have just these of ours.
        for (index, cell) in case.cells.iter().enumerate() {
            let Some((ownership, content)) = &cell.desired else { continue };
            let (wanted, claim) = owned(*ownership, *content);
            prop_assert!(claim.same(&wanted, &memory.live().policies[&key(index)].document));
        }
    }

    #[test]
    fn a_run_that_stops_in_the_middle_is_finished_by_the_next(
        case in cases(), stop_after in 1..6_usize, room in prop::option::of(1..6_usize),
    ) {
        let (desired, mut ledger) = (desired(&case), ledger(&case.cells));
        let memory = Memory { stop_after: room.is_none().then_some(stop_after), ..memory(&case.cells) };
        let before = memory.live();
        let first = planned(&case, &desired, &before, &ledger.saved);
        if first.standing_refusals().next().is_some() {
            return Ok(());
        }
        ledger.room = room.unwrap_or(usize::MAX);
        let outcome = applied(&first, &memory, &mut ledger);
        prop_assert_eq!(outcome.outcomes.len(), first.operations.len(), "one outcome for each operation");
        prop_assert!(outcome.interrupted || outcome.error.is_some() || outcome.is_complete());
        memory.stop.store(false, Ordering::Relaxed);
        let memory = Memory::of(memory.live());
        ledger.room = usize::MAX;
        let second = planned(&case, &desired, &memory.live(), &ledger.saved);
        prop_assert_eq!(second.standing_refusals().next(), None, "what we wrote is ours");
        let outcome = applied(&second, &memory, &mut ledger);
        prop_assert!(outcome.is_complete(), "{:?}", outcome);
        is_settled(&case, &desired, &memory, &ledger)?;
        theirs_stays(&case, &before, &memory.live())?;
    }

    #[test]
    fn a_saved_plan_is_the_plan(case in cases()) {
        let (desired, memory, ledger) = (desired(&case), memory(&case.cells), ledger(&case.cells));
        let first = planned(&case, &desired, &memory.live(), &ledger.saved);
        let format = PlanFormat::new(&result(&first));
        let text = saved_text(&format, &[(&first.target, &first.base)]);
        let saved = SavedPlan::read(&text).unwrap();
        prop_assert_eq!(&saved.digest, format.digest());
        let restored = saved.targets[0].restored(&ledger.saved, |_| None).plan.unwrap();
        prop_assert_eq!(shown(&restored), shown(&first));
        prop_assert_eq!(&restored.base, &first.base);
        let slots = |plan: &Plan| plan.operations.iter().map(|operation| operation.slots).collect::<Vec<_>>();
        prop_assert_eq!(slots(&restored), slots(&first));
        let preconditions = |plan: &Plan| {
            plan.operations.iter().map(|operation| operation.precondition.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(preconditions(&restored), preconditions(&first));
    }

    #[test]
    fn no_letter_of_a_saved_plan_can_be_changed(case in cases(), place in any::<prop::sample::Index>()) {
        let (desired, memory, ledger) = (desired(&case), memory(&case.cells), ledger(&case.cells));
        let first = planned(&case, &desired, &memory.live(), &ledger.saved);
        let text = saved_text(&PlanFormat::new(&result(&first)), &[(&first.target, &first.base)]);
        let letters: Vec<usize> =
            text.char_indices().filter(|(_, letter)| letter.is_ascii_alphanumeric()).map(|(at, _)| at).collect();
        let at = letters[place.index(letters.len())];
        let other = if &text[at..=at] == "x" { "y" } else { "x" };
        let edited = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        prop_assert!(SavedPlan::read(&edited).is_err(), "{}", edited);
    }
}

#[test]
fn going_back_to_a_serial_is_what_was_recorded_then() {
    let case = |content: Option<Content>| Case {
        cells: vec![
            Cell { desired: None, live: None, recorded: None, adopt: false },
            Cell {
                desired: content.map(|content| (Ownership::Statements, content)),
                live: Some([None, None, Some(1), None]),
                recorded: None,
                adopt: false,
            },
        ],
        delete_unmanaged: false,
        allow_takeover: false,
    };
    let contents = [Some([Some(0), None, None, None]), Some([Some(1), Some(1), None, None]), None];
    let memory = memory(&case(None).cells);
    let mut ledger = ledger(&[]);
    let mut texts: BTreeMap<u64, Option<Vec<String>>> = BTreeMap::new();
    for content in contents {
        let (case, plan_of) = (case(content), |case: &Case, ledger: &Ledger| {
            planned(case, &desired(case), &memory.live(), &ledger.saved)
        });
        let outcome = applied(&plan_of(&case, &ledger), &memory, &mut ledger);
        assert!(outcome.is_complete(), "{outcome:?}");
        let sids = ledger
            .saved
            .policies
            .get(&key(1))
            .map(|policy| policy.claim.statements.iter().cloned().collect());
        texts.insert(ledger.saved.serial, sids);
    }
    assert_eq!(ledger.saved.history.len(), 3);
    for (serial, sids) in texts {
        let then = ledger.saved.as_of(serial).unwrap();
        let found = then.get(&key(1)).map(|version| version.claim.statements.iter().cloned().collect());
        assert_eq!(found, sids, "serial {serial}");
    }
}
