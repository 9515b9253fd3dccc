//! A target: one account in one Region.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An AWS account id: exactly twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// A Region's code, such as `eu-west-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

/// The unit of planning, state, locking and reporting; shown as `123456789012/us-east-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

/// A part of AWS with its own accounts and ARNs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition(&'static str);

/// What is wrong with the text of an account, a Region or a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not twelve digits.
    #[error("\"{0}\" is not an account id: an account id is a string of 12 digits")]
    Account(String),
    /// Not the code of a Region.
    #[error("\"{0}\" is not a Region: a Region's code looks like us-east-1")]
    Region(String),
    /// Not `account/region`.
    #[error("\"{0}\" is not a target: a target looks like 123456789012/us-east-1")]
    Target(String),
}

impl AccountId {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An account that stands in for one that is not known yet: AWS gives out no such number.
    pub fn stand_in(number: u32) -> Self {
        Self(format!("{number:012}"))
    }
}

impl FromStr for AccountId {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TargetError::Account(text.to_owned()))
        }
    }
}

/// Region prefixes outside the commercial partition, from the SDKs' `partitions.json`; the first match counts.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
    ("eusc-", "aws-eusc"),
];

impl Region {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the Region lies in.
    pub fn partition(&self) -> Partition {
        let known = PARTITIONS.iter().find(|(prefix, _)| self.0.starts_with(prefix));
        Partition(known.map_or("aws", |(_, name)| name))
    }
}

impl FromStr for Region {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let parts: Vec<&str> = text.split('-').collect();
        let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match parts.as_slice() {
            [words @ .., number] if words.len() >= 2 && words.iter().all(is_word) && is_number(number) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(TargetError::Region(text.to_owned())),
        }
    }
}

impl Partition {
    /// The commercial one.
    pub const AWS: Self = Self("aws");

    /// The partition of an ARN: `arn:PARTITION:...`; nothing where it is none that is known.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let name = arn.strip_prefix("arn:")?.split(':').next()?;
        let names = PARTITIONS.iter().map(|(_, name)| *name).chain([Self::AWS.0]);
        names.into_iter().find(|known| *known == name).map(Self)
    }

    /// The Region from which the services are reached that a partition has one of: Organizations, Account Management.
    /// From the SDKs' endpoint rules, and `partitions.json` (`implicitGlobalRegion`).
    pub fn home(self) -> Region {
        let code = match self.0 {
            "aws-cn" => "cn-northwest-1",
            "aws-us-gov" => "us-gov-west-1",
            "aws-iso" => "us-iso-east-1",
            "aws-iso-b" => "us-isob-east-1",
            "aws-iso-e" => "eu-isoe-west-1",
            "aws-iso-f" => "us-isof-south-1",
            "aws-eusc" => "eusc-de-east-1",
            _ => "us-east-1",
        };
        Region(code.to_owned())
    }

    /// The name in ARNs: `aws`, `aws-cn`, ...
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl Target {
    /// The ARN of one of the target's log groups, without `:*`: the form that identifies its policy.
    pub fn log_group_arn(&self, log_group: &str) -> String {
        let Self { account, region } = self;
        format!("arn:{}:logs:{region}:{account}:log-group:{log_group}", region.partition())
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (account, region) = text.split_once('/').ok_or_else(|| TargetError::Target(text.to_owned()))?;
        Ok(Self { account: account.parse()?, region: region.parse()? })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.account, self.region)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

macro_rules! as_text {
    ($($name:ident),+) => {$(
        impl TryFrom<String> for $name {
            type Error = TargetError;

            fn try_from(text: String) -> Result<Self, TargetError> {
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

as_text!(AccountId, Region, Target);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_print_as_they_parse() {
        let target: Target = "111122223333/us-gov-west-1".parse().expect("a target");
        assert_eq!(target.to_string(), "111122223333/us-gov-west-1");
        let arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/x";
        assert_eq!(target.log_group_arn("/aws/x"), arn);
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in
            ["", "1/us-east-1", "111122223333", "111122223333/", "111122223333/us", "111122223333/US-EAST-1"]
        {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn regions_know_their_partition() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("ap-southeast-7", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(region.parse::<Region>().expect("a Region").partition().as_str(), partition);
        }
    }

    #[test]
    fn the_home_of_a_partition_lies_in_it() {
        for (_, name) in PARTITIONS.iter().chain([&("", "aws")]) {
            let partition = Partition::of_arn(&format!("arn:{name}:iam::111122223333:role/x"));
            let partition = partition.expect("a partition");
            assert_eq!((partition.as_str(), partition.home().partition()), (*name, partition));
        }
        assert_eq!(Partition::of_arn("arn:${partition}:iam::111122223333:role/x"), None);
    }
}
