use hyper::body::Bytes;
use serde::de::DeserializeOwned;

use super::answer::ServiceError;
use super::assume_role::AssumedRole;
use super::world::Place;

/// The services whose operations are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// CloudWatch Logs, JSON 1.1.
    Logs,
    /// CloudTrail, JSON 1.1.
    CloudTrail,
    /// STS, the query protocol.
    Sts,
    /// AWS Organizations, JSON 1.1.
    Organizations,
    /// AWS Account Management, REST with JSON.
    Account,
}

impl Api {
    /// What its IAM actions begin with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::CloudTrail => "cloudtrail",
            Self::Sts => "sts",
            Self::Organizations => "organizations",
            Self::Account => "account",
        }
    }
}

/// One call, with what every operation needs to know of it.
#[derive(Debug)]
pub(super) struct Request {
    /// Given back as `x-amzn-RequestId`.
    pub(super) id: String,
    pub(super) api: Api,
    pub(super) operation: String,
    /// Whose call it is, and in which Region.
    pub(super) place: Place,
    /// The access key that signed the call.
    pub(super) access_key: String,
    /// Whom the session token says the caller is, if AssumeRole made it.
    pub(super) role: Option<AssumedRole>,
    pub(super) body: Bytes,
}

impl Request {
    /// Reads the JSON body; no body at all is an input without members.
    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body)
            .map_err(|error| ServiceError::new("SerializationException", error.to_string()))
    }
}
