//! Describe, page by page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{PolicyScope as Scope, ResourcePolicy};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::try_join;

use crate::model::{LivePolicy, LiveState, PolicyKey, PolicyScope, Target};
use crate::policy::Document;

use super::PolicyReader;
use super::error::{ProviderError, ProviderErrorKind};

const OPERATION: &str = "DescribeResourcePolicies";

/// The largest page (DescribeResourcePolicies, API reference).
const PAGE: i32 = 50;

/// More pages than any account has policies for: a service that never ends is broken.
const MOST_PAGES: usize = 200;

/// Log groups asked about at once; each is a call of its own.
const LOG_GROUPS_AT_ONCE: usize = 8;

/// Reads the policies of one target.
#[derive(Debug, Clone)]
pub struct AwsReader {
    client: Client,
    target: Target,
}

impl AwsReader {
    pub(super) fn new(client: Client, target: Target) -> Self {
        Self { client, target }
    }

    async fn account_policies(&self) -> Result<BTreeMap<PolicyKey, LivePolicy>, ProviderError> {
        let mut policies = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = self.client.describe_resource_policies().limit(PAGE).set_next_token(token.take());
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
        let of_log_groups = stream::iter(log_groups)
            .map(|log_group| async move { Ok((log_group, self.log_group_policy(log_group).await?)) })
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
        const OPERATION: &str = "DescribeLogGroups";
        let malformed = |message| ProviderError::malformed(OPERATION, &self.target, message);
        let mut names = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        loop {
            let call = self.client.describe_log_groups().limit(PAGE).set_next_token(token.take());
            let answer = call.send().await;
            let answer = answer.map_err(|error| ProviderError::from_sdk(OPERATION, &self.target, &error))?;
            let page = answer.log_groups.ok_or_else(|| malformed("`logGroups` is missing"))?;
            names.extend(page.into_iter().filter_map(|group| group.log_group_name));
            match answer.next_token {
                None => return Ok(names),
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(malformed("a `nextToken` came twice"));
                }
                next => token = next,
            }
        }
    }

    async fn missing_log_groups(&self, names: &BTreeSet<String>) -> Result<BTreeSet<String>, ProviderError> {
        const OPERATION: &str = "DescribeLogGroups";
        let mut missing = BTreeSet::new();
        for name in names {
            // Names come in order, so that of all that begin with it the name itself comes first.
            let answer =
                self.client.describe_log_groups().log_group_name_prefix(name).limit(PAGE).send().await;
            let answer = answer.map_err(|error| ProviderError::from_sdk(OPERATION, &self.target, &error))?;
            let groups = answer
                .log_groups
                .ok_or_else(|| ProviderError::malformed(OPERATION, &self.target, "`logGroups` is missing"))?;
            if groups.iter().all(|group| group.log_group_name.as_ref() != Some(name)) {
                missing.insert(name.clone());
            }
        }
        Ok(missing)
    }
}
