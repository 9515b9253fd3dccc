//! The JSON of a plan, its digest, and what is read back from a saved one.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod worlds;

use std::sync::Arc;

use logpolicy::model::{
    Code, Diagnostic, DocumentTemplate, GrantTemplate, LivePolicy, Ownership, PlacedGrant, PolicyKey,
    PolicyTemplate, RecordedState, SourceSpan,
};
use logpolicy::plan::{
    OperationOutcome, Outcome, Plan, PlanFormat, PlanFormatter, RefusalName, SavedPlan, Summary,
    TOOL_VERSION, TargetFormat, TargetOutcome, TargetResult, Unplanned, Unreadable, saved_text,
};
use logpolicy::policy::{Document, Fingerprint};
use serde_json::{Value, json};
use worlds::place::{Place, access_test, document, mixed};

const DUBIOUS: Code = Code("LP201");

fn result(plan: Plan) -> TargetResult {
    TargetResult { target: plan.target.clone(), plan: Ok(plan) }
}

/// What a plan with something in every list is made from.
fn rich_place() -> Place {
    let mut place = mixed()
        .asks("shared", "S", |entry| (entry.ownership, entry.prevent_delete) = (Ownership::Statements, true))
        .has("shared", "U")
        .has("moved", "M")
        .wrote("moved", "M", false)
        .asks("taken", "N2", |_| {})
        .has("taken", "N");
    let (name, log_group) = ("on-a-log-group", PolicyKey::log_group("/L"));
    place = place.asks(name, "L2", |_| {}).has(name, "L").wrote(name, "L", false);
    let asked = place.desired.pop().unwrap().document;
    place.desired.push(PolicyTemplate::new(log_group.clone(), asked));
    let LivePolicy { document, .. } = place.live.policies.remove(&PolicyKey::account(name)).unwrap();
    let live = LivePolicy { document, revision: Some("3".to_owned()), last_updated: None };
    place.live.policies.insert(log_group.clone(), live);
    let recorded = place.recorded.policies.remove(&PolicyKey::account(name)).unwrap();
    place.recorded.policies.insert(log_group, recorded);
    (place.recorded.lineage, place.recorded.serial) = ("one".to_owned(), 4);
    let file = place.sources.add("policies.yaml", "policies:\n  - name: new\n");
    let span = SourceSpan { file, start: 12, end: 16 };
    place.findings.push(Diagnostic::error(DUBIOUS, span, "doubtful").warning().note("look"));
    place.desired.iter_mut().for_each(|entry| entry.span = span);
    place.limits.account_policies = 9;
    place.tests.push(access_test(true, "/E"));
    place.tests[0].span = span;
    place
}

/// A plan with something in every list.
fn rich() -> Plan {
    let place = rich_place();
    let span = place.tests[0].span;
    let template = GrantTemplate {
        id: "move".to_owned(),
        id_span: span,
        entry: PolicyTemplate {
            span,
            ..PolicyTemplate::new(PolicyKey::account("g"), DocumentTemplate::Fixed(document("M")))
        },
    };
    place.plan_with(|desired| {
        let policy = desired.policies.get_mut(&PolicyKey::account("new")).unwrap();
        policy.document = Arc::new(Document::from_text(
            document("B").text().replace("]}", &format!(",{}]}}", statement("M"))),
        ));
        policy.grants.push(PlacedGrant { grant: Box::leak(Box::new(template)), sid: "M".to_owned() });
    })
}

fn statement(sid: &str) -> String {
    document(sid).statements()[0].json().to_string()
}

/// The text is kept beside this test: `LOGPOLICY_BLESS=1` writes it anew.
#[test]
fn everything_in_a_plan_stands_in_its_json() {
    let text = serde_json::to_string_pretty(&PlanFormat::new(&[result(rich())])).unwrap() + "\n";
    let text = text.replace(&format!("\"{TOOL_VERSION}\""), "\"VERSION\"");
    if std::env::var_os("LOGPOLICY_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/plan_format_tables/rich.json"), &text)
            .unwrap();
    }
    assert_eq!(text, include_str!("plan_format_tables/rich.json"));
}

#[test]
fn a_target_without_a_plan_has_an_error_and_nothing_else() {
    let target = rich().target;
    let failed = |why: Unplanned| {
        let result = TargetResult { target: target.clone(), plan: Err(why) };
        serde_json::to_value(&PlanFormat::new(&[result]).targets()[0]).unwrap()
    };
    let (error, locked) = (failed(Unplanned::failed("no network")), failed(Unplanned::locked("busy")));
    assert_eq!((&error["error"], &error["locked"]), (&json!("no network"), &Value::Null));
    assert_eq!((&locked["error"], &locked["locked"]), (&json!("busy"), &json!(true)));
    assert_eq!((&error["slots"], &error["changes"]), (&Value::Null, &json!([])));
    let later = |error: Option<&str>| {
        let result = TargetResult { target: target.clone(), plan: Err(Unplanned::failed("first")) };
        let format = TargetFormat::new(&result).failing(error.map(ToOwned::to_owned));
        serde_json::to_value(format).unwrap()["error"].clone()
    };
    assert_eq!((later(None), later(Some("later"))), (json!("first"), json!("later")));
}

#[test]
fn a_digest_names_all_targets_whether_they_are_kept_or_not() {
    let results = [result(rich()), result(mixed().plan())];
    let whole = PlanFormat::new(&results);
    let mut passing = PlanFormatter::new(false);
    let lines: Vec<String> = results.iter().map(|result| passing.add(result)).collect();
    let passed = passing.finish();
    assert_eq!(whole.targets().len(), 2);
    assert_eq!(passed.targets().len(), 0);
    assert_eq!((passed.digest(), passed.summary()), (whole.digest(), whole.summary()));
    assert_eq!(whole.digest(), &Fingerprint::of_parts(&lines));
    for (line, target) in lines.iter().zip(whole.targets()) {
        assert_eq!(line, &(serde_json::to_string(target).unwrap() + "\n"));
    }
    let summary =
        Summary { create: 2, update: 3, delete: 3, adopt: 2, forget: 2, unchanged: 4, unmanaged: 2 };
    assert_eq!((*whole.summary(), Summary::of(&results)), (summary, summary));
}

#[test]
fn each_count_of_what_changes_is_a_change() {
    let one = |set: fn(&mut Summary)| {
        let mut summary = Summary::default();
        set(&mut summary);
        summary.has_changes()
    };
    assert!(one(|summary| summary.create = 1) && one(|summary| summary.update = 1));
    assert!(one(|summary| summary.delete = 1) && one(|summary| summary.adopt = 1));
    assert!(one(|summary| summary.forget = 1) && !one(|_| {}));
    assert!(!one(|summary| (summary.unchanged, summary.unmanaged) = (1, 1)));
    assert!(one(|summary| (summary.create, summary.update, summary.delete) = (1, 1, 1)));
}

#[test]
fn what_is_read_back_is_what_was_saved() {
    let place = rich_place();
    let (plan, busy) = (rich(), Unplanned::locked("busy"));
    let results = [result(plan.clone()), TargetResult { target: plan.target.clone(), plan: Err(busy) }];
    let format = PlanFormat::new(&results);
    let text = saved_text(&format, &[(&plan.target, &plan.base)]);
    let saved = SavedPlan::read(&text).unwrap();
    assert_eq!(&saved.digest, format.digest());
    let code = |name: &str| (name == DUBIOUS.0).then_some(DUBIOUS);
    let restored: Vec<TargetResult> =
        saved.targets.iter().map(|target| target.restored(&place.recorded, code)).collect();
    assert_eq!(PlanFormat::new(&restored).digest(), format.digest());
    assert_eq!(restored[1].plan.as_ref().unwrap_err(), results[1].plan.as_ref().unwrap_err());
    let again = restored[0].plan.as_ref().unwrap();
    assert_eq!(again.base, plan.base);
    assert_eq!(again.limits, plan.limits);
    assert_eq!(format!("{:?}", again.operations), format!("{:?}", plan.operations));
    assert_eq!(again.ours_since().collect::<Vec<_>>(), plan.ours_since().collect::<Vec<_>>());
    assert_eq!(again.refusals, plan.refusals);
    let keys: Vec<&PolicyKey> = saved.targets[0].keys().collect();
    assert!(plan.changes.iter().all(|planned| keys.contains(&&planned.key)));
    // A rule that this version does not know.
    let unknown = saved.targets[0].restored(&RecordedState::default(), |_| None);
    assert_eq!(unknown.plan.unwrap().diagnostics, []);
}

#[test]
fn every_part_of_a_saved_plan_is_sealed() {
    let plan = rich();
    let format = PlanFormat::new(&[result(plan.clone())]);
    let text = saved_text(&format, &[(&plan.target, &plan.base)]);
    let edited = |from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        SavedPlan::read(&text.replace(from, to)).unwrap_err()
    };
    let digest = format.digest().as_str();
    let other = format!("{}0", &digest[..digest.len() - 1]);
    for (from, to) in [
        (r#""tool_version": ""#, r#""tool_version": "1"#),
        (r#""create": 1"#, r#""create": 2"#),
        (r#""peak": 9"#, r#""peak": 8"#),
        (r#""lineage": "one""#, r#""lineage": "two""#),
        (r#""serial": 4"#, r#""serial": 5"#),
        ("else choose another name", "it is fine"),
        (digest, &other),
    ] {
        let error = edited(from, to);
        assert!(matches!(error, Unreadable::Edited(_)), "{from}: {error}");
    }
    let spaced = text.replace('\n', "\r\n\t");
    assert_eq!(SavedPlan::read(&spaced).unwrap().digest, *format.digest(), "white space is nothing");
    assert_eq!(
        edited(r#""format_version": "1""#, r#""format_version": "2""#),
        Unreadable::Version { found: "2".to_owned() }
    );
    assert!(matches!(edited(r#""kind": "plan""#, r#""kind": "drift""#), Unreadable::NotAPlan(_)));
}

#[test]
fn an_outcome_is_satisfied_where_aws_has_what_was_planned() {
    let skipped = |satisfied| Outcome::Skipped { because: "why".to_owned(), satisfied };
    let conflict = Outcome::Conflict { expected: "a".to_owned(), found: "b".to_owned() };
    for (outcome, word, satisfied, message) in [
        (Outcome::Applied, "applied", true, None),
        (skipped(true), "skipped", true, Some("why")),
        (skipped(false), "skipped", false, Some("why")),
        (conflict, "conflict", false, Some("expected a, found b")),
        (Outcome::Failed { error: "no".to_owned() }, "failed", false, Some("no")),
    ] {
        assert_eq!((outcome.as_str(), outcome.is_satisfied()), (word, satisfied));
        assert_eq!(outcome.message().as_deref(), message);
        let key = PolicyKey::account("a");
        let first = OperationOutcome { id: 1, key: key.clone(), outcome: Outcome::Applied };
        let outcomes = vec![first, OperationOutcome { id: 2, key, outcome }];
        let mut target = TargetOutcome { target: rich().target, outcomes, error: None, interrupted: false };
        assert_eq!(target.is_complete(), satisfied);
        target.error = Some("the record could not be saved".to_owned());
        assert!(!target.is_complete());
    }
}

#[test]
fn a_refusal_is_found_by_its_name_alone() {
    for name in RefusalName::ALL {
        assert_eq!(name.as_str().parse(), Ok(name));
        assert_eq!(serde_json::to_value(name).unwrap(), json!(name.as_str()));
        assert_eq!(serde_json::from_value::<RefusalName>(json!(name.as_str())).unwrap(), name);
    }
    assert_eq!("takeovers".parse::<RefusalName>(), Err("there is no refusal named \"takeovers\"".to_owned()));
}
