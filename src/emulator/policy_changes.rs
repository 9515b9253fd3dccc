//! PutResourcePolicy and DeleteResourcePolicy.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::ServiceError;
use super::arn::{LogGroupArn, partition};
use super::clock::now_in_milliseconds;
use super::document::Document;
use super::event::{EventName, Subject};
use super::log_groups;
use super::recorded_call::RecordedCall;
use super::request::Request;
use super::service::Service;
use super::world::{Place, Policy};

/// How many account policies there can be in a Region: the quota is fixed
/// ([API page](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html)).
/// The policies of log groups are not counted.
const ACCOUNT_POLICIES: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    policy_name: Option<String>,
    resource_arn: Option<String>,
    policy_document: Option<String>,
    expected_revision_id: Option<String>,
}

/// Which policy is meant: one of the account by its name, or that of a log group by its ARN.
enum Identity<'a> {
    Name(&'a str),
    LogGroup(LogGroupArn<'a>),
}

impl Identity<'_> {
    /// Names the policy as CloudTrail's record of a place does.
    fn subject(&self, place: &Place) -> Option<Subject> {
        match self {
            Self::Name(name) => Some(Subject::Policy((*name).to_owned())),
            Self::LogGroup(arn) => arn.lies_in(place).then(|| Subject::LogGroup(arn.name.to_owned())),
        }
    }
}

impl Input {
    /// Finds out which policy is meant. The form of the ARN is looked at first, then that it is one of the two, and
    /// the document only after that: this order is recorded.
    fn identity(&self) -> Result<Identity<'_>, ServiceError> {
        let arn = self.resource_arn.as_deref().map(|text| LogGroupArn::parse(text).ok_or_else(invalid_arn));
        match (self.policy_name.as_deref(), arn.transpose()?) {
            (Some(_), Some(_)) => Err(ServiceError::invalid_parameter(
                "Both policy name and resource arn cannot be specified at the same time.",
            )),
            (None | Some(""), None) => {
                Err(ServiceError::invalid_parameter("Either policy name or resource arn must be specified."))
            }
            (Some(name), None) => Ok(Identity::Name(name)),
            (None, Some(arn)) => Ok(Identity::LogGroup(arn)),
        }
    }

    /// Reads the revision: a number, if it is there.
    fn revision(&self) -> Result<Option<u64>, ServiceError> {
        self.expected_revision_id
            .as_deref()
            .map(|text| text.parse().map_err(|_| invalid_revision()))
            .transpose()
    }
}

/// Writes a policy. The answer repeats the text as it was sent, not as it will be read.
pub(super) fn put(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: Input = request.input()?;
    let identity = input.identity()?;
    let subject = identity.subject(&request.place);
    let now = now_in_milliseconds();
    let call = RecordedCall::new(service, request, EventName::PutResourcePolicy, subject, now);
    call.end(put_document(&call, &input, &identity))
}

fn put_document(
    call: &RecordedCall<'_>,
    input: &Input,
    identity: &Identity<'_>,
) -> Result<String, ServiceError> {
    let text = input.policy_document.as_deref().unwrap_or_default();
    let longest = call.service.longest_document;
    let document = Document::from_put(text, longest, partition(&call.request.place.region))?;
    match identity {
        Identity::Name(name) => {
            put_for_account(call, name, document)?;
            let policy = json!({
                "policyName": name, "policyDocument": text, "lastUpdatedTime": call.now, "policyScope": "ACCOUNT"
            });
            Ok(json!({"resourcePolicy": policy}).to_string())
        }
        Identity::LogGroup(arn) => {
            let revision = put_for_log_group(call, arn, input.revision()?, document)?;
            let policy = json!({
                "resourceArn": Value::from(input.resource_arn.as_deref()), "policyDocument": text,
                "lastUpdatedTime": call.now, "policyScope": "RESOURCE"
            });
            Ok(json!({"resourcePolicy": policy, "revisionId": revision.to_string()}).to_string())
        }
    }
}

/// At this scope the last writer wins: no revision is looked at.
fn put_for_account(call: &RecordedCall<'_>, name: &str, document: Document) -> Result<(), ServiceError> {
    call.change(|region| {
        if !region.policies.contains_key(name) && region.policies.len() >= ACCOUNT_POLICIES {
            return Err(ServiceError::new("LimitExceededException", "Resource limit exceeded."));
        }
        region.policies.insert(name.to_owned(), Policy::of_account(name, document, call.now));
        Ok(())
    })
}

/// Compares and swaps: a policy is made if there is none and none is expected, or replaced if it is the one expected.
fn put_for_log_group(
    call: &RecordedCall<'_>,
    arn: &LogGroupArn<'_>,
    expected: Option<u64>,
    document: Document,
) -> Result<u64, ServiceError> {
    let place = &call.request.place;
    call.change(|region| {
        let group = region.log_groups.get_mut(arn.name).filter(|_| arn.lies_in(place));
        let group = group.ok_or_else(log_groups::missing)?;
        let found = group.policy.as_ref().map(|policy| policy.revision);
        if found != expected {
            return Err(conflict());
        }
        let revision = found.map_or(1, |revision| revision.saturating_add(1));
        group.policy = Some(Policy::of_log_group(place, arn.name, document, call.now, revision));
        Ok(revision)
    })
}

/// Deletes a policy. That of a log group is deleted only with its current revision.
pub(super) fn delete(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: Input = request.input()?;
    let identity = input.identity()?;
    let subject = identity.subject(&request.place);
    let now = now_in_milliseconds();
    let call = RecordedCall::new(service, request, EventName::DeleteResourcePolicy, subject, now);
    call.end(match &identity {
        Identity::Name(name) => delete_of_account(&call, name),
        Identity::LogGroup(arn) => delete_of_log_group(&call, arn, &input),
    })
}

fn delete_of_account(call: &RecordedCall<'_>, name: &str) -> Result<String, ServiceError> {
    call.change(|region| match region.policies.remove(name) {
        Some(_) => Ok(String::new()),
        None => Err(ServiceError::not_found(format!("Policy with name [{name}] does not exist."))),
    })
}

fn delete_of_log_group(
    call: &RecordedCall<'_>,
    arn: &LogGroupArn<'_>,
    input: &Input,
) -> Result<String, ServiceError> {
    let place = &call.request.place;
    let expected = input.revision()?.ok_or_else(invalid_revision)?;
    call.change(|region| {
        let group = region.log_groups.get_mut(arn.name).filter(|_| arn.lies_in(place));
        let policy = group.map(|group| &mut group.policy);
        match policy {
            Some(policy) if policy.as_ref().is_some_and(|found| found.revision == expected) => {
                *policy = None;
                Ok(String::new())
            }
            Some(Some(_)) => Err(conflict()),
            Some(None) | None => Err(ServiceError::not_found("No policy found for ResourceArn")),
        }
    })
}

/// The code is in no model of this service: it was recorded.
pub(super) fn invalid_arn() -> ServiceError {
    ServiceError::new("ValidationException", "Invalid resourceArn")
}

fn invalid_revision() -> ServiceError {
    ServiceError::invalid_parameter("Invalid ExpectedRevisionId")
}

/// A failed compare-and-swap. The sentence is AWS's, although to try again never helps.
fn conflict() -> ServiceError {
    ServiceError::new(
        "OperationAbortedException",
        "A conflicting operation is currently in progress against this resource. Please try again.",
    )
}
