//! The address of a policy: the anchor of every report, operation and record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Target, TargetError};

/// Where a policy hangs, in the API's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PolicyScope {
    /// A policy of the account and Region, identified by its name; ten fit.
    Account,
    /// A policy of one log group, identified by that log group; one fits.
    Resource,
}

/// What identifies a policy within its target: the scope is part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyKey {
    /// The scope.
    pub scope: PolicyScope,
    /// The policy's name, or the log group's name.
    pub identity: String,
}

/// A policy of a target: `123456789012/us-east-1/policy:NAME` or `.../log-group:/aws/x`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyAddress {
    /// The account and Region.
    pub target: Target,
    /// The policy there.
    pub key: PolicyKey,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The part behind the target is neither `policy:NAME` nor `log-group:NAME`.
    #[error("\"{0}\" names no policy: it should look like policy:NAME or log-group:/aws/x")]
    Key(String),
    /// The part in front is not a target.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl PolicyScope {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "ACCOUNT",
            Self::Resource => "RESOURCE",
        }
    }
}

impl PolicyKey {
    /// The key of an account policy.
    pub fn account(name: impl Into<String>) -> Self {
        Self { scope: PolicyScope::Account, identity: name.into() }
    }

    /// The key of a log group's policy.
    pub fn log_group(name: impl Into<String>) -> Self {
        Self { scope: PolicyScope::Resource, identity: name.into() }
    }

    /// The address of this policy at a target.
    pub fn at(&self, target: &Target) -> PolicyAddress {
        PolicyAddress { target: target.clone(), key: self.clone() }
    }

    /// Whether the policy takes one of the account's slots.
    pub fn takes_slot(&self) -> bool {
        self.scope == PolicyScope::Account
    }
}

impl FromStr for PolicyKey {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (kind, identity) = text.split_once(':').ok_or_else(|| AddressError::Key(text.to_owned()))?;
        match kind {
            _ if identity.is_empty() => Err(AddressError::Key(text.to_owned())),
            "policy" => Ok(Self::account(identity)),
            "log-group" => Ok(Self::log_group(identity)),
            _ => Err(AddressError::Key(text.to_owned())),
        }
    }
}

impl fmt::Display for PolicyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.scope {
            PolicyScope::Account => "policy",
            PolicyScope::Resource => "log-group",
        };
        write!(formatter, "{kind}:{}", self.identity)
    }
}

impl FromStr for PolicyAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let missing = || AddressError::Key(text.to_owned());
        let (account, rest) = text.split_once('/').ok_or_else(missing)?;
        let (region, key) = rest.split_once('/').ok_or_else(missing)?;
        let target = Target { account: account.parse()?, region: region.parse()? };
        Ok(Self { target, key: key.parse()? })
    }
}

impl fmt::Display for PolicyAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.target, self.key)
    }
}

macro_rules! as_text {
    ($($name:ident),+) => {$(
        impl TryFrom<String> for $name {
            type Error = AddressError;

            fn try_from(text: String) -> Result<Self, AddressError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )+};
}

as_text!(PolicyKey, PolicyAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_they_parse() {
        for text in [
            "111122223333/us-east-1/policy:dns",
            "111122223333/us-east-1/policy:odd:name/with*",
            "111122223333/cn-north-1/log-group:/aws/vendedlogs/x",
        ] {
            assert_eq!(text.parse::<PolicyAddress>().expect("an address").to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "policy:dns", "111122223333/us-east-1", "111122223333/us-east-1/x:y", "1/us-east-1/policy:x"]
        {
            assert!(text.parse::<PolicyAddress>().is_err(), "{text}");
        }
    }
}
