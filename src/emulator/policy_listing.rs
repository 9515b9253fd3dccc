//! DescribeResourcePolicies.

use std::ops::Bound;

use serde::Deserialize;
use serde_json::Value;

use super::answer::ServiceError;
use super::arn::LogGroupArn;
use super::page::Listing;
use super::policy_changes::invalid_arn;
use super::request::Request;
use super::service::Service;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeInput {
    limit: Option<i64>,
    next_token: Option<String>,
    policy_scope: Option<String>,
    resource_arn: Option<String>,
}

/// Lists the account policies, or the policy of one log group
/// ([API page](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeResourcePolicies.html)).
pub(super) fn describe(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: DescribeInput = request.input()?;
    match (input.policy_scope.as_deref().unwrap_or("ACCOUNT"), &input.resource_arn) {
        ("ACCOUNT", None) => of_account(service, request, &input),
        ("ACCOUNT", Some(_)) => {
            Err(ServiceError::invalid_parameter("Cannot provide ResourceArn for PolicyScope ACCOUNT"))
        }
        ("RESOURCE", Some(arn)) => of_log_group(service, request, &input, arn),
        // What AWS does is not known; no list of all is documented, so nobody shall come to rely on one.
        ("RESOURCE", None) => {
            Err(ServiceError::invalid_parameter("ResourceArn is required for PolicyScope RESOURCE"))
        }
        (scope, _) => Err(ServiceError::invalid_parameter(format!(
            "Value '{scope}' at 'policyScope' failed to satisfy constraint: Member must satisfy enum value set: \
             [ACCOUNT, RESOURCE]"
        ))),
    }
}

fn of_account(service: &Service, request: &Request, input: &DescribeInput) -> Result<String, ServiceError> {
    let place = &request.place;
    let listing =
        Listing { of: &[&request.operation, &place.account, &place.region], page_size: service.page_size };
    let page = listing.page(input.limit, input.next_token.as_deref())?;
    let start = page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);

    let mut store = service.store();
    let policies =
        store.read()?.region(place).map(|region| region.policies.range::<str, _>((start, Bound::Unbounded)));
    // One policy more than fits is looked at but not read: it is not its turn to be turned round.
    let (policies, next) = listing.fill(&page, policies.into_iter().flatten());
    let shown: Vec<&str> = policies.into_iter().map(|policy| policy.read()).collect();
    Ok(answer(&shown, next))
}

fn of_log_group(
    service: &Service,
    request: &Request,
    input: &DescribeInput,
    text: &str,
) -> Result<String, ServiceError> {
    let arn = LogGroupArn::parse(text).ok_or_else(invalid_arn)?;
    let place = &request.place;
    let listing = Listing {
        of: &[&request.operation, &place.account, &place.region, text],
        page_size: service.page_size,
    };
    listing.page(input.limit, input.next_token.as_deref())?;

    let mut store = service.store();
    let region = store.read()?.region(place).filter(|_| arn.lies_in(place));
    let policy = region.and_then(|region| region.log_groups.get(arn.name)?.policy.as_ref());
    let shown: Vec<&str> = policy.into_iter().map(|policy| policy.read()).collect();
    Ok(answer(&shown, None))
}

/// Puts together what was made ready when the policies were written.
fn answer(policies: &[&str], next: Option<String>) -> String {
    let next = next.map(|token| format!(",\"nextToken\":{}", Value::from(token))).unwrap_or_default();
    format!("{{\"resourcePolicies\":[{}]{next}}}", policies.join(","))
}
