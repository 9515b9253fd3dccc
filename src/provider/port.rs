//! What the rest of the program knows of AWS: what can be asked, and what can go wrong. Nothing here knows the SDK.

use std::collections::BTreeSet;

use crate::model::{LivePolicy, LiveState, LookupWindow, PolicyKey, WriteEvents};

// The operations that are told apart when something goes wrong.
pub(super) const ACCOUNTS: &str = "ListAccounts";
pub(super) const UNIT_ACCOUNTS: &str = "ListAccountsForParent";
pub(super) const UNITS: &str = "ListOrganizationalUnitsForParent";
pub(super) const REGIONS: &str = "ListRegions";
pub(super) const LOOKUP: &str = "LookupEvents";

/// What kind of trouble it is: this decides what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderErrorKind {
    /// The caller may not do this.
    Denied,
    /// There are no credentials, or they have run out.
    Credentials,
    /// The account's ten policies are there already.
    LimitExceeded,
    /// AWS does not take the request as it is.
    Invalid,
    /// A failed compare-and-swap (OperationAborted): the same call again never succeeds.
    Conflict,
    /// The log group is not there.
    NotFound,
    /// The account belongs to no organization.
    NoOrganization,
    /// The organization has no such unit.
    NoUnit,
    /// Too many requests, for longer than we were willing to wait.
    Throttled,
    /// The service answers that it cannot answer.
    Unavailable,
    /// No answer came, or only a part of one: for a write, only a reading can tell what became of it.
    Unanswered,
    /// The answer lacks what it must have.
    Malformed,
    /// Anything else.
    Other,
}

/// What went wrong, where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation} at {place}: {message}")]
pub struct ProviderError {
    /// What to do about it.
    pub kind: ProviderErrorKind,
    /// The API operation, such as `PutResourcePolicy`.
    pub operation: &'static str,
    /// Where: an account and Region, an account, a unit of an organization.
    pub place: String,
    /// The service's code and words, or ours.
    pub message: String,
}

/// Looks at the policies of one target.
pub trait PolicyReader: Send + Sync {
    /// Every account policy, and the policies of the named log groups.
    ///
    /// # Errors
    /// [`ProviderError`] when anything of it could not be read: half a state is none.
    fn read(&self, log_groups: &BTreeSet<String>) -> impl Future<Output = Result<LiveState, ProviderError>>;

    /// One policy, as it is right now; nothing where there is none.
    ///
    /// # Errors
    /// [`ProviderError`] when it could not be read.
    fn read_policy(&self, key: &PolicyKey)
    -> impl Future<Output = Result<Option<LivePolicy>, ProviderError>>;

    /// The names of all log groups.
    ///
    /// # Errors
    /// [`ProviderError`] when they could not be read; `logs:DescribeLogGroups` is a right of its own.
    fn log_groups(&self) -> impl Future<Output = Result<BTreeSet<String>, ProviderError>>;

    /// Those of some log groups that are not there.
    ///
    /// # Errors
    /// [`ProviderError`] when it could not be read; `logs:DescribeLogGroups` is a right of its own.
    fn missing_log_groups(
        &self,
        names: &BTreeSet<String>,
    ) -> impl Future<Output = Result<BTreeSet<String>, ProviderError>>;
}

/// Looks up who wrote the policies of one target.
pub trait EventReader: Send + Sync {
    /// The successful writes of policies within some windows, as CloudTrail has recorded them; up to 15 minutes late, and
    /// none that are older than 90 days. Two calls in a second are made at most, so a busy account takes some time.
    ///
    /// # Errors
    /// [`ProviderError`] when they could not be read; `cloudtrail:LookupEvents` is a right of its own.
    fn writes(&self, windows: &[LookupWindow]) -> impl Future<Output = Result<WriteEvents, ProviderError>>;
}

/// Touches the policies of one target.
pub trait PolicyWriter: Send + Sync {
    /// PutResourcePolicy; `expected_revision` counts for log-group policies only.
    ///
    /// # Errors
    /// [`ProviderError`]; of kind `Unanswered` where only a reading can tell what became of it.
    fn put(
        &self,
        key: &PolicyKey,
        document: &str,
        expected_revision: Option<&str>,
    ) -> impl Future<Output = Result<(), ProviderError>>;

    /// DeleteResourcePolicy; a policy that is not there is deleted.
    ///
    /// # Errors
    /// [`ProviderError`]; of kind `Unanswered` where only a reading can tell what became of it.
    fn delete(
        &self,
        key: &PolicyKey,
        expected_revision: Option<&str>,
    ) -> impl Future<Output = Result<(), ProviderError>>;
}
