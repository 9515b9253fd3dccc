//! CreateLogGroup, DeleteLogGroup, DescribeLogGroups, and the tags Terraform asks for.

use std::ops::Bound;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::ServiceError;
use super::arn::{LogGroupArn, is_log_group_name, log_group_arn};
use super::clock::now_in_milliseconds;
use super::page::Listing;
use super::request::Request;
use super::service::Service;
use super::world::{LogGroup, Place};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NameInput {
    log_group_name: Option<String>,
}

impl NameInput {
    /// The rule and the reserved beginning are those of the
    /// [API page](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html).
    fn name(self) -> Result<String, ServiceError> {
        self.log_group_name.filter(|name| is_log_group_name(name)).ok_or_else(|| {
            ServiceError::invalid_parameter(
                "Value at 'logGroupName' failed to satisfy constraint: Member must have length between 1 and 512 and \
                 satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
            )
        })
    }
}

/// Makes a log group.
pub(super) fn create(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let name = request.input::<NameInput>()?.name()?;
    if name.starts_with("aws/") {
        return Err(ServiceError::invalid_parameter("Log groups starting with aws/ are reserved for AWS."));
    }
    service.store().change(&request.place, |region| {
        if region.log_groups.contains_key(&name) {
            return Err(ServiceError::new(
                "ResourceAlreadyExistsException",
                "The specified log group already exists",
            ));
        }
        region.log_groups.insert(name, LogGroup { created: now_in_milliseconds(), policy: None });
        Ok(String::new())
    })
}

/// Deletes a log group, and its policy with it.
pub(super) fn delete(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let name = request.input::<NameInput>()?.name()?;
    service.store().change(&request.place, |region| match region.log_groups.remove(&name) {
        Some(_) => Ok(String::new()),
        None => Err(missing()),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeInput {
    limit: Option<i64>,
    next_token: Option<String>,
    #[serde(default)]
    log_group_name_prefix: String,
    #[serde(default)]
    log_group_name_pattern: String,
    #[serde(default)]
    log_group_identifiers: Vec<String>,
}

impl DescribeInput {
    fn wants(&self, place: &Place, name: &str) -> bool {
        let identified = self.log_group_identifiers.is_empty()
            || self.log_group_identifiers.iter().any(|identifier| {
                identifier == name || *identifier == log_group_arn(&place.account, &place.region, name)
            });
        identified
            && name.starts_with(&self.log_group_name_prefix)
            && name.contains(&self.log_group_name_pattern)
    }
}

/// Lists log groups by name; the pattern is any part of the name, upper and lower case told apart
/// ([API page](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html)).
pub(super) fn describe(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: DescribeInput = request.input()?;
    let place = &request.place;
    if !input.log_group_name_prefix.is_empty() && !input.log_group_name_pattern.is_empty() {
        return Err(ServiceError::invalid_parameter(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let identifiers = input.log_group_identifiers.join(" ");
    let listing = Listing {
        of: &[
            &request.operation,
            &place.account,
            &place.region,
            &input.log_group_name_prefix,
            &input.log_group_name_pattern,
            &identifiers,
        ],
        page_size: service.page_size,
    };
    let page = listing.page(input.limit, input.next_token.as_deref())?;
    let start = page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);

    let mut store = service.store();
    let groups = store
        .read()?
        .region(place)
        .map(|region| region.log_groups.range::<str, _>((start, Bound::Unbounded)));
    let wanted = groups
        .into_iter()
        .flatten()
        .filter(|(name, _)| input.wants(place, name))
        .map(|(name, group)| (name, shown(place, name, group)));
    let (groups, next) = listing.fill(&page, wanted);
    Ok(match next {
        Some(next) => json!({"logGroups": groups, "nextToken": next}),
        None => json!({"logGroups": groups}),
    }
    .to_string())
}

fn shown(place: &Place, name: &str, group: &LogGroup) -> Value {
    let arn = log_group_arn(&place.account, &place.region, name);
    json!({
        "logGroupName": name, "creationTime": group.created, "metricFilterCount": 0, "storedBytes": 0,
        "logGroupClass": "STANDARD", "arn": format!("{arn}:*"), "logGroupArn": arn
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TagsInput {
    resource_arn: Option<String>,
}

/// Answers that a log group has no tags.
pub(super) fn list_tags(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: TagsInput = request.input()?;
    let text = input.resource_arn.unwrap_or_default();
    let arn = LogGroupArn::parse(text.strip_suffix(":*").unwrap_or(&text))
        .ok_or_else(|| ServiceError::new("ValidationException", "Invalid resourceArn"))?;
    let mut store = service.store();
    let region = store.read()?.region(&request.place).filter(|_| arn.lies_in(&request.place));
    match region.and_then(|region| region.log_groups.get(arn.name)) {
        Some(_) => Ok(json!({"tags": {}}).to_string()),
        None => Err(missing()),
    }
}

/// Says that there is no such log group.
pub(super) fn missing() -> ServiceError {
    ServiceError::not_found("The specified log group does not exist.")
}
