//! What only AWS can say about the targets of the files: the accounts of an organization, the Regions of an account.
//!
//! The reader of the files says what it must know ([`AccountsOf`], [`RegionsOf`]), whoever reaches AWS asks, and the reader
//! goes on with the filled [`Directory`]. What is not in it is stood in for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Access, AccountId, Location, Partition, Region};

/// Asks which accounts an organization has, or one of its units with all units below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountsOf {
    /// The profile whose own credentials ask; nothing means the SDK's default chain. The members' roles cannot ask.
    pub profile: Option<String>,
    /// Where the organization is.
    pub partition: Partition,
    /// The id of the unit or root (`ou-ab12-11111111`, `r-ab12`); nothing means the whole organization.
    pub unit: Option<String>,
}

/// Asks which Regions an account has enabled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegionsOf {
    /// The account.
    pub account: AccountId,
    /// Whose credentials ask: the account answers about itself only.
    pub access: Access,
    /// Where the account is.
    pub partition: Partition,
}

/// A question and where the files ask it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<Q> {
    /// The question.
    pub question: Q,
    /// The name under `targets` that asks, the first of several.
    pub target: String,
    /// The place in the files.
    pub place: Option<Location>,
}

/// The accounts of an organization or of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// Those in use.
    pub active: BTreeSet<AccountId>,
    /// Those that are suspended, closed or not activated yet.
    pub inactive: BTreeSet<AccountId>,
}

impl Members {
    /// Adds the members of another unit.
    pub fn add(&mut self, other: &Self) {
        let Self { active, inactive } = other;
        self.active.extend(active.iter().cloned());
        self.inactive.extend(inactive.iter().cloned());
    }
}

/// The answers that are known.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Accounts.
    pub accounts: BTreeMap<AccountsOf, Members>,
    /// Regions.
    pub regions: BTreeMap<RegionsOf, BTreeSet<Region>>,
}

/// What a name under `targets` with `organization` came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The name.
    pub target: String,
    /// The place of its `organization`.
    pub place: Option<Location>,
    /// How many accounts were found, whatever became of them.
    pub found: usize,
    /// How many of them are targets.
    pub chosen: usize,
    /// Accounts under `exclude` that are not among those found.
    pub never_found: BTreeSet<AccountId>,
}

/// A name under `targets` that leads to places which are not known, and what stands in for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTarget {
    /// The name.
    pub name: String,
    /// The account that stands in for those of an organization; nothing where the accounts are known.
    pub account: Option<AccountId>,
    /// Whether only some units of the organization are asked for.
    pub has_units: bool,
    /// Whether its Regions are not known.
    pub regions: bool,
}
