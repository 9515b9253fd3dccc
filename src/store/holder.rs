//! Who holds a lock.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::excerpt;

use super::unique::unique;

/// The run that holds a lock, for the one who is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Names the run: a lock is given back only by who took it.
    pub id: String,
    /// The user.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process on that machine.
    pub process: u32,
    /// When it began, RFC 3339 in UTC.
    pub since: String,
    /// What was typed.
    pub command: String,
}

impl Holder {
    /// A run of this process.
    pub fn new(who: String, host: String, since: String, command: String) -> Self {
        Self { id: unique(), who, host, process: std::process::id(), since, command }
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads what stands in a lock; a text that was not written to its end names nobody.
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id: _, who, host, process, since, command } = self;
        // Whoever can write the lock can write anything there.
        let words = format!("{who} on {host} since {since} (process {process}: {command})");
        formatter.write_str(&excerpt(&words))
    }
}
