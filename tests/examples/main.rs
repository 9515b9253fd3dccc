//! Every YAML and JSON file of `examples/` can be read, and the commands of the pipelines run on the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads and writes files, and says when it is skipped"
)]

#[cfg(unix)]
mod github;
#[cfg(unix)]
mod gitlab;
#[cfg(unix)]
mod runner;
#[cfg(unix)]
mod shards;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn every_file_of_the_examples_can_be_read() {
    let mut read = 0;
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")) {
        let text = fs::read_to_string(&path).unwrap();
        let wrong = match path.extension().and_then(|extension| extension.to_str()) {
            // A file may hold several documents.
            Some("yml" | "yaml") => serde_yaml::Deserializer::from_str(&text)
                .find_map(|document| serde_yaml::Value::deserialize(document).err())
                .map(|error| error.to_string()),
            Some("json") => {
                serde_json::from_str::<serde_json::Value>(&text).err().map(|error| error.to_string())
            }
            _ => continue,
        };
        assert_eq!(wrong, None, "{}", path.display());
        read += 1;
    }
    assert!(read >= 6, "the files are there");
}
