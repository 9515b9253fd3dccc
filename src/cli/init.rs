//! `logpolicy init`

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config;
use crate::model::{AccountId, Region};
use crate::store::write_public;

use super::exit::Exit;
use super::failure::Failure;
use super::streams::Streams;
use super::world::DEFAULT_FILE;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// The account of the first target
    #[arg(long, value_name = "ID", default_value = "111122223333")]
    account: AccountId,
    /// The Region of the first target
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    region: Region,
    /// Also write workflows for GitHub Actions: a plan on each pull request, apply on merge, drift every night
    #[arg(long)]
    github: bool,
    /// The folder to write to
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

/// What every desired state begins with.
const STARTER: &str = include_str!("starter/logpolicy.yaml");

/// What belongs to one machine and not to the repository.
const IGNORED: &str = "# The sandbox of logpolicy, and saved plans.\n/.logpolicy/\n/plan.json\n";

/// The workflows for GitHub Actions, as `examples/github` has them.
const GITHUB: [(&str, &str); 4] = [
    (
        ".github/workflows/logpolicy-plan.yml",
        include_str!("../../examples/github/.github/workflows/logpolicy-plan.yml"),
    ),
    (
        ".github/workflows/logpolicy-apply.yml",
        include_str!("../../examples/github/.github/workflows/logpolicy-apply.yml"),
    ),
    (
        ".github/workflows/logpolicy-drift.yml",
        include_str!("../../examples/github/.github/workflows/logpolicy-drift.yml"),
    ),
    (
        ".github/logpolicy/drift-issues.sh",
        include_str!("../../examples/github/.github/logpolicy/drift-issues.sh"),
    ),
];

/// A file of the new repository.
struct Starter {
    path: &'static str,
    text: String,
}

/// Writes the files of a new repository; what is there already stays as it is.
pub(super) fn init(arguments: &InitArguments, streams: Streams) -> Result<Exit, Failure> {
    let files = starters(arguments);
    let desired = arguments.folder.join(DEFAULT_FILE);
    if desired.exists() {
        let message = format!("{} is there already, and nothing was written", desired.display());
        let hint = "Name another folder, or add to the file that is there; `logpolicy schema` describes it.";
        return Err(Failure { exit: Exit::Refused, message, hints: vec![hint.to_owned()] });
    }
    for Starter { path, text } in &files {
        let path = arguments.folder.join(path);
        if path.exists() {
            streams.report(&format!("{} is there already and stays as it is\n", path.display()));
            continue;
        }
        write_public(&path, text, false, "writing the first files")?;
        streams.say(&format!("wrote {}\n", path.display()));
    }
    streams.say(&next(&arguments.folder, arguments.github));
    Ok(Exit::Done)
}

fn starters(arguments: &InitArguments) -> Vec<Starter> {
    let desired = STARTER
        .replace("111122223333", arguments.account.as_str())
        .replace("us-east-1", arguments.region.as_str());
    let mut files = vec![
        Starter { path: DEFAULT_FILE, text: desired },
        Starter { path: "logpolicy.schema.json", text: format!("{:#}\n", config::schema()) },
        Starter { path: ".gitignore", text: IGNORED.to_owned() },
    ];
    if arguments.github {
        files.extend(GITHUB.map(|(path, text)| Starter { path, text: text.to_owned() }));
    }
    files
}

fn next(folder: &Path, github: bool) -> String {
    let place = if folder == Path::new(".") { String::new() } else { format!("cd {} && ", folder.display()) };
    let mut text = format!(
        "Next: {place}logpolicy import -o imported.yaml   writes down what is live already\n\
         \x20     {place}logpolicy --sandbox plan           plays with it, without AWS\n"
    );
    if github {
        text.push_str(
            "For the workflows: two roles, whose policies and trust `logpolicy iam plan --attribute` and `logpolicy iam apply`\n\
             print (with --github OWNER/NAME for the trust), and the repository variables LOGPOLICY_PLAN_ROLE,\n\
             LOGPOLICY_APPLY_ROLE, LOGPOLICY_REGION, LOGPOLICY_URL, LOGPOLICY_VERSION and LOGPOLICY_SHA256.\n",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The starter with every example in force.
    fn uncommented() -> String {
        let (heading, rest) = STARTER.split_once("version: 1\n").expect("a version");
        let mut text = format!("{heading}version: 1\n");
        for line in rest.lines() {
            let example = line.strip_prefix("#  ").map(|rest| format!("  {rest}"));
            let opened = line.strip_suffix(": []").map(|key| format!("{key}:"));
            text.push_str(&example.or(opened).unwrap_or_else(|| line.to_owned()));
            text.push('\n');
        }
        text
    }

    #[test]
    fn the_starter_and_all_its_examples_are_valid() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(DEFAULT_FILE);
        for text in [STARTER.to_owned(), uncommented()] {
            fs_err::write(&path, &text).expect("written");
            let loaded = config::load(std::slice::from_ref(&path)).expect("read");
            assert!(!loaded.diagnostics.has_errors(), "{:?}\n{text}", loaded.diagnostics);
        }
        assert!(uncommented().contains("  - id: AppEvents"), "the examples are in it");
    }
}
