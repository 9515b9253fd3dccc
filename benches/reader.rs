//! The reader and the rules: 5,000 policies in 50 files.
//!
//! ```sh
//! cargo bench --bench reader
//! ```

#![allow(clippy::disallowed_methods, reason = "a benchmark writes its input")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use logpolicy::config;
use logpolicy::validate::judged;

/// Fifty files of a hundred policies; each log group has one.
fn write(folder: &Path) -> std::io::Result<()> {
    for file in 0..50 {
        let mut text = String::from("version: 1\n");
        if file == 0 {
            text.push_str("targets:\n  main: { account: \"111122223333\", regions: [us-east-1] }\n");
        }
        text.push_str("policies:\n");
        for policy in 0..100 {
            let name = format!("/aws/app{file}/p{policy}");
            text.push_str(&format!(
                "  - log_group: {name}\n    document:\n      Version: \"2012-10-17\"\n      Statement:\n        - Sid: Writes\n          \
                 Effect: Allow\n          Principal: {{ Service: delivery.logs.amazonaws.com }}\n          \
                 Action: [logs:CreateLogStream, logs:PutLogEvents]\n          \
                 Resource: arn:${{partition}}:logs:${{region}}:${{account}}:log-group:{name}:*\n          \
                 Condition: {{ StringEquals: {{ aws:SourceAccount: \"${{account}}\" }} }}\n"
            ));
        }
        std::fs::write(folder.join(format!("{file:02}.yaml")), text)?;
    }
    Ok(())
}

fn load_and_validate(criterion: &mut Criterion) {
    let folder = std::env::temp_dir().join(format!("logpolicy-bench-{}", std::process::id()));
    let paths: Vec<PathBuf> = vec![folder.clone()];
    let written = std::fs::create_dir_all(&folder).and_then(|()| write(&folder));
    assert!(written.is_ok(), "the input is written");
    let mut group = criterion.benchmark_group("reader");
    group.sample_size(10);
    group.bench_function("load and validate 5,000 policies in 50 files", |bencher| {
        bencher.iter(|| {
            let loaded = config::load(black_box(&paths)).map_err(|error| error.to_string());
            let found =
                loaded.map(|loaded| (loaded.desired.policies.len(), judged(&loaded.desired).has_errors()));
            assert_eq!(found, Ok((5_000, false)));
        });
    });
    group.finish();
    let _ = std::fs::remove_dir_all(folder);
}

criterion_group!(benches, load_and_validate);
criterion_main!(benches);
