//! What every store must do, tried on each: a folder, a scripted bucket, and a real S3-compatible server where
//! `LOGPOLICY_TEST_S3` names one (`.ci/run` starts moto).

use std::sync::Arc;

use super::stub::{Fault, Stub};
use super::*;
use crate::model::{
    Claim, HISTORY, Ownership, PolicyKey, RecordedApply, RecordedChange, RecordedPolicy, S3Location, Version,
};
use crate::policy::Document;

/// Nobody stops these runs.
static NEVER: AtomicBool = AtomicBool::new(false);

fn target() -> Target {
    "111122223333/us-east-1".parse().expect("a target")
}

fn holder(command: &str) -> Holder {
    Holder::new("ada".to_owned(), "mill".to_owned(), "2026-03-02T00:00:00Z".to_owned(), command.to_owned())
}

fn recorded() -> RecordedState {
    let document = Arc::new(Document::from_text(r#"{"Version":"2012-10-17","Statement":[{"Sid":"A"}]}"#));
    let claim = Claim::on(&document, Ownership::Statements, true);
    let policy = RecordedPolicy {
        document: Arc::clone(&document),
        revision: Some("3".to_owned()),
        claim: claim.clone(),
        applied_at: "2026-03-02T00:00:00Z".to_owned(),
        plan: "sha256:00".to_owned(),
    };
    let change = RecordedChange { before: None, after: Some(Version { document, claim }) };
    let apply = RecordedApply {
        serial: 1,
        applied_at: "2026-03-02T00:00:00Z".to_owned(),
        plan: "sha256:00".to_owned(),
        changes: [(PolicyKey::account("a:b"), change)].into_iter().collect(),
    };
    let policies =
        [(PolicyKey::log_group("/aws/x"), policy.clone()), (PolicyKey::account("a:b"), policy.clone())];
    RecordedState {
        policies: policies.into_iter().collect(),
        pending: [(PolicyKey::account("c"), policy)].into_iter().collect(),
        history: vec![apply; HISTORY],
        ..RecordedState::default()
    }
}

/// The suite; `store` is empty.
async fn conforms(store: &Store) {
    let target = target();
    assert_eq!(store.load(&target).await.expect("nothing yet"), Some(RecordedState::default()));
    assert_eq!(store.targets().await.expect("a list"), []);
    let mut state = recorded();
    store.save(&target, &mut state).await.expect("saved");
    assert_eq!(state.serial, 1);
    assert!(!state.lineage.is_empty());
    let lineage = state.lineage.clone();
    store.save(&target, &mut state).await.expect("saved again");
    assert_eq!((state.serial, &state.lineage), (2, &lineage));
    assert_eq!(store.load(&target).await.expect("a record"), Some(state.clone()));
    assert_eq!(store.targets().await.expect("a list"), std::slice::from_ref(&target));

    // A record that moved is not overwritten.
    let mut old = RecordedState::default();
    let moved = store.save(&target, &mut old).await.expect_err("moved");
    assert!(matches!(moved, StoreError::Moved { expected: 0, found: 2, .. }), "{moved}");
    assert_eq!(store.load(&target).await.expect("a record"), Some(state));
    locks(store, &target).await;
    writers(store).await;
}

async fn locks(store: &Store, target: &Target) {
    assert_eq!(store.holder(target).await.expect("free"), None);
    let (first, second) = (holder("first"), holder("second"));
    let lock = store.lock(target, &first, Duration::ZERO, &NEVER).await.expect("ours");
    assert_eq!(store.holder(target).await.expect("held"), Some(first.clone()));
    let refused = store.lock(target, &second, Duration::ZERO, &NEVER).await.expect_err("held");
    let words = refused.to_string();
    assert!(words.contains("ada on mill since 2026-03-02T00:00:00Z") && words.contains("first"), "{words}");
    lock.release().await.expect("released");
    assert_eq!(store.holder(target).await.expect("free"), None);

    // Who waits gets it once it is free.
    let lock = store.lock(target, &first, Duration::ZERO, &NEVER).await.expect("ours");
    let wait = store.lock(target, &second, Duration::from_secs(20), &NEVER);
    let give_back = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        lock.release().await.expect("released");
    };
    let (waited, ()) = tokio::join!(wait, give_back);
    let waited = waited.expect("after a while");

    // Taken away, it is free; who held it takes nobody else's lock along.
    store.unlock(target).await.expect("unlocked");
    let other = store.lock(target, &holder("third"), Duration::ZERO, &NEVER).await.expect("free");
    waited.release().await.expect("nothing to give back");
    assert!(store.holder(target).await.expect("held").is_some_and(|holder| holder.command == "third"));
    other.release().await.expect("released");
    assert_eq!(store.targets().await.expect("a list"), std::slice::from_ref(target), "a lock is no record");
}

/// Twenty writers at once, from the same record: exactly one wins, and the others are told.
async fn writers(store: &Store) {
    let target: Target = "222233334444/eu-west-1".parse().expect("a target");
    for round in 1..=3_u64 {
        let loaded = store.load(&target).await.expect("loaded").expect("a record");
        let writes = (0..20).map(|number| {
            let (store, target, mut state) = (store.clone(), target.clone(), loaded.clone());
            async move {
                let policy = recorded().policies.into_values().next().expect("a policy");
                state.policies.insert(PolicyKey::account(format!("round-{round}-writer-{number}")), policy);
                store.save(&target, &mut state).await
            }
        });
        let done = futures_util::future::join_all(writes).await;
        let won = done.iter().filter(|done| done.is_ok()).count();
        assert_eq!(won, 1, "{done:?}");
        assert!(done.iter().all(|done| matches!(done, Ok(()) | Err(StoreError::Moved { .. }))), "{done:?}");
        let state = store.load(&target).await.expect("loaded").expect("a record");
        assert_eq!((state.serial, state.policies.len() as u64), (round, round), "none is lost");
    }
}

fn local(folder: &tempfile::TempDir) -> Store {
    Store(Kind::Local(LocalStore::new(folder.path().join("state"))))
}

fn bucket(url: &str, prefix: &str) -> S3Location {
    S3Location {
        bucket: "records".to_owned(),
        prefix: prefix.to_owned(),
        region: "us-east-1".parse().expect("a Region"),
        kms_key_id: None,
        endpoint_url: Some(url.to_owned()),
    }
}

async fn config() -> SdkConfig {
    let keys = aws_credential_types::Credentials::new("key", "secret", None, None, "test");
    let retry = aws_smithy_types::retry::RetryConfig::standard().with_max_attempts(1);
    aws_config::ConfigLoader::default()
        .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
        .region(aws_config::Region::from_static("us-east-1"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(keys)
        .retry_config(retry)
        .load()
        .await
}

async fn s3(url: &str, prefix: &str) -> Store {
    Store::open(&StateLocation::S3(bucket(url, prefix)), config).await
}

#[tokio::test]
async fn a_folder_conforms() {
    conforms(&local(&tempfile::tempdir().expect("a folder"))).await;
}

#[tokio::test]
async fn a_bucket_conforms() {
    let stub = Stub::start(Vec::new()).await;
    for prefix in ["", "team/logs"] {
        conforms(&s3(&stub.url, prefix).await).await;
    }
}

#[tokio::test]
async fn a_real_server_conforms() {
    #[expect(clippy::disallowed_methods, reason = "the test is told where the server is")]
    let Ok(url) = std::env::var("LOGPOLICY_TEST_S3") else {
        eprintln!("skipped: LOGPOLICY_TEST_S3 names no S3-compatible server (.ci/run starts one)");
        return;
    };
    let config = config().await;
    let builder = aws_sdk_s3::config::Builder::from(&config).endpoint_url(&url).force_path_style(true);
    let client = aws_sdk_s3::Client::from_conf(builder.build());
    client.create_bucket().bucket("records").send().await.expect("a bucket");
    let mut location = bucket(&url, &format!("run-{}", std::process::id()));
    location.kms_key_id = Some("alias/records".to_owned());
    let store = Store::open(&StateLocation::S3(location.clone()), async || config).await;
    conforms(&store).await;
    let key = format!("{}/{}.json", location.prefix, target());
    let object = client.head_object().bucket("records").key(key).send().await.expect("an object");
    assert_eq!(object.ssekms_key_id(), Some("alias/records"));
}

/// Each trouble, at the first and at the second write: the record is saved, or the error says what it was.
#[tokio::test]
async fn trouble_on_the_way_to_a_bucket_is_settled_by_reading() {
    for (fault, saved) in [
        (Fault::Conflict, true),
        (Fault::Unavailable, true),
        (Fault::LostAnswer, true),
        (Fault::Close, true),
        (Fault::Denied, false),
    ] {
        for at in [1, 2] {
            let stub = Stub::start(vec![(at, fault)]).await;
            let store = s3(&stub.url, "p").await;
            let (target, mut state) = (target(), recorded());
            let first = store.save(&target, &mut state).await;
            let second = store.save(&target, &mut state).await;
            let failed = [&first, &second].into_iter().filter(|done| done.is_err()).count();
            assert_eq!(failed == 0, saved, "{fault:?} at {at}: {first:?} {second:?}");
            let there = store.load(&target).await.expect("a record").expect("a record");
            assert_eq!(there.serial, if saved { 2 } else { 1 }, "{fault:?} at {at}");
            assert_eq!(state.serial, there.serial, "{fault:?} at {at}");

            let stub = Stub::start(vec![(1, fault)]).await;
            let store = s3(&stub.url, "p").await;
            let lock = store.lock(&target, &holder("x"), Duration::ZERO, &NEVER).await;
            assert_eq!(lock.is_ok(), saved, "{fault:?}: {lock:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_record_is_an_error_and_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = local(&folder);
    let mut state = recorded();
    store.save(&target(), &mut state).await.expect("saved");
    let path = folder.path().join("state/111122223333/us-east-1.json");
    let good = fs_err::read_to_string(&path).expect("text");
    assert!(good.contains("\n  \"policies\": {\n    \"policy:a:b\": {\n"), "pretty and sorted: {good}");
    let half = &good[..good.len() / 2];
    let newer = good.replace(r#""format_version": "1""#, r#""format_version": "2""#);
    let edited = good.replace("2012-10-17", "2008-10-17");
    let foreign = good.replace("111122223333/us-east-1", "111122223333/us-east-2");
    for (text, why) in [
        (half, "no state file"),
        ("", "no state file"),
        ("{}", "no state file"),
        (&newer, "update logpolicy"),
        (&edited, "edited"),
        (&foreign, "belongs to"),
    ] {
        fs_err::write(&path, text).expect("written");
        let error = store.load(&target()).await.expect_err("unusable").to_string();
        assert!(error.contains(why), "{error}");
        assert!(store.save(&target(), &mut state).await.is_err());
        assert_eq!(fs_err::read_to_string(&path).expect("text"), text);
    }
}

#[tokio::test]
async fn no_temporary_file_and_no_lock_stays_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = local(&folder);
    let lock = store.lock(&target(), &holder("x"), Duration::ZERO, &NEVER).await.expect("ours");
    store.save(&target(), &mut recorded()).await.expect("saved");
    lock.release().await.expect("released");
    let left = fs_err::read_dir(folder.path().join("state/111122223333")).expect("a folder");
    let names: Vec<_> = left.map(|entry| entry.expect("a file").file_name()).collect();
    assert_eq!(names, ["us-east-1.json"]);
}

#[tokio::test]
async fn without_a_store_nothing_is_kept() {
    let store = Store::open(&StateLocation::None, config).await;
    store.save(&target(), &mut recorded()).await.expect("nothing to do");
    assert_eq!(store.load(&target()).await.expect("nothing"), None);
    let first = store.lock(&target(), &holder("x"), Duration::ZERO, &NEVER).await.expect("no lock needed");
    let second = store.lock(&target(), &holder("y"), Duration::ZERO, &NEVER).await.expect("no lock needed");
    first.release().await.expect("nothing to do");
    second.release().await.expect("nothing to do");
}
