//! HTTP to request, answer to HTTP.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Method, Response, StatusCode};

use super::answer::{Answer, ServiceError};
use super::credential;
use super::request::{Api, Request};
use super::service::Service;

/// The longest body that is read: room for a document of 51,200 characters however it is escaped, with a wide margin.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// The header in which JSON 1.1 names the operation.
const TARGET: &str = "x-amz-target";

/// Answers one HTTP request.
pub(super) async fn answer(
    service: &Service,
    request_id: String,
    request: hyper::Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let api = api(&head.headers);
    let answer = match read(api, &request_id, &head, body).await {
        Ok(request) => service.answer(&request),
        Err(error) => Answer::error(api, &request_id, &error),
    };
    response(answer, &request_id)
}

/// STS is asked with a form, CloudWatch Logs with JSON and a target.
fn api(headers: &HeaderMap) -> Api {
    let kind = header(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let is_form = kind.starts_with("application/x-www-form-urlencoded");
    if is_form && !headers.contains_key(TARGET) { Api::Sts } else { Api::Logs }
}

async fn read(
    api: Api,
    request_id: &str,
    head: &hyper::http::request::Parts,
    body: Incoming,
) -> Result<Request, ServiceError> {
    if head.method != Method::POST || head.uri.path() != "/" {
        return Err(ServiceError::new(
            "UnknownOperationException",
            format!("the emulator answers POST / only, not {} {}", head.method, head.uri.path()),
        ));
    }
    let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(|error| ServiceError {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "RequestEntityTooLargeException",
        message: format!("cannot read the request body: {error}"),
    })?;
    let place = credential::place(header(&head.headers, AUTHORIZATION.as_str()))?;
    let body = body.to_bytes();
    let operation = match api {
        Api::Logs => target(&head.headers)?,
        Api::Sts => action(&body),
    };
    Ok(Request { id: request_id.to_owned(), api, operation, place, body })
}

/// Reads the operation of JSON 1.1: `X-Amz-Target: Logs_20140328.PutResourcePolicy`.
fn target(headers: &HeaderMap) -> Result<String, ServiceError> {
    let target = header(headers, TARGET).unwrap_or_default();
    target.strip_prefix("Logs_20140328.").map(str::to_owned).ok_or_else(|| {
        ServiceError::new("UnknownOperationException", format!("the emulator has no target {target:?}"))
    })
}

/// Reads the operation of the query protocol: `Action=GetCallerIdentity`. Action names need no escapes.
fn action(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn response(answer: Answer, request_id: &str) -> Response<Full<Bytes>> {
    let Answer { status, content_type, body } = answer;
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content_type));
    if let Ok(value) = request_id.parse() {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), value);
    }
    response
}
