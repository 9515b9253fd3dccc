//! Packing, as tables: instances that are known to fit at growing fills, what moves after one small change, and times.
//!
//! `cargo bench --bench packing` prints them. An instance is planted: ten documents of 5,120 bytes are filled to a share
//! with statements that cannot be joined, and the packer gets the statements without the documents.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark")]

#[path = "../tests/packing/mod.rs"]
mod packing;

mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use logpolicy::model::PolicyKey;
use logpolicy::pack::compact;
use logpolicy::policy::Document;
use packing::{Grant, Packed, Shelf, document_of};
use random::Random;

const BYTES: usize = 5_120;
/// What a document has for statements, each with a comma behind it.
const ROOM: usize = BYTES - 38;
const POLICIES: usize = 10;
const INSTANCES: u64 = 200;

/// The length of a statement in a document, with its comma.
fn length(grant: &Grant) -> usize {
    document_of(grant).bytes() - 38
}

/// A grant whose statement is so long.
fn of_length(number: usize, wanted: usize) -> Grant {
    let plain = length(&Grant::apart(number, 0));
    Grant::apart(number, wanted.saturating_sub(plain))
}

/// Statements that fill ten documents to a share; which document held which.
fn planted(random: &mut Random, fill: f64) -> (Vec<Grant>, Vec<usize>) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small"
    )]
    let wanted = (ROOM as f64 * fill) as usize;
    let (mut grants, mut bins) = (Vec::new(), Vec::new());
    for bin in 0..POLICIES {
        let mut left = wanted;
        while left > 0 {
            let some = 360 + random.below(200);
            let taken = if left < some + 380 { left } else { some };
            grants.push(of_length(grants.len(), taken));
            bins.push(bin);
            left -= taken;
        }
    }
    (grants, bins)
}

/// The documents as they were planted.
fn live(grants: &[Grant], bins: &[usize]) -> BTreeMap<PolicyKey, Arc<Document>> {
    let mut texts: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (grant, bin) in grants.iter().zip(bins) {
        let document = document_of(grant);
        texts.entry(*bin).or_default().push(document.statements()[0].json().to_string());
    }
    let document = |(bin, texts): (usize, Vec<String>)| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, texts.join(","));
        (PolicyKey::account(format!("logpolicy-{}", bin + 1)), Arc::new(Document::from_text(text)))
    };
    texts.into_iter().map(document).collect()
}

fn pack(grants: &[Grant], live: &BTreeMap<PolicyKey, Arc<Document>>) -> (Packed, Duration) {
    let shelf = Shelf::new(grants, POLICIES, BYTES);
    let begun = Instant::now();
    let packed = shelf.packed(live);
    (packed, begun.elapsed())
}

/// Grants that stand in another policy than before.
fn moved(packed: &Packed, before: &BTreeMap<String, PolicyKey>) -> usize {
    packed.grants.iter().filter(|(id, key, _)| before.get(id).is_some_and(|before| before != key)).count()
}

fn main() {
    if std::env::args().any(|argument| argument == "compact") {
        return compaction();
    }
    from_nothing();
    after_a_change();
    times();
    compaction();
}

fn from_nothing() {
    println!(
        "Planted instances from nothing: {POLICIES} documents of {BYTES} bytes, {INSTANCES} instances for each fill"
    );
    println!("{:>6} {:>11} {:>8} {:>12} {:>12}", "fill", "statements", "placed", "median ms", "worst ms");
    for fill in [0.90, 0.95, 0.98, 0.99] {
        let (mut placed, mut statements, mut times) = (0, 0, Vec::new());
        for seed in 0..INSTANCES {
            let mut random = Random::new(seed + 1);
            let (mut grants, _) = planted(&mut random, fill);
            random.shuffle(&mut grants);
            let (packed, time) = pack(&grants, &BTreeMap::new());
            statements += grants.len();
            placed += usize::from(packed.overflow.is_none());
            times.push(time);
        }
        let (median, worst) = median_and_worst(&mut times);
        let mean = statements / usize::try_from(INSTANCES).unwrap();
        println!("{fill:>6.2} {mean:>11} {placed:>8} {median:>12.2} {worst:>12.2}");
    }
    println!();
}

/// One statement grows by up to 60 bytes, or one of 360 to 560 bytes comes in place of one that goes.
fn after_a_change() {
    println!(
        "One small change to a full shelf, {INSTANCES} instances for each fill: how many other grants move"
    );
    println!(
        "{:>6} {:>9} {:>8} {:>6} {:>6} {:>6} {:>6} {:>12}",
        "fill", "change", "placed", "0", "1", "2", "more", "worst ms"
    );
    for fill in [0.90, 0.95, 0.98, 0.99] {
        for change in ["grows", "replaced"] {
            let (mut placed, mut moves, mut times) = (0, [0; 4], Vec::new());
            for seed in 0..INSTANCES {
                let mut random = Random::new(seed + 7_001);
                let (mut grants, bins) = planted(&mut random, fill);
                let standing = live(&grants, &bins);
                let before = grants.iter().zip(&bins);
                let mut before: BTreeMap<String, PolicyKey> = before
                    .map(|(grant, bin)| {
                        (grant.id.clone(), PolicyKey::account(format!("logpolicy-{}", bin + 1)))
                    })
                    .collect();
                let one = random.below(grants.len());
                if change == "grows" {
                    before.remove(&grants[one].id);
                    grants[one].padding += 1 + random.below(60);
                } else {
                    grants[one] = of_length(1_000 + one, 360 + random.below(200));
                }
                let (packed, time) = pack(&grants, &standing);
                times.push(time);
                if packed.overflow.is_none() {
                    placed += 1;
                    moves[moved(&packed, &before).min(3)] += 1;
                }
            }
            let (_, worst) = median_and_worst(&mut times);
            let [none, one, two, more] = moves;
            println!(
                "{fill:>6.2} {change:>9} {placed:>8} {none:>6} {one:>6} {two:>6} {more:>6} {worst:>12.2}"
            );
        }
    }
    println!();
}

fn times() {
    println!("Times");
    for (name, grants) in [
        ("200 grants, none joined", (0..200).map(|number| of_length(number, 420)).collect::<Vec<Grant>>()),
        ("200 grants of few kinds", (0..200).map(few_kinds).collect()),
    ] {
        let shelf = Shelf::new(&grants, POLICIES, 51_200);
        let mut first = Vec::new();
        let mut again = Vec::new();
        for _ in 0..20 {
            let begun = Instant::now();
            let packed = shelf.packed(&BTreeMap::new());
            first.push(begun.elapsed());
            let live = packed.documents();
            let begun = Instant::now();
            shelf.packed(&live);
            again.push(begun.elapsed());
        }
        let (first, worst) = median_and_worst(&mut first);
        let (again, worst_again) = median_and_worst(&mut again);
        println!(
            "{name}: {first:.2} ms (worst {worst:.2}) from nothing, {again:.2} ms (worst {worst_again:.2}) unchanged"
        );
    }
}

/// Ten policies, each as full as can be, of statements that can be joined in part and of some that cannot.
fn compaction() {
    let mut random = Random::new(5);
    let mut policies: BTreeMap<PolicyKey, Arc<Document>> = BTreeMap::new();
    let mut statements = 0;
    for policy in 0..POLICIES {
        let mut texts: Vec<String> = Vec::new();
        let mut bytes = 38;
        loop {
            let (service, log_group) =
                (random.below(3), format!("/team-{}/{}", random.below(40), statements));
            let text = format!(
                r#"{{"Sid":"S{statements}","Effect":"Allow","Principal":{{"Service":"{}"}},"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"{}{log_group}:*","Condition":{{"StringEquals":{{"aws:SourceAccount":"{}"}},"ArnLike":{{"aws:SourceArn":"arn:aws:x:us-east-1:{}:r/{}"}}}}}}"#,
                ["es.amazonaws.com", "events.amazonaws.com", "delivery.logs.amazonaws.com"][service],
                packing::PREFIX,
                packing::ACCOUNT,
                packing::ACCOUNT,
                random.below(30)
            );
            if bytes + text.len() + 1 > 51_200 {
                break;
            }
            bytes += text.len() + 1;
            statements += 1;
            texts.push(text);
        }
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, texts.join(","));
        policies.insert(PolicyKey::account(format!("p{policy}")), Arc::new(Document::from_text(text)));
    }
    let target = format!("{}/us-east-1", packing::ACCOUNT).parse().unwrap();
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        let begun = Instant::now();
        last = Some(compact(&target, policies.clone(), 51_200, &BTreeSet::new()));
        times.push(begun.elapsed());
    }
    let (median, worst) = median_and_worst(&mut times);
    let last = last.unwrap();
    println!(
        "compact of ten full documents ({statements} statements): {median:.2} ms (worst {worst:.2}); {} policies of {:?} bytes, proof {:?}",
        last.after.len(),
        last.bytes(),
        last.proof
    );
}

fn few_kinds(number: usize) -> Grant {
    Grant {
        id: format!("g{number}"),
        service: number % 3,
        groups: vec![number % 8, (number / 8) % 8],
        source: number % 5,
        padding: 0,
    }
}

fn median_and_worst(times: &mut [Duration]) -> (f64, f64) {
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    (milliseconds(times[times.len() / 2]), milliseconds(times[times.len() - 1]))
}
