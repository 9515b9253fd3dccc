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
mod port;
mod reader;
mod retry;
#[cfg(test)]
mod stub;
#[cfg(test)]
mod tests;
mod writer;

pub use bucket::Rate;
pub use connection::Aws;
pub use event_reader::AwsEventReader;
pub use options::{Credentials, Options, Rates, Timeouts};
pub use port::{EventReader, PolicyReader, PolicyWriter, ProviderError, ProviderErrorKind};
pub use reader::AwsReader;
pub use writer::AwsWriter;
