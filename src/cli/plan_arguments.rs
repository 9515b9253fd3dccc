//! The arguments of the commands that plan and apply.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::arguments::duration;
use super::plan_form::PlanForm;
use super::report_file::{ReportFile, report_file};

/// What `plan` and `apply` share.
#[derive(Debug, Args)]
pub(super) struct Planning {
    /// How to show it
    #[arg(long, value_enum, default_value_t = PlanForm::Text)]
    pub(super) format: PlanForm,
    /// Also write it to a file, in a format of `--format`; can be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file::<PlanForm>)]
    pub(super) reports: Vec<ReportFile<PlanForm>>,
    /// Allow a refusal by its name; can be repeated
    #[arg(long, value_name = "NAME", value_parser = ["takeover", "too-many-deletes", "too-many-changes", "access-gap"])]
    pub(super) allow: Vec<String>,
}

/// A language for drawings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Graph {
    /// For Graphviz.
    Dot,
    /// For Markdown pages that draw Mermaid.
    Mermaid,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    pub(super) planning: Planning,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Exit with 3 and an example request when anything is newly allowed
    #[arg(long)]
    pub(super) deny_new_access: bool,
    /// Print the order of the writes as a drawing, in place of the plan
    #[arg(long, value_enum, value_name = "LANGUAGE", conflicts_with = "format")]
    pub(super) graph: Option<Graph>,
    /// Save the plan, for `apply FILE`
    #[arg(short, long = "out", value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub(super) struct ApplyArguments {
    /// A saved plan; it is carried out as it was shown, without being asked for
    #[arg(value_name = "PLAN")]
    pub(super) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(super) planning: Planning,
    #[command(flatten)]
    pub(super) approval: Approval,
    /// Apply only the plan with this digest: at least 12 hex digits of it
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(super) expect: Option<String>,
    /// Apply group after group, by names under `targets` or patterns: the next begins when all went well in the one before
    #[arg(long = "wave", value_name = "NAME,...", value_delimiter = ',')]
    pub(super) waves: Vec<String>,
    /// Begin the next wave although one failed
    #[arg(long, requires = "waves")]
    pub(super) keep_going: bool,
}

/// How a write is approved and how long it waits for another run.
#[derive(Debug, Args)]
pub(super) struct Approval {
    /// Do not ask
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// How long to wait for another run that works on the same target, such as 30s or 5m
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    pub(super) lock_timeout: Duration,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    /// The serial of an apply; `logpolicy state history` shows them
    #[arg(long, value_name = "SERIAL")]
    pub(super) to: u64,
    #[command(flatten)]
    pub(super) planning: Planning,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Save the plan, for `apply FILE`
    #[arg(short, long = "out", value_name = "FILE", conflicts_with = "auto_approve")]
    pub(super) out: Option<PathBuf>,
    /// Apply it, without asking
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// How long to wait for another run that works on the same target, such as 30s or 5m
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    pub(super) lock_timeout: Duration,
}

/// The beginning of a plan's digest: its lower-case hex digits, without `sha256:`.
fn digest(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex && (12..=64).contains(&digits.len()) {
        Ok(digits)
    } else {
        Err("a digest is given by at least 12 of its 64 hex digits, as `plan` shows them".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_named_by_twelve_digits() {
        assert_eq!(digest("sha256:3F9C1A7E04B2"), Ok("3f9c1a7e04b2".to_owned()));
        for text in ["", "3f9c1a7e04b", "3f9c1a7e04bx", &"0".repeat(65)] {
            assert!(digest(text).is_err(), "{text}");
        }
    }
}
