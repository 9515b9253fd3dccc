//! The reader of events against the emulator: several authors write, and each write is found to be its author's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads the clock"
)]

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials as AccessKey;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Builder, Region};
use logpolicy::emulator::{self, Emulator};
use logpolicy::model::{
    Access, Attribution, DesiredTarget, Limits, LookupWindow, PolicyKey, SourceSpan, WhyUnknown, WriteKind,
    WriteQuery,
};
use logpolicy::provider::{
    Aws, Credentials, EventReader as _, Options, PolicyReader as _, PolicyWriter as _, ProviderErrorKind,
};
use serde_json::{Value, json};

const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;
const LOG_GROUP: &str = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/x";
const JANE: &str = "emulator/AWSReservedSSO_Admin_0123456789abcdef/jane@example.com";
const CI: &str = "emulator/deploy/ci-42";

fn at() -> DesiredTarget {
    DesiredTarget {
        target: "111122223333/us-east-1".parse().unwrap(),
        names: BTreeSet::new(),
        access: Access::default(),
        limits: Limits::default(),
        span: SourceSpan { file: 0, start: 0, end: 0 },
    }
}

fn now() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since_1970.as_millis()).unwrap()
}

fn sandbox(emulator: &Emulator) -> Aws {
    Aws::new(Options::new(Some(emulator.url()), Credentials::Sandbox))
}

/// A client with the credentials of a role's session.
fn session(emulator: &Emulator, token: &str) -> Client {
    let key = AccessKey::new("ASIA111122223333ROLE", "secret", Some(token.to_owned()), None, "test");
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(emulator.url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(key);
    Client::from_conf(config.build())
}

async fn put(client: &Client, name: &str) {
    client.put_resource_policy().policy_name(name).policy_document(DOCUMENT).send().await.unwrap();
}

async fn put_for_log_group(client: &Client, revision: Option<&str>) {
    let call = client.put_resource_policy().resource_arn(LOG_GROUP).policy_document(DOCUMENT);
    call.set_expected_revision_id(revision.map(ToOwned::to_owned)).send().await.unwrap();
}

/// What is said about each query, with one look-up for all.
async fn attributed(aws: &Aws, queries: &[WriteQuery]) -> Vec<Attribution> {
    let windows = LookupWindow::of(queries);
    let found = aws.event_reader(&at()).await.writes(&windows).await.unwrap();
    assert!(found.is_complete);
    queries.iter().map(|query| Attribution::find(query, &found, now())).collect()
}

/// The question who wrote what is live now.
async fn written(aws: &Aws, key: PolicyKey) -> WriteQuery {
    let live = aws.reader(&at()).await.read_policy(&key).await.unwrap().unwrap();
    WriteQuery { key, kind: WriteKind::Put, last_updated: live.last_updated, since: None }
}

fn deleted(key: PolicyKey) -> WriteQuery {
    WriteQuery { key, kind: WriteKind::Delete, last_updated: None, since: None }
}

fn author(attribution: &Attribution) -> String {
    attribution.author().map_or_else(|| attribution.to_string(), |author| author.to_string())
}

#[tokio::test]
async fn each_write_is_its_author_s() {
    let emulator = emulator::start(emulator::Options::default()).await.unwrap();
    let (aws, jane, ci) = (sandbox(&emulator), session(&emulator, JANE), session(&emulator, CI));
    let ours = aws.writer(&at()).await;
    jane.create_log_group().log_group_name("/aws/x").send().await.unwrap();
    ours.put(&PolicyKey::account("changed"), DOCUMENT, None).await.unwrap();
    ours.put(&PolicyKey::account("removed"), DOCUMENT, None).await.unwrap();
    ours.put(&PolicyKey::account("kept"), DOCUMENT, None).await.unwrap();
    ours.put(&PolicyKey::log_group("/aws/x"), DOCUMENT, None).await.unwrap();
    put(&jane, "changed").await;
    put(&ci, "added").await;
    ci.delete_resource_policy().policy_name("removed").send().await.unwrap();
    put_for_log_group(&jane, Some("1")).await;
    let lost_race = ci.put_resource_policy().resource_arn(LOG_GROUP).policy_document(DOCUMENT);
    lost_race.expected_revision_id("1").send().await.expect_err("the revision is 2 by now");

    let queries = [
        written(&aws, PolicyKey::account("changed")).await,
        written(&aws, PolicyKey::account("added")).await,
        written(&aws, PolicyKey::account("kept")).await,
        written(&aws, PolicyKey::log_group("/aws/x")).await,
        deleted(PolicyKey::account("removed")),
        deleted(PolicyKey::account("never there")),
    ];
    let found = attributed(&aws, &queries).await;
    let authors: Vec<String> = found.iter().map(author).collect();
    let (jane, ci) =
        ("jane@example.com with the permission set Admin", "the session ci-42 of the role deploy");
    let later = "Not yet known by whom: CloudTrail may show a write up to 15 minutes later.";
    assert_eq!(authors, [jane, ci, "the IAM user emulator", jane, ci, later]);
    let Attribution::Known(event) = &found[0] else { panic!("{found:?}") };
    assert_eq!(
        event.principal.as_deref(),
        Some("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jane@example.com")
    );
    assert!(event.event_id.is_some() && event.at.ends_with('Z'), "{event:?}");
}

/// A world file with policies and events.
fn world(folder: &tempfile::TempDir, region: &Value) -> emulator::Options {
    let path = folder.path().join("world.json");
    let world = json!({"format_version": "1", "accounts": {"111122223333": {"us-east-1": region}}});
    fs_err::write(&path, world.to_string()).unwrap();
    emulator::Options { world: Some(path), ..emulator::Options::default() }
}

#[tokio::test]
async fn events_written_by_hand_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let user = "arn:aws:iam::111122223333:user/ada";
    let options = world(
        &folder,
        &json!({
            "policies": {"AWSLogDeliveryWrite20150319": DOCUMENT, "silent": DOCUMENT},
            "log_groups": {"/aws/x": {"policy": DOCUMENT}},
            "last_updated": {"silent": 1_600_000_000_000_i64},
            "events": [
                {"time": "2026-01-31T12:00:00Z", "name": "PutResourcePolicy", "policy": "AWSLogDeliveryWrite20150319",
                 "by": user, "invoked_by": "delivery.logs.amazonaws.com"},
                {"time": "2026-01-31T12:00:01Z", "name": "PutResourcePolicy", "log_group": "/aws/x",
                 "by": "arn:aws:iam::111122223333:root", "source_ip": "192.0.2.1"},
                {"time": "2026-01-31T12:00:02Z", "name": "PutResourcePolicy", "policy": "AWSLogDeliveryWrite20150319",
                 "by": "arn:aws:iam::111122223333:user/refused", "error": "AccessDenied"}
            ]
        }),
    );
    let emulator = emulator::start(options).await.unwrap();
    let aws = sandbox(&emulator);
    let queries = [
        written(&aws, PolicyKey::account("AWSLogDeliveryWrite20150319")).await,
        written(&aws, PolicyKey::log_group("/aws/x")).await,
        written(&aws, PolicyKey::account("silent")).await,
    ];
    let found = attributed(&aws, &queries).await;
    assert_eq!(
        found[0].to_string(),
        "Written by delivery.logs.amazonaws.com for the IAM user ada, at 2026-01-31T12:00:00Z."
    );
    assert_eq!(
        found[1].to_string(),
        "Written by the root user of 111122223333, at 2026-01-31T12:00:01Z, from 192.0.2.1."
    );
    assert_eq!(found[2], Attribution::Unknown(WhyUnknown::TooOld));
}

#[tokio::test]
async fn many_pages_are_read_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let event = |number: usize| {
        json!({
            "time": format!("2026-01-31T12:{:02}:{:02}Z", number / 60, number % 60), "name": "PutResourcePolicy",
            "policy": format!("p{number}"), "by": format!("arn:aws:iam::111122223333:user/u{number}")
        })
    };
    let options = world(&folder, &json!({"events": (0..120).map(event).collect::<Vec<_>>()}));
    let emulator = emulator::start(options).await.unwrap();
    let key = PolicyKey::account("p0");
    let oldest = WriteQuery { key, kind: WriteKind::Put, last_updated: None, since: None };
    let found = attributed(&sandbox(&emulator), &[oldest]).await;
    assert_eq!(author(&found[0]), "the IAM user u0");
}

#[tokio::test]
async fn a_service_in_trouble_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.json");
    let rules = json!([{"operation": "LookupEvents", "fault": "truncate", "times": 9}]);
    fs_err::write(&faults, rules.to_string()).unwrap();
    let options = emulator::Options { faults: Some(faults), ..emulator::Options::default() };
    let emulator = emulator::start(options).await.unwrap();
    let mut options = Options::new(Some(emulator.url()), Credentials::Sandbox);
    options.timeouts.pause = std::time::Duration::from_millis(10);
    let aws = Aws::new(options);
    let window = LookupWindow { kind: WriteKind::Put, since: None, until: None };
    let error = aws.event_reader(&at()).await.writes(&[window]).await.expect_err("half an answer");
    assert_eq!(error.kind, ProviderErrorKind::Unanswered, "{error}");
}
