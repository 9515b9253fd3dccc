//! What can go wrong with a record, in words for people.

use std::io;
use std::path::PathBuf;

/// Why a record could not be read or written; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder cannot be reached.
    #[error("{action} failed: {source}")]
    File {
        /// What was tried; the source names the path.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The file is there and is no record.
    #[error("the state file {path} cannot be used: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The record on disk is not the one that was loaded.
    #[error(
        "the state file {path} was saved by somebody else in between (serial {found}, expected {expected})"
    )]
    Moved {
        /// The file.
        path: PathBuf,
        /// The serial that was loaded.
        expected: u64,
        /// The serial on disk.
        found: u64,
    },
}

impl StoreError {
    /// What it means and what to do, each a full sentence.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::File { .. } => vec!["Check that the folder exists and that you may write to it.".to_owned()],
            Self::Unusable { .. } => vec![
                "Nothing was changed. The record tells which policies are ours, so it is never started afresh."
                    .to_owned(),
                "Take the file back from version control or a backup; if it is lost, remove it and plan: what is \
                 live as desired is adopted."
                    .to_owned(),
            ],
            Self::Moved { .. } => {
                vec!["Two runs worked on this target at once. Plan again from what is there now.".to_owned()]
            }
        }
    }
}
