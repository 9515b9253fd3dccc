//! What only AWS knows about the targets of the files: asked before anything else, and of one mind with the reader.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Parsed;
use crate::fleet;
use crate::model::{Asked, Directory, Membership, OpenTarget, Region, RegionsOf, Target};
use crate::provider::Aws;
use crate::report::counted;

use super::failure::Failure;
use super::reach::Reach;
use super::streams::Streams;

/// Questions to AWS Organizations at once: it takes a few calls per second, and each question is many.
const ORGANIZATIONS_AT_ONCE: usize = 2;

/// Accounts asked for their Regions at once, as many as roles are assumed at once.
const ACCOUNTS_AT_ONCE: usize = 16;

/// Failures that are shown beside the first.
const MOST_OTHERS: usize = 4;

/// Whether the files leave something to AWS.
pub(super) fn asks(parsed: &Parsed) -> bool {
    !parsed.accounts_asked().is_empty() || !parsed.regions_asked(&Directory::default()).is_empty()
}

/// Asks AWS for what the files leave to it: each question once. Files that have errors are not worth a question.
pub(super) async fn look_up(
    parsed: &Parsed,
    reach: &Reach,
    width: usize,
    streams: Streams,
) -> Result<Directory, Failure> {
    let mut directory = Directory::default();
    if parsed.has_errors() {
        return Ok(directory);
    }
    let asked = parsed.accounts_asked();
    if reach.is_sandbox() && asked.iter().any(|asked| asked.question.unit.is_some()) {
        streams.say("note: a sandbox has no units: every account of its world stands in each\n");
    }
    let width_there = width.min(ORGANIZATIONS_AT_ONCE);
    let answers = fleet::across(&asked, width_there, |asked| reach.aws.members(&asked.question)).await;
    directory.accounts = answered(asked, answers)?;
    for membership in parsed.memberships(&directory) {
        judge(&membership, reach, streams)?;
    }
    let asked = parsed.regions_asked(&directory);
    let width_there = width.min(ACCOUNTS_AT_ONCE);
    let answers = fleet::across(&asked, width_there, |asked| regions(&reach.aws, &asked.question)).await;
    directory.regions = answered(asked, answers)?;
    Ok(directory)
}

/// The Regions of an account, if it is the account that answers.
async fn regions(aws: &Aws, of: &RegionsOf) -> Result<BTreeSet<Region>, Failure> {
    let home = Target { account: of.account.clone(), region: of.partition.home() };
    let account = aws.account_of(&of.access, &home).await?;
    Failure::unless_own(&account, &home)?;
    Ok(aws.regions(of).await?)
}

/// An organization without a single target is an error: a plan of nothing looks like success.
fn judge(membership: &Membership, reach: &Reach, streams: Streams) -> Result<(), Failure> {
    let Membership { target, place, found, chosen, never_found } = membership;
    for account in never_found {
        streams.say(&format!(
            "note: account {account} is excluded from target `{target}`, and was not found there\n"
        ));
    }
    if *chosen > 0 {
        return Ok(());
    }
    let message = match found {
        0 => "its organization was found to have no account".to_owned(),
        found => {
            format!("of {} found there none is both active and not excluded", counted(*found, "account"))
        }
    };
    let hint = if reach.is_sandbox() {
        "The accounts of the world file are the sandbox's organization; without a file there are none."
    } else {
        "Name other `units`, or exclude fewer accounts: without an account there would be nothing to plan."
    };
    let place = place.as_ref().map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column));
    let place = place.unwrap_or_default();
    Err(Failure::error(format!("{place}target `{target}`: {message}"), vec![hint.to_owned()]))
}

/// The answers by question, or the failures together: the first whole, some more in a line each.
fn answered<Q: Ord, A, E: Into<Failure>>(
    asked: Vec<Asked<Q>>,
    answers: Vec<Result<A, E>>,
) -> Result<BTreeMap<Q, A>, Failure> {
    let mut known = BTreeMap::new();
    let mut failures = Vec::new();
    for (Asked { question, target, place }, answer) in asked.into_iter().zip(answers) {
        match answer {
            Ok(answer) => drop(known.insert(question, answer)),
            Err(error) => {
                let mut failure: Failure = error.into();
                let place = place.map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column));
                failure.message =
                    format!("{}target `{target}`: {}", place.unwrap_or_default(), failure.message);
                failures.push(failure);
            }
        }
    }
    let mut failures = failures.into_iter();
    let Some(mut first) = failures.next() else { return Ok(known) };
    let others: Vec<Failure> = failures.collect();
    first.hints.extend(others.iter().take(MOST_OTHERS).map(|other| format!("Also: {}.", other.message)));
    if let Some(more) = others.len().checked_sub(MOST_OTHERS).filter(|more| *more > 0) {
        first.hints.push(format!("And {more} more like these."));
    }
    Err(first)
}

/// Which accounts and Regions are not known offline, in one line.
pub(super) fn open_note(open: &[OpenTarget]) -> String {
    let parts = open.iter().map(|OpenTarget { name, account, has_units: _, regions }| match account {
        Some(account) => {
            let what = if *regions { "accounts and Regions" } else { "accounts" };
            format!("the {what} of target `{name}` ({account} stands in)")
        }
        None => format!("the Regions of target `{name}`"),
    });
    format!("note: looked up when planning: {}\n", parts.collect::<Vec<_>>().join(", "))
}
