//! One client, one call.

use aws_config::BehaviorVersion;
use aws_sdk_cloudwatchlogs::Client;

use crate::Outcome;

/// Counts the policies of the account and Region that the environment names.
pub(crate) async fn run() -> Outcome {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let answer = Client::new(&config).describe_resource_policies().send().await?;
    println!("{} policies", answer.resource_policies().len());
    Ok(())
}
