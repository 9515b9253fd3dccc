//! Looks at and touches AWS: a reader, a writer and a reader of events, never one.
//!
//! Whoever only plans holds a [`PolicyReader`] and cannot write.

mod assumed;
mod bucket;
mod cloudtrail_event;
mod connection;
mod directory;
#[cfg(test)]
mod directory_tests;
mod error;
mod event_reader;
#[cfg(test)]
mod event_reader_tests;
mod hint;
mod http;
mod options;
mod pace;
mod reader;
mod retry;
#[cfg(test)]
mod stub;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::BTreeSet;

use crate::model::{LivePolicy, LiveState, LookupWindow, PolicyKey, WriteEvents};

pub use bucket::Rate;
pub use connection::Aws;
pub use error::{ProviderError, ProviderErrorKind};
pub use event_reader::AwsEventReader;
pub use options::{Credentials, Options, Rates, Timeouts};
pub use reader::AwsReader;
pub use writer::AwsWriter;

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
