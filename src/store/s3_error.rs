//! What S3 answers, and what it means for a conditional write.

use std::error::Error;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::model::excerpt;

/// Why a call failed.
pub(super) struct Trouble {
    /// Whether only a reading can tell what the write did: another write was first, one was in progress
    /// (`ConditionalRequestConflict`), the service was in trouble, or the answer was lost.
    pub(super) to_be_read: bool,
    /// The service's code and words, or ours.
    pub(super) message: String,
}

/// Reads the SDK's error.
pub(super) fn trouble<E>(error: &SdkError<E, HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let (code, words) = (context.err().code(), context.err().message());
            let code = code.map_or_else(|| format!("HTTP status {status}"), ToOwned::to_owned);
            let message = words.map_or_else(|| code.clone(), |words| format!("{code}: {words}"));
            let message = excerpt(&message);
            Trouble { to_be_read: matches!(status, 409 | 412 | 429) || status >= 500, message }
        }
        SdkError::TimeoutError(_) => unanswered("no answer in time".to_owned()),
        SdkError::ResponseError(_) | SdkError::DispatchFailure(_) => unanswered(chain(error)),
        _ => Trouble { to_be_read: false, message: chain(error) },
    }
}

fn unanswered(message: String) -> Trouble {
    Trouble { to_be_read: true, message }
}

/// The innermost words are the ones that help.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let mut words: Vec<String> = causes.map(ToString::to_string).collect();
    words.dedup();
    excerpt(&if words.is_empty() { error.to_string() } else { words.join(": ") })
}
