//! LookupEvents, against a scripted server.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::event_reader::AwsEventReader;
use super::pace::Pace;
use super::stub::{Answer, Stub};
use super::tests::{at, aws, ok, refused};
use super::{EventReader as _, ProviderError, ProviderErrorKind};
use crate::model::{LookupWindow, WriteEvents, WriteKind};

const PUTS: LookupWindow = LookupWindow { kind: WriteKind::Put, since: None, until: None };

/// Reads without keeping calls apart.
async fn look_up(url: &str, windows: &[LookupWindow]) -> Result<WriteEvents, ProviderError> {
    let at = at("111122223333/us-east-1");
    let client = aws(url).cloudtrail(&at).await;
    let reader = AwsEventReader::new(client, at.target, Arc::new(Pace::new(Duration::ZERO)));
    reader.writes(windows).await
}

/// One event of an answer.
fn event(id: usize, source: &str, kind: WriteKind) -> Value {
    let record = json!({
        "eventSource": source, "eventName": kind.operation(), "requestParameters": {"policyName": "p"}
    });
    json!({"EventId": id.to_string(), "EventTime": 1_769_860_800.0, "CloudTrailEvent": record.to_string()})
}

fn page(events: &[Value], next: Option<&str>) -> Answer {
    ok(&json!({"Events": events, "NextToken": next}).to_string())
}

fn ids(found: &WriteEvents) -> Vec<&str> {
    found.events.iter().filter_map(|event| event.event_id.as_deref()).collect()
}

#[tokio::test]
async fn each_kind_is_asked_for_apart_and_to_the_end() {
    let stub = Stub::new(|number, asked| {
        let body: Value = serde_json::from_str(&asked.body).expect("JSON");
        let attributes = body["LookupAttributes"].as_array().expect("a list");
        assert_eq!(attributes.len(), 1, "{body}");
        assert_eq!(attributes[0]["AttributeKey"], "EventName");
        match attributes[0]["AttributeValue"].as_str() {
            Some("PutResourcePolicy") if number == 1 => {
                assert!(body.get("NextToken").is_none(), "{body}");
                assert_eq!((&body["StartTime"], &body["EndTime"]), (&json!(5), &json!(15)));
                let foreign = event(9, "secretsmanager.amazonaws.com", WriteKind::Put);
                page(&[event(1, "logs.amazonaws.com", WriteKind::Put), foreign], Some("more"))
            }
            Some("PutResourcePolicy") => {
                assert_eq!(body["NextToken"], "more");
                let broken = json!({"EventId": "9", "EventTime": 1, "CloudTrailEvent": "{"});
                page(&[broken, event(2, "logs.amazonaws.com", WriteKind::Put)], None)
            }
            _ => {
                assert!(body.get("StartTime").is_none() && body.get("EndTime").is_none(), "{body}");
                page(&[event(3, "logs.amazonaws.com", WriteKind::Delete)], None)
            }
        }
    });
    let stub = stub.await;
    let puts = LookupWindow { since: Some(5_999), until: Some(15_001), ..PUTS };
    let deletes = LookupWindow { kind: WriteKind::Delete, ..PUTS };
    let found = look_up(&stub.url, &[puts, deletes]).await.expect("writes");
    assert_eq!((ids(&found), found.is_complete), (vec!["1", "2", "3"], true));
    assert_eq!(stub.count("LookupEvents"), 3);
    assert_eq!(look_up(&stub.url, &[]).await.expect("nothing").events, []);
    assert_eq!(stub.count("LookupEvents"), 3, "nothing is asked about nothing");
}

#[tokio::test]
async fn a_look_up_ends_after_forty_pages() {
    let stub = Stub::new(|number, _| {
        page(&[event(number, "logs.amazonaws.com", WriteKind::Put)], Some(&format!("t{number}")))
    });
    let stub = stub.await;
    let found = look_up(&stub.url, &[PUTS]).await.expect("some writes");
    assert_eq!((found.events.len(), found.is_complete), (40, false));
    assert_eq!(stub.count("LookupEvents"), 40);
}

#[tokio::test]
async fn a_broken_answer_never_means_no_events() {
    for (body, words) in [
        ("{}", "`Events` is missing"),
        (r#"{"Events":null}"#, "`Events` is missing"),
        (r#"{"Events":[],"NextToken":"again"}"#, "came twice"),
    ] {
        let stub = Stub::new(move |_, _| ok(body)).await;
        let error = look_up(&stub.url, &[PUTS]).await.expect_err(body);
        assert_eq!(error.kind, ProviderErrorKind::Malformed);
        assert!(error.message.contains(words), "{error}");
        assert!(error.hints()[0].contains("not CloudTrail"), "{error}");
    }
}

#[tokio::test]
async fn throttled_look_ups_are_tried_again() {
    let stub =
        Stub::new(|number, _| if number < 3 { refused(400, "ThrottlingException") } else { page(&[], None) });
    let stub = stub.await;
    look_up(&stub.url, &[PUTS]).await.expect("the third time");
    assert_eq!(stub.count("LookupEvents"), 3);
}

#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    let stub = Stub::new(|_, _| refused(400, "AccessDeniedException")).await;
    let error = look_up(&stub.url, &[PUTS]).await.expect_err("denied");
    assert_eq!(error.kind, ProviderErrorKind::Denied);
    assert!(error.hints()[0].contains("the IAM action cloudtrail:LookupEvents;"), "{:?}", error.hints());
    assert!(error.to_string().starts_with("LookupEvents at 111122223333/us-east-1: "), "{error}");
    assert_eq!(stub.count("LookupEvents"), 1);
}

#[tokio::test]
async fn readers_of_one_target_share_their_turns_and_their_retries_are_apart() {
    let stub = Stub::new(|_, _| page(&[], None)).await;
    let (aws, here) = (aws(&stub.url), at("111122223333/us-east-1"));
    let begun = tokio::time::Instant::now();
    for _ in 0..3 {
        aws.event_reader(&here).await.writes(&[PUTS]).await.expect("nothing");
    }
    assert!(begun.elapsed() >= Duration::from_secs(1), "the third waits");
    let begun = tokio::time::Instant::now();
    aws.event_reader(&at("111122223333/eu-west-1")).await.writes(&[PUTS]).await.expect("nothing");
    assert!(begun.elapsed() < Duration::from_millis(900), "another Region does not");
    let partition =
        |client: &aws_sdk_cloudtrail::Client| client.config().retry_partition().map(ToString::to_string);
    let elsewhere = at("444455556666/us-east-1");
    assert_ne!(partition(&aws.cloudtrail(&here).await), partition(&aws.cloudtrail(&elsewhere).await));
}
