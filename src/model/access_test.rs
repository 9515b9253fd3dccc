//! Access tests: requests that must be allowed, or must not.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{Document, Request, Verdict, evaluate};

use super::{DesiredTarget, PolicyKey, PolicyScope, Region, SourceSpan, Target, Template};

/// One entry under `tests`.
#[derive(Debug, Clone)]
pub struct AccessTest {
    /// Whether the request must be allowed.
    pub must_be_allowed: bool,
    /// The service principal.
    pub service: Template,
    /// `logs:PutLogEvents` or `logs:CreateLogStream`.
    pub action: Template,
    /// The log group's name.
    pub log_group: Template,
    /// `aws:SourceArn`; nothing means that the request carries none.
    pub source_arn: Option<Template>,
    /// `aws:SourceAccount`; nothing means that the request carries none.
    pub source_account: Option<Template>,
    /// Names under `targets`; nothing means every target.
    pub targets: Option<BTreeSet<String>>,
    /// Regions; nothing means every Region for what must not be allowed, and any one Region of each account for what
    /// must be: a service such as Route 53 writes in one Region only.
    pub regions: Option<BTreeSet<Region>>,
    /// The place of the entry.
    pub span: SourceSpan,
}

/// A question about access at one target, and its answer.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// What was asked.
    pub request: Request,
    /// Whether it is allowed.
    pub allowed: bool,
    /// The statement that decided: its policy and its number in the document.
    pub decided_by: Option<(PolicyKey, usize)>,
    /// For a no without a deciding statement: the Allow statement that came nearest, and what did not match.
    pub nearest: Option<(PolicyKey, usize, crate::policy::Mismatch)>,
}

impl AccessTest {
    /// Whether the test is about a target.
    pub fn applies_to(&self, at: &DesiredTarget) -> bool {
        let named = self.targets.as_ref().is_none_or(|names| !names.is_disjoint(&at.names));
        named && self.regions.as_ref().is_none_or(|regions| regions.contains(&at.target.region))
    }

    /// The request at a target.
    pub fn request(&self, target: &Target) -> Request {
        let text = |template: &Template| template.at(target).into_owned();
        request(
            target,
            &text(&self.service),
            &text(&self.action),
            &text(&self.log_group),
            self.source_arn.as_ref().map(text).as_deref(),
            self.source_account.as_ref().map(text).as_deref(),
        )
    }
}

impl Judgement {
    /// What was found, as a part of a sentence.
    pub fn sentence(&self) -> String {
        let request = &self.request;
        let verb = if self.allowed { "may" } else { "may not" };
        let action = request.action.strip_prefix("logs:").unwrap_or(&request.action);
        let group = request.resource.split(":log-group:").nth(1).unwrap_or(&request.resource);
        let group = group.split(":log-stream:").next().unwrap_or(group);
        let decided = match (&self.decided_by, &self.nearest) {
            (Some((key, statement)), _) => format!("; statement {} of {key} decides", statement + 1),
            (None, Some((key, statement, mismatch))) => {
                format!("; statement {} of {key} comes nearest, but {}", statement + 1, mismatch.words())
            }
            (None, None) => "; no statement speaks about it".to_owned(),
        };
        format!("{} {verb} {action} on {group}{decided}", request.service)
    }
}

/// A request for a stream of a log group of a target.
pub fn request(
    target: &Target,
    service: &str,
    action: &str,
    log_group: &str,
    source_arn: Option<&str>,
    source_account: Option<&str>,
) -> Request {
    // Any stream will do: a service chooses the name.
    let resource = format!("{}:log-stream:example", target.log_group_arn(log_group));
    let pair = |key: &str, value: Option<&str>| Some((key.to_owned(), vec![value?.to_owned()]));
    let context: BTreeMap<String, Vec<String>> = pair("aws:SourceArn", source_arn)
        .into_iter()
        .chain(pair("aws:SourceAccount", source_account))
        .collect();
    Request { service: service.to_owned(), action: action.to_owned(), resource, context }
}

/// Judges a request against the policies of a target: all of the account, and that of the request's log group.
pub fn judge<'a>(
    target: &Target,
    policies: impl IntoIterator<Item = (&'a PolicyKey, &'a Document)>,
    request: Request,
) -> Judgement {
    let speaks = |key: &PolicyKey| match key.scope {
        PolicyScope::Account => true,
        PolicyScope::Resource => {
            request.resource.starts_with(&format!("{}:log-stream:", target.log_group_arn(&key.identity)))
        }
    };
    let speaking: Vec<_> = policies.into_iter().filter(|(key, _)| speaks(key)).collect();
    let Verdict { allowed, decided_by, nearest } =
        evaluate(speaking.iter().map(|(_, document)| *document), &request);
    let key = |document: usize| speaking[document].0.clone();
    Judgement {
        request,
        allowed,
        decided_by: decided_by.map(|place| (key(place.document), place.statement)),
        nearest: nearest.map(|(place, mismatch)| (key(place.document), place.statement, mismatch)),
    }
}
