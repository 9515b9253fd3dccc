//! The policy language: equality, containment, access.
//!
//! ```sh
//! cargo bench --bench policy
//! ```

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use logpolicy::policy::{AccessChange, Attached, Document, pattern_covers};

const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";

/// A document of some statements, each for a log group of its own.
fn document(statements: usize, number: usize, suffix: &str) -> Document {
    let statement = |index: usize| {
        format!(
            r#"{{"Sid":"S{index}","Effect":"Allow","Principal":{{"Service":["s{}.amazonaws.com","events.amazonaws.com"]}},
               "Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"{PREFIX}/aws/p{number}/s{index}/{suffix}*:*",
               "Condition":{{"StringEquals":{{"aws:SourceAccount":"111122223333"}},
               "ArnLike":{{"aws:SourceArn":"arn:aws:x:us-east-1:111122223333:thing/{index}-*"}}}}}}"#,
            index % 3
        )
    };
    let statements: Vec<String> = (0..statements).map(statement).collect();
    Document::from_text(format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")))
}

fn equality(criterion: &mut Criterion) {
    let left = document(124, 0, "");
    let right = Document::from_text(left.canonical());
    assert!(left.text().len() > 50_000 && left == right, "{}", left.text().len());
    criterion.bench_function("equality of two 50 KB documents, parsing included", |bencher| {
        bencher.iter(|| {
            Document::from_text(black_box(left.text())) == Document::from_text(black_box(right.text()))
        });
    });
}

fn containment(criterion: &mut Criterion) {
    // Different from the first character to the last, so that no common beginning or end can be cut off.
    let part = "abcdefghij".repeat(25);
    let (outer, inner) = (format!("?{part}*{part}?*"), format!("a{part}-?-{part}xyz*"));
    let (outer, inner) = (format!("{outer:-<512.512}"), format!("{inner:-<512.512}"));
    assert_eq!((outer.len(), inner.len()), (512, 512));
    criterion.bench_function("containment of two 512-character patterns", |bencher| {
        bencher.iter(|| pattern_covers(black_box(&outer), black_box(&inner)));
    });
    let long = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/".to_owned() + &"name/".repeat(90);
    let (outer, inner) = (format!("{long}*"), format!("{long}app-*-prod:*"));
    criterion.bench_function("containment of two long log-group ARNs", |bencher| {
        bencher.iter(|| pattern_covers(black_box(&outer), black_box(&inner)));
    });
}

fn attached(documents: &[Document]) -> Vec<Attached<'_>> {
    documents.iter().map(|document| Attached { document, log_group: None }).collect()
}

fn access(criterion: &mut Criterion) {
    let policies = |suffix: &str| (0..10).map(|number| document(10, number, suffix)).collect::<Vec<_>>();
    let (before, narrower) = (policies(""), policies("app-"));
    let (before, narrower) = (attached(&before), attached(&narrower));
    criterion.bench_function("access of ten policies of ten statements, narrowed everywhere", |bencher| {
        bencher.iter(|| AccessChange::between(PREFIX, black_box(&before), black_box(&narrower)));
    });
    criterion.bench_function("access of ten policies of ten statements, unchanged", |bencher| {
        bencher.iter(|| AccessChange::between(PREFIX, black_box(&before), black_box(&before)));
    });
}

criterion_group!(benches, equality, containment, access);
criterion_main!(benches);
