//! Credentials of a role in another account.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::Client;
use aws_sdk_sts::error::DisplayErrorContext;

use crate::model::AssumedRole;

/// Assumes a role whenever it is asked for credentials; the identity cache of the clients keeps them until they expire, and
/// asks once however many clients wait.
#[derive(Debug)]
pub(super) struct AssumedCredentials {
    client: Client,
    role: AssumedRole,
    session: String,
}

impl AssumedCredentials {
    /// `session` names the run: CloudTrail shows it beside the role.
    pub(super) fn new(client: Client, role: AssumedRole, session: String) -> Self {
        Self { client, role, session }
    }

    async fn assume(&self) -> provider::Result {
        let AssumedRole { arn, external_id } = &self.role;
        let request = self.client.assume_role().role_arn(arn).role_session_name(&self.session);
        let answer = request.set_external_id(external_id.clone()).send().await.map_err(|error| {
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
