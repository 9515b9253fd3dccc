//! Every test that SECURITY.md names is there, and every threat has one.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What is between backticks in a cell.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether a test is there: `FILE::FUNCTION`, or the folder of a session.
fn is_there(test: &str) -> bool {
    let Some((file, function)) = test.split_once("::") else {
        let folder = root().join(test);
        return folder.join("session.txt").is_file();
    };
    let Ok(text) = fs::read_to_string(root().join(file)) else { return false };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let heads = [format!("fn {function}("), format!("async fn {function}(")];
    let Some(place) = lines.iter().position(|line| heads.iter().any(|head| line.starts_with(head))) else {
        return false;
    };
    // A property stands below its own attribute; attributes stand one below the other.
    let above = lines[..place].iter().rev().take_while(|line| line.starts_with("#["));
    above.clone().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
}

#[test]
fn every_threat_has_tests_that_are_there() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat"));
    let mut seen = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 3, "{row}");
        let tests = named(cells[2]);
        assert!(!tests.is_empty(), "no test: {row}");
        for test in tests {
            assert!(is_there(test), "there is no test {test}: {row}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn what_is_not_there_is_found_out() {
    for test in [
        "tests/trust/threats.rs::no_such_test",
        "tests/trust/threats.rs::is_there",
        "tests/trust/no_such_file.rs::is_there",
        "tests/cases/no_such_case",
        "tests/trust",
    ] {
        assert!(!is_there(test), "{test}");
    }
    assert!(is_there("tests/trust/threats.rs::what_is_not_there_is_found_out"));
}

/// The files below a folder that hold code.
fn code(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(code(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn nothing_writes_csv() {
    for path in code(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        assert!(!text.contains("csv"), "{}: a table for spreadsheets needs its own guard", path.display());
    }
}
