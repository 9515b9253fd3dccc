//! The arguments, as written on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::provider::Rate;

use super::compact::CompactArguments;
use super::drift::DriftArguments;
use super::emulate::EmulateArguments;
use super::iam::IamCommand;
use super::import::{IMPORT_HELP, ImportArguments};
use super::init::InitArguments;
use super::merge::ReportCommand;
use super::plan_arguments::{ApplyArguments, PlanArguments, RollbackArguments};
use super::recipes::RecipesArguments;
use super::report_file::{ReportFile, report_file};
use super::shard::Shard;
use super::state::StateCommand;
use super::status::StatusArguments;

/// Declarative CloudWatch Logs resource policies: see the plan, apply it, keep it.
#[derive(Debug, Parser)]
#[command(
    name = "logpolicy",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Example:\n  logpolicy plan\n  logpolicy -f policies/ --target network apply"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// A desired-state file, or a folder of them; can be repeated [default: logpolicy.yaml]
    #[arg(short, long = "file", value_name = "PATH", global = true)]
    pub(super) files: Vec<PathBuf>,
    /// Only these targets: a name under `targets`, or a pattern for ACCOUNT/REGION; can be repeated
    #[arg(long, value_name = "NAME|GLOB", global = true)]
    pub(super) target: Vec<String>,
    /// Only a part of the targets: the K-th of N, the same on every machine
    #[arg(long, value_name = "K/N", global = true)]
    pub(super) shard: Option<Shard>,
    /// Only policies whose address matches: a pattern for ACCOUNT/REGION/policy:NAME, or for policy:NAME; can be repeated
    #[arg(long, value_name = "ADDRESS-GLOB", global = true)]
    pub(super) only: Vec<String>,
    /// When to colour
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN", global = true)]
    pub(super) color: Colour,
    /// Also show what does not change
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// Say only what was asked for, and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// How many targets at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..), global = true)]
    pub(super) parallelism: u16,
    /// The most reading calls per second for each account and Region [default: 5, as AWS takes of their neighbours; no bound
    /// in a sandbox]
    #[arg(long, value_name = "N", value_parser = rate, global = true)]
    pub(super) read_tps: Option<Rate>,
    /// The most writing calls per second for each account and Region [default: 5]
    #[arg(long, value_name = "N", value_parser = rate, global = true)]
    pub(super) write_tps: Option<Rate>,
    /// How long a call may take, with all its attempts, such as 90s or 2m
    #[arg(long, value_name = "TIME", value_parser = some_time, default_value = "60s", global = true)]
    pub(super) timeout: Duration,
    /// Show no progress bar; there is none where standard error is no terminal
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
    /// Talk to this endpoint instead of AWS
    #[arg(long, value_name = "URL", global = true, conflicts_with = "sandbox")]
    pub(super) endpoint_url: Option<String>,
    /// Play without AWS, on a world kept in FILE [default: .logpolicy/sandbox.json beside the desired state]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, global = true)]
    pub(super) sandbox: Option<Option<PathBuf>>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On terminals, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Begin: write a commented logpolicy.yaml, and workflows for GitHub
    #[command(
        after_help = "Example:\n  logpolicy init --account 111122223333 --region us-east-1\n  logpolicy init --github"
    )]
    Init(InitArguments),
    /// Check the desired state, offline
    #[command(after_help = "Example:\n  logpolicy validate --format json")]
    Validate(ValidateArguments),
    /// Show what `apply` would do
    #[command(after_help = "Example:\n  logpolicy plan --detailed-exitcode")]
    Plan(PlanArguments),
    /// Do what `plan` shows
    #[command(after_help = "Example:\n  logpolicy apply --auto-approve")]
    Apply(ApplyArguments),
    /// Show who holds the slots and the bytes, and which log groups are named and do not exist
    #[command(after_help = "Example:\n  logpolicy status --format markdown")]
    Status(StatusArguments),
    /// Show what we recorded, forget a policy, take a lock away
    #[command(subcommand, after_help = "Example:\n  logpolicy state list")]
    State(StateCommand),
    /// Plan back to what an earlier apply recorded
    #[command(
        after_help = "Example:\n  logpolicy --target 111122223333/us-east-1 rollback --to 12 -o back.json\n  \
                      logpolicy apply back.json"
    )]
    Rollback(RollbackArguments),
    /// Say whether a service may write to a log group, and by which statement
    #[command(
        after_help = "Example:\n  logpolicy can es.amazonaws.com PutLogEvents /aws/search/x --source-account 111122223333"
    )]
    Can(CanArguments),
    /// Show what others changed behind our back
    #[command(
        after_help = "Example:\n  logpolicy drift --attribute\n  logpolicy drift --metrics /var/lib/node_exporter/logpolicy.prom"
    )]
    Drift(DriftArguments),
    /// Put the reports of shards together
    #[command(subcommand, after_help = "Example:\n  logpolicy report merge shards/*.json --format text")]
    Report(ReportCommand),
    /// Propose the fewest policies that grant what the unmanaged ones grant
    #[command(
        after_help = "Example:\n  logpolicy compact -o compact.yaml\n  logpolicy -f logpolicy.yaml -f compact.yaml plan"
    )]
    Compact(CompactArguments),
    /// Write what is live, or what another tool declares, as desired state, and record it as ours
    #[command(after_help = IMPORT_HELP)]
    Import(ImportArguments),
    /// Show the documented shapes that services need, for `grants`
    #[command(after_help = "Example:\n  logpolicy recipes route53-query-logs")]
    Recipes(RecipesArguments),
    /// Print the least IAM policy that a command needs
    #[command(
        subcommand,
        after_help = "Example:\n  logpolicy iam plan > plan-role.json\n  \
                      logpolicy iam apply --github example/infra --branch main > apply-trust.json"
    )]
    Iam(IamCommand),
    /// Explain a rule, or list them all
    #[command(after_help = "Example:\n  logpolicy explain LP401")]
    Explain {
        /// The rule's code
        code: Option<String>,
    },
    /// Serve an emulated CloudWatch Logs on loopback
    #[command(after_help = "Example:\n  logpolicy emulate --listen 127.0.0.1:4599 --world world.json\n  \
                      AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=x aws logs describe-resource-policies \
                      --region us-east-1 --endpoint-url http://127.0.0.1:4599")]
    Emulate(EmulateArguments),
    /// Print the JSON Schema of the desired-state file
    #[command(after_help = "Example:\n  logpolicy schema > logpolicy.schema.json")]
    Schema,
    /// Print completions for a shell
    #[command(after_help = "Example:\n  logpolicy completions bash > /etc/bash_completion.d/logpolicy")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  logpolicy man > logpolicy.1")]
    Man,
}

/// How a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingsFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For code scanning.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
}

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub(super) struct ValidateArguments {
    /// How to show it
    #[arg(long, value_enum, default_value_t = FindingsFormat::Text)]
    pub(super) format: FindingsFormat,
    /// Also write it to a file, in a format of `--format`; can be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file::<FindingsFormat>)]
    pub(super) reports: Vec<ReportFile<FindingsFormat>>,
}

/// Arguments of `can`.
#[derive(Debug, Args)]
pub(super) struct CanArguments {
    /// The service principal, such as es.amazonaws.com
    pub(super) service: String,
    /// PutLogEvents or CreateLogStream
    pub(super) action: String,
    /// The name of the log group
    pub(super) log_group: String,
    /// The ARN that the service acts for (aws:SourceArn)
    #[arg(long, value_name = "ARN")]
    pub(super) source_arn: Option<String>,
    /// The account that the service acts for (aws:SourceAccount)
    #[arg(long, value_name = "ACCOUNT")]
    pub(super) source_account: Option<String>,
    /// Ask the live policies, not the files
    #[arg(long)]
    pub(super) live: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// Calls per second: `5` or `0.5`.
fn rate(text: &str) -> Result<Rate, String> {
    let rate = text.parse().ok().and_then(Rate::per_second);
    rate.ok_or_else(|| "a rate is a number of calls per second above 0, such as 5 or 0.5".to_owned())
}

/// A time in which something can happen.
fn some_time(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time.is_zero() { Err("nothing answers in no time".to_owned()) } else { Ok(time) }
}

/// A whole number with a unit: `30ms`, `2s` or `5m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let wrong = || "a time looks like 30ms, 2s or 5m".to_owned();
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    /// Every command below one, with what leads to it: `state list`.
    fn commands(above: &clap::Command, path: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for command in above.get_subcommands() {
            let name = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            found.extend(commands(command, &name));
            found.push((name, help));
        }
        found
    }

    #[test]
    fn every_command_has_an_example() {
        let commands = commands(&Arguments::command(), "logpolicy");
        assert!(commands.iter().any(|(name, _)| name == "logpolicy state list"), "those within others too");
        for (name, help) in commands {
            assert!(help.starts_with("Example:\n  logpolicy "), "{name}: {help}");
        }
    }

    #[test]
    fn every_example_is_of_its_command_and_can_be_read() {
        for (name, help) in commands(&Arguments::command(), "logpolicy") {
            // What stands below an empty line explains.
            let lines = help.lines().skip(1).map(str::trim);
            let examples: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
            let words: Vec<&str> = name.split(' ').skip(1).collect();
            let is_of_it = |line: &&str| words.iter().all(|word| line.split(' ').any(|other| other == *word));
            assert!(examples.iter().any(is_of_it), "{name}: {help}");
            // What other programs are told is theirs to read.
            for line in examples.iter().filter(|line| line.starts_with("logpolicy ")) {
                let read = line.split(['>', '|']).next().unwrap_or_default().split_whitespace();
                let read = read.map(|word| word.trim_matches(['\'', '"']));
                assert!(Arguments::try_parse_from(read).is_ok(), "{name}: {line}");
            }
        }
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("30ms"), Ok(Duration::from_millis(30)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for text in ["", "30", "ms", "-1s", "1h", "99999999999999999999s", "9999999999999999999m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
