//! Every trap of the service and the SDK, against a scripted server.

use std::collections::BTreeSet;
use std::time::Duration;

use super::stub::{Answer, Stub};
use super::*;
use crate::model::{Access, DesiredTarget, Limits, LiveState, PolicyKey, SourceSpan};

const NO_POLICIES: &str = r#"{"resourcePolicies":[]}"#;

pub(super) fn at(target: &str) -> DesiredTarget {
    DesiredTarget {
        target: target.parse().expect("a target"),
        names: BTreeSet::new(),
        access: Access::default(),
        limits: Limits::default(),
        span: SourceSpan { file: 0, start: 0, end: 0 },
    }
}

/// Made-up credentials and short patience.
pub(super) fn aws(url: &str) -> Aws {
    let mut options = Options::new(Some(url.to_owned()), Credentials::Sandbox);
    options.timeouts = Timeouts {
        connect: Duration::from_millis(500),
        attempt: Duration::from_millis(300),
        operation: Duration::from_secs(3),
        pause: Duration::from_millis(10),
    };
    Aws::new(options)
}

pub(super) fn ok(body: &str) -> Answer {
    Answer::Body(200, body.to_owned())
}

pub(super) fn refused(status: u16, code: &str) -> Answer {
    Answer::Body(status, format!(r#"{{"__type":"{code}","message":"words"}}"#))
}

fn policy(name: &str) -> String {
    format!(
        r#"{{"policyName":"{name}","policyDocument":"{{}}","lastUpdatedTime":1,"policyScope":"ACCOUNT"}}"#
    )
}

async fn read(url: &str) -> Result<LiveState, ProviderError> {
    let at = at("111122223333/us-east-1");
    aws(url).reader(&at).await.read(&BTreeSet::new()).await
}

async fn put(url: &str) -> Result<(), ProviderError> {
    let at = at("111122223333/us-east-1");
    aws(url).writer(&at).await.put(&PolicyKey::account("x"), "{}", None).await
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let stub = Stub::new(|number, asked| {
        let more = if number < 3 { format!(r#","nextToken":"t{number}""#) } else { String::new() };
        assert_eq!(asked.body.contains("nextToken"), number > 1, "{}", asked.body);
        ok(&format!(r#"{{"resourcePolicies":[{}]{more}}}"#, policy(&format!("p{number}"))))
    });
    let stub = stub.await;
    let live = read(&stub.url).await.expect("three pages");
    let names: Vec<&str> = live.policies.keys().map(|key| key.identity.as_str()).collect();
    assert_eq!(names, ["p1", "p2", "p3"]);
}

#[tokio::test]
async fn a_token_that_comes_twice_is_an_error() {
    let stub = Stub::new(|_, _| ok(r#"{"resourcePolicies":[],"nextToken":"again"}"#)).await;
    let error = read(&stub.url).await.expect_err("no end");
    assert_eq!(error.kind, ProviderErrorKind::Malformed);
    assert!(error.to_string().contains("came twice"), "{error}");
    assert_eq!(stub.count("DescribeResourcePolicies"), 2);
}

#[tokio::test]
async fn a_broken_answer_never_means_no_policies() {
    for body in
        ["{}", "", "[]", "null", "not json", r#"{"resourcePolicies":null}"#, r#"{"resourcePolicies":[{}]}"#]
    {
        let stub = Stub::new(move |_, _| ok(body)).await;
        let error = read(&stub.url).await.expect_err(body);
        assert!(
            matches!(error.kind, ProviderErrorKind::Malformed | ProviderErrorKind::Unanswered),
            "{body}: {error}"
        );
    }
    let cut: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: 900\r\n\r\n{\"resourcePolicies\":[]";
    let error = read(&Stub::raw(cut).await).await.expect_err("a cut body");
    assert_eq!(error.kind, ProviderErrorKind::Unanswered, "{error}");
}

#[tokio::test]
async fn log_groups_are_asked_for_one_by_one() {
    let stub = Stub::new(|_, asked| match () {
        () if asked.body.contains("log-group:/aws/none") => refused(400, "ResourceNotFoundException"),
        () if asked.body.contains("log-group:/aws/empty") => ok(NO_POLICIES),
        () if asked.body.contains("RESOURCE") => {
            assert!(
                asked.body.contains("arn:aws-cn:logs:cn-north-1:111122223333:log-group:/aws/x"),
                "{}",
                asked.body
            );
            ok(
                r#"{"resourcePolicies":[{"policyDocument":"{}","revisionId":"7","resourceArn":"a","policyScope":"RESOURCE"}]}"#,
            )
        }
        () => ok(NO_POLICIES),
    });
    let stub = stub.await;
    let (at, aws) = (at("111122223333/cn-north-1"), aws(&stub.url));
    let groups = ["/aws/x", "/aws/none", "/aws/empty"].map(ToOwned::to_owned).into();
    let live = aws.reader(&at).await.read(&groups).await.expect("a state");
    let found: Vec<_> =
        live.policies.iter().map(|(key, policy)| (key.to_string(), policy.revision.clone())).collect();
    assert_eq!(found, [("log-group:/aws/x".to_owned(), Some("7".to_owned()))]);
    assert_eq!(stub.count("DescribeResourcePolicies"), 4);
}

#[tokio::test]
async fn a_full_quota_and_a_lost_race_are_asked_once() {
    for (code, kind) in [
        ("LimitExceededException", ProviderErrorKind::LimitExceeded),
        ("OperationAbortedException", ProviderErrorKind::Conflict),
        ("ValidationException", ProviderErrorKind::Invalid),
        ("AccessDeniedException", ProviderErrorKind::Denied),
        ("ExpiredTokenException", ProviderErrorKind::Credentials),
    ] {
        let stub = Stub::new(move |_, _| refused(400, code)).await;
        assert_eq!(put(&stub.url).await.expect_err(code).kind, kind);
        assert_eq!(stub.count("PutResourcePolicy"), 1, "{code}");
        let error = read(&stub.url).await.expect_err(code);
        assert_eq!(stub.count("DescribeResourcePolicies"), 1, "{code}");
        assert!(!error.hints().is_empty(), "{code} says what to do");
    }
}

#[tokio::test]
async fn throttled_calls_are_tried_again() {
    let stub =
        Stub::new(|number, _| if number < 3 { refused(400, "ThrottlingException") } else { ok("{}") }).await;
    put(&stub.url).await.expect("the third time");
    assert_eq!(stub.count("PutResourcePolicy"), 3);
}

#[tokio::test]
async fn troubled_reads_are_tried_again_and_writes_are_not() {
    let stub = Stub::new(|number, _| match number {
        1 => refused(503, "ServiceUnavailableException"),
        2 => Answer::Close,
        _ => ok(NO_POLICIES),
    });
    let stub = stub.await;
    read(&stub.url).await.expect("the third time");
    for answer in [refused(503, "ServiceUnavailableException"), Answer::Close, Answer::Hang] {
        let stub = Stub::new(move |_, _| answer.clone()).await;
        let error = put(&stub.url).await.expect_err("no answer");
        let unsettled = [ProviderErrorKind::Unanswered, ProviderErrorKind::Unavailable];
        assert!(unsettled.contains(&error.kind), "{error}");
        assert_eq!(stub.count("PutResourcePolicy"), 1, "{error}");
    }
}

#[tokio::test]
async fn a_hung_server_ends_by_our_timeout() {
    let stub = Stub::new(|_, _| Answer::Hang).await;
    let answer = tokio::time::timeout(Duration::from_secs(30), read(&stub.url)).await;
    let error = answer.expect("our own timeout is three seconds").expect_err("no answer");
    assert_eq!(error.kind, ProviderErrorKind::Unanswered);
}

#[tokio::test]
async fn each_account_and_region_has_a_retry_quota_of_its_own() {
    let aws = aws("http://127.0.0.1:9");
    let targets = ["111122223333/us-east-1", "111122223333/eu-west-1", "444455556666/us-east-1"];
    let mut partitions = BTreeSet::new();
    for target in targets {
        let client = aws.logs(&at(target)).await;
        partitions.extend(client.config().retry_partition().map(ToString::to_string));
    }
    assert_eq!(partitions.len(), targets.len(), "{partitions:?}");
}

#[tokio::test]
async fn a_policy_that_is_gone_is_deleted() {
    let stub = Stub::new(|_, _| refused(400, "ResourceNotFoundException")).await;
    let at = at("111122223333/us-east-1");
    let writer = aws(&stub.url).writer(&at).await;
    writer.delete(&PolicyKey::log_group("/aws/x"), Some("3")).await.expect("gone is deleted");
    let body = &stub.asked()[0].body;
    assert!(body.contains(r#""expectedRevisionId":"3""#) && !body.contains("policyName"), "{body}");
}

#[tokio::test]
async fn the_account_is_asked_for_once() {
    let stub = Stub::new(|_, _| {
        ok(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        )
    });
    let stub = stub.await;
    let aws = aws(&stub.url);
    let targets: Vec<_> =
        ["us-east-1", "eu-west-1", "cn-north-1"].map(|region| at(&format!("111122223333/{region}"))).into();
    let accounts = futures_util::future::join_all(targets.iter().map(|at| aws.account(at))).await;
    assert!(
        accounts
            .iter()
            .all(|account| account.as_ref().is_ok_and(|account| account.as_str() == "111122223333"))
    );
    assert_eq!(stub.count("GetCallerIdentity"), 1);
}

#[tokio::test]
async fn an_account_that_is_not_said_is_an_error() {
    let stub = Stub::new(|_, _| {
        ok("<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>")
    })
    .await;
    let error = aws(&stub.url).account(&at("111122223333/us-east-1")).await.expect_err("no account");
    assert_eq!(error.kind, ProviderErrorKind::Malformed);
}

#[tokio::test]
async fn nobody_listening_is_said() {
    let error = read("http://127.0.0.1:9").await.expect_err("nobody listens");
    assert_eq!(error.kind, ProviderErrorKind::Unanswered);
    assert!(error.to_string().contains("no connection"), "{error}");
}

/// An account with this many log groups, `/g000` and so on, 50 on a page.
async fn account_with(log_groups: usize) -> Stub {
    Stub::new(move |_, asked| {
        let body: serde_json::Value = serde_json::from_str(&asked.body).expect("JSON");
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let (prefix, start) = (text("logGroupNamePrefix"), text("nextToken").parse().unwrap_or(0_usize));
        assert!(prefix.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<'), "asked for {prefix:?}");
        let named =
            (0..log_groups).map(|number| format!("/g{number:03}")).filter(|name| name.starts_with(&prefix));
        let all: Vec<String> = named.collect();
        let page = all.iter().skip(start).take(50);
        let page: Vec<String> = page.map(|name| format!(r#"{{"logGroupName":"{name}"}}"#)).collect();
        let next = start + 50;
        let more = if next < all.len() { format!(r#","nextToken":"{next}""#) } else { String::new() };
        ok(&format!(r#"{{"logGroups":[{}]{more}}}"#, page.join(",")))
    })
    .await
}

#[tokio::test]
async fn missing_log_groups_are_found_the_cheaper_way() {
    for (log_groups, there, missing, calls, why) in [
        (400, 3, 2, 5, "few names: one by one"),
        (400, 6, 6, 8, "many names, eight pages: listed"),
        (400, 12, 0, 1, "many names that stand on the first page"),
        (600, 5, 7, 12, "as many pages as names: listed"),
        (900, 5, 7, 12 + 7, "more pages than names: listed in part, the rest one by one"),
        (0, 0, 0, 0, "nothing is asked about nothing"),
    ] {
        let stub = account_with(log_groups).await;
        let names = (0..there).map(|number| format!("/g{number:03}"));
        let gone: BTreeSet<String> = (0..missing).map(|number| format!("/gone{number}")).collect();
        let at = at("111122223333/us-east-1");
        let reader = aws(&stub.url).reader(&at).await;
        let found = reader.missing_log_groups(&names.chain(gone.iter().cloned()).collect()).await;
        assert_eq!(found.expect("an answer"), gone, "{why}");
        assert_eq!(stub.count("DescribeLogGroups"), calls, "{why}");
    }
}

#[tokio::test]
async fn names_that_no_log_group_can_have_are_missing_without_asking() {
    let stub = account_with(10).await;
    let names: BTreeSet<String> = ["/g001", "<b>", "a b", "/ä"].iter().map(|&name| name.to_owned()).collect();
    let reader = aws(&stub.url).reader(&at("111122223333/us-east-1")).await;
    let missing = reader.missing_log_groups(&names).await.expect("an answer");
    assert_eq!(missing.into_iter().collect::<Vec<_>>(), ["/ä", "<b>", "a b"]);
    assert_eq!(stub.count("DescribeLogGroups"), 1);
}

#[tokio::test]
async fn a_look_up_that_is_denied_says_so() {
    let stub = Stub::new(|_, _| refused(400, "AccessDeniedException")).await;
    let reader = aws(&stub.url).reader(&at("111122223333/us-east-1")).await;
    for number in [1, 30] {
        let names: BTreeSet<String> = (0..number).map(|number| format!("/x{number}")).collect();
        let error = reader.missing_log_groups(&names).await.expect_err("denied");
        assert_eq!(error.kind, ProviderErrorKind::Denied);
        assert!(error.hints()[0].contains("logs:DescribeLogGroups"), "{error}");
    }
}
