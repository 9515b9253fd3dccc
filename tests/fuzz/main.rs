//! The fuzz targets without a fuzzer: every file of the corpus, and for each target some hundred changes of them that are
//! the same on every run. `LOGPOLICY_FUZZ_CASES=N` tries more, and `LOGPOLICY_FUZZ_INPUT=FILE cargo test --test fuzz TARGET`
//! one file. docs/fuzzing.md tells the rest.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test"
)]

mod checks;
mod mutation;
#[path = "../../benches/random/mod.rs"]
mod random;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use checks::{Check, TARGETS};
use mutation::changed;
use random::Random;

/// Changes of the corpus that are tried for each target where nobody asks for more.
const CASES: usize = 400;

/// The files of a folder of the corpus, by name.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// The words of the dictionary of a target: the form of libFuzzer, one `"word"` in a line.
fn dictionary(target: &str) -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/dictionaries/{target}.dict"));
    let text = fs::read_to_string(file).unwrap_or_default();
    let words = text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'));
    words
        .map(|word| {
            word.replace("\\\"", "\"")
                .replace("\\x0a", "\n")
                .replace("\\x0d", "\r")
                .replace("\\x09", "\t")
                .replace("\\\\", "\\")
                .into_bytes()
        })
        .collect()
}

/// Runs one check; what breaks it is kept in a file.
fn hold(target: &str, check: Check, input: &[u8]) {
    let Err(fault) = catch_unwind(AssertUnwindSafe(|| check(input))) else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(target);
    fs::write(&file, input).unwrap();
    let words =
        fault.downcast_ref::<String>().cloned().or(fault.downcast_ref::<&str>().map(ToString::to_string));
    panic!(
        "{target}: {}\n  LOGPOLICY_FUZZ_INPUT={} cargo test --test fuzz {target}\n  {}",
        words.unwrap_or_default(),
        file.display(),
        input.escape_ascii().to_string().chars().take(2_000).collect::<String>()
    );
}

fn run(target: &str) {
    let (_, check) = *TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    if let Some(file) = env::var_os("LOGPOLICY_FUZZ_INPUT") {
        return check(&fs::read(file).unwrap());
    }
    let (corpus, words) = (corpus(target), dictionary(target));
    assert!(corpus.len() >= 3, "{target} has hardly anything to begin with");
    corpus.iter().for_each(|input| hold(target, check, input));
    let cases = env::var("LOGPOLICY_FUZZ_CASES").map_or(CASES, |number| number.parse().unwrap());
    let seed = env::var("LOGPOLICY_FUZZ_SEED").map_or(1, |number| number.parse().unwrap());
    let mut random = Random::new(seed);
    for _ in 0..cases {
        hold(target, check, &changed(&corpus, &words, &mut random));
    }
}

/// A test for each target, so that they run side by side and have names.
macro_rules! targets {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            run(stringify!($target));
        })*

        #[test]
        fn every_target_has_a_check_a_corpus_and_a_program_for_the_fuzzer() {
            let tests = BTreeSet::from([$(stringify!($target)),*]);
            assert_eq!(tests, TARGETS.iter().map(|(name, _)| *name).collect());
            let names = |folder: &str| -> BTreeSet<String> {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
                let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
                paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
            };
            let wanted: BTreeSet<String> = tests.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(names("fuzz/corpus"), wanted);
            assert_eq!(names("fuzz/fuzz_targets"), wanted);
            let read = |file: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
            let (manifest, workflow) = (read("fuzz/Cargo.toml"), read(".github/workflows/fuzz.yml"));
            for target in wanted {
                assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is not in fuzz/Cargo.toml");
                assert!(workflow.contains(&format!("- {target}\n")), "{target} is not in the workflow");
            }
        }
    };
}

targets! {
    desired_state policy canonical containment saved_plan state terraform_state cloudformation emulator_http
}
