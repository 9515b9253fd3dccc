//! The safe order on 500 random worlds in which ten of ten policies change: how long a plan takes, and what comes out;
//! once with up to four statements in a policy, and once with up to twelve.
//!
//! `cargo bench --bench order` prints a table; `cargo bench --bench order -- STATEMENTS SEED` plans one world again and again,
//! for a profiler.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark")]

#[path = "../tests/worlds/mod.rs"]
mod worlds;

mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use logpolicy::model::PolicyKey;
use logpolicy::plan::{Plan, RefusalName};
use logpolicy::policy::Document;
use random::Random;
use worlds::{ACCOUNT, PREFIX, World, plan_between};

const POLICIES: usize = 10;
const WORLDS: u64 = 500;
const KINDS: [&str; 8] = ["exchanged", "renamed", "moved", "merged", "split", "narrowed", "denied", "mixed"];

fn statement(random: &mut Random, number: usize) -> String {
    let services =
        ["es.amazonaws.com", "events.amazonaws.com", "delivery.logs.amazonaws.com", "route53.amazonaws.com"];
    let service = services[random.below(4)];
    let group = match random.below(6) {
        0 => format!("/aws/team-{}/*", random.below(8)),
        1 => format!("/aws/*/{}-prod", random.below(8)),
        2 => format!("/aws/team-{}/app-{}*", random.below(8), random.below(4)),
        _ => format!("/aws/team-{}/app-{number}", random.below(8)),
    };
    let condition = match random.below(5) {
        0 => String::new(),
        1 => format!(r#","Condition":{{"StringEquals":{{"aws:SourceAccount":"{ACCOUNT}"}}}}"#),
        2 => r#","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}"#.to_owned(),
        _ => format!(
            r#","Condition":{{"ArnLike":{{"aws:SourceArn":"arn:aws:x:us-east-1:{ACCOUNT}:r/{}*"}},"StringEquals":{{"aws:SourceAccount":"{ACCOUNT}"}}}}"#,
            random.below(5)
        ),
    };
    format!(
        r#"{{"Sid":"S{number}","Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"{PREFIX}{group}:*"{condition}}}"#
    )
}

type Contents = Vec<Vec<String>>;

fn contents(random: &mut Random, most: usize) -> Contents {
    let mut number = 0;
    let mut policy = |random: &mut Random| {
        let statements = 1 + random.below(most);
        (0..statements)
            .map(|_| {
                number += 1;
                statement(random, number)
            })
            .collect()
    };
    (0..POLICIES).map(|_| policy(random)).collect()
}

fn world(names: &[String], contents: &Contents) -> World {
    let document = |(name, statements): (&String, &Vec<String>)| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        (PolicyKey::account(name.clone()), Arc::new(Document::from_text(text)))
    };
    names.iter().zip(contents).filter(|(_, statements)| !statements.is_empty()).map(document).collect()
}

/// Before and after, ten of ten policies on both sides unless some are merged or split.
fn worlds(seed: u64, most: usize) -> (&'static str, World, World, usize) {
    let mut random = Random::new(seed);
    let kind = KINDS[usize::try_from(seed).unwrap() % KINDS.len()];
    let names: Vec<String> = (0..POLICIES).map(|number| format!("p{number}")).collect();
    let before = contents(&mut random, most);
    let (mut after, mut new_names, mut old_names) = (before.clone(), names.clone(), names);
    let step = |kind: &str, random: &mut Random, after: &mut Contents, new_names: &mut Vec<String>| match kind
    {
        "exchanged" => random.shuffle(after),
        "renamed" => new_names.iter_mut().for_each(|name| name.push('n')),
        "moved" => {
            for _ in 0..20 {
                let (from, to) = (random.below(POLICIES), random.below(POLICIES));
                if after[from].len() > 1 {
                    let statement = after[from].pop().unwrap();
                    after[to].insert(0, statement);
                }
            }
        }
        "merged" => {
            let into = 1 + random.below(3);
            let all: Vec<String> = after.iter_mut().flat_map(std::mem::take).collect();
            all.into_iter().enumerate().for_each(|(index, statement)| after[index % into].push(statement));
        }
        "narrowed" => {
            for statements in after.iter_mut() {
                for statement in statements.iter_mut() {
                    *statement = match random.below(3) {
                        0 => statement.replacen("/aws/", "/aws/team-", 1),
                        1 => statement.replacen(
                            r#"["logs:CreateLogStream","logs:PutLogEvents"]"#,
                            r#""logs:PutLogEvents""#,
                            1,
                        ),
                        _ => statement.replacen("app-", "app-1", 1),
                    };
                }
            }
        }
        "denied" => {
            for statements in after.iter_mut() {
                let denied = statements[0].replacen("\"Allow\"", "\"Deny\"", 1).replacen(
                    "\"Sid\":\"S",
                    "\"Sid\":\"D",
                    1,
                );
                statements.push(denied.replacen("/app-", "/app-secret", 1));
            }
        }
        _ => {}
    };
    match kind {
        "split" => {
            step("merged", &mut random, &mut after, &mut new_names);
            std::mem::swap(&mut new_names, &mut old_names);
            return (kind, world(&old_names, &after), world(&new_names, &before), POLICIES);
        }
        "mixed" => {
            for kind in ["moved", "narrowed", "exchanged"] {
                step(kind, &mut random, &mut after, &mut new_names);
            }
            new_names.iter_mut().take(3).for_each(|name| name.push('m'));
        }
        _ => step(kind, &mut random, &mut after, &mut new_names),
    }
    (kind, world(&old_names, &before), world(&new_names, &after), POLICIES)
}

fn planned(seed: u64, most: usize) -> (&'static str, Plan, Duration) {
    let (kind, before, after, limit) = worlds(seed, most);
    let begun = Instant::now();
    let plan = plan_between(before, &after, &BTreeSet::new(), limit, 51_200);
    (kind, plan, begun.elapsed())
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|number| number.parse().ok()).collect();
    if let [most, seed] = numbers.as_slice() {
        for _ in 0..20 {
            let (kind, plan, time) = planned(*seed, usize::try_from(*most).unwrap());
            println!("{kind} {} operations {time:?}", plan.operations.len());
        }
        return;
    }
    [4, 12].into_iter().for_each(table);
}

/// All worlds with at most so many statements in a policy.
fn table(most: usize) {
    let mut times: BTreeMap<&str, Vec<(Duration, u64)>> = BTreeMap::new();
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..WORLDS {
        let (kind, plan, time) = planned(seed, most);
        times.entry(kind).or_default().push((time, seed));
        let gap = plan.refusals.iter().any(|refusal| refusal.name == RefusalName::AccessGap);
        *refused.entry(kind).or_default() += usize::from(gap);
    }
    println!("Up to {most} statements in each of {POLICIES} policies:");
    println!(
        "{:>10} {:>7} {:>12} {:>12} {:>6} {:>11}",
        "kind", "worlds", "median ms", "worst ms", "seed", "access-gap"
    );
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    for (kind, times) in &mut times {
        times.sort();
        let (median, (worst, seed)) = (times[times.len() / 2].0, times[times.len() - 1]);
        let (median, worst) = (milliseconds(median), milliseconds(worst));
        println!(
            "{kind:>10} {:>7} {median:>12.2} {worst:>12.2} {seed:>6} {:>11}",
            times.len(),
            refused[kind]
        );
    }
    let (worst, seed) = times.values().flatten().max().unwrap();
    println!("worst of {WORLDS}: {:.2} ms, seed {seed}\n", milliseconds(*worst));
}
