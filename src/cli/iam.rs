//! `logpolicy iam`

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Args, Subcommand};

use crate::model::{AccountId, DesiredTarget, OpenTarget, Partition, StateLocation};
use crate::report::{Needs, Workflow, permissions_json, trust_json};

use super::arguments::Global;
use super::exit::Exit;
use super::failure::Failure;
use super::streams::Streams;
use super::world::{DEFAULT_FILE, Files, read_files};

/// The command that the policy is for.
#[derive(Debug, Subcommand)]
pub(super) enum IamCommand {
    /// What `plan`, `drift`, `status`, `import` and `compact` need: reading only
    #[command(
        after_help = "Example:\n  logpolicy iam plan --attribute\n  logpolicy iam plan --github example/infra"
    )]
    Plan(IamArguments),
    /// What `apply` needs
    #[command(after_help = "Example:\n  logpolicy iam apply\n  \
                      logpolicy iam apply --github example/infra --environment production")]
    Apply(IamArguments),
}

/// Arguments of `iam plan` and `iam apply`.
#[derive(Debug, Args)]
pub(super) struct IamArguments {
    /// With the right to look for log groups, which `status`, `compact --drop-dead` and `import` use [default: as
    /// `unmanaged.discover_log_groups` says]
    #[arg(long)]
    discover: bool,
    /// With the right to ask CloudTrail, which `drift --attribute` uses
    #[arg(long)]
    attribute: bool,
    /// The policy of the roles that targets name with `assume_role`, and not that of the credentials which assume them
    #[arg(long, conflicts_with = "github")]
    role: bool,
    /// Print the trust policy instead: who may take the role, from the workflows of this GitHub repository
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    github: Option<String>,
    /// The branch whose runs may take the role
    #[arg(long, value_name = "NAME", default_value = "main", requires = "github")]
    branch: String,
    /// The GitHub environment whose runs may take the role, and no others
    #[arg(long, value_name = "NAME", requires = "github")]
    environment: Option<String>,
    /// The account of the role [default: the only account of the files]
    #[arg(long, value_name = "ID", requires = "github")]
    account: Option<AccountId>,
}

/// Prints a policy; the files, where there are some, say what it must reach.
pub(super) fn iam(command: &IamCommand, global: &Global, streams: Streams) -> Result<Exit, Failure> {
    let (arguments, writes) = match command {
        IamCommand::Plan(arguments) => (arguments, false),
        IamCommand::Apply(arguments) => (arguments, true),
    };
    let files = files(global, streams)?;
    let text = match &arguments.github {
        None => {
            let needs = needs(arguments, files.as_ref(), writes);
            if !needs.roles.is_empty() {
                streams.say("note: this is for the credentials that assume the roles; `--role` prints what the roles need\n");
            }
            permissions_json(&needs)
        }
        Some(repository) => trust_json(&workflow(arguments, repository, files.as_ref(), writes)?),
    };
    streams.data(&text)?;
    Ok(Exit::Done)
}

/// The files; nothing where no file was named and there is none.
fn files(global: &Global, streams: Streams) -> Result<Option<Files>, Failure> {
    if global.files.is_empty() && !Path::new(DEFAULT_FILE).exists() {
        streams.say(&format!(
            "note: there is no {DEFAULT_FILE}; what it would say about records in a bucket is not in the policy\n"
        ));
        return Ok(None);
    }
    let files = read_files(global, streams)?;
    if !files.is_whole {
        let hint = "`logpolicy validate` shows them.";
        return Err(Failure {
            exit: Exit::Findings,
            message: "the files have errors".to_owned(),
            hints: vec![hint.to_owned()],
        });
    }
    Ok(Some(files))
}

fn needs(arguments: &IamArguments, files: Option<&Files>, writes: bool) -> Needs {
    let mut needs = Needs {
        writes,
        discovers: arguments.discover
            || files.is_some_and(|files| files.desired.unmanaged.discover_log_groups),
        attributes: arguments.attribute,
        ..Needs::default()
    };
    let Some(Files { desired, open, .. }) = files else { return needs };
    // Whoever reaches an account asks it for its Regions: the role, or the credentials themselves.
    let asks_regions =
        |at: &&DesiredTarget| open.iter().any(|open| open.regions && at.names.contains(&open.name));
    let mut asked = desired.targets.iter().filter(asks_regions);
    needs.lists_regions = asked.any(|at| at.access.role.is_some() == arguments.role);
    if arguments.role {
        return needs;
    }
    needs.bucket = match &desired.state {
        StateLocation::S3(location) => Some(location.clone()),
        StateLocation::Local(_) | StateLocation::None => None,
    };
    needs.only_assumes =
        !desired.targets.is_empty() && desired.targets.iter().all(|at| at.access.role.is_some());
    needs.roles = desired.targets.iter().filter_map(|at| role(at, open)).collect();
    let mut organizations = open.iter().filter(|open| open.account.is_some());
    needs.lists_units = organizations.clone().any(|open| open.has_units);
    needs.lists_accounts = organizations.any(|open| !open.has_units);
    needs
}

/// The ARN of a target's role; in each account of an organization, where the accounts are not known.
fn role(at: &DesiredTarget, open: &[OpenTarget]) -> Option<String> {
    let arn = &at.access.role.as_ref()?.arn;
    let account = &at.target.account;
    let is_stand_in = open.iter().any(|open| open.account.as_ref() == Some(account));
    Some(if is_stand_in { arn.replace(&format!(":{account}:"), ":*:") } else { arn.clone() })
}

/// Who may take the role: for reading, pull requests and the branch; for writing, the branch or the environment alone.
fn workflow(
    arguments: &IamArguments,
    repository: &str,
    files: Option<&Files>,
    writes: bool,
) -> Result<Workflow, Failure> {
    let targets = files.map(|files| files.desired.targets.as_slice()).unwrap_or_default();
    let accounts: BTreeSet<&AccountId> = targets.iter().map(|at| &at.target.account).collect();
    let has_organization = files.is_some_and(|files| files.open.iter().any(|open| open.account.is_some()));
    let account = match (&arguments.account, accounts.first()) {
        (Some(account), _) => account.clone(),
        (None, Some(only)) if accounts.len() == 1 && !has_organization => (*only).clone(),
        _ => {
            let message = "the account of the role is not known";
            return Err(Failure::usage(message.to_owned(), "Name it with --account 111122223333."));
        }
    };
    let partition = targets.first().map_or(Partition::AWS, |at| at.target.region.partition());
    let branch = format!("ref:refs/heads/{}", arguments.branch);
    let subjects = match (&arguments.environment, writes) {
        (Some(environment), _) => vec![format!("environment:{environment}")],
        (None, true) => vec![branch],
        (None, false) => vec!["pull_request".to_owned(), branch],
    };
    Ok(Workflow { repository: repository.to_owned(), account, partition, subjects })
}

/// `OWNER/NAME`, of the letters that GitHub allows: a `*` would let everybody in.
fn repository(text: &str) -> Result<String, String> {
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match text.split_once('/') {
        Some((owner, name)) if is_name(owner) && is_name(name) => Ok(text.to_owned()),
        _ => Err("a repository looks like example/infra".to_owned()),
    }
}
