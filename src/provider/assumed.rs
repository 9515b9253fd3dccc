//! Credentials of a role in another account.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::Client;
use aws_smithy_async::time::SharedTimeSource;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::timeout;

use crate::model::AssumedRole;

use super::error::words;

/// STS as it is asked with some credentials, in any Region.
#[derive(Debug)]
pub(super) struct Sts {
    /// Whose credentials assume the roles; STS's own endpoint is in it.
    config: aws_sdk_sts::config::Builder,
    clock: SharedTimeSource,
    /// Names the run: CloudTrail shows it beside the role.
    session: String,
    /// One for all roles of a run.
    bound: Arc<Semaphore>,
}

/// Assumes a role when it is first asked for credentials, however many ask, and keeps them until shortly before they
/// expire. The SDK's own cache would do so for 64 roles, and hold a client and more for each.
#[derive(Debug)]
pub(super) struct AssumedCredentials {
    sts: Arc<Sts>,
    region: Region,
    role: AssumedRole,
    held: Mutex<Option<Credentials>>,
}

/// Roles assumed at once. STS takes 600 calls in a second of an account in a Region
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>), and each takes some 30 milliseconds.
pub(super) const AT_ONCE: usize = 16;

/// How long a call that is not answered holds up others.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long before they expire credentials are renewed: as long as the longest call and its retries may take, and the
/// clocks differ.
const EARLY: Duration = Duration::from_secs(300);

impl Sts {
    /// STS with the configuration of whoever assumes the roles.
    pub(super) fn new(
        base: &SdkConfig,
        config: aws_sdk_sts::config::Builder,
        session: String,
        bound: Arc<Semaphore>,
    ) -> Self {
        Self { config, clock: base.time_source().unwrap_or_default(), session, bound }
    }

    /// A client for one call.
    fn client(&self, region: &Region, role: &str) -> Client {
        let partition = super::retry::partition(format!("sts {role}"));
        let config = self.config.clone().region(region.clone()).retry_partition(partition);
        Client::from_conf(config.build())
    }
}

impl AssumedCredentials {
    /// The credentials of a role, assumed in the STS of a Region.
    pub(super) fn new(sts: Arc<Sts>, region: Region, role: AssumedRole) -> Self {
        Self { sts, region, role, held: Mutex::new(None) }
    }

    /// Credentials that are good for a while; who asks while a call is under way waits for its answer.
    async fn current(&self) -> provider::Result {
        let mut held = self.held.lock().await;
        let now = self.sts.clock.now();
        if let Some(credentials) = held.as_ref().filter(|credentials| lasts(credentials, now + EARLY)) {
            return Ok(credentials.clone());
        }
        match (self.assume().await, &*held) {
            (Ok(credentials), _) => {
                *held = Some(credentials.clone());
                Ok(credentials)
            }
            // Renewed early: there is time to try again with the next call.
            (Err(_), Some(credentials)) if lasts(credentials, now) => Ok(credentials.clone()),
            (Err(error), _) => Err(error),
        }
    }

    async fn assume(&self) -> provider::Result {
        let AssumedRole { arn, external_id } = &self.role;
        let client = self.sts.client(&self.region, arn);
        let request = client.assume_role().role_arn(arn).role_session_name(&self.sts.session);
        // Never closed: without a turn the call would go out all the same.
        let turn = self.sts.bound.acquire().await.ok();
        let mut call = Box::pin(request.set_external_id(external_id.clone()).send());
        let soon = timeout(PATIENCE, &mut call).await;
        drop(turn);
        let answer = match soon {
            Ok(answer) => answer,
            Err(_) => call.await,
        };
        let answer = answer.map_err(|error| {
            CredentialsError::provider_error(format!("the role {arn} cannot be assumed: {}", words(&error)))
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

/// Whether credentials are still good at some time.
fn lasts(credentials: &Credentials, time: SystemTime) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > time)
}

impl ProvideCredentials for AssumedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}
