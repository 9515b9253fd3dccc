//! Account ids, partitions, and the ARNs of log groups.

use super::world::Place;

/// Names the partition a Region lies in, by the start of its name, as in the SDKs' `partitions.json`.
pub(super) fn partition(region: &str) -> &'static str {
    /// How the names of the Regions begin, and their partition.
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, name)| name)
}

/// Writes the ARN that identifies a log group: the one without `:*`.
pub(super) fn log_group_arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:{}:logs:{region}:{account}:log-group:{name}", partition(region))
}

/// Says whether this is an account id: 12 digits.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says whether CreateLogGroup takes this name: 1 to 512 of `a-z A-Z 0-9 _ - / . #`
/// ([API page](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html)).
pub(super) fn is_log_group_name(name: &str) -> bool {
    (1..=512).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/.#".contains(&byte))
}

/// The log group that a `resourceArn` names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LogGroupArn<'a> {
    pub(super) partition: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) name: &'a str,
}

impl<'a> LogGroupArn<'a> {
    /// Takes an ARN apart; nothing if it is not a log group's. A stream's ARN has more parts, and `:*` at the end
    /// stands for all streams: neither is a log group.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "logs", region, account, "log-group", name] = parts[..] else { return None };
        is_log_group_name(name).then_some(Self { partition, region, account, name })
    }

    /// Says whether the log group lies in this account and Region, and hence in this partition.
    pub(super) fn lies_in(&self, place: &Place) -> bool {
        self.account == place.account
            && self.region == place.region
            && self.partition == partition(self.region)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;

    #[test]
    fn reads_log_groups_only() {
        let table = [
            ("arn:aws:logs:us-east-1:111122223333:log-group:/aws/x", Some("/aws/x")),
            ("arn:aws-cn:logs:cn-north-1:111122223333:log-group:x#1_a-b.c", Some("x#1_a-b.c")),
            ("arn:aws:logs:us-east-1:111122223333:log-group:/aws/x:*", None),
            ("arn:aws:logs:us-east-1:111122223333:log-group:/aws/x:log-stream:today", None),
            ("arn:aws:logs:us-east-1:111122223333:log-group:", None),
            ("arn:aws:logs:us-east-1:111122223333:log-group:*", None),
            ("arn:aws:s3:us-east-1:111122223333:log-group:/aws/x", None),
            ("arn:aws:logs:us-east-1:111122223333:destination:x", None),
            ("/aws/x", None),
            ("", None),
        ];
        for (text, name) in table {
            assert_eq!(LogGroupArn::parse(text).map(|arn| arn.name), name, "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let text = log_group_arn("111122223333", region, "/aws/x");
            let arn = LogGroupArn::parse(&text).unwrap();
            let place =
                |account: &str, region: &str| Place { account: account.into(), region: region.into() };
            assert_eq!(arn.partition, partition, "{text}");
            assert!(arn.lies_in(&place("111122223333", region)), "{text}");
            assert!(!arn.lies_in(&place("222233334444", region)), "{text}");
            assert!(!arn.lies_in(&place("111122223333", "elsewhere")), "{text}");
        }
    }

    #[test]
    fn knows_log_group_names() {
        let longest = "x".repeat(512);
        for name in ["/aws/x", "a", longest.as_str()] {
            assert!(is_log_group_name(name), "{name}");
        }
        let too_long = "x".repeat(513);
        for name in ["", "a b", "a:b", "a*", "café", too_long.as_str()] {
            assert!(!is_log_group_name(name), "{name}");
        }
    }
}
