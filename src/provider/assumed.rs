//! Credentials of a role in another account.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::Client;
use aws_sdk_sts::error::DisplayErrorContext;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::model::AssumedRole;

/// Assumes a role whenever it is asked for credentials; the identity cache of the clients keeps them until they expire, and
/// asks once however many clients wait.
#[derive(Debug)]
pub(super) struct AssumedCredentials {
    client: Client,
    role: AssumedRole,
    session: String,
    bound: Arc<Semaphore>,
}

/// Roles assumed at once. STS takes 600 calls in a second of an account in a Region
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>), and each takes some 30 milliseconds.
pub(super) const AT_ONCE: usize = 16;

/// How long a call that is not answered holds up others.
const PATIENCE: Duration = Duration::from_secs(2);

impl AssumedCredentials {
    /// `session` names the run: CloudTrail shows it beside the role. `bound` is one for all roles of a run.
    pub(super) fn new(client: Client, role: AssumedRole, session: String, bound: Arc<Semaphore>) -> Self {
        Self { client, role, session, bound }
    }

    async fn assume(&self) -> provider::Result {
        let AssumedRole { arn, external_id } = &self.role;
        let request = self.client.assume_role().role_arn(arn).role_session_name(&self.session);
        // Never closed: without a turn the call would go out all the same.
        let turn = self.bound.acquire().await.ok();
        let mut call = Box::pin(request.set_external_id(external_id.clone()).send());
        let soon = timeout(PATIENCE, &mut call).await;
        drop(turn);
        let answer = match soon {
            Ok(answer) => answer,
            Err(_) => call.await,
        };
        let answer = answer.map_err(|error| {
            CredentialsError::provider_error(format!(
                "the role {arn} cannot be assumed: {}",
                DisplayErrorContext(&error)
            ))
        })?;
        let found = answer.credentials.ok_or_else(|| {
            CredentialsError::provider_error(format!("the answer of AssumeRole for {arn} has no credentials"))
        })?;
        let expires = found.expiration.try_into().map_err(CredentialsError::provider_error)?;
        let builder = Credentials::builder()
            .access_key_id(found.access_key_id)
            .secret_access_key(found.secret_access_key)
            .session_token(found.session_token)
            .expiry(expires)
            .provider_name("assume_role");
        Ok(builder.build())
    }
}

impl ProvideCredentials for AssumedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}
