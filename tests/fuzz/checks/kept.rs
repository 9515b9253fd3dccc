//! Files that we wrote and somebody may have edited: saved plans and states.

use std::fs;

use aws_config::SdkConfig;
use logpolicy::model::{RecordedState, StateLocation, Target};
use logpolicy::plan::{PlanFormat, SavedPlan, TargetResult, Unreadable, saved_text};
use logpolicy::policy::Fingerprint;
use logpolicy::report::{
    Layout, plan_dot, plan_github, plan_mermaid, plan_review, plan_sarif, plan_text, review_html,
    review_markdown,
};
use logpolicy::store::Store;
use logpolicy::validate::rule;
use serde_json::{Value, json};

/// A plan as it was saved, of which the corpus has more.
const SAVED: &str = include_str!("../../../fuzz/corpus/saved_plan/plan.json");

pub fn saved_plan(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(read) = SavedPlan::read(text) {
        let saved = SavedPlan::read(SAVED).unwrap();
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        if read.digest == saved.digest {
            assert_eq!(value(text), value(SAVED), "a plan was edited, and nobody noticed");
        }
        shown_and_saved(&read);
    }
    // Behind the seal: what is in the file is read as it is, whoever wrote it.
    let Some(sealed) = serde_json::from_str(text).ok().and_then(sealed) else { return };
    match SavedPlan::read(&sealed) {
        Ok(read) => shown_and_saved(&read),
        Err(Unreadable::Edited(why)) => panic!("{why}: {sealed}"),
        Err(Unreadable::NotAPlan(_) | Unreadable::Version { .. }) => {}
    }
}

/// The same plan with the digest and the seal that belong to it; nothing where there is no place for them.
fn sealed(mut plan: Value) -> Option<String> {
    let line = |value: &Value| format!("{value}\n");
    let digest = Fingerprint::of_parts(plan.get("targets")?.as_array()?.iter().map(line));
    let word = |key: &str| Some(format!("{}\n", plan.get(key)?.as_str()?));
    let head = [word("format_version")?, word("kind")?, word("tool_version")?, format!("{digest}\n")];
    let rest = [line(plan.get("summary")?), line(plan.get("base")?.get("targets")?)];
    let seal = Fingerprint::of_parts(head.iter().chain(&rest));
    plan["digest"] = json!(digest);
    plan.get_mut("base")?.as_object_mut()?.insert("seal".to_owned(), json!(seal));
    Some(plan.to_string())
}

/// Every form shows it, and what is saved again is the same plan.
fn shown_and_saved(read: &SavedPlan) {
    let restored = |plan: &SavedPlan| -> Vec<TargetResult> {
        let code = |name: &str| rule(name).map(|rule| rule.code);
        plan.targets.iter().map(|target| target.restored(&RecordedState::default(), code)).collect()
    };
    let results = restored(read);
    let again = |text: &str| {
        let read = SavedPlan::read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        saved(&read, &restored(&read))
    };
    // What was live is saved in one order and without white space: from the second time on nothing changes.
    let second = again(&saved(read, &results));
    assert_eq!(again(&second), second, "what is saved again is the same");
    let _ = plan_text(&results, &read.digest, Layout::default());
    let _ = (plan_dot(&results), plan_mermaid(&results), plan_github(&results));
    let review = plan_review(&results, &read.digest);
    let _ = (review_markdown(&review), review_html(&review));
    assert!(serde_json::from_str::<Value>(&plan_sarif(&results)).is_ok());
}

fn saved(plan: &SavedPlan, results: &[TargetResult]) -> String {
    let bases: Vec<_> = plan.targets.iter().map(|target| (&target.target, &target.base)).collect();
    saved_text(&PlanFormat::new(results), &bases)
}

pub fn state(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let target: Target = "111122223333/us-east-1".parse().unwrap();
    let path = folder.path().join("111122223333/us-east-1.json");
    fs::create_dir(folder.path().join("111122223333")).unwrap();
    fs::write(&path, data).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let location = StateLocation::Local(folder.path().to_owned());
        let store = Store::open(&location, async || SdkConfig::builder().build()).await;
        let Ok(Some(found)) = store.load(&target).await else {
            return assert_eq!(fs::read(&path).unwrap(), data, "what cannot be used stays");
        };
        for serial in [0, found.serial, found.serial.saturating_add(1)] {
            let _ = found.as_of(serial);
        }
        let mut again = found.clone();
        if let Err(error) = store.save(&target, &mut again).await {
            assert_eq!(found.serial, (1 << 53) - 1, "{error}");
            return assert_eq!(fs::read(&path).unwrap(), data, "what cannot be followed stays");
        }
        assert_eq!(store.load(&target).await.unwrap(), Some(again.clone()), "what is written is read");
        let RecordedState { lineage, serial, policies, pending, history } = again;
        assert_eq!(serial, found.serial + 1);
        assert!(lineage == found.lineage || found.lineage.is_empty());
        assert_eq!((policies, pending, history), (found.policies, found.pending, found.history));
    });
}
