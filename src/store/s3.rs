//! Records in a bucket: `<prefix>/<account>/<region>.json`, and locks beside them.
//!
//! Every write is conditional (`If-None-Match: *` to create, `If-Match` with the ETag to replace), so that of many
//! writers one wins. A record carries a nonce: equal bytes have equal ETags, and a write whose answer was lost is
//! recognised by it.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;

use crate::model::{RecordedState, S3Location, Target, excerpt};

use super::local::next;
use super::s3_error::{Trouble, chain, trouble};
use super::unique::unique;
use super::{Holder, StoreError, format};

/// Attempts of one conditional write that met another one, or whose answer was lost; each begins with a reading.
const ATTEMPTS: u32 = 6;

/// The pause before the second attempt; it doubles each time.
const PAUSE: Duration = Duration::from_millis(50);

/// How long the body of an object may take where nothing is said.
const PATIENCE: Duration = Duration::from_secs(60);

/// The records below one prefix.
#[derive(Debug, Clone)]
pub(super) struct S3Store {
    client: Client,
    location: S3Location,
    /// How long the body of an object may take; the SDK's own timeouts end with its head.
    patience: Duration,
}

/// An object as it was read.
struct Object {
    text: String,
    etag: String,
}

impl S3Store {
    /// `config` gives credentials, timeouts and the HTTP client.
    pub(super) fn new(location: &S3Location, config: &SdkConfig) -> Self {
        let mut builder = Builder::from(config)
            .region(aws_config::Region::new(location.region.as_str().to_owned()))
            // Other S3-compatible services know neither the SDK's checksums nor buckets in host names.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(url) = &location.endpoint_url {
            builder = builder.endpoint_url(url);
        }
        let elsewhere = location.endpoint_url.is_some() || config.endpoint_url().is_some();
        let client = Client::from_conf(builder.force_path_style(elsewhere).build());
        let timeouts = config.timeout_config();
        let patience = timeouts.and_then(|timeouts| timeouts.operation_timeout()).unwrap_or(PATIENCE);
        Self { client, location: location.clone(), patience }
    }

    fn key(&self, target: &Target, extension: &str) -> String {
        format!("{}{target}.{extension}", self.prefix())
    }

    /// What keys begin with, a slash at its end.
    fn prefix(&self) -> String {
        match self.location.prefix.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        }
    }

    fn place(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.location.bucket)
    }

    fn failed(&self, action: &'static str, key: &str, message: String) -> StoreError {
        StoreError::Bucket { action, place: self.place(key), message }
    }

    /// The record of a target; an empty one where there is no object.
    pub(super) async fn load(&self, target: &Target) -> Result<RecordedState, StoreError> {
        let key = self.key(target, "json");
        let object = self.get("reading the state", &key).await?;
        object.map_or_else(
            || Ok(RecordedState::default()),
            |object| Ok(self.read(target, &key, &object)?.recorded),
        )
    }

    fn read(&self, target: &Target, key: &str, object: &Object) -> Result<format::Read, StoreError> {
        let unusable = |reason: String| {
            let reason = excerpt(&reason);
            StoreError::Unusable { place: self.place(key), reason }
        };
        format::read(target, &object.text).map_err(unusable)
    }

    /// Replaces a record, if it is still the one that was loaded.
    pub(super) async fn save(&self, target: &Target, recorded: &mut RecordedState) -> Result<(), StoreError> {
        const ACTION: &str = "saving the state";
        let key = self.key(target, "json");
        let unusable =
            |reason: &str| StoreError::Unusable { place: self.place(&key), reason: reason.to_owned() };
        let (next, nonce) = (next(recorded).map_err(unusable)?, unique());
        let text = format::write(target, &next, Some(nonce.clone()));
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            pause(attempt).await;
            let there = self.get(ACTION, &key).await?;
            let etag = there.as_ref().map(|object| object.etag.clone());
            let found = there.map(|object| self.read(target, &key, &object)).transpose()?;
            if found.as_ref().and_then(|found| found.nonce.as_ref()) == Some(&nonce) {
                *recorded = next;
                return Ok(());
            }
            let found = found.map_or(0, |found| found.recorded.serial);
            if found != recorded.serial {
                return Err(StoreError::Moved { place: self.place(&key), expected: recorded.serial, found });
            }
            match self.put(&key, text.clone(), etag).await {
                Ok(()) => {
                    *recorded = next;
                    return Ok(());
                }
                Err(Trouble { to_be_read: true, message }) => last = message,
                Err(trouble) => return Err(self.failed(ACTION, &key, trouble.message)),
            }
        }
        Err(self.failed(ACTION, &key, last))
    }

    /// Every `<prefix>/<account>/<region>.json` that names a target.
    pub(super) async fn targets(&self) -> Result<Vec<Target>, StoreError> {
        let prefix = self.prefix();
        let mut targets = Vec::new();
        let request = self.client.list_objects_v2().bucket(&self.location.bucket).prefix(&prefix);
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| self.failed("listing the state", &prefix, trouble(&error).message))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            let names = keys.filter_map(|key| key.strip_prefix(&prefix)?.strip_suffix(".json"));
            targets.extend(names.filter_map(|name| name.parse::<Target>().ok()));
        }
        targets.sort();
        Ok(targets)
    }

    /// Tries once to take the lock of a target.
    pub(super) async fn take(&self, target: &Target, holder: &Holder) -> Result<(), StoreError> {
        const ACTION: &str = "locking the state";
        let key = self.key(target, "lock");
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            pause(attempt).await;
            if let Some(object) = self.get(ACTION, &key).await? {
                return match Holder::read(&object.text) {
                    Some(found) if found.id == holder.id => Ok(()),
                    found => Err(StoreError::Locked { target: target.clone(), holder: found.map(Box::new) }),
                };
            }
            match self.put(&key, holder.text(), None).await {
                Ok(()) => return Ok(()),
                Err(Trouble { to_be_read: true, message }) => last = message,
                Err(trouble) => return Err(self.failed(ACTION, &key, trouble.message)),
            }
        }
        Err(self.failed(ACTION, &key, last))
    }

    /// Who holds the lock of a target.
    pub(super) async fn holder(&self, target: &Target) -> Result<Option<Holder>, StoreError> {
        let object = self.get("reading the lock", &self.key(target, "lock")).await?;
        Ok(object.map(|object| {
            Holder::read(&object.text).unwrap_or_else(|| {
                let unknown = || "unknown".to_owned();
                Holder::new(unknown(), unknown(), unknown(), unknown())
            })
        }))
    }

    /// Gives a lock back, if it is still the one that was taken.
    pub(super) async fn release(&self, target: &Target, id: &str) -> Result<(), StoreError> {
        match self.holder(target).await? {
            Some(holder) if holder.id == id => self.unlock(target).await,
            _ => Ok(()),
        }
    }

    /// Takes a lock away, whoever holds it.
    pub(super) async fn unlock(&self, target: &Target) -> Result<(), StoreError> {
        let key = self.key(target, "lock");
        let answer = self.client.delete_object().bucket(&self.location.bucket).key(&key).send().await;
        answer.map(drop).map_err(|error| self.failed("unlocking the state", &key, trouble(&error).message))
    }

    async fn get(&self, action: &'static str, key: &str) -> Result<Option<Object>, StoreError> {
        let answer = self.client.get_object().bucket(&self.location.bucket).key(key).send().await;
        let object = match answer {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => {
                return Ok(None);
            }
            Err(error) => return Err(self.failed(action, key, trouble(&error).message)),
        };
        let etag = object.e_tag().map(ToOwned::to_owned);
        let etag = etag.ok_or_else(|| self.failed(action, key, "the answer has no ETag".to_owned()))?;
        let late = |_| self.failed(action, key, "no whole answer in time".to_owned());
        let cut = |error| self.failed(action, key, chain(&error));
        let body = tokio::time::timeout(self.patience, object.body.collect()).await.map_err(late)?;
        let bytes = body.map_err(cut)?.into_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Some(Object { text, etag }))
    }

    /// Creates an object, or replaces the one with this ETag.
    async fn put(&self, key: &str, text: String, etag: Option<String>) -> Result<(), Trouble> {
        let none_match = etag.is_none().then(|| "*".to_owned());
        let encryption = self.location.kms_key_id.as_ref().map(|_| ServerSideEncryption::AwsKms);
        let request = self
            .client
            .put_object()
            .bucket(&self.location.bucket)
            .key(key)
            .content_type("application/json")
            .body(ByteStream::from(text.into_bytes()))
            .set_if_match(etag)
            .set_if_none_match(none_match)
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(self.location.kms_key_id.clone());
        request.send().await.map(drop).map_err(|error| trouble(&error))
    }
}

async fn pause(attempt: u32) {
    if attempt > 0 {
        tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
    }
}
