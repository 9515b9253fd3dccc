//! What users see: each folder below `tests/cases/` is copied, and the commands of its `session.txt` are run there.
//!
//! A line that begins with `$ ` is a command for `sh`; below it stands all that it prints, and `[exit N]` where it
//! fails. `LOGPOLICY_BLESS=1 cargo test --test cases` writes the sessions anew; read the difference before you
//! commit it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn sessions_are_as_recorded() {
    let bless = env::var_os("LOGPOLICY_BLESS").is_some();
    let mut wrong = Vec::new();
    let cases = folders();
    assert!(cases.len() > 10, "the cases are there");
    for case in cases {
        let recorded = fs::read_to_string(case.join("session.txt")).unwrap();
        let found = replay(&case, &recorded);
        if found == recorded {
            continue;
        }
        if bless {
            fs::write(case.join("session.txt"), found).unwrap();
        } else {
            wrong.push(format!("== {}\n{}", case.display(), difference(&recorded, &found)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_minute_in_the_readme_is_as_printed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (before, rest) = readme.split_once("```console\n").unwrap();
    let (recorded, after) = rest.split_once("```\n").unwrap();
    let found = replay(&root.join("examples/quickstart"), recorded);
    if env::var_os("LOGPOLICY_BLESS").is_some() {
        fs::write(root.join("README.md"), format!("{before}```console\n{found}```\n{after}")).unwrap();
    } else {
        assert!(found == recorded, "\n{}", difference(recorded, &found));
    }
}

#[test]
fn the_file_in_the_readme_is_valid() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let (file, _) = rest.split_once("```\n").unwrap();
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("logpolicy.yaml"), file).unwrap();
    let found = replay(scratch.path(), "$ logpolicy validate\n");
    assert_eq!(
        found,
        "$ logpolicy validate\n0 errors, 0 warnings in 1 policy entry and 2 grants for 2 targets\n"
    );
}

/// Every folder with a `session.txt`, sorted; examples have some, too.
fn folders() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join("tests/cases"), root.join("examples")];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        if folder.join("session.txt").exists() {
            found.push(folder);
            continue;
        }
        open.extend(
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()),
        );
    }
    found.sort();
    found
}

/// Runs the commands of a session in a copy of its folder.
fn replay(case: &Path, recorded: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    copy(case, scratch.path());
    let bin = Path::new(env!("CARGO_BIN_EXE_logpolicy")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), env::var("PATH").unwrap());
    let mut session = String::new();
    for line in recorded.lines().filter(|line| line.starts_with('#') || line.starts_with("$ ")) {
        writeln!(session, "{line}").unwrap();
        let Some(command) = line.strip_prefix("$ ") else { continue };
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1; {command}")])
            .current_dir(scratch.path())
            .env_clear()
            .envs([("PATH", path.as_str()), ("HOME", "/nonexistent"), ("LC_ALL", "C.UTF-8")])
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        session.push_str(&without_lineage(&timeless(&printed)));
        if !printed.is_empty() && !printed.ends_with('\n') {
            session.push('\n');
        }
        let code = output.status.code().map_or("by signal".to_owned(), |code| code.to_string());
        if code != "0" {
            writeln!(session, "[exit {code}]").unwrap();
        }
    }
    session
}

/// Lineages, which no two records share, as `<lineage>`.
fn without_lineage(text: &str) -> String {
    let shown = |line: &str| match line.split_once("\"lineage\": \"") {
        Some((before, _)) => format!("{before}\"lineage\": \"<lineage>\",\n"),
        None => line.to_owned(),
    };
    text.split_inclusive('\n').map(shown).collect()
}

/// Times as `<time>` and days as `<day>`: all else must be the same on every run.
fn timeless(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("20") {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        let shape: String = rest.chars().take(20).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        let (length, word) = match shape.as_str() {
            "0000-00-00T00:00:00Z" => (20, "<time>"),
            _ if ["ours since ", "as applied on "].iter().any(|before| result.ends_with(before)) => {
                (10, "<day>")
            }
            _ => (2, "20"),
        };
        result.push_str(word);
        rest = &rest[length..];
    }
    result.push_str(rest);
    result
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn difference(recorded: &str, found: &str) -> String {
    let diff = similar::TextDiff::from_lines(recorded, found);
    diff.unified_diff().header("recorded", "found").to_string()
}
