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

#[cfg(test)]
mod tests {
    use aws_smithy_async::time::TimeSource;
    use aws_smithy_types::retry::RetryConfig;

    use super::*;
    use crate::provider::http::OnceConnected;
    use crate::provider::stub::{Answer, Stub};

    /// 2026-01-01T00:00:00Z.
    const BEGIN: u64 = 1_767_225_600;

    /// A clock that is set by hand, in minutes.
    #[derive(Debug, Clone, Default)]
    struct Clock(Arc<std::sync::Mutex<u64>>);

    impl TimeSource for Clock {
        fn now(&self) -> SystemTime {
            let minutes = *self.0.lock().expect("no panic");
            SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN + 60 * minutes)
        }
    }

    /// The first two calls give credentials that last until one and until two o'clock; the others are refused.
    fn answer(number: usize) -> Answer {
        if number > 2 {
            let error = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
            return Answer::Body(403, error.to_owned());
        }
        Answer::Body(
            200,
            format!(
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>KEY{number}</AccessKeyId>\
                 <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                 <Expiration>2026-01-01T0{number}:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            ),
        )
    }

    /// A role at a stub, and the clock by which its credentials grow old.
    fn role_at(stub: &Stub) -> (AssumedCredentials, Clock) {
        let clock = Clock::default();
        let config = aws_sdk_sts::config::Builder::new()
            .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
            .endpoint_url(&stub.url)
            .http_client(OnceConnected::plain())
            .credentials_provider(Credentials::new("k", "s", None, None, "test"))
            .retry_config(RetryConfig::disabled());
        let (bound, session) = (Arc::new(Semaphore::new(AT_ONCE)), "run".to_owned());
        let sts = Sts { config, clock: SharedTimeSource::new(clock.clone()), session, bound };
        let role = AssumedRole { arn: "arn:aws:iam::111122223333:role/x".to_owned(), external_id: None };
        (AssumedCredentials::new(Arc::new(sts), Region::from_static("us-east-1"), role), clock)
    }

    #[tokio::test]
    async fn credentials_are_kept_until_shortly_before_they_expire() {
        let stub = Stub::new(|number, _| answer(number)).await;
        let (assumed, clock) = role_at(&stub);
        for (minutes, key, calls) in [
            (0, Some("KEY1"), 1),
            (54, Some("KEY1"), 1),
            (56, Some("KEY2"), 2),
            (114, Some("KEY2"), 2),
            // The renewal is refused, and what is held is still good.
            (116, Some("KEY2"), 3),
            (121, None, 4),
        ] {
            *clock.0.lock().expect("no panic") = minutes;
            let found = assumed.current().await.ok();
            assert_eq!(found.as_ref().map(Credentials::access_key_id), key, "after {minutes} minutes");
            assert_eq!(stub.asked().len(), calls, "after {minutes} minutes");
        }
    }

    #[tokio::test]
    async fn all_who_ask_at_once_share_one_call() {
        let stub = Stub::new(|number, _| answer(number)).await;
        let (assumed, _) = role_at(&stub);
        let found = futures_util::future::join_all((0..20).map(|_| assumed.current())).await;
        assert!(found.into_iter().all(|found| found.is_ok_and(|key| key.access_key_id() == "KEY1")));
        assert_eq!(stub.asked().len(), 1);
    }
}
