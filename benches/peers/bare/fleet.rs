//! Many targets: one client for all, which each call gives a Region and credentials of its own; a role for each account.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use aws_config::Region;
use aws_credential_types::Credentials;
use aws_sdk_cloudwatchlogs::{Client, config};
use aws_sdk_sts as sts;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::spawn;
use tokio::sync::OnceCell;

use crate::{Failure, Outcome, configuration};

/// Credentials of an account's role, once somebody has asked for them.
type Role = Arc<OnceCell<Credentials>>;

/// What goes wrong on another thread.
type Refused = Box<dyn Error + Send + Sync>;

/// Counts the policies of all targets that a file names.
pub(crate) async fn run(file: &str, at_once: usize) -> Outcome {
    let text = std::fs::read_to_string(file)?;
    let targets: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    let base = configuration().await;
    // Not one client for each target: with each the SDK reads the machine's root certificates again.
    let (logs, sts) = (Client::new(&base), sts::Client::new(&base));
    let mut roles: BTreeMap<&str, Role> = BTreeMap::new();
    let counted = stream::iter(&targets)
        .map(|(account, region)| {
            let role = Arc::clone(roles.entry(account).or_default());
            spawn(count(logs.clone(), sts.clone(), role, (*account).to_owned(), (*region).to_owned()))
        })
        .buffer_unordered(at_once)
        .map(|joined| joined?.map_err(|failure| failure as Failure))
        .try_fold(0, async |sum, policies| Ok::<_, Failure>(sum + policies));
    println!("{} policies in {} targets", counted.await?, targets.len());
    Ok(())
}

/// Counts the policies of a target; the first at an account assumes its role.
async fn count(
    logs: Client,
    sts: sts::Client,
    role: Role,
    account: String,
    region: String,
) -> Result<usize, Refused> {
    let credentials = role.get_or_try_init(|| assume(&sts, &account)).await?.clone();
    let own = config::Builder::new().region(Region::new(region)).credentials_provider(credentials);
    let answer = logs.describe_resource_policies().customize().config_override(own).send().await?;
    Ok(answer.resource_policies().len())
}

async fn assume(sts: &sts::Client, account: &str) -> Result<Credentials, Refused> {
    let role = format!("arn:aws:iam::{account}:role/logpolicy");
    let answer = sts.assume_role().role_arn(role).role_session_name("bare").send().await?;
    let keys = answer.credentials().ok_or("the answer of AssumeRole has no credentials")?;
    let (id, secret, token) = (keys.access_key_id(), keys.secret_access_key(), keys.session_token());
    Ok(Credentials::new(id, secret, Some(token.to_owned()), None, "assumed"))
}
