//! One HTTP client and one base configuration for the whole process; a cheap client for each target.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials as AccessKey;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_cloudtrail as cloudtrail;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_sts as sts;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use futures_util::stream::{self, StreamExt};
use tokio::sync::{OnceCell, Semaphore};

use crate::model::{Access, AccountId, AssumedRole, DesiredTarget, Target};

use super::assumed::{self, AssumedCredentials, Sts};
use super::bucket::Buckets;
use super::event_reader::AwsEventReader;
use super::http::{Bounded, MOST_OF_A_RECORD, MOST_OF_AN_ANSWER, OnceConnected};
use super::options::{Credentials, Options, Rates, Timeouts};
use super::pace::Pace;
use super::port::ProviderError;
use super::reader::AwsReader;
use super::retry::{self, NeverTheseCodes};
use super::writer::AwsWriter;

/// The account of whoever assumes roles in a sandbox.
const SANDBOX_ACCOUNT: &str = "123456789012";

/// The span in which CloudTrail takes two calls.
const SECOND: Duration = Duration::from_secs(1);

/// A value that is made once, however many ask for it at the same time.
type Once<T> = Arc<OnceCell<T>>;

/// The way to AWS, shared by all targets.
#[derive(Debug)]
pub struct Aws {
    options: Options,
    /// One for all profiles.
    http: OnceLock<SharedHttpClient>,
    /// By profile.
    configs: Mutex<BTreeMap<Option<String>, Once<SdkConfig>>>,
    /// Credentials of roles, which the clients of all Regions share.
    roles: Mutex<BTreeMap<Access, SharedCredentialsProvider>>,
    /// Who assumes them, by profile.
    assuming: Mutex<BTreeMap<Option<String>, Arc<Sts>>>,
    /// How many roles are assumed at once.
    bound: Arc<Semaphore>,
    accounts: Mutex<BTreeMap<Identity, Once<Result<AccountId, ProviderError>>>>,
    paces: Mutex<BTreeMap<Target, Arc<Pace>>>,
    buckets: Mutex<BTreeMap<Target, Buckets>>,
}

/// Whose credentials a target uses: what the account they belong to is asked for once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Chain(Access),
    Sandbox(AccountId),
}

impl Aws {
    /// Nothing is read or connected yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            http: OnceLock::new(),
            configs: Mutex::default(),
            roles: Mutex::default(),
            assuming: Mutex::default(),
            bound: Arc::new(Semaphore::new(assumed::AT_ONCE)),
            accounts: Mutex::default(),
            paces: Mutex::default(),
            buckets: Mutex::default(),
        }
    }

    /// The configuration of the default chain, for the other services of AWS that we use; `--endpoint-url` is not theirs.
    pub async fn config(&self) -> SdkConfig {
        let http = Bounded::shared(self.https(), MOST_OF_A_RECORD);
        self.base(None).await.into_builder().http_client(http).build()
    }

    /// The one client of all profiles.
    fn https(&self) -> SharedHttpClient {
        self.http.get_or_init(OnceConnected::https).clone()
    }

    /// Looks at a target.
    pub async fn reader(&self, at: &DesiredTarget) -> AwsReader {
        AwsReader::new(self.logs(at).await, at.target.clone(), self.buckets(&at.target).reads)
    }

    /// Touches a target.
    pub async fn writer(&self, at: &DesiredTarget) -> AwsWriter {
        AwsWriter::new(&self.logs(at).await, at.target.clone(), self.buckets(&at.target).writes)
    }

    /// Looks up who wrote the policies of a target.
    pub async fn event_reader(&self, at: &DesiredTarget) -> AwsEventReader {
        AwsEventReader::new(self.cloudtrail(at).await, at.target.clone(), self.pace(&at.target))
    }

    /// The buckets of a target, which all its readers and writers share.
    fn buckets(&self, target: &Target) -> Buckets {
        let Rates { reads, writes } = self.options.rates;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.entry(target.clone()).or_insert_with(|| Buckets::new(reads, writes)).clone()
    }

    /// The pace of CloudTrail at a target, which all its readers share.
    fn pace(&self, target: &Target) -> Arc<Pace> {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(paces.entry(target.clone()).or_insert_with(|| Arc::new(Pace::new(SECOND))))
    }

    /// The account that the credentials for a target belong to; asked once for each set of credentials.
    ///
    /// # Errors
    /// [`ProviderError`] when STS does not say.
    pub async fn account(&self, at: &DesiredTarget) -> Result<AccountId, ProviderError> {
        self.account_of(&at.access, &at.target).await
    }

    /// The account that some credentials belong to, asked from where a target is.
    ///
    /// # Errors
    /// [`ProviderError`] when STS does not say.
    pub async fn account_of(&self, access: &Access, target: &Target) -> Result<AccountId, ProviderError> {
        // A role's credentials are its account's, as AssumeRole gives no others.
        if let Some(account) = access.role.as_ref().and_then(AssumedRole::account) {
            return Ok(account);
        }
        let identity = match self.options.credentials {
            Credentials::Chain => Identity::Chain(access.clone()),
            Credentials::Sandbox => Identity::Sandbox(target.account.clone()),
        };
        let cell = once(&self.accounts, &identity);
        cell.get_or_init(|| self.ask_for_account(access, target)).await.clone()
    }

    async fn ask_for_account(&self, access: &Access, target: &Target) -> Result<AccountId, ProviderError> {
        const OPERATION: &str = "GetCallerIdentity";
        let base = self.base(access.profile.as_deref()).await;
        let mine = self.own(&base, Some(&target.account));
        let config = self.sts(&base, mine).region(region(target));
        let partition = retry::partition(format!("sts {target}"));
        let client = sts::Client::from_conf(config.retry_partition(partition).build());
        let answer = client.get_caller_identity().send().await;
        let answer = answer.map_err(|error| ProviderError::from_sdk(OPERATION, target, &error))?;
        let account = answer.account.unwrap_or_default();
        let malformed = |_| {
            let message = format!("the answer names no account: {:?}", account.escape_debug().to_string());
            ProviderError::malformed(OPERATION, target, message)
        };
        account.parse().map_err(malformed)
    }

    /// STS, as somebody.
    fn sts(&self, base: &SdkConfig, credentials: Option<SharedCredentialsProvider>) -> sts::config::Builder {
        let mut config = sts::config::Builder::from(base);
        if let Some(url) = &self.options.endpoint_url {
            config = config.endpoint_url(url);
        }
        config.set_credentials_provider(credentials);
        config
    }

    /// Assumes the roles of some targets, each once, so that who comes to a target need not wait for them. One that cannot be
    /// assumed is tried again by who needs it, and said there.
    pub async fn assume_ahead(&self, targets: &[DesiredTarget]) {
        let mut seen = BTreeSet::new();
        let roles = targets.iter().filter(|at| at.access.role.is_some() && seen.insert(&at.access));
        let roles: Vec<(Access, Target)> = roles.map(|at| (at.access.clone(), at.target.clone())).collect();
        let assumed = stream::iter(roles).map(|(access, target)| async move {
            let base = self.base(access.profile.as_deref()).await;
            if let Some(credentials) = self.credentials(&base, &access, &target) {
                let _ = credentials.provide_credentials().await;
            }
        });
        assumed.buffer_unordered(assumed::AT_ONCE).collect::<()>().await;
    }

    /// Whose calls at a target are: those of the role, if there is one.
    pub(super) fn credentials(
        &self,
        base: &SdkConfig,
        access: &Access,
        target: &Target,
    ) -> Option<SharedCredentialsProvider> {
        let Some(role) = &access.role else { return self.own(base, Some(&target.account)) };
        let mut roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = roles.get(access) {
            return Some(known.clone());
        }
        let assumed = AssumedCredentials::new(self.assuming(base, access), region(target), role.clone());
        let assumed = SharedCredentialsProvider::new(assumed);
        roles.insert(access.clone(), assumed.clone());
        Some(assumed)
    }

    /// STS as those ask it who assume the roles.
    fn assuming(&self, base: &SdkConfig, access: &Access) -> Arc<Sts> {
        let mut all = self.assuming.lock().unwrap_or_else(PoisonError::into_inner);
        let sts = || {
            let (session, bound) = (self.options.session.clone(), Arc::clone(&self.bound));
            Arc::new(Sts::new(base, self.sts(base, self.own(base, None)), session, bound))
        };
        Arc::clone(all.entry(access.profile.clone()).or_insert_with(sts))
    }

    /// The credentials that were found on this machine; in a sandbox made up, for an account or for whoever assumes roles
    /// there. The emulator takes the access key id for the account.
    pub(super) fn own(
        &self,
        base: &SdkConfig,
        account: Option<&AccountId>,
    ) -> Option<SharedCredentialsProvider> {
        if self.options.credentials == Credentials::Chain {
            return base.credentials_provider();
        }
        let account = account.map_or(SANDBOX_ACCOUNT, AccountId::as_str);
        Some(SharedCredentialsProvider::new(AccessKey::new(account, "sandbox", None, None, "sandbox")))
    }

    pub(super) async fn logs(&self, at: &DesiredTarget) -> logs::Client {
        let base = self.base(at.access.profile.as_deref()).await;
        let mut config = logs::config::Builder::from(&base)
            .region(region(&at.target))
            .retry_classifier(NeverTheseCodes)
            .retry_partition(retry::partition(format!("logs {}", at.target)));
        if let Some(url) = &self.options.endpoint_url {
            config = config.endpoint_url(url);
        }
        config.set_credentials_provider(self.credentials(&base, &at.access, &at.target));
        if at.access.role.is_some() {
            // Roles keep their own credentials.
            config = config.identity_cache(IdentityCache::no_cache());
        }
        logs::Client::from_conf(config.build())
    }

    pub(super) async fn cloudtrail(&self, at: &DesiredTarget) -> cloudtrail::Client {
        let base = self.base(at.access.profile.as_deref()).await;
        let mut config = cloudtrail::config::Builder::from(&base)
            .region(region(&at.target))
            .retry_partition(retry::partition(format!("cloudtrail {}", at.target)));
        if let Some(url) = &self.options.endpoint_url {
            config = config.endpoint_url(url);
        }
        config.set_credentials_provider(self.credentials(&base, &at.access, &at.target));
        if at.access.role.is_some() {
            // Roles keep their own credentials.
            config = config.identity_cache(IdentityCache::no_cache());
        }
        cloudtrail::Client::from_conf(config.build())
    }

    /// The endpoint that is asked instead of AWS's own.
    pub(super) fn endpoint_url(&self) -> Option<&str> {
        self.options.endpoint_url.as_deref()
    }

    /// The configuration that all clients of the same access share, and with it the HTTP client.
    pub(super) async fn base(&self, profile: Option<&str>) -> SdkConfig {
        let cell = once(&self.configs, &profile.map(ToOwned::to_owned));
        cell.get_or_init(|| self.load(profile)).await.clone()
    }

    async fn load(&self, profile: Option<&str>) -> SdkConfig {
        // One for all clients, so that credentials are found once and not for each target.
        let identities = IdentityCache::lazy().load_timeout(self.options.timeouts.operation).build();
        let timeouts = timeouts(self.options.timeouts);
        let config = match self.options.credentials {
            Credentials::Sandbox => SdkConfig::builder()
                .behavior_version(behavior())
                .http_client(OnceConnected::plain())
                .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
                .time_source(aws_smithy_async::time::SharedTimeSource::default())
                .identity_cache(identities)
                .timeout_config(timeouts)
                .retry_config(retry::config(self.options.timeouts.pause)),
            Credentials::Chain => {
                let http = Bounded::shared(self.https(), MOST_OF_AN_ANSWER);
                // Every client sets its own Region; one here keeps the SDK from searching for it.
                let region = Region::from_static("us-east-1");
                let mut loader = ConfigLoader::default()
                    .behavior_version(behavior())
                    .region(region.clone())
                    .http_client(http.clone())
                    .identity_cache(identities)
                    .timeout_config(timeouts)
                    .retry_config(retry::config(self.options.timeouts.pause));
                if let Some(profile) = profile {
                    // The profile and nothing else: in the default chain the environment's credentials would win.
                    let found = ProviderConfig::without_region()
                        .with_behavior_version(Some(behavior()))
                        .with_region(Some(region))
                        .with_http_client(http);
                    let credentials = ProfileFileCredentialsProvider::builder()
                        .configure(&found)
                        .profile_name(profile)
                        .build();
                    loader = loader.profile_name(profile).credentials_provider(credentials);
                }
                loader.load().await.into_builder()
            }
        };
        config.build()
    }
}

fn once<K: Ord + Clone, T>(cells: &Mutex<BTreeMap<K, Once<T>>>, key: &K) -> Once<T> {
    let mut cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(cells.entry(key.clone()).or_default())
}

/// Pinned, so that an update of the SDK changes nothing unseen.
fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn region(target: &Target) -> Region {
    Region::new(target.region.as_str().to_owned())
}

fn timeouts(timeouts: Timeouts) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.attempt)
        .operation_attempt_timeout(timeouts.attempt)
        .operation_timeout(timeouts.operation)
        .build()
}
