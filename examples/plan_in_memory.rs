//! Plans without AWS and without files of state: three states in, a finished plan out.
//!
//! ```sh
//! cargo run --example plan_in_memory
//! ```

use std::collections::BTreeSet;
use std::path::PathBuf;

use logpolicy::model::{LivePolicy, LiveState, PolicyKey, RecordedState};
use logpolicy::plan::{PlanFormat, PlanInput, TargetResult, plan};
use logpolicy::policy::Document;
use logpolicy::report::{Layout, plan_text};
use logpolicy::{config, validate::judged};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let loaded = config::load(&[PathBuf::from("examples/quickstart/logpolicy.yaml")])?;
    let findings = loaded.diagnostics.and(judged(&loaded.desired).iter().cloned());
    let at = loaded.desired.targets.first().ok_or("the file names no target")?;

    // What AWS has: one policy that somebody made in the console.
    let document = Document::from_text(r#"{"Version":"2012-10-17","Statement":[]}"#).into();
    let console = LivePolicy { document, revision: None, last_updated: None };
    let live = LiveState { policies: [(PolicyKey::account("made-in-the-console"), console)].into() };

    let plan = plan(&PlanInput {
        desired: &loaded.desired.at(at),
        sources: &loaded.sources,
        account: &at.target.account,
        live: &live,
        recorded: Some(&RecordedState::default()),
        unmanaged: &loaded.desired.unmanaged,
        guards: loaded.desired.guards,
        left_out: &BTreeSet::new(),
        allowed: &[],
        tests: &loaded.desired.tests_at(at),
        diagnostics: findings.iter().cloned().collect(),
    });

    let results = [TargetResult { target: at.target.clone(), plan: Ok(plan) }];
    let digest = PlanFormat::new(&results).digest().clone();
    anstream::print!("{}", plan_text(&results, &digest, Layout::default()));
    Ok(())
}
