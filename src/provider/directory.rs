//! Whom AWS knows: the accounts of an organization, the Regions of an account. Page by page.

use std::collections::BTreeSet;

use aws_config::Region as SdkRegion;
use aws_config::identity::IdentityCache;
use aws_sdk_account as account;
use aws_sdk_account::types::{Region as Listed, RegionOptStatus};
use aws_sdk_organizations as organizations;
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};

use crate::model::{AccountId, AccountsOf, Members, Region, RegionsOf, Target};

use super::connection::Aws;
use super::port::{ACCOUNTS, ProviderError, REGIONS, UNIT_ACCOUNTS, UNITS};
use super::retry;

/// The largest page of ListRegions (Account Management, API reference).
const PAGE: i32 = 50;

/// More pages than any organization has accounts for, twenty on a page: a service that never ends is broken.
const MOST_PAGES: usize = 5_000;

impl Aws {
    /// The accounts of an organization or of one of its units, with those of all units below. The credentials that were
    /// found on this machine ask, and no role.
    ///
    /// # Errors
    /// [`ProviderError`] when anything of it could not be read: half an organization is none.
    pub async fn members(&self, of: &AccountsOf) -> Result<Members, ProviderError> {
        let client = self.organizations(of).await;
        let mut members = Members::default();
        let Some(unit) = &of.unit else {
            whole(&client, &mut members).await?;
            return Ok(members);
        };
        let mut seen = BTreeSet::from([unit.clone()]);
        let mut open = vec![unit.clone()];
        while let Some(unit) = open.pop() {
            accounts_of(&client, &unit, &mut members).await?;
            for below in units_of(&client, &unit).await? {
                if !seen.insert(below.clone()) {
                    let message = format!("the unit {below} came twice");
                    return Err(ProviderError::malformed(UNITS, &unit, message));
                }
                open.push(below);
            }
        }
        Ok(members)
    }

    /// The Regions that an account has enabled, as it says itself.
    ///
    /// # Errors
    /// [`ProviderError`] when they could not be read, or there is none.
    pub async fn regions(&self, of: &RegionsOf) -> Result<BTreeSet<Region>, ProviderError> {
        let client = self.account_management(of).await;
        let malformed = |message: String| ProviderError::malformed(REGIONS, &of.account, message);
        let mut regions = BTreeSet::new();
        let mut pages = Pages::default();
        loop {
            let call = client
                .list_regions()
                .region_opt_status_contains(RegionOptStatus::Enabled)
                .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
                .max_results(PAGE)
                .set_next_token(pages.token.take());
            let answer = call.send().await;
            let answer = answer.map_err(|error| ProviderError::from_sdk(REGIONS, &of.account, &error))?;
            let page = answer.regions.ok_or_else(|| malformed("`Regions` is missing".to_owned()))?;
            for listed in page.iter().filter(|listed| is_enabled(listed)) {
                let name = listed.region_name.as_deref();
                let name = name.ok_or_else(|| malformed("a Region has no `RegionName`".to_owned()))?;
                regions.insert(name.parse().map_err(|error| malformed(format!("{error}")))?);
            }
            if pages.are_over(answer.next_token).map_err(malformed)? {
                break;
            }
        }
        if regions.is_empty() {
            return Err(malformed("the account has no Region enabled".to_owned()));
        }
        Ok(regions)
    }

    async fn organizations(&self, of: &AccountsOf) -> organizations::Client {
        let base = self.base(of.profile.as_deref()).await;
        let mut config = organizations::config::Builder::from(&base)
            .region(SdkRegion::new(of.partition.home().as_str().to_owned()))
            .retry_partition(retry::partition(format!("organizations {:?}", of.profile)));
        if let Some(url) = self.endpoint_url() {
            config = config.endpoint_url(url);
        }
        config.set_credentials_provider(self.own(&base, None));
        organizations::Client::from_conf(config.build())
    }

    async fn account_management(&self, of: &RegionsOf) -> account::Client {
        let RegionsOf { account, access, partition } = of;
        let home = Target { account: account.clone(), region: partition.home() };
        let base = self.base(access.profile.as_deref()).await;
        let mut config = account::config::Builder::from(&base)
            .region(SdkRegion::new(home.region.as_str().to_owned()))
            .retry_partition(retry::partition(format!("account {account}")));
        if let Some(url) = self.endpoint_url() {
            config = config.endpoint_url(url);
        }
        config.set_credentials_provider(self.credentials(&base, access, &home));
        if access.role.is_some() {
            // Roles keep their own credentials.
            config = config.identity_cache(IdentityCache::no_cache());
        }
        account::Client::from_conf(config.build())
    }
}

/// The whole organization: ListAccounts.
async fn whole(client: &organizations::Client, members: &mut Members) -> Result<(), ProviderError> {
    const PLACE: &str = "the organization";
    let malformed = |message: String| ProviderError::malformed(ACCOUNTS, &PLACE, message);
    let mut pages = Pages::default();
    loop {
        let answer = client.list_accounts().set_next_token(pages.token.take()).send().await;
        let answer = answer.map_err(|error| ProviderError::from_sdk(ACCOUNTS, &PLACE, &error))?;
        let page = answer.accounts.ok_or_else(|| malformed("`Accounts` is missing".to_owned()))?;
        page.iter().try_for_each(|found| take(found, members)).map_err(malformed)?;
        if pages.are_over(answer.next_token).map_err(malformed)? {
            return Ok(());
        }
    }
}

/// The accounts right below a unit.
async fn accounts_of(
    client: &organizations::Client,
    unit: &str,
    members: &mut Members,
) -> Result<(), ProviderError> {
    let malformed = |message: String| ProviderError::malformed(UNIT_ACCOUNTS, &unit, message);
    let mut pages = Pages::default();
    loop {
        let call = client.list_accounts_for_parent().parent_id(unit).set_next_token(pages.token.take());
        let answer = call.send().await;
        let answer = answer.map_err(|error| ProviderError::from_sdk(UNIT_ACCOUNTS, &unit, &error))?;
        let page = answer.accounts.ok_or_else(|| malformed("`Accounts` is missing".to_owned()))?;
        page.iter().try_for_each(|found| take(found, members)).map_err(malformed)?;
        if pages.are_over(answer.next_token).map_err(malformed)? {
            return Ok(());
        }
    }
}

/// The units right below a unit.
async fn units_of(client: &organizations::Client, unit: &str) -> Result<Vec<String>, ProviderError> {
    let malformed = |message: String| ProviderError::malformed(UNITS, &unit, message);
    let mut units = Vec::new();
    let mut pages = Pages::default();
    loop {
        let call =
            client.list_organizational_units_for_parent().parent_id(unit).set_next_token(pages.token.take());
        let answer = call.send().await;
        let answer = answer.map_err(|error| ProviderError::from_sdk(UNITS, &unit, &error))?;
        let page = answer.organizational_units;
        let page = page.ok_or_else(|| malformed("`OrganizationalUnits` is missing".to_owned()))?;
        for below in page {
            units.push(below.id.ok_or_else(|| malformed("a unit has no `Id`".to_owned()))?);
        }
        if pages.are_over(answer.next_token).map_err(malformed)? {
            return Ok(units);
        }
    }
}

/// How far a listing has come.
#[derive(Default)]
struct Pages {
    token: Option<String>,
    seen: BTreeSet<String>,
}

impl Pages {
    /// Takes the token of the next page; says whether there is none.
    fn are_over(&mut self, next: Option<String>) -> Result<bool, String> {
        let Some(next) = next else { return Ok(true) };
        if !self.seen.insert(next.clone()) {
            return Err("a `NextToken` came twice".to_owned());
        }
        if self.seen.len() >= MOST_PAGES {
            return Err(format!("there was no last page after {MOST_PAGES} pages"));
        }
        self.token = Some(next);
        Ok(false)
    }
}

/// `State` is what `Status` is going to be replaced by (API reference, Account); who has both says the same twice.
fn take(found: &Account, members: &mut Members) -> Result<(), String> {
    let id = found.id.as_deref().ok_or("an account has no `Id`")?;
    let id: AccountId = id.parse().map_err(|error| format!("{error}"))?;
    let is_active = match (&found.state, status(found)) {
        (Some(state), _) => *state == AccountState::Active,
        (None, Some(status)) => *status == AccountStatus::Active,
        (None, None) => return Err(format!("the account {id} has neither `State` nor `Status`")),
    };
    if is_active {
        members.active.insert(id)
    } else {
        members.inactive.insert(id)
    };
    Ok(())
}

fn status(found: &Account) -> Option<&AccountStatus> {
    found.status.as_ref()
}

fn is_enabled(listed: &Listed) -> bool {
    matches!(listed.region_opt_status, Some(RegionOptStatus::Enabled | RegionOptStatus::EnabledByDefault))
}
