//! What goes back: a status, a content type and a body, in the protocol of the service that was asked.

use hyper::StatusCode;
use serde_json::json;

use super::error::EmulatorError;
use super::request::{Api, Request};

/// A refusal, as every service of AWS words it: a code to act on and a sentence to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl ServiceError {
    /// Makes a client error. CloudWatch Logs answers all of them with 400, also "not found" and conflicts.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }
}

/// The emulator's own trouble with its world file is a server error, whose message tells the user what to do.
impl From<EmulatorError> for ServiceError {
    fn from(error: EmulatorError) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure",
            message: format!("logpolicy emulator: {error}"),
        }
    }
}

/// An answer that is ready to be sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Answer {
    /// Puts an outcome into the words of the service that was asked.
    pub(super) fn to(request: &Request, outcome: Result<String, ServiceError>) -> Self {
        match outcome {
            Ok(body) => Self { status: StatusCode::OK, content_type: content_type(request.api), body },
            Err(error) => Self::error(request.api, &request.id, &error),
        }
    }

    /// Writes an error: `{"__type", "message"}` in JSON 1.1, an `ErrorResponse` in the query protocol.
    pub(super) fn error(api: Api, request_id: &str, error: &ServiceError) -> Self {
        let body = match api {
            Api::Logs | Api::CloudTrail | Api::Organizations | Api::Account => {
                json!({"__type": error.code, "message": error.message}).to_string()
            }
            Api::Sts => {
                let kind = if error.status.is_client_error() { "Sender" } else { "Receiver" };
                format!(
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{kind}</Type>\
                     <Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                    error.code,
                    escaped(&error.message)
                )
            }
        };
        Self { status: error.status, content_type: content_type(api), body }
    }
}

fn content_type(api: Api) -> &'static str {
    match api {
        Api::Logs | Api::CloudTrail | Api::Organizations => "application/x-amz-json-1.1",
        Api::Account => "application/json",
        Api::Sts => "text/xml",
    }
}

/// Escapes text for XML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
