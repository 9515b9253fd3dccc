//! What can go wrong with a record, in words for people.

use std::io;

use crate::model::Target;

use super::Holder;

/// Why a record could not be read, written or locked; nothing was changed.
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
    /// The bucket cannot be reached, or refuses.
    #[error("{action} failed: {place}: {message}")]
    Bucket {
        /// What was tried.
        action: &'static str,
        /// The bucket and key.
        place: String,
        /// The service's code and words, or ours.
        message: String,
    },
    /// It is there and is no record.
    #[error("the state file {place} cannot be used: {reason}")]
    Unusable {
        /// The path, or the bucket and key.
        place: String,
        /// Why.
        reason: String,
    },
    /// The record in the store is not the one that was loaded.
    #[error(
        "the state file {place} was saved by somebody else in between (serial {found}, expected {expected})"
    )]
    Moved {
        /// The path, or the bucket and key.
        place: String,
        /// The serial that was loaded.
        expected: u64,
        /// The serial in the store.
        found: u64,
    },
    /// So many locks cannot be held at once.
    #[error("{targets} targets need a lock each, and this process may have {most} files open")]
    TooManyTargets {
        /// How many targets there are.
        targets: usize,
        /// What the system allows.
        most: u64,
    },
    /// Somebody else works on the target.
    #[error("{target} is locked by {}", holder_words(holder.as_deref()))]
    Locked {
        /// The account and Region.
        target: Target,
        /// Who; nothing where the lock does not say.
        holder: Option<Box<Holder>>,
    },
}

fn holder_words(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "somebody who did not sign".to_owned(), ToString::to_string)
}

impl StoreError {
    /// What it means and what to do, each a full sentence.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::File { .. } => vec!["Check the path, and your rights to it and to its folder.".to_owned()],
            Self::Bucket { .. } => vec![
                "Check `state.s3`, the credentials, and the rights s3:GetObject, s3:PutObject and s3:DeleteObject on the keys \
                 and s3:ListBucket on the bucket: without the last, S3 answers AccessDenied for what is not there yet."
                    .to_owned(),
            ],
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
            Self::TooManyTargets { .. } => {
                vec!["Raise the hard limit (`ulimit -Hn`), or split the work with `--shard K/N`.".to_owned()]
            }
            Self::Locked { target, .. } => vec![format!(
                "Wait for that run, or pass `--lock-timeout 5m`. If it is dead: `logpolicy --target {target} state unlock`."
            )],
        }
    }
}
