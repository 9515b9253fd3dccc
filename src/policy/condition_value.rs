//! Which values a condition operator can be met with.

use std::net::IpAddr;

use super::condition::{Operator, parse};
use super::instant::seconds;

/// Whether a value can ever match with an operator; true for an operator that IAM does not know, which is another matter.
/// Numbers, dates and networks must be read as such, `Bool` and `Null` know two values, and an ARN pattern has six
/// parts (IAM user guide, "IAM JSON policy elements: Condition operators").
pub fn is_condition_value(operator: &str, value: &str) -> bool {
    let Some((_, operator, _)) = parse(operator) else { return true };
    // What a policy variable stands for is known to AWS only.
    if value.contains("${") {
        return true;
    }
    match operator {
        Operator::Bool | Operator::Null => {
            value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
        }
        Operator::Numeric(_) => value.parse::<f64>().is_ok_and(f64::is_finite),
        Operator::Date(_) => seconds(value).is_some(),
        Operator::Ip | Operator::NotIp => is_network(value),
        Operator::Arn | Operator::NotArn => value.split(':').count() >= 6,
        Operator::Equals
        | Operator::EqualsAnyCase
        | Operator::Like
        | Operator::NotEquals
        | Operator::NotEqualsAnyCase
        | Operator::NotLike
        | Operator::Binary => true,
    }
}

fn is_network(text: &str) -> bool {
    let (base, length) = text.split_once('/').map_or((text, None), |(base, length)| (base, Some(length)));
    let most = match base.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_their_operator() {
        for (operator, value, expected) in [
            ("Bool", "TRUE", true),
            ("Null", "yes", false),
            ("NumericLessThanIfExists", "1.5", true),
            ("NumericEquals", "ten", false),
            ("DateGreaterThan", "2026-01-01T00:00:00Z", true),
            ("DateGreaterThan", "tomorrow", false),
            ("IpAddress", "10.0.0.0/8", true),
            ("IpAddress", "10.0.0.0/33", false),
            ("NotIpAddress", "2001:db8::/32", true),
            ("ArnLike", "arn:aws:s3:::b", true),
            ("ArnLike", "*", false),
            ("StringLike", "*", true),
            ("ArnLike", "${aws:x}", true),
            ("Unknown", "x", true),
        ] {
            assert_eq!(is_condition_value(operator, value), expected, "{operator} {value}");
        }
    }
}
