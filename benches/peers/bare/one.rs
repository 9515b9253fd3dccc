//! One client, one call.

use aws_sdk_cloudwatchlogs::Client;

use crate::{Outcome, configuration};

/// Counts the policies of the account and Region that the environment names.
pub(crate) async fn run() -> Outcome {
    let config = configuration().await;
    let answer = Client::new(&config).describe_resource_policies().send().await?;
    println!("{} policies", answer.resource_policies().len());
    Ok(())
}
