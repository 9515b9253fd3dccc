//! Whom the world knows: AWS Organizations, and the Regions of an account.
//!
//! All accounts of the world are one organization without units: whoever asks for those of a unit gets every account.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::ServiceError;
use super::page::Listing;
use super::request::Request;
use super::service::Service;
use super::world::World;

/// The most members on a page of AWS Organizations.
const PAGE: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    next_token: Option<String>,
    parent_id: Option<String>,
}

/// Lists the accounts of the world
/// ([API page](https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html)).
pub(super) fn accounts(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: ListInput = request.input()?;
    listed_accounts(service, request, &input, "")
}

/// Lists them as those of a unit
/// ([API page](https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html)).
pub(super) fn accounts_of_unit(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: ListInput = request.input()?;
    let unit = unit(&input)?;
    listed_accounts(service, request, &input, unit)
}

/// There are no units below a unit
/// ([API page](https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListOrganizationalUnitsForParent.html)).
pub(super) fn units(request: &Request) -> Result<String, ServiceError> {
    let input: ListInput = request.input()?;
    unit(&input)?;
    Ok(json!({"OrganizationalUnits": []}).to_string())
}

fn unit(input: &ListInput) -> Result<&str, ServiceError> {
    let unit = input.parent_id.as_deref().filter(|id| id.starts_with("r-") || id.starts_with("ou-"));
    unit.ok_or_else(|| {
        ServiceError::new("InvalidInputException", "You provided an id that is none of a root or unit.")
    })
}

fn listed_accounts(
    service: &Service,
    request: &Request,
    input: &ListInput,
    unit: &str,
) -> Result<String, ServiceError> {
    let listing = Listing { of: &[&request.operation, unit], page_size: service.page_size.min(PAGE) };
    let mut store = service.store();
    let World { accounts } = store.read()?;
    page(&listing, input.next_token.as_deref(), accounts, "Accounts", |id, _| {
        json!({
            "Id": id, "Arn": format!("arn:aws:organizations::{id}:account/o-emulator00/{id}"),
            "Email": format!("{id}@example.com"), "Name": id, "Status": "ACTIVE", "State": "ACTIVE",
            "JoinedMethod": "CREATED", "JoinedTimestamp": 0
        })
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RegionsInput {
    next_token: Option<String>,
}

/// Lists the Regions that the world has of the caller's account, all enabled; an account that it does not know has the one
/// that is called
/// ([API page](https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html)).
pub(super) fn regions(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: RegionsInput = request.input()?;
    let account = &request.place.account;
    let listing = Listing { of: &[&request.operation, account], page_size: service.page_size };
    let shown = |name: &String| json!({"RegionName": name, "RegionOptStatus": "ENABLED_BY_DEFAULT"});
    let mut store = service.store();
    match store.read()?.accounts.get(account).filter(|regions| !regions.is_empty()) {
        None => Ok(json!({"Regions": [shown(&request.place.region)]}).to_string()),
        Some(regions) => {
            page(&listing, input.next_token.as_deref(), regions, "Regions", |name, _| shown(name))
        }
    }
}

/// One page of members, in the order of their names.
fn page<T>(
    listing: &Listing<'_>,
    token: Option<&str>,
    members: &BTreeMap<String, T>,
    name: &str,
    show: impl Fn(&String, &T) -> Value,
) -> Result<String, ServiceError> {
    let page = listing.page(None, token);
    let page = page.map_err(|error| ServiceError { code: "InvalidInputException", ..error })?;
    let start = page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let rest =
        members.range::<str, _>((start, Bound::Unbounded)).map(|(name, member)| (name, (name, member)));
    let (members, next) = listing.fill(&page, rest);
    let shown: Vec<Value> = members.into_iter().map(|(name, member)| show(name, member)).collect();
    let mut answer = json!({ name: shown });
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer.to_string())
}
