//! The arguments of `import`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::model::{AccountId, Region};

use super::super::arguments::{Format, duration};

/// Examples, and how it ends.
pub(in crate::cli) const IMPORT_HELP: &str = "Example:\n  \
    logpolicy import --account 111122223333 --region us-east-1 -o logpolicy.yaml\n  \
    logpolicy -f logpolicy.yaml import -o imported.yaml\n  \
    logpolicy import --from terraform.tfstate --removed removed.tf -o imported.yaml\n  \
    logpolicy --target network import --from template.yaml --parameter Zone=Z0123456789ABCDEFGHIJ -o imported.yaml\n\n\
    Without --account the files of `-f` say where to look, and what they name already is passed over. With it no file is \
    read, and the output declares the targets. With -o the policies are recorded as ours, so that a plan right after is \
    empty; on stdout nothing is recorded.\n\n\
    Exit codes: 0 done, also where something was left out, which is said; 1 a target could not be read; 3 nothing of what \
    was found could be taken in; 4 refused, nothing was written.";

/// Arguments of `import`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArguments {
    /// Names of policies or log groups, or patterns for them [default: all but those that `unmanaged.ignore` names]
    #[arg(value_name = "NAME|GLOB")]
    pub(super) policies: Vec<String>,
    /// What is imported: what is `live`, or what a Terraform state or a CloudFormation template in a file declares
    #[arg(long, value_name = "live|FILE", default_value = "live")]
    pub(super) from: PathBuf,
    /// What the file is [default: told from its content]
    #[arg(long = "as", value_enum, value_name = "KIND")]
    pub(super) kind: Option<SourceKind>,
    /// The value of a parameter of the CloudFormation template; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub(super) parameter: Vec<(String, String)>,
    /// Write Terraform's `removed` blocks to this file, not to stderr
    #[arg(long, value_name = "FILE")]
    pub(super) removed: Option<PathBuf>,
    /// Declare this account as a target; can be repeated
    #[arg(long, value_name = "ACCOUNT", requires = "region")]
    pub(super) account: Vec<AccountId>,
    /// The Region of those accounts; can be repeated
    #[arg(long, value_name = "REGION", requires = "account")]
    pub(super) region: Vec<Region>,
    /// Write to this file, or with a slash at the end to this folder, one file for each target
    #[arg(short, long = "out", value_name = "FILE|FOLDER/")]
    pub(super) out: Option<PathBuf>,
    /// Write one file for each target into the folder of `-o`
    #[arg(long, requires = "out")]
    pub(super) per_target: bool,
    /// Replace files that exist
    #[arg(long)]
    pub(super) force: bool,
    /// Do not look for policies on log groups
    #[arg(long)]
    pub(super) no_discover: bool,
    /// Take in what AWS services write, too
    #[arg(long)]
    pub(super) include_aws: bool,
    /// Do not record what is written: the next apply adopts it
    #[arg(long)]
    pub(super) no_record: bool,
    /// How long to wait for another run that works on the same target, such as 30s or 5m
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    pub(super) lock_timeout: Duration,
    /// How to show what was done; as JSON it holds the documents, and no desired state is written without `-o`
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// What a file of another tool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SourceKind {
    /// A state of version 4, or what `terraform show -json` prints.
    Terraform,
    /// A template in JSON or YAML.
    Cloudformation,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter looks like NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
