//! What to do about an error of AWS, in words for people.

use super::port::{ACCOUNTS, LOOKUP, ProviderError, ProviderErrorKind, REGIONS, UNIT_ACCOUNTS, UNITS};

/// Which service an operation belongs to: the words differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Logs,
    CloudTrail,
    Sts,
    Organizations,
    Account,
}

impl Service {
    fn of(operation: &str) -> Self {
        match operation {
            LOOKUP => Self::CloudTrail,
            "GetCallerIdentity" => Self::Sts,
            ACCOUNTS | UNIT_ACCOUNTS | UNITS => Self::Organizations,
            REGIONS => Self::Account,
            _ => Self::Logs,
        }
    }

    /// What its IAM actions begin with.
    fn prefix(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::CloudTrail => "cloudtrail",
            Self::Sts => "sts",
            Self::Organizations => "organizations",
            Self::Account => "account",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Logs => "CloudWatch Logs",
            Self::CloudTrail => "CloudTrail",
            Self::Sts => "AWS STS",
            Self::Organizations => "AWS Organizations",
            Self::Account => "AWS Account Management",
        }
    }
}

impl ProviderError {
    /// What it means and what to do, each a full sentence.
    pub fn hints(&self) -> Vec<String> {
        let service = Service::of(self.operation);
        let hint = match (self.kind, service) {
            (ProviderErrorKind::Denied, _) => return denied(service, self.operation),
            (ProviderErrorKind::Credentials, _) => return log_in(&self.message),
            (ProviderErrorKind::LimitExceeded, _) => {
                "Ten account policies are there already, which AWS does not raise: plan again to see who holds them."
            }
            (ProviderErrorKind::Invalid, Service::Organizations | Service::Account) => {
                "AWS does not take this request; please report this."
            }
            (ProviderErrorKind::Invalid, _) => {
                "AWS does not take this document or name; `logpolicy validate` may say why."
            }
            (ProviderErrorKind::Conflict, _) => "Somebody else wrote this policy in between; plan again.",
            (ProviderErrorKind::NotFound, _) => {
                "The log group is not there: create it first, or remove the entry."
            }
            (ProviderErrorKind::NoOrganization, _) => {
                "The credentials' account belongs to no organization: use those of the management account or of a \
                 delegated administrator, or list the accounts under `accounts`."
            }
            (ProviderErrorKind::NoUnit, _) => {
                "The organization has no unit of this id: `aws organizations list-roots` and \
                 `list-organizational-units-for-parent` show them."
            }
            (ProviderErrorKind::Throttled, Service::CloudTrail) => {
                "AWS takes two such calls per second in an account and Region; try again when nobody else looks events up."
            }
            (ProviderErrorKind::Throttled, Service::Organizations | Service::Account) => {
                "AWS takes a few such calls per second of all who ask; try again when nobody else does."
            }
            (ProviderErrorKind::Throttled, _) => {
                "AWS takes about five such calls per second in an account and Region; try again with less at once."
            }
            (ProviderErrorKind::Unavailable, _) => "The service is in trouble; try again later.",
            (ProviderErrorKind::Unanswered, _) => unanswered(&self.message),
            (ProviderErrorKind::Malformed, _) => {
                return vec![format!(
                    "Whatever answered is not {} as we know it; nothing is concluded from such an answer.",
                    service.name()
                )];
            }
            (ProviderErrorKind::Other, _) => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

fn denied(service: Service, operation: &str) -> Vec<String> {
    let action = format!("{}:{operation}", service.prefix());
    let lacks = format!(
        "The credentials lack the IAM action {action}; it takes no resource and no condition, so allow it on \"*\"."
    );
    match service {
        Service::Organizations => vec![
            format!("The credentials lack the IAM action {action}; allow it on \"*\"."),
            "Only the management account of an organization and its delegated administrators may ask, and the roles \
             under `assume_role` are not asked: set AWS_PROFILE, or a `profile` under the target."
                .to_owned(),
        ],
        Service::Account => vec![format!(
            "The credentials lack the IAM action {action}: allow it on \"*\", or list the Regions under `regions`."
        )],
        Service::Logs | Service::CloudTrail | Service::Sts => vec![lacks],
    }
}

/// Without the machine's list of authorities, or behind a proxy that signs with its own, every connection fails alike.
fn unanswered(message: &str) -> &'static str {
    if message.contains("certificate") {
        "No authority that this machine trusts has signed the server's certificate: install `ca-certificates`, or name \
         the file with your proxy's authority in SSL_CERT_FILE."
    } else {
        "Check the network, proxy and endpoint, then try again."
    }
}

/// Whoever logs in with IAM Identity Center must do so again; the SDK's words tell that the token is missing or has expired,
/// and not how to get another.
fn log_in(message: &str) -> Vec<String> {
    let is_token = ["SSO token", "/sso/cache/", "\\sso\\cache\\"].iter().any(|words| message.contains(words));
    let is_signature =
        ["InvalidSignature", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired"]
            .iter()
            .any(|code| message.starts_with(code));
    let hint = if is_signature {
        "The secret key does not belong to the access key, or the clock of this machine is more than five minutes off: \
         check both, then try again."
    } else if is_token {
        "Log in with IAM Identity Center: `aws sso login --profile NAME`, where NAME is the `profile` of the target or \
         that of AWS_PROFILE."
    } else {
        "Log in again, set AWS_PROFILE or the AWS_ACCESS_KEY_ID variables, or name a `profile` under the target; the \
         AWS SDK's usual places are searched."
    };
    vec![hint.to_owned()]
}
