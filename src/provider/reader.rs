//! Describe, page by page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{PolicyScope as Scope, ResourcePolicy};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::try_join;

use crate::model::{LivePolicy, LiveState, PolicyKey, PolicyScope, Target, is_log_group_name};
use crate::policy::Document;

use super::PolicyReader;
use super::bucket::{Bucket, turn};
use super::port::{ProviderError, ProviderErrorKind};

const OPERATION: &str = "DescribeResourcePolicies";
const LOG_GROUPS: &str = "DescribeLogGroups";

/// The largest page (DescribeResourcePolicies, API reference).
const PAGE: i32 = 50;

/// More pages than any account has policies for: a service that never ends is broken.
const MOST_PAGES: usize = 200;

/// Log groups asked about at once; each is a call of its own.
const LOG_GROUPS_AT_ONCE: usize = 8;

/// Log groups that are looked up one by one without a thought: about what the service takes in a second
/// (DescribeLogGroups, CloudWatch Logs quotas: 10 per second in an account and Region).
const FEW_NAMES: usize = 10;

/// Reads the policies of one target.
#[derive(Debug, Clone)]
pub struct AwsReader {
    client: Client,
    target: Target,
    bucket: Option<Arc<Bucket>>,
}

impl AwsReader {
    pub(super) fn new(client: Client, target: Target, bucket: Option<Arc<Bucket>>) -> Self {
        Self { client, target, bucket }
    }

    /// Waits until the account takes another call.
    async fn turn(&self) {
        turn(self.bucket.as_deref()).await;
    }

    async fn account_policies(&self) -> Result<BTreeMap<PolicyKey, LivePolicy>, ProviderError> {
        let mut policies = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = self.client.describe_resource_policies().limit(PAGE).set_next_token(token.take());
            self.turn().await;
            let answer = call.send().await;
            let answer = answer.map_err(|error| ProviderError::from_sdk(OPERATION, &self.target, &error))?;
            let page =
                answer.resource_policies.ok_or_else(|| self.malformed("`resourcePolicies` is missing"))?;
            for policy in page {
                let name = policy.policy_name.clone();
                let name = name.ok_or_else(|| self.malformed("an account policy has no `policyName`"))?;
                policies.insert(PolicyKey::account(name), self.live(policy)?);
            }
            match answer.next_token {
                None => return Ok(policies),
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(self.malformed("a `nextToken` came twice"));
                }
                next => token = next,
            }
        }
        Err(self.malformed(format!("there was no last page after {MOST_PAGES} pages")))
    }

    async fn log_group_policy(&self, log_group: &str) -> Result<Option<LivePolicy>, ProviderError> {
        let arn = self.target.log_group_arn(log_group);
        let call = self.client.describe_resource_policies().policy_scope(Scope::Resource).resource_arn(&arn);
        self.turn().await;
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = ProviderError::from_sdk(OPERATION, &self.target, &error);
                // No log group, no policy.
                return if error.kind == ProviderErrorKind::NotFound { Ok(None) } else { Err(error) };
            }
        };
        let found =
            answer.resource_policies.ok_or_else(|| self.malformed("`resourcePolicies` is missing"))?;
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(self.malformed(format!("{arn} has more than one policy"))),
            (Some(policy), None) if policy.revision_id.is_none() => {
                Err(self.malformed(format!("the policy of {arn} has no `revisionId`")))
            }
            (Some(policy), None) => self.live(policy).map(Some),
        }
    }

    fn live(&self, policy: ResourcePolicy) -> Result<LivePolicy, ProviderError> {
        let text =
            policy.policy_document.ok_or_else(|| self.malformed("a policy has no `policyDocument`"))?;
        let document = Arc::new(Document::from_text(text));
        Ok(LivePolicy { document, revision: policy.revision_id, last_updated: policy.last_updated_time })
    }

    fn malformed(&self, message: impl Into<String>) -> ProviderError {
        ProviderError::malformed(OPERATION, &self.target, message)
    }
}

impl PolicyReader for AwsReader {
    async fn read(&self, log_groups: &BTreeSet<String>) -> Result<LiveState, ProviderError> {
        let of_log_groups = stream::iter(log_groups.clone())
            .map(|log_group| async move {
                let policy = self.log_group_policy(&log_group).await?;
                Ok((log_group, policy))
            })
            .buffer_unordered(LOG_GROUPS_AT_ONCE)
            .try_collect::<Vec<_>>();
        let (mut policies, of_log_groups) = try_join!(self.account_policies(), of_log_groups)?;
        for (log_group, policy) in of_log_groups {
            policies.extend(policy.map(|policy| (PolicyKey::log_group(log_group), policy)));
        }
        Ok(LiveState { policies })
    }

    async fn read_policy(&self, key: &PolicyKey) -> Result<Option<LivePolicy>, ProviderError> {
        match key.scope {
            PolicyScope::Account => Ok(self.account_policies().await?.remove(key)),
            PolicyScope::Resource => self.log_group_policy(&key.identity).await,
        }
    }

    async fn log_groups(&self) -> Result<BTreeSet<String>, ProviderError> {
        let mut names = BTreeSet::new();
        let mut pages = LogGroupPages::default();
        while let Some(page) = self.log_group_page(&mut pages).await? {
            names.extend(page);
        }
        Ok(names)
    }

    /// A look-up costs a call for each name, and a listing one for each 50 log groups of the account, however many there
    /// are: nobody says beforehand. A few names are looked up. For more than that, all log groups are listed, for at most as
    /// many pages as there are names; where this was not all, names that did not come up are looked up after all. So it takes
    /// never more than twice the calls of the cheaper way. (`logGroupIdentifiers` takes 50 names at once, but what is answered
    /// for one that is not there is not documented.)
    async fn missing_log_groups(&self, names: &BTreeSet<String>) -> Result<BTreeSet<String>, ProviderError> {
        // What AWS takes for no log group's name is refused there, and can be none.
        let (mut open, mut missing): (BTreeSet<String>, BTreeSet<String>) =
            names.iter().cloned().partition(|name| is_log_group_name(name));
        if open.len() > FEW_NAMES {
            let mut pages = LogGroupPages::default();
            let most_pages = open.len();
            for _ in 0..most_pages {
                let Some(page) = self.log_group_page(&mut pages).await? else { break };
                open.retain(|name| !page.contains(name));
                if open.is_empty() {
                    break;
                }
            }
            if pages.is_over {
                missing.append(&mut open);
            }
        }
        for name in open {
            if !self.has_log_group(&name).await? {
                missing.insert(name);
            }
        }
        Ok(missing)
    }
}

/// How far a listing of log groups has come.
#[derive(Default)]
struct LogGroupPages {
    token: Option<String>,
    seen: BTreeSet<String>,
    is_over: bool,
}

impl AwsReader {
    /// The names on the next page; nothing when there is none.
    async fn log_group_page(
        &self,
        pages: &mut LogGroupPages,
    ) -> Result<Option<BTreeSet<String>>, ProviderError> {
        if pages.is_over {
            return Ok(None);
        }
        let call = self.client.describe_log_groups().limit(PAGE).set_next_token(pages.token.take());
        self.turn().await;
        let answer = call.send().await;
        let answer = answer.map_err(|error| ProviderError::from_sdk(LOG_GROUPS, &self.target, &error))?;
        let page = answer.log_groups.ok_or_else(|| self.malformed_log_groups("`logGroups` is missing"))?;
        match answer.next_token {
            None => pages.is_over = true,
            Some(next) if !pages.seen.insert(next.clone()) => {
                return Err(self.malformed_log_groups("a `nextToken` came twice"));
            }
            next => pages.token = next,
        }
        Ok(Some(page.into_iter().filter_map(|group| group.log_group_name).collect()))
    }

    async fn has_log_group(&self, name: &str) -> Result<bool, ProviderError> {
        self.turn().await;
        // Names come in order, so that of all that begin with it the name itself comes first.
        let answer = self.client.describe_log_groups().log_group_name_prefix(name).limit(PAGE).send().await;
        let answer = answer.map_err(|error| ProviderError::from_sdk(LOG_GROUPS, &self.target, &error))?;
        let groups = answer.log_groups.ok_or_else(|| self.malformed_log_groups("`logGroups` is missing"))?;
        Ok(groups.iter().any(|group| group.log_group_name.as_deref() == Some(name)))
    }

    fn malformed_log_groups(&self, message: &str) -> ProviderError {
        ProviderError::malformed(LOG_GROUPS, &self.target, message)
    }
}
