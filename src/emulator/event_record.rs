//! An event as CloudTrail shows it: the members of LookupEvents, and the record inside.
//!
//! Source: [the contents of a record](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html)
//! and [of its `userIdentity`](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html).

use serde_json::{Map, Value, json};

use super::arn::log_group_arn;
use super::event::Event;
use super::world::Place;

/// The service that all recorded calls were made to.
pub(super) const EVENT_SOURCE: &str = "logs.amazonaws.com";

/// Where roles lie that IAM Identity Center makes, and how their names begin.
const SSO_START: &str = "AWSReservedSSO_";
const SSO_PATH: &str = "aws-reserved/sso.amazonaws.com/";

/// Shows an event as one of the answer's.
pub(super) fn shown(event: &Event, place: &Place) -> Value {
    without_null(json!({
        "EventId": event.id, "EventName": event.name.as_str(), "ReadOnly": "false", "AccessKeyId": event.access_key,
        "EventTime": event.time.as_second(), "EventSource": EVENT_SOURCE, "Username": user_name(event),
        "Resources": [{"ResourceName": event.resource(place)}], "CloudTrailEvent": record(event, place).to_string()
    }))
}

/// Tells the user's name: of an assumed role, it is the session's.
pub(super) fn user_name(event: &Event) -> Option<String> {
    event.by.as_deref().and_then(Caller::parse).map(|caller| match caller.kind {
        Kind::Session { session, .. } => session.to_owned(),
        Kind::User { name } => name.to_owned(),
        Kind::Root => "root".to_owned(),
    })
}

fn record(event: &Event, place: &Place) -> Value {
    let log_group_arn =
        event.log_group.as_ref().map(|name| log_group_arn(&place.account, &place.region, name));
    // Where a service acts, its name stands for the address and the agent.
    let service = event.invoked_by.as_deref();
    without_null(json!({
        "eventVersion": "1.11", "userIdentity": user_identity(event, place), "eventTime": event.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": EVENT_SOURCE, "eventName": event.name.as_str(), "awsRegion": place.region,
        "sourceIPAddress": event.source_ip.as_deref().or(service).unwrap_or("127.0.0.1"),
        "userAgent": service.unwrap_or("emulator"), "errorCode": event.error, "errorMessage": event.error_message,
        "requestParameters": without_null(json!({"policyName": event.policy, "resourceArn": log_group_arn})),
        "requestID": event.request_id, "eventID": event.id, "readOnly": false, "eventType": "AwsApiCall",
        "managementEvent": true, "recipientAccountId": place.account, "eventCategory": "Management"
    }))
}

fn user_identity(event: &Event, place: &Place) -> Value {
    let Some(arn) = event.by.as_deref() else {
        return without_null(json!({"type": "AWSService", "invokedBy": event.invoked_by}));
    };
    let Some(caller) = Caller::parse(arn) else {
        return without_null(json!({
            "type": "Unknown", "arn": arn, "accountId": place.account, "accessKeyId": event.access_key,
            "invokedBy": event.invoked_by
        }));
    };
    let (kind, principal, user, context) = match caller.kind {
        Kind::Root => ("Root", caller.account.to_owned(), None, None),
        Kind::User { name } => ("IAMUser", "AIDAEMULATOREMULATOR".to_owned(), Some(name), None),
        Kind::Session { role, session } => {
            let principal = format!("AROAEMULATOREMULATOR:{session}");
            ("AssumedRole", principal, None, Some(json!({"sessionIssuer": caller.issuer(role)})))
        }
    };
    without_null(json!({
        "type": kind, "principalId": principal, "arn": arn, "accountId": caller.account,
        "accessKeyId": event.access_key, "userName": user, "sessionContext": context, "invokedBy": event.invoked_by
    }))
}

/// Who an ARN says has called.
struct Caller<'a> {
    partition: &'a str,
    account: &'a str,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Root,
    User { name: &'a str },
    Session { role: &'a str, session: &'a str },
}

impl<'a> Caller<'a> {
    fn parse(arn: &'a str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, service, "", account, resource] = parts[..] else { return None };
        let kind = match (service, resource.split_once('/')) {
            ("iam", None) if resource == "root" => Kind::Root,
            ("iam", Some(("user", path))) => Kind::User { name: path.rsplit('/').next().unwrap_or(path) },
            ("sts", Some(("assumed-role", names))) => {
                let (role, session) = names.split_once('/')?;
                Kind::Session { role, session }
            }
            _ => return None,
        };
        Some(Self { partition, account, kind })
    }

    /// The role behind a session. Its path is not in the session's ARN; that of roles of Identity Center is known.
    fn issuer(&self, role: &str) -> Value {
        let Self { partition, account, kind: _ } = self;
        let path = if role.starts_with(SSO_START) { SSO_PATH } else { "" };
        json!({
            "type": "Role", "principalId": "AROAEMULATOREMULATOR",
            "arn": format!("arn:{partition}:iam::{account}:role/{path}{role}"), "accountId": account, "userName": role
        })
    }
}

/// Leaves members out that have no value.
fn without_null(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;

    fn identity(rest: &str) -> (Value, Option<String>) {
        let text = format!(
            r#"{{"time":"2026-01-31T12:00:00Z","name":"PutResourcePolicy","policy":"p","id":"i"{rest}}}"#
        );
        let event: Event = serde_json::from_str(&text).unwrap();
        let place = Place { account: "111122223333".into(), region: "us-east-1".into() };
        (user_identity(&event, &place), user_name(&event))
    }

    #[test]
    fn each_kind_of_caller_has_its_own_form() {
        let sso = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_abc/jane@example.com";
        for (by, kind, principal, user) in [
            ("arn:aws:iam::111122223333:root", "Root", Some("111122223333"), Some("root")),
            ("arn:aws:iam::111122223333:user/team/ada", "IAMUser", Some("AIDAEMULATOREMULATOR"), Some("ada")),
            (sso, "AssumedRole", Some("AROAEMULATOREMULATOR:jane@example.com"), Some("jane@example.com")),
            ("arn:aws:sts::111122223333:federated-user/ada", "Unknown", None, None),
            ("ada", "Unknown", None, None),
        ] {
            let (identity, name) = identity(&format!(r#","by":"{by}""#));
            assert_eq!(identity["type"], kind, "{by}");
            assert_eq!(identity["arn"], by);
            assert_eq!(identity.get("principalId").and_then(Value::as_str), principal, "{by}");
            assert_eq!(name.as_deref(), user, "{by}");
            assert!(
                identity.get("invokedBy").is_none() && identity.get("accessKeyId").is_none(),
                "{identity}"
            );
        }
        let (identity, _) = identity(&format!(r#","by":"{sso}","invoked_by":"delivery.logs.amazonaws.com""#));
        assert_eq!(identity["invokedBy"], "delivery.logs.amazonaws.com");
        assert_eq!(
            identity["sessionContext"]["sessionIssuer"]["arn"],
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_abc"
        );
    }

    #[test]
    fn a_service_may_act_of_its_own_accord() {
        let (identity, name) = identity(r#","invoked_by":"es.amazonaws.com""#);
        assert_eq!(identity, json!({"type": "AWSService", "invokedBy": "es.amazonaws.com"}));
        assert_eq!(name, None);
    }
}
