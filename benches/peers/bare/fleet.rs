//! Many targets: one configuration, and with it one HTTP client and one cache of credentials; a role for each account.

use std::collections::BTreeMap;

use aws_config::sts::AssumeRoleProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudwatchlogs::config::Builder;
use aws_sdk_cloudwatchlogs::{Client, Error};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::spawn;

use crate::{Failure, Outcome, configuration};

/// Counts the policies of all targets that a file names.
pub(crate) async fn run(file: &str, at_once: usize) -> Outcome {
    let text = std::fs::read_to_string(file)?;
    let targets: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    let base = configuration().await;
    let mut roles = BTreeMap::new();
    for (account, region) in &targets {
        if !roles.contains_key(account) {
            roles.insert(*account, role(&base, account, region).await);
        }
    }
    let counted = stream::iter(&targets)
        .map(|(account, region)| {
            spawn(count(base.clone(), roles[account].clone(), Region::new((*region).to_owned())))
        })
        .buffer_unordered(at_once)
        .map(|joined| joined?.map_err(Box::from))
        .try_fold(0, async |sum, policies| Ok::<_, Failure>(sum + policies));
    println!("{} policies in {} targets", counted.await?, targets.len());
    Ok(())
}

/// Credentials that are asked for with the account's first call; the cache of the configuration keeps them for the others.
async fn role(base: &SdkConfig, account: &str, region: &str) -> SharedCredentialsProvider {
    let arn = format!("arn:aws:iam::{account}:role/logpolicy");
    let role = AssumeRoleProvider::builder(arn).configure(base).region(Region::new(region.to_owned()));
    SharedCredentialsProvider::new(role.session_name("bare").build().await)
}

/// Counts the policies of a target.
async fn count(base: SdkConfig, role: SharedCredentialsProvider, region: Region) -> Result<usize, Error> {
    let config = Builder::from(&base).region(region).credentials_provider(role).build();
    let answer = Client::from_conf(config).describe_resource_policies().send().await?;
    Ok(answer.resource_policies().len())
}
