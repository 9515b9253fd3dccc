//! Reports of a thousand targets, a tenth of which change: half of these in the same way, the others each in its own.
//!
//! `cargo bench --bench report` times text, JSON, Markdown and HTML.

#![allow(clippy::unwrap_used, reason = "a benchmark")]

#[path = "../tests/worlds/mod.rs"]
mod worlds;

use std::collections::BTreeSet;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use logpolicy::model::{PolicyKey, Target};
use logpolicy::plan::{PlanFormat, TargetResult};
use logpolicy::policy::Document;
use logpolicy::report::{Coverage, Layout, plan_json, plan_review, plan_text, review_html, review_markdown};
use worlds::{PREFIX, World, plan_between};

const TARGETS: usize = 1_000;

fn document(group: &str) -> Arc<Document> {
    Arc::new(Document::from_text(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"S","Effect":"Allow","Principal":{{"Service":"es.amazonaws.com"}},"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"{PREFIX}/aws/{group}/*:*"}}]}}"#
    )))
}

fn world(groups: [&str; 3]) -> World {
    let policy = |(number, group): (usize, &str)| (PolicyKey::account(format!("p{number}")), document(group));
    groups.into_iter().enumerate().map(policy).collect()
}

fn fleet() -> Vec<TargetResult> {
    let before = world(["a", "b", "c"]);
    let result = |number: usize| {
        let own = format!("own-{number}");
        let after = match number % 20 {
            0 => world(["a", "b", "new"]),
            10 => world(["a", "b", &own]),
            _ => before.clone(),
        };
        let mut plan = plan_between(before.clone(), &after, &BTreeSet::new(), 10, 51_200);
        let target: Target = format!("{number:012}/us-east-1").parse().unwrap();
        plan.target = target.clone();
        TargetResult { target, plan: Ok(plan) }
    };
    (0..TARGETS).map(result).collect()
}

fn reports(criterion: &mut Criterion) {
    let results = fleet();
    let format = PlanFormat::new(&results);
    let digest = format.digest().clone();
    let mut group = criterion.benchmark_group("report of 1,000 targets");
    group.sample_size(10);
    group.bench_function("digest", |bencher| bencher.iter(|| PlanFormat::new(&results)));
    group.bench_function("text", |bencher| bencher.iter(|| plan_text(&results, &digest, Layout::default())));
    group.bench_function("JSON", |bencher| bencher.iter(|| plan_json(&format, &Coverage::default())));
    group.bench_function("Markdown", |bencher| {
        bencher.iter(|| review_markdown(&plan_review(&results, &digest)));
    });
    group.bench_function("HTML", |bencher| bencher.iter(|| review_html(&plan_review(&results, &digest))));
    group.finish();
}

criterion_group!(benches, reports);
criterion_main!(benches);
