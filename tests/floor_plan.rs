//! The floor plan: which room may enter which, and which packages live where (ARCHITECTURE.md shows the same
//! table). A line of `src/` that breaks it fails here with its file and number.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads the sources")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room, the rooms it may enter, and what it does.
const ROOMS: [(&str, &[&str]); 15] = [
    ("policy", &[]),
    ("model", &["policy"]),
    ("config", &["policy", "model"]),
    ("import", &["policy", "model", "config"]),
    ("pack", &["policy", "model"]),
    ("validate", &["policy", "model", "pack"]),
    ("diff", &["policy", "model"]),
    ("plan", &["policy", "model", "diff"]),
    ("provider", &["policy", "model"]),
    ("apply", &["policy", "model", "plan", "provider"]),
    ("store", &["policy", "model", "plan"]),
    ("fleet", &["model"]),
    ("report", &["policy", "model", "pack", "validate", "diff", "plan"]),
    ("merge", &["policy", "model", "diff", "plan", "report"]),
    ("emulator", &[]),
];

/// The room that may enter all others; only `main.rs` enters it.
const FRONT: &str = "cli";

/// A package and the rooms that it lives in. `serde` and `thiserror` are part of the language here.
const PACKAGES: [(&str, &[&str]); 31] = [
    ("serde_json", &["policy", "config", "plan", "provider", "store", "report", "merge", "emulator", "cli"]),
    ("sha2", &["policy", "emulator"]),
    ("serde_yaml", &["config"]),
    ("granit_parser", &["config"]),
    ("schemars", &["config"]),
    ("strsim", &["config"]),
    ("similar", &["diff"]),
    ("petgraph", &["plan"]),
    ("aws_", &["provider", "store"]),
    ("aws_sigv4", &["emulator"]),
    ("aws_credential_types", &["provider", "store", "emulator"]),
    ("tempfile", &["store", "emulator"]),
    ("rustix", &["store"]),
    ("fs_err", &["config", "store", "emulator", "cli"]),
    ("futures_util", &["fleet", "provider"]),
    ("tokio", &["fleet", "provider", "apply", "store", "emulator", "cli"]),
    ("annotate_snippets", &["report"]),
    ("anstyle", &["report"]),
    ("unicode_width", &["report"]),
    ("minijinja", &["report"]),
    ("hyper", &["emulator"]),
    ("hyper_util", &["emulator"]),
    ("http_body_util", &["provider", "emulator"]),
    ("globset", &["cli"]),
    ("indicatif", &["cli"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("anstream", &["cli"]),
    ("jiff", &["emulator", "cli"]),
    ("gethostname", &["cli"]),
];

/// Names that say nothing about what is inside.
const NO_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "types"];

/// No file is longer: what does not fit is two things.
const LONGEST_FILE: usize = 400;

#[test]
fn every_room_keeps_to_the_floor_plan() {
    let mut broken = Vec::new();
    for file in sources() {
        let Some(room) = room_of(&file) else { continue };
        for (number, line) in code(&file) {
            for entered in entered_rooms(&line) {
                let allowed = entered == room || room == FRONT || may_enter(&room, &entered);
                if !allowed {
                    broken.push(format!("{}:{number}: `{room}` enters `{entered}`", file.display()));
                }
            }
            for (package, homes) in PACKAGES {
                let named = names_package(&line, package) && !names_closer(&line, package);
                if named && !homes.contains(&room.as_str()) {
                    broken.push(format!("{}:{number}: `{room}` uses `{package}`", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_folder_is_a_room_of_the_plan() {
    let found: BTreeSet<String> = sources().iter().filter_map(|file| room_of(file)).collect();
    let planned: BTreeSet<String> =
        ROOMS.iter().map(|(room, _)| (*room).to_owned()).chain([FRONT.to_owned()]).collect();
    assert_eq!(found, planned);
}

#[test]
fn every_file_is_short_and_has_a_name_of_its_own() {
    let mut broken = Vec::new();
    for file in sources() {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        if lines > LONGEST_FILE {
            broken.push(format!("{}: {lines} lines, more than {LONGEST_FILE}", file.display()));
        }
        if NO_NAMES.contains(&file.file_stem().unwrap().to_str().unwrap()) {
            broken.push(format!("{}: says nothing about what is inside", file.display()));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_architecture_page_shows_this_plan() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (room, enters) in ROOMS {
        let enters = if enters.is_empty() { "—".to_owned() } else { enters.join(" ") };
        let row = page.lines().find(|line| line.starts_with(&format!("| `{room}` |")));
        let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for `{room}`"));
        let cell = row.split('|').nth(3).unwrap_or_default().trim();
        assert_eq!(cell, enters, "ARCHITECTURE.md, row of `{room}`: who it may enter");
    }
}

#[test]
fn pure_rooms_are_pure() {
    let mut broken = Vec::new();
    for file in sources() {
        let room = room_of(&file).unwrap_or_default();
        if !["policy", "model", "import", "pack", "validate", "diff", "plan", "report", "merge"]
            .contains(&room.as_str())
        {
            continue;
        }
        for (number, line) in code(&file) {
            for word in [
                "async ",
                ".await",
                "HashMap",
                "HashSet",
                "SystemTime",
                "Instant::",
                "std::fs",
                "TcpStream",
                "UdpSocket",
            ] {
                if line.contains(word) {
                    broken.push(format!("{}:{number}: `{word}` in the pure room `{room}`", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_check_itself_can_fail() {
    assert_eq!(entered_rooms("use crate::{model::Target, plan};"), ["model", "plan"]);
    assert_eq!(entered_rooms("    crate::provider::Aws::new()"), ["provider"]);
    assert!(names_package("use hyper::body;", "hyper") && !names_package("use hyper_util::x;", "hyper"));
    assert!(names_package("use aws_sdk_sts::Client;", "aws_") && !names_package("// aws", "aws_"));
    assert!(names_closer("use aws_sigv4::sign;", "aws_") && !names_closer("use aws_sdk_sts::X;", "aws_"));
    assert!(!may_enter("policy", "model") && may_enter("model", "policy"));
}

fn may_enter(room: &str, entered: &str) -> bool {
    ROOMS.iter().any(|(name, enters)| *name == room && enters.contains(&entered))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file, sorted.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The room of a file; `lib.rs` and `main.rs` stand in front of the house.
fn room_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next()?.as_os_str().to_str()?;
    (!first.ends_with(".rs")).then(|| first.to_owned())
}

/// The lines of a file that are compiled into the program: no comments, no tests.
fn code(file: &Path) -> Vec<(usize, String)> {
    if is_test_module(file) {
        return Vec::new();
    }
    let text = fs::read_to_string(file).unwrap();
    let mut lines = Vec::new();
    let mut tested = false;
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        if tested && start.starts_with("mod ") && start.ends_with('{') {
            break;
        }
        tested = start.starts_with("#[cfg(test)]");
        if !start.starts_with("//") {
            lines.push((index + 1, line.to_owned()));
        }
    }
    lines
}

/// Whether a file is declared as `#[cfg(test)] mod NAME;` beside it.
fn is_test_module(file: &Path) -> bool {
    let name = file.file_stem().unwrap().to_str().unwrap();
    let Ok(door) = fs::read_to_string(file.with_file_name("mod.rs")) else { return false };
    let lines: Vec<&str> = door.lines().map(str::trim).collect();
    lines.windows(2).any(|pair| pair[0] == "#[cfg(test)]" && pair[1] == format!("mod {name};"))
}

/// The rooms behind each `crate::` of a line.
fn entered_rooms(line: &str) -> Vec<String> {
    let word =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut rooms = Vec::new();
    for (at, found) in line.match_indices("crate::") {
        let rest = &line[at + found.len()..];
        match rest.strip_prefix('{') {
            Some(list) => rooms.extend(list.split('}').next().unwrap_or_default().split(", ").map(word)),
            None => rooms.push(word(rest)),
        }
    }
    rooms
        .retain(|room| !room.is_empty() && room.chars().all(|letter| letter.is_lowercase() || letter == '_'));
    rooms
}

/// Whether a line names a package that stands in the table by its whole name besides a beginning that fits it too.
fn names_closer(line: &str, beginning: &str) -> bool {
    beginning.ends_with('_')
        && PACKAGES.iter().any(|(package, _)| {
            package.len() > beginning.len() && package.starts_with(beginning) && names_package(line, package)
        })
}

/// Whether a line names a package; one that ends in `_` stands for all that begin with it.
fn names_package(line: &str, package: &str) -> bool {
    line.match_indices(package).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let starts = !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':');
        let rest = &line[at + package.len()..];
        let ends = if package.ends_with('_') { rest.contains("::") } else { rest.starts_with("::") };
        starts && ends
    })
}
