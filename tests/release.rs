//! What a release is made with: workflows, container, packages and formula, as far as they can be checked without making one.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads and writes files, and says when it is skipped"
)]
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_yaml::Value;

/// The platforms that programs are built for.
const TARGETS: [&str; 4] =
    ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin", "aarch64-apple-darwin"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn workflow(name: &str) -> Value {
    serde_yaml::from_str(&read(&format!(".github/workflows/{name}.yml"))).unwrap()
}

/// The permissions of a job, or of a workflow.
fn permissions(value: &Value) -> BTreeMap<String, String> {
    serde_yaml::from_value(value["permissions"].clone()).unwrap()
}

fn writes(value: &Value) -> Vec<String> {
    permissions(value).into_iter().filter(|(_, right)| right == "write").map(|(name, _)| name).collect()
}

fn steps(workflow: &Value) -> Vec<Value> {
    let jobs = workflow["jobs"].as_mapping().unwrap();
    jobs.values().flat_map(|job| job["steps"].as_sequence().unwrap().clone()).collect()
}

#[test]
fn workflows_may_do_what_they_must_and_no_more() {
    let (ci, release) = (workflow("ci"), workflow("release"));
    assert_eq!(permissions(&ci), [("contents".to_owned(), "read".to_owned())].into());
    assert_eq!(permissions(&release), BTreeMap::new());
    let jobs = release["jobs"].as_mapping().unwrap();
    let found: BTreeSet<&str> = jobs.keys().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(found, ["check", "build", "repeat", "publish", "image", "image-of-all-platforms"].into());
    let rights: [(&str, &[&str]); 6] = [
        ("check", &[]),
        ("build", &[]),
        ("repeat", &[]),
        ("publish", &["attestations", "contents", "id-token"]),
        ("image", &["packages"]),
        ("image-of-all-platforms", &["attestations", "id-token", "packages"]),
    ];
    for (job, expected) in rights {
        assert_eq!(writes(&release["jobs"][job]), expected, "{job}");
    }
    // Nothing is built that was not checked, and nothing is published that was not built.
    for (job, needs) in [("build", "check"), ("repeat", "build"), ("image", "build")] {
        assert_eq!(release["jobs"][job]["needs"], needs, "{job}");
    }
    assert_eq!(release["jobs"]["publish"]["needs"][0], "build");
    assert_eq!(release["jobs"]["publish"]["needs"][1], "repeat");
}

#[test]
fn a_release_is_made_of_a_version_tag_only() {
    let release = workflow("release");
    let events = release["on"].as_mapping().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(release["on"]["push"]["tags"][0], "v[0-9]+.[0-9]+.[0-9]+");
    assert_eq!(release["on"]["push"].as_mapping().unwrap().len(), 1);
}

#[test]
fn no_step_runs_what_somebody_else_wrote() {
    for name in ["ci", "release"] {
        for step in steps(&workflow(name)) {
            if let Some(action) = step["uses"].as_str() {
                let (_, version) = action.split_once('@').unwrap();
                let number = version.strip_prefix('v').unwrap();
                assert!(number.bytes().all(|digit| digit.is_ascii_digit()), "{action}: a major version");
            }
            // What stands in a script is run; what comes by the environment is not.
            let script = step["run"].as_str().unwrap_or_default().replace("{{ .Manifest.Digest }}", "");
            assert!(!script.contains("{{"), "{script}");
            if name == "release"
                && step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"))
            {
                assert_eq!(step["with"]["persist-credentials"], false);
            }
        }
    }
}

#[test]
fn programs_are_built_for_four_platforms() {
    let release = workflow("release");
    let matrix = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_sequence().unwrap();
    let found: Vec<&str> = matrix.iter().map(|entry| entry["target"].as_str().unwrap()).collect();
    assert_eq!(found, TARGETS);
    let used: Vec<String> =
        steps(&release).iter().filter_map(|step| Some(step["uses"].as_str()?.to_owned())).collect();
    let attested = used.iter().filter(|action| action.starts_with("actions/attest-build-provenance@"));
    assert_eq!(attested.count(), 2, "files and image: {used:?}");
    let scripts: String = steps(&release).iter().filter_map(|step| step["run"].as_str()).collect();
    for needed in [
        "packaging/build",
        "packaging/pages",
        "packaging/archive",
        "sha256sum",
        "cyclonedx",
        "cargo-deb",
        "packaging/formula",
    ] {
        assert!(scripts.contains(needed), "{needed}");
    }
}

#[test]
fn the_checks_of_dependencies_are_run() {
    let run = read(".ci/run");
    assert!(run.contains("cargo-deny --locked check bans licenses sources"));
    assert!(run.contains("check advisories") && run.contains("NOT CHECKED"));
    let scripts: Vec<String> =
        steps(&workflow("ci")).iter().filter_map(|step| Some(step["run"].as_str()?.to_owned())).collect();
    assert_eq!(scripts, [".ci/run"]);
}

#[test]
fn the_container_holds_the_program_and_runs_it_without_rights() {
    let text = read("Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let bases: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert_eq!(bases.len(), 2, "one to build, one to run");
    for base in &bases {
        let tag = base.split(' ').next().unwrap().rsplit_once(':').map(|(_, tag)| tag);
        assert!(tag.is_some_and(|tag| tag != "latest"), "{base}: pinned by its tag");
    }
    let rust = read("Cargo.toml");
    let rust = rust.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    assert!(bases[0].starts_with(&format!("rust:{}-", rust.trim_matches('"'))), "{}", bases[0]);
    assert!(bases[1].contains("distroless"), "no shell: {}", bases[1]);
    let last = text.rsplit("FROM ").next().unwrap();
    assert!(last.contains("\nUSER nonroot\n") && last.contains("\nENTRYPOINT [\"/usr/bin/logpolicy\"]"));
    let copied =
        lines.iter().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.contains("--from="));
    for sources in copied {
        let words: Vec<&str> = sources.split(' ').collect();
        for source in &words[..words.len() - 1] {
            assert!(root().join(source).exists(), "{source}");
        }
    }
}

/// The files that the Debian package names.
fn assets() -> Vec<Vec<String>> {
    let text = read("Cargo.toml");
    // Packed by cargo it is written anew; as it is here it is JSON, but for the comma at the end.
    let start = text.split("[package.metadata.deb]").nth(1).unwrap();
    let list = start.split("\nassets = [").nth(1).unwrap().split("\n]").next().unwrap();
    serde_json::from_str(&format!("[{}]", list.trim().trim_end_matches(','))).unwrap()
}

#[test]
fn the_debian_package_names_what_is_there_or_made() {
    let original = root().join("Cargo.toml.orig");
    if original.exists() {
        return eprintln!("skipped: cargo has written Cargo.toml anew");
    }
    let pages = read("packaging/pages");
    let assets = assets();
    let into: Vec<&str> = assets.iter().map(|asset| asset[1].as_str()).collect();
    for needed in
        ["usr/bin/", "usr/share/man/man1/logpolicy.1", "usr/share/bash-completion/completions/logpolicy"]
    {
        assert!(into.contains(&needed), "{needed}");
    }
    assert!(into.iter().any(|path| path.contains("LICENSE")));
    for asset in &assets {
        let path = asset[0].as_str();
        if path == "target/release/logpolicy" {
            continue;
        }
        match path.strip_prefix("target/pages/") {
            Some(page) => assert!(pages.contains(&format!(">target/pages/{page}\n")), "{page} is not made"),
            None => assert!(root().join(path).is_file(), "{path}"),
        }
    }
}

fn formula(sums: &str) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("SHA256SUMS"), sums).unwrap();
    let mut command = Command::new(root().join("packaging/formula"));
    command.arg("1.2.3").arg(folder.path().join("SHA256SUMS")).output().unwrap()
}

#[test]
fn the_formula_names_every_archive_and_its_checksum() {
    let sum = |number: usize| format!("{number:064x}");
    let line =
        |(number, target): (usize, &&str)| format!("{}  logpolicy-1.2.3-{target}.tar.gz\n", sum(number));
    let sums: String = TARGETS.iter().enumerate().map(line).collect();
    let output = formula(&sums);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("class Logpolicy < Formula\n") && text.ends_with("end\n"), "{text}");
    assert!(!text.contains('@') && text.contains("version \"1.2.3\""), "{text}");
    let place = "https://github.com/logpolicy/logpolicy/releases/download/v1.2.3/logpolicy-1.2.3";
    for (number, target) in TARGETS.iter().enumerate() {
        let pair = format!("url \"{place}-{target}.tar.gz\"\n      sha256 \"{}\"", sum(number));
        assert!(text.contains(&pair), "{pair}\n{text}");
    }
    let missing = formula(sums.split_once('\n').unwrap().1);
    assert!(!missing.status.success());
    assert!(String::from_utf8_lossy(&missing.stderr).contains(TARGETS[0]));
    // What the formula installs is what the archive and the pages hold.
    for page in ["logpolicy.1", "logpolicy.bash", "_logpolicy", "logpolicy.fish"] {
        assert!(text.contains(&format!("install \"{page}\"")), "{page}");
        assert!(read("packaging/pages").contains(&format!(">target/pages/{page}\n")), "{page}");
    }
}

#[test]
fn the_package_holds_what_its_tests_and_pages_need() {
    let mut cargo = Command::new(env!("CARGO"));
    let output =
        cargo.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let files: BTreeSet<&str> = text.lines().collect();
    for needed in [
        "Cargo.lock",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "README.md",
        "Dockerfile",
        "deny.toml",
        "clippy.toml",
        ".ci/run",
        ".ci/requirements.txt",
        ".github/workflows/release.yml",
        "packaging/build",
        "packaging/homebrew/logpolicy.rb",
        "docs/release.md",
        "src/config/recipes.yaml",
        "tests/harness/mod.rs",
        "tests/trust/main.rs",
        "tests/data/conformance.json",
        "tests/requirements.txt",
        "examples/quickstart/logpolicy.yaml",
    ] {
        assert!(files.contains(needed), "{needed} is not in the package");
    }
    assert!(!files.iter().any(|file| file.starts_with("target/") || file.starts_with("state/")));
    let fuzzed = files.iter().find(|file| file.starts_with("tests/fuzz/"));
    assert_eq!(fuzzed, None, "the inputs of `fuzz/corpus` are in no package, for it is one itself");
}

#[test]
fn the_changelog_says_what_is_to_be_released() {
    let text = read("CHANGELOG.md");
    let first = text.lines().find(|line| line.starts_with("## ")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(first == "## Unreleased" || first.starts_with(&format!("## {version} - ")), "{first}");
}
