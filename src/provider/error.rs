//! Reads what went wrong out of the SDK's errors, in words for people.

use std::error::Error;
use std::fmt::Display;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::model::excerpt;

use super::port::{ProviderError, ProviderErrorKind};

impl ProviderError {
    /// An answer that lacks what it must have.
    pub(super) fn malformed(
        operation: &'static str,
        place: &impl Display,
        message: impl Into<String>,
    ) -> Self {
        let kind = ProviderErrorKind::Malformed;
        Self { kind, operation, place: place.to_string(), message: excerpt(&message.into()) }
    }

    /// Reads the SDK's error.
    pub(super) fn from_sdk<E>(
        operation: &'static str,
        place: &impl Display,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (kind, message) = read(error);
        Self { kind, operation, place: place.to_string(), message: excerpt(&message) }
    }
}

/// What kind of trouble the SDK's error is, and its words; nothing of an answer but what the service says in it, for an answer may hold
/// secrets.
fn read<E>(error: &SdkError<E, HttpResponse>) -> (ProviderErrorKind, String)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let (code, words) = (context.err().code(), context.err().message());
            let kind = code.map_or(ProviderErrorKind::Other, kind_of_code);
            let kind = match kind {
                ProviderErrorKind::Other if status >= 500 => ProviderErrorKind::Unavailable,
                ProviderErrorKind::Other if code.is_none() => ProviderErrorKind::Malformed,
                kind => kind,
            };
            let code =
                code.map_or_else(|| format!("HTTP status {status} without an error code"), ToOwned::to_owned);
            let request = error.request_id().map(|id| format!(" (request {id})")).unwrap_or_default();
            (kind, format!("{code}: {}{request}", words.unwrap_or("no message")))
        }
        SdkError::TimeoutError(_) => (ProviderErrorKind::Unanswered, "no answer in time".to_owned()),
        SdkError::ResponseError(_) => {
            (ProviderErrorKind::Unanswered, format!("the answer could not be read: {}", chain(error)))
        }
        _ if is_about_credentials(error) => (ProviderErrorKind::Credentials, chain(error)),
        SdkError::DispatchFailure(_) => {
            (ProviderErrorKind::Unanswered, format!("no connection: {}", chain(error)))
        }
        _ => (ProviderErrorKind::Other, chain(error)),
    }
}

/// The words of the SDK's error alone.
pub(super) fn words<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    excerpt(&read(error).1)
}

/// The codes that AWS answers with; some are in no model, so the text is what counts.
fn kind_of_code(code: &str) -> ProviderErrorKind {
    match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "OptInRequired" => {
            ProviderErrorKind::Denied
        }
        "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "RequestTimeTooSkewed"
        | "RequestExpired"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature" => ProviderErrorKind::Credentials,
        "LimitExceededException" => ProviderErrorKind::LimitExceeded,
        "InvalidParameterException"
        | "InvalidInputException"
        | "ValidationException"
        | "SerializationException" => ProviderErrorKind::Invalid,
        "OperationAbortedException" => ProviderErrorKind::Conflict,
        "ResourceNotFoundException" => ProviderErrorKind::NotFound,
        "AWSOrganizationsNotInUseException" => ProviderErrorKind::NoOrganization,
        "ParentNotFoundException" => ProviderErrorKind::NoUnit,
        "ServiceUnavailableException" | "InternalFailure" | "InternalServerError" | "ServiceUnavailable" => {
            ProviderErrorKind::Unavailable
        }
        _ if code.starts_with("Throttl")
            || code.contains("TooManyRequests")
            || code == "RequestLimitExceeded" =>
        {
            ProviderErrorKind::Throttled
        }
        _ => ProviderErrorKind::Other,
    }
}

fn is_about_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<CredentialsError>())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

/// The innermost words are the ones that help.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = causes(error).skip(1).map(ToString::to_string).collect();
    words.dedup();
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}
