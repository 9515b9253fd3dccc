//! Checks signatures by signing again
//! ([Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use hyper::StatusCode;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::answer::ServiceError;
use super::assume_role::{AssumedRole, ROLE_SECRET, account_in_key};
use super::clock::now_in_milliseconds;
use super::http::{SESSION_TOKEN, header};
use super::request::Api;

/// The header with the time of signing, and how it is written.
const DATE: &str = "x-amz-date";
const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// How far the clock of a caller may be off, in milliseconds: five minutes.
const LONGEST_SKEW: i64 = 5 * 60 * 1000;

/// Refuses a call that is not signed with the secret of its access key: the one asked for, or that of roles.
pub(super) fn check(
    secret: &str,
    api: Api,
    access_key: &str,
    head: &Parts,
    body: &[u8],
) -> Result<(), ServiceError> {
    let signed = Signed::read(head).ok_or_else(|| incomplete(api))?;
    let token = header(&head.headers, SESSION_TOKEN);
    let secret = if account_in_key(access_key).is_some() { ROLE_SECRET } else { secret };
    let is_role = token.is_some_and(|token| AssumedRole::of_token(token).is_some());
    if is_role != (secret == ROLE_SECRET) || token.is_some() != is_role {
        return Err(unknown_token(api));
    }
    if signed.service != service(api) {
        return Err(wrong(
            api,
            format!("Credential should be scoped to correct service: '{}'.", service(api)),
        ));
    }
    if let Some(unsigned) = signed.unsigned(head) {
        return Err(wrong(api, format!("'{unsigned}' must be a 'SignedHeader' in the AWS Authorization.")));
    }
    signed.is_current(api)?;
    let credentials = Credentials::new(access_key, secret, token.map(str::to_owned), None, "emulator");
    if signed.again(head, body, credentials).as_deref() == Some(signed.signature) {
        return Ok(());
    }
    Err(wrong(
        api,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details.",
    ))
}

/// What the Authorization header says of a signature.
struct Signed<'a> {
    date: &'a str,
    time: Timestamp,
    region: &'a str,
    service: &'a str,
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    fn read(head: &'a Parts) -> Option<Self> {
        let authorization =
            header(&head.headers, AUTHORIZATION.as_str())?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let part = |name: &str| authorization.split(',').find_map(|part| part.trim().strip_prefix(name));
        let scope: Vec<&str> = part("Credential=")?.split('/').collect();
        let [_key, day, region, service, _end] = scope[..] else { return None };
        let date = header(&head.headers, DATE)?;
        let time = TimeZone::UTC.to_timestamp(DateTime::strptime(DATE_FORMAT, date).ok()?).ok()?;
        let headers = part("SignedHeaders=")?.split(';').collect();
        let signature = part("Signature=")?;
        date.starts_with(day).then_some(Self { date, time, region, service, headers, signature })
    }

    /// Finds a header that must be signed and is not.
    fn unsigned(&self, head: &'a Parts) -> Option<&'a str> {
        let given = head.headers.keys().map(hyper::header::HeaderName::as_str);
        let must = std::iter::once("host").chain(given.filter(|name| name.starts_with("x-amz-")));
        must.into_iter().find(|name| !self.headers.contains(name))
    }

    /// Refuses what was signed too long ago, or is yet to be signed.
    fn is_current(&self, api: Api) -> Result<(), ServiceError> {
        let now = now_in_milliseconds();
        let age = now - self.time.as_millisecond();
        if age.abs() <= LONGEST_SKEW {
            return Ok(());
        }
        let kind = if age > 0 { "Signature expired" } else { "Signature not yet current" };
        let order = if age > 0 { "earlier" } else { "later" };
        let now = Timestamp::from_millisecond(now).map(|now| now.strftime(DATE_FORMAT).to_string());
        let now = now.unwrap_or_default();
        Err(wrong(api, format!("{kind}: {} is now {order} than {now} by more than 5 min.", self.date)))
    }

    /// Signs the call as its caller should have; nothing if it cannot be signed.
    fn again(&self, head: &Parts, body: &[u8], credentials: Credentials) -> Option<String> {
        let mut settings = SigningSettings::default();
        // What the caller signed counts, and no opinion on what is worth signing.
        settings.excluded_headers = None;
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::try_from(self.time).ok()?)
            .settings(settings)
            .build()
            .ok()?
            .into();
        let headers = head.headers.iter().filter(|(name, _)| self.headers.contains(&name.as_str()));
        let headers: Option<Vec<_>> =
            headers.map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let uri = head.uri.to_string();
        let request =
            SignableRequest::new(head.method.as_str(), uri, headers?.into_iter(), SignableBody::Bytes(body))
                .ok()?;
        Some(sign(request, &parameters).ok()?.signature().to_owned())
    }
}

/// The name that a service has in a credential scope.
fn service(api: Api) -> &'static str {
    match api {
        Api::Logs => "logs",
        Api::CloudTrail => "cloudtrail",
        Api::Organizations => "organizations",
        Api::Account => "account",
        Api::Sts => "sts",
    }
}

/// A signature that is not the right one: each protocol has its own code and status for it.
fn wrong(api: Api, message: impl Into<String>) -> ServiceError {
    match api {
        Api::Logs | Api::CloudTrail | Api::Organizations | Api::Account => {
            ServiceError::new("InvalidSignatureException", message)
        }
        Api::Sts => forbidden("SignatureDoesNotMatch", message),
    }
}

fn incomplete(api: Api) -> ServiceError {
    let message = "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and the \
                   request the header X-Amz-Date of the same day.";
    match api {
        Api::Logs | Api::CloudTrail | Api::Organizations | Api::Account => {
            ServiceError::new("IncompleteSignatureException", message)
        }
        Api::Sts => forbidden("IncompleteSignature", message),
    }
}

/// Temporary credentials that the emulator did not hand out, or that were taken apart.
fn unknown_token(api: Api) -> ServiceError {
    let message = "The security token included in the request is invalid.";
    match api {
        Api::Logs | Api::CloudTrail | Api::Organizations | Api::Account => {
            ServiceError::new("UnrecognizedClientException", message)
        }
        Api::Sts => forbidden("InvalidClientTokenId", message),
    }
}

fn forbidden(code: &'static str, message: impl Into<String>) -> ServiceError {
    ServiceError { status: StatusCode::FORBIDDEN, ..ServiceError::new(code, message) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const SIGNATURE: &str = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";

    /// The request `post-vanilla` of AWS's test suite for signatures.
    fn vanilla(scope: &str, headers: &str) -> Parts {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}/aws4_request, SignedHeaders={headers}, Signature={SIGNATURE}"
        );
        let request = hyper::Request::post("/")
            .header("Host", "example.amazonaws.com")
            .header("X-Amz-Date", "20150830T123600Z")
            .header("Authorization", authorization)
            .body(())
            .unwrap();
        request.into_parts().0
    }

    #[test]
    fn signs_as_aws_does() {
        let head = vanilla("20150830/us-east-1/service", "host;x-amz-date");
        let signed = Signed::read(&head).unwrap();
        assert_eq!(signed.unsigned(&head), None);
        for (secret, body, same) in [(SECRET, "", true), ("wrong", "", false), (SECRET, "x", false)] {
            let credentials = Credentials::new("AKIDEXAMPLE", secret, None, None, "test");
            let again = signed.again(&head, body.as_bytes(), credentials).unwrap();
            assert_eq!(again == signed.signature, same, "{secret} {body:?}");
        }
    }

    #[test]
    fn reads_whole_signatures_only() {
        assert!(Signed::read(&vanilla("20150831/us-east-1/service", "host;x-amz-date")).is_none());
        assert!(Signed::read(&vanilla("20150830/us-east-1", "host;x-amz-date")).is_none());
        for (headers, unsigned) in [("x-amz-date", "host"), ("host", "x-amz-date")] {
            let head = vanilla("20150830/us-east-1/service", headers);
            assert_eq!(Signed::read(&head).unwrap().unsigned(&head), Some(unsigned));
        }
    }

    #[test]
    fn each_protocol_has_its_own_words() {
        let head = vanilla("20150830/us-east-1/logs", "host;x-amz-date");
        for (api, code, status) in
            [(Api::Logs, "InvalidSignatureException", 400), (Api::Sts, "SignatureDoesNotMatch", 403)]
        {
            let error = check(SECRET, api, "AKIDEXAMPLE", &head, b"").unwrap_err();
            assert_eq!((error.code, error.status.as_u16()), (code, status));
        }
        let error = check(SECRET, Api::Logs, "ASIA111122223333ROLE", &head, b"").unwrap_err();
        assert_eq!(error.code, "UnrecognizedClientException");
    }
}
