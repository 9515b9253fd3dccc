//! STS AssumeRole, and whose role its credentials stand for.
//!
//! Nothing is remembered: the access key carries the account, the session token carries the names. So credentials
//! outlive a restart, and hold in every emulator.

use super::answer::{ServiceError, escaped};
use super::arn::is_account_id;
use super::clock::now_in_milliseconds;
use super::form;
use super::request::Request;

/// How the access keys of roles begin, as AWS's do; the account follows.
const KEY_START: &str = "ASIA";

/// How they end: 20 characters is how long AWS's are.
const KEY_END: &str = "ROLE";

/// What the emulator's session tokens begin with: others are not ours to read.
const TOKEN_START: &str = "emulator/";

/// The secret of every role: what AssumeRole gives, and what calls of roles are signed with.
pub(super) const ROLE_SECRET: &str = "emulatoremulatoremulatoremulatoremulator";

/// How long credentials hold if the caller does not say, and what it may say, in seconds.
const USUAL_DURATION: i64 = 3_600;
const SHORTEST_DURATION: i64 = 900;
const LONGEST_DURATION: i64 = 43_200;

/// A role that somebody has assumed, and the name they gave the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AssumedRole {
    pub(super) role: String,
    pub(super) session: String,
}

impl AssumedRole {
    /// Reads the session token of a later call; nothing if the emulator did not make it.
    pub(super) fn of_token(token: &str) -> Option<Self> {
        let (role, session) = token.strip_prefix(TOKEN_START)?.split_once('/')?;
        let named = is_name(role, 1) && is_name(session, 2);
        named.then(|| Self { role: role.to_owned(), session: session.to_owned() })
    }

    /// Writes the ARN that GetCallerIdentity tells.
    pub(super) fn arn(&self, partition: &str, account: &str) -> String {
        format!("arn:{partition}:sts::{account}:assumed-role/{}/{}", self.role, self.session)
    }

    /// Writes the id that AWS puts together from the role's own and the session.
    pub(super) fn id(&self) -> String {
        format!("AROAEMULATOREMULATOR:{}", self.session)
    }

    fn token(&self) -> String {
        format!("{TOKEN_START}{}/{}", self.role, self.session)
    }
}

/// Tells the account that an access key of a role carries.
pub(super) fn account_in_key(access_key: &str) -> Option<&str> {
    let (account, end) = access_key.strip_prefix(KEY_START)?.split_at_checked(12)?;
    (end.len() == KEY_END.len() && is_account_id(account)).then_some(account)
}

/// Gives credentials of any role to anyone: the emulator keeps no roles and checks no trust
/// ([API page](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)).
pub(super) fn assume(request: &Request) -> Result<String, ServiceError> {
    let arn = required(request, "RoleArn", "roleArn")?;
    let RoleArn { partition, account, name } = RoleArn::parse(&arn)
        .ok_or_else(|| ServiceError::new("ValidationError", format!("{arn} is invalid")))?;
    let assumed = AssumedRole { role: name.to_owned(), session: session_name(request)? };
    let now = now_in_milliseconds() / 1000;
    let expiration = iso_8601(now + duration(request)?)?;
    let (token, assumed_arn) = (assumed.token(), assumed.arn(partition, account));
    let (assumed_id, request_id) = (assumed.id(), escaped(&request.id));
    Ok(format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <Credentials><AccessKeyId>{KEY_START}{account}{KEY_END}</AccessKeyId>\
         <SecretAccessKey>{ROLE_SECRET}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
         <AssumedRoleUser><Arn>{assumed_arn}</Arn><AssumedRoleId>{assumed_id}</AssumedRoleId></AssumedRoleUser>\
         </AssumeRoleResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </AssumeRoleResponse>"
    ))
}

fn session_name(request: &Request) -> Result<String, ServiceError> {
    let name = required(request, "RoleSessionName", "roleSessionName")?;
    if is_name(&name, 2) {
        return Ok(name);
    }
    Err(unsatisfied(&name, "roleSessionName", "have 2 to 64 characters out of [\\w+=,.@-]"))
}

fn duration(request: &Request) -> Result<i64, ServiceError> {
    let Some(written) = form::field(&request.body, "DurationSeconds") else { return Ok(USUAL_DURATION) };
    let seconds =
        written.parse().ok().filter(|seconds| (SHORTEST_DURATION..=LONGEST_DURATION).contains(seconds));
    seconds.ok_or_else(|| {
        let bounds = format!("have value between {SHORTEST_DURATION} and {LONGEST_DURATION}");
        unsatisfied(&written, "durationSeconds", &bounds)
    })
}

fn required(request: &Request, field: &str, shown: &str) -> Result<String, ServiceError> {
    form::field(&request.body, field).ok_or_else(|| {
        let text = format!(
            "1 validation error detected: Value null at '{shown}' failed to satisfy constraint: Member must not be null"
        );
        ServiceError::new("ValidationError", text)
    })
}

fn unsatisfied(value: &str, shown: &str, constraint: &str) -> ServiceError {
    let text = format!(
        "1 validation error detected: Value '{value}' at '{shown}' failed to satisfy constraint: Member must {constraint}"
    );
    ServiceError::new("ValidationError", text)
}

fn iso_8601(seconds: i64) -> Result<String, ServiceError> {
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.to_string())
        .map_err(|error| ServiceError::new("ValidationError", format!("no such time: {error}")))
}

/// A role's ARN: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
#[derive(Debug, PartialEq, Eq)]
struct RoleArn<'a> {
    partition: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> RoleArn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        // A path may have colons: only the first five part anything.
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts[..] else { return None };
        let path_and_name = resource.strip_prefix("role/")?;
        let (path, name) = path_and_name.rsplit_once('/').unwrap_or(("", path_and_name));
        let valid = is_partition(partition)
            && is_account_id(account)
            && path.bytes().all(|byte| byte.is_ascii_graphic())
            && is_name(name, 1);
        valid.then_some(Self { partition, account, name })
    }
}

fn is_partition(text: &str) -> bool {
    text.starts_with("aws") && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Says whether a role or a session may be called so: at most 64 of `a-z A-Z 0-9 _ + = , . @ -`.
fn is_name(text: &str, shortest: usize) -> bool {
    (shortest..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::super::request::Api;
    use super::super::world::Place;
    use super::*;

    fn assume_with(body: &str) -> Result<String, ServiceError> {
        assume(&Request {
            id: "id".into(),
            api: Api::Sts,
            operation: "AssumeRole".into(),
            place: Place { account: "123456789012".into(), region: "us-east-1".into() },
            access_key: "111122223333".into(),
            role: None,
            body: body.to_owned().into(),
        })
    }

    #[test]
    fn reads_role_arns() {
        let table = [
            ("arn:aws:iam::111122223333:role/audit", Some(("aws", "audit"))),
            ("arn:aws-us-gov:iam::111122223333:role/team/a:b/audit", Some(("aws-us-gov", "audit"))),
            ("arn:aws:iam::111122223333:role/", None),
            ("arn:aws:iam::111122223333:role/team/", None),
            ("arn:aws:iam::111122223333:user/audit", None),
            ("arn:aws:iam::11112222333:role/audit", None),
            ("arn:aws:iam:us-east-1:111122223333:role/audit", None),
            ("arn:aws:sts::111122223333:role/audit", None),
            ("arn::iam::111122223333:role/audit", None),
            ("arn:a<b:iam::111122223333:role/audit", None),
            ("arn:aws:iam::111122223333:role/a b", None),
            ("arn:aws:iam::111122223333:role/a b/audit", None),
            ("audit", None),
            ("", None),
        ];
        for (text, expected) in table {
            let found = RoleArn::parse(text).map(|arn| (arn.partition, arn.name));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn keys_carry_the_account() {
        for (key, account) in [
            ("ASIA111122223333ROLE", Some("111122223333")),
            ("ASIA111122223333abcd", Some("111122223333")),
            ("ASIA111122223333ROL", None),
            ("ASIA11112222333XROLE", None),
            ("AKIA111122223333ROLE", None),
            ("111122223333", None),
            ("ASIA1111222233é3ROL", None),
        ] {
            assert_eq!(account_in_key(key), account, "{key}");
        }
    }

    #[test]
    fn tokens_carry_the_names() {
        let assumed = AssumedRole { role: "audit".into(), session: "a.b@c".into() };
        assert_eq!(AssumedRole::of_token(&assumed.token()), Some(assumed));
        for token in [
            "",
            "IQoJb3JpZ2luX2VjE",
            "emulator/",
            "emulator/a",
            "emulator/a/b",
            "emulator/a/b/c",
            "emulator//bc",
        ] {
            assert_eq!(AssumedRole::of_token(token), None, "{token}");
        }
    }

    #[test]
    fn times_are_iso_8601() {
        assert_eq!(iso_8601(1_767_225_600).unwrap(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn refuses_what_is_malformed_or_missing() {
        let arn = "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Faudit";
        for (body, part) in [
            ("RoleSessionName=me".to_owned(), "Value null at 'roleArn'"),
            ("RoleSessionName=me&RoleArn=audit".to_owned(), "audit is invalid"),
            (arn.to_owned(), "Value null at 'roleSessionName'"),
            (format!("{arn}&RoleSessionName=m"), "Value 'm' at 'roleSessionName'"),
            (format!("{arn}&RoleSessionName=m%2Fe"), "Value 'm/e' at 'roleSessionName'"),
            (format!("{arn}&RoleSessionName=me&DurationSeconds=899"), "between 900 and 43200"),
            (format!("{arn}&RoleSessionName=me&DurationSeconds=soon"), "Value 'soon' at 'durationSeconds'"),
        ] {
            let error = assume_with(&body).unwrap_err();
            assert_eq!(error.code, "ValidationError");
            assert!(error.message.contains(part), "{body}: {}", error.message);
        }
        assert!(assume_with(&format!("{arn}&RoleSessionName=me&DurationSeconds=900&ExternalId=x")).is_ok());
    }
}
