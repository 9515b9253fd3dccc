//! Why a plan must not be applied: data inside the plan, shown by every format.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::PolicyKey;

/// The name of a refusal; it is what `--allow` takes where the refusal can be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RefusalName {
    /// The credentials belong to another account than the target's.
    WrongAccount,
    /// The end stands above the limit of account policies, unmanaged ones counted.
    SlotsExceeded,
    /// A document is above the limit.
    DocumentTooLarge,
    /// A live policy of that identity differs, and we neither recorded it nor may adopt it.
    Takeover,
    /// A protected policy would go.
    PreventDelete,
    /// More deletions than the guard lets through.
    TooManyDeletes,
    /// More updates and deletions than the guard lets through.
    TooManyChanges,
    /// The end fits, but no order keeps every kept grant at each step.
    AccessGap,
    /// An access test fails on what would be live.
    AccessTestFailed,
    /// What is live or recorded is no longer what the plan was made from.
    StalePlan,
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its name.
    pub name: RefusalName,
    /// The policy; nothing where the refusal is about the whole target.
    pub key: Option<PolicyKey>,
    /// What is refused, why, and what to do.
    pub message: String,
    /// Whether the user allowed it by name.
    pub allowed: bool,
}

impl RefusalName {
    /// The name, as shown and typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongAccount => "wrong-account",
            Self::SlotsExceeded => "slots-exceeded",
            Self::DocumentTooLarge => "document-too-large",
            Self::Takeover => "takeover",
            Self::PreventDelete => "prevent-delete",
            Self::TooManyDeletes => "too-many-deletes",
            Self::TooManyChanges => "too-many-changes",
            Self::AccessGap => "access-gap",
            Self::AccessTestFailed => "access-test-failed",
            Self::StalePlan => "stale-plan",
        }
    }

    /// Whether `--allow` can lift it.
    pub fn can_be_allowed(self) -> bool {
        match self {
            Self::Takeover | Self::TooManyDeletes | Self::TooManyChanges | Self::AccessGap => true,
            Self::WrongAccount
            | Self::SlotsExceeded
            | Self::DocumentTooLarge
            | Self::PreventDelete
            | Self::AccessTestFailed
            | Self::StalePlan => false,
        }
    }

    /// Every name, for arguments and documentation.
    pub const ALL: [Self; 10] = [
        Self::WrongAccount,
        Self::SlotsExceeded,
        Self::DocumentTooLarge,
        Self::Takeover,
        Self::PreventDelete,
        Self::TooManyDeletes,
        Self::TooManyChanges,
        Self::AccessGap,
        Self::AccessTestFailed,
        Self::StalePlan,
    ];
}

impl FromStr for RefusalName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|name| name.as_str() == text);
        found.ok_or_else(|| format!("there is no refusal named {text:?}"))
    }
}

impl TryFrom<String> for RefusalName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<RefusalName> for String {
    fn from(name: RefusalName) -> Self {
        name.as_str().to_owned()
    }
}

impl Refusal {
    /// A refusal about one policy.
    pub(super) fn policy(name: RefusalName, key: &PolicyKey, message: String) -> Self {
        Self { name, key: Some(key.clone()), message, allowed: false }
    }

    /// A refusal about the whole target.
    pub(super) fn target(name: RefusalName, message: String) -> Self {
        Self { name, key: None, message, allowed: false }
    }
}
