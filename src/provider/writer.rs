//! Put and Delete.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;

use crate::model::{PolicyKey, PolicyScope, Target};

use super::PolicyWriter;
use super::bucket::{Bucket, turn};
use super::port::{ProviderError, ProviderErrorKind};
use super::retry::OnlyWritesNotDone;

/// Writes the policies of one target.
#[derive(Debug, Clone)]
pub struct AwsWriter {
    client: Client,
    target: Target,
    bucket: Option<Arc<Bucket>>,
}

impl AwsWriter {
    pub(super) fn new(client: &Client, target: Target, bucket: Option<Arc<Bucket>>) -> Self {
        let config = client.config().to_builder().retry_classifier(OnlyWritesNotDone);
        Self { client: Client::from_conf(config.build()), target, bucket }
    }

    /// The policy's name, or its log group's ARN: exactly one of the two.
    fn identity(&self, key: &PolicyKey) -> (Option<String>, Option<String>) {
        match key.scope {
            PolicyScope::Account => (Some(key.identity.clone()), None),
            PolicyScope::Resource => (None, Some(self.target.log_group_arn(&key.identity))),
        }
    }
}

impl PolicyWriter for AwsWriter {
    async fn put(
        &self,
        key: &PolicyKey,
        document: &str,
        expected_revision: Option<&str>,
    ) -> Result<(), ProviderError> {
        let (name, arn) = self.identity(key);
        let call = self
            .client
            .put_resource_policy()
            .set_policy_name(name)
            .set_resource_arn(arn)
            .policy_document(document)
            .set_expected_revision_id(expected_revision.map(ToOwned::to_owned));
        turn(self.bucket.as_deref()).await;
        let answer = call.send().await;
        answer.map(drop).map_err(|error| ProviderError::from_sdk("PutResourcePolicy", &self.target, &error))
    }

    async fn delete(&self, key: &PolicyKey, expected_revision: Option<&str>) -> Result<(), ProviderError> {
        let (name, arn) = self.identity(key);
        let call = self
            .client
            .delete_resource_policy()
            .set_policy_name(name)
            .set_resource_arn(arn)
            .set_expected_revision_id(expected_revision.map(ToOwned::to_owned));
        turn(self.bucket.as_deref()).await;
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = ProviderError::from_sdk("DeleteResourcePolicy", &self.target, &error);
                // It is gone, which is what was wanted.
                if error.kind == ProviderErrorKind::NotFound { Ok(()) } else { Err(error) }
            }
        }
    }
}
