//! What there is: accounts, their Regions, and in each the policies and log groups.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::arn::log_group_arn;
use super::document::Document;
use super::event::Events;

/// One account in one Region: what every operation works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: String,
}

/// Everything there is.
#[derive(Debug, Default, PartialEq)]
pub(super) struct World {
    pub(super) accounts: BTreeMap<String, BTreeMap<String, Region>>,
}

impl World {
    /// Finds what there is in one place; nothing where nothing was ever made.
    pub(super) fn region(&self, place: &Place) -> Option<&Region> {
        self.accounts.get(&place.account)?.get(&place.region)
    }

    /// Changes one place. A place that a refused call was the first to name does not come into being.
    pub(super) fn change<T, E>(
        &mut self,
        place: &Place,
        change: impl FnOnce(&mut Region) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(region) =
            self.accounts.get_mut(&place.account).and_then(|regions| regions.get_mut(&place.region))
        {
            return change(region);
        }
        let mut region = Region::default();
        let outcome = change(&mut region)?;
        self.accounts.entry(place.account.clone()).or_default().insert(place.region.clone(), region);
        Ok(outcome)
    }
}

/// The policies and log groups of one account in one Region.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Region {
    /// Account policies by name. A world file may hold more than ten, and names that Put would refuse.
    pub(super) policies: BTreeMap<String, Policy>,
    pub(super) log_groups: BTreeMap<String, LogGroup>,
    /// Who wrote and deleted policies.
    pub(super) events: Events,
}

/// A log group, with its own policy if it has one.
#[derive(Debug, Default, PartialEq)]
pub(super) struct LogGroup {
    /// Milliseconds since 1970.
    pub(super) created: i64,
    pub(super) policy: Option<Policy>,
}

/// A policy, with what Describe shows of it made ready when it is written, not when it is read.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) document: Document,
    /// Milliseconds since 1970.
    pub(super) last_updated: i64,
    /// Counts the writes of a log group's policy; without a meaning for account policies.
    pub(super) revision: u64,
    shown: String,
    shown_turned: Option<String>,
    turn: Cell<bool>,
}

impl Policy {
    /// Makes an account policy.
    pub(super) fn of_account(name: &str, document: Document, last_updated: i64) -> Self {
        Self::new(document, last_updated, 1, |text| {
            json!({
                "policyName": name, "policyDocument": text, "lastUpdatedTime": last_updated, "policyScope": "ACCOUNT"
            })
        })
    }

    /// Makes a log group's policy.
    pub(super) fn of_log_group(
        place: &Place,
        log_group: &str,
        document: Document,
        last_updated: i64,
        revision: u64,
    ) -> Self {
        let arn = log_group_arn(&place.account, &place.region, log_group);
        Self::new(document, last_updated, revision, |text| {
            json!({
                "resourceArn": arn, "policyDocument": text, "lastUpdatedTime": last_updated, "policyScope": "RESOURCE",
                "revisionId": revision.to_string()
            })
        })
    }

    fn new(document: Document, last_updated: i64, revision: u64, show: impl Fn(&str) -> Value) -> Self {
        let shown = show(&document.text).to_string();
        let shown_turned = document.turned.as_deref().map(|text| show(text).to_string());
        Self { document, last_updated, revision, shown, shown_turned, turn: Cell::new(false) }
    }

    /// Gives the policy as Describe lists it. Every second read turns the principals round: AWS's order changes from
    /// read to read, and whoever compares text is to find out here.
    pub(super) fn read(&self) -> &str {
        let turn = self.turn.replace(!self.turn.get());
        match &self.shown_turned {
            Some(turned) if turn => turned,
            _ => &self.shown,
        }
    }
}

/// Two policies are the same if the world file would say the same of them, however often they were read.
impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        let Self { document, last_updated, revision, shown: _, shown_turned: _, turn: _ } = self;
        (document, last_updated, revision) == (&other.document, &other.last_updated, &other.revision)
    }
}
