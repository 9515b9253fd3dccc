//! CloudTrail's record of a call as a write of a policy.
//!
//! Every member may be missing or have another form than we know
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>): what
//! cannot be read is left out, and a record that is no JSON is no write.

use aws_sdk_cloudtrail::primitives::{DateTime, DateTimeFormat};
use aws_sdk_cloudtrail::types::Event;
use serde_json::Value;

use crate::model::{PolicyKey, Target, WriteEvent, WriteKind, exact_log_group};

/// The service whose operations these are; others have operations of the same names.
const SOURCE: &str = "logs.amazonaws.com";

/// The write that an event tells of; nothing for the call of another service, one that failed, or one that cannot be read.
pub(super) fn write(event: &Event, kind: WriteKind, target: &Target) -> Option<WriteEvent> {
    let record: Value = serde_json::from_str(event.cloud_trail_event()?).ok()?;
    let is_ours = at(&record, "/eventSource").as_deref().or(event.event_source()) == Some(SOURCE);
    let is_kind = at(&record, "/eventName").as_deref().or(event.event_name()) == Some(kind.operation());
    let failed = record.get("errorCode").is_some_and(|code| !code.is_null());
    if !is_ours || !is_kind || failed {
        return None;
    }
    let time = event.event_time().copied().or_else(|| time_in(&record))?;
    let issuer = at(&record, "/userIdentity/sessionContext/sessionIssuer/arn");
    let principal = at(&record, "/userIdentity/arn").or_else(|| issuer.clone());
    Some(WriteEvent {
        kind,
        key: key(&record, target),
        time: time.to_millis().ok()?,
        at: DateTime::from_secs(time.secs()).fmt(DateTimeFormat::DateTime).ok()?,
        event_id: event.event_id().map(ToOwned::to_owned).or_else(|| at(&record, "/eventID")),
        principal: principal.or_else(|| at(&record, "/userIdentity/principalId")),
        session_issuer: issuer,
        invoked_by: at(&record, "/userIdentity/invokedBy"),
        source_ip: at(&record, "/sourceIPAddress"),
    })
}

/// The policy, by its name or by the ARN of its log group.
fn key(record: &Value, target: &Target) -> Option<PolicyKey> {
    let name = at(record, "/requestParameters/policyName").map(PolicyKey::account);
    name.or_else(|| {
        let arn = at(record, "/requestParameters/resourceArn")?;
        exact_log_group(&arn, target).map(PolicyKey::log_group)
    })
}

fn time_in(record: &Value) -> Option<DateTime> {
    DateTime::from_str(&at(record, "/eventTime")?, DateTimeFormat::DateTime).ok()
}

/// A text of the record that is not empty.
fn at(record: &Value, pointer: &str) -> Option<String> {
    record.pointer(pointer)?.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(record: &str) -> Option<WriteEvent> {
        let event =
            Event::builder().cloud_trail_event(record).event_time(DateTime::from_millis(1_769_860_800_000));
        let target = "111122223333/us-east-1".parse().expect("a target");
        write(&event.event_id("e").build(), WriteKind::Put, &target)
    }

    fn with(members: &Value) -> Value {
        let mut record = json!({"eventSource": SOURCE, "eventName": "PutResourcePolicy"});
        for (name, value) in members.as_object().into_iter().flatten() {
            record[name] = value.clone();
        }
        record
    }

    #[test]
    fn every_member_is_optional() {
        let write = read(&with(&json!({})).to_string()).expect("a write");
        assert_eq!((write.time, write.at.as_str()), (1_769_860_800_000, "2026-01-31T12:00:00Z"));
        let nothing = [&write.principal, &write.session_issuer, &write.invoked_by, &write.source_ip];
        assert!(write.key.is_none() && nothing.iter().all(|text| text.is_none()), "{write:?}");
        let odd =
            json!({"userIdentity": "me", "requestParameters": [1], "sourceIPAddress": 7, "errorCode": null});
        assert_eq!(read(&with(&odd).to_string()), Some(write));
    }

    #[test]
    fn what_is_no_write_of_ours_is_left_out() {
        for record in [
            String::new(),
            "{".to_owned(),
            "null".to_owned(),
            "[]".to_owned(),
            with(&json!({"eventSource": "secretsmanager.amazonaws.com"})).to_string(),
            with(&json!({"eventName": "DeleteResourcePolicy"})).to_string(),
            with(&json!({"errorCode": "AccessDenied"})).to_string(),
            json!({"eventName": "PutResourcePolicy"}).to_string(),
        ] {
            assert_eq!(read(&record), None, "{record}");
        }
    }

    #[test]
    fn the_time_may_stand_in_the_record_alone() {
        let record = with(&json!({"eventTime": "2026-01-31T12:00:00Z", "eventID": "inside"})).to_string();
        let target = "111122223333/us-east-1".parse().expect("a target");
        let event = Event::builder().cloud_trail_event(record).build();
        let write = write(&event, WriteKind::Put, &target).expect("a write");
        assert_eq!((write.time, write.event_id.as_deref()), (1_769_860_800_000, Some("inside")));
        let timeless =
            Event::builder().cloud_trail_event(with(&json!({"eventTime": "noon"})).to_string()).build();
        assert_eq!(super::write(&timeless, WriteKind::Put, &target), None);
    }

    #[test]
    fn policies_are_known_by_name_or_log_group() {
        let arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/x";
        let elsewhere = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x";
        for (parameters, key) in [
            (json!({"policyName": "dns"}), Some("policy:dns")),
            (json!({"resourceArn": arn}), Some("log-group:/aws/x")),
            (json!({"resourceArn": format!("{arn}:*")}), Some("log-group:/aws/x")),
            (json!({"policyName": null, "resourceArn": arn}), Some("log-group:/aws/x")),
            (json!({"resourceArn": elsewhere}), None),
            (json!({"resourceArn": "x", "policyName": ""}), None),
            (Value::Null, None),
        ] {
            let write = read(&with(&json!({"requestParameters": parameters})).to_string()).expect("a write");
            assert_eq!(write.key.map(|key| key.to_string()).as_deref(), key, "{parameters}");
        }
    }

    #[test]
    fn the_principal_is_the_best_that_is_there() {
        let issuer = json!({"sessionIssuer": {"arn": "issuer"}});
        for (identity, principal) in [
            (json!({"arn": "arn", "principalId": "id", "sessionContext": issuer}), Some("arn")),
            (json!({"principalId": "id", "sessionContext": issuer}), Some("issuer")),
            (json!({"principalId": "id", "sessionContext": null}), Some("id")),
            (json!({"type": "AWSService", "invokedBy": "es.amazonaws.com"}), None),
        ] {
            let write = read(&with(&json!({"userIdentity": identity})).to_string()).expect("a write");
            assert_eq!(write.principal.as_deref(), principal, "{identity}");
            assert_eq!(write.invoked_by.is_some(), principal.is_none());
        }
    }
}
