//! HTTP to request, answer to HTTP.

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Method, Response, StatusCode};

use super::answer::{Answer, ServiceError};
use super::assume_role::AssumedRole;
use super::credential::{self, Signer};
use super::delivery::{Delivery, Payload, Unanswered};
use super::form;
use super::gate::Gate;
use super::request::{Api, Request};

/// The longest body that is read: room for a document of 51,200 characters however it is escaped, with a wide margin.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// The header in which JSON 1.1 names the operation.
const TARGET: &str = "x-amz-target";

/// The header in which temporary credentials say whose they are.
const SESSION_TOKEN: &str = "x-amz-security-token";

/// Answers one HTTP request, or breaks off if a fault wants that.
pub(super) async fn answer(
    gate: &Gate,
    request_id: String,
    request: hyper::Request<Incoming>,
) -> Result<Response<Payload>, Unanswered> {
    let (head, body) = request.into_parts();
    let api = api(head.uri.path(), &head.headers);
    let delivery = match read(api, &request_id, &head, body).await {
        Ok(request) => gate.pass(&request),
        Err(error) => Delivery::Whole(Answer::error(api, &request_id, &error)),
    };
    match delivery {
        Delivery::Whole(answer) => Ok(response(answer, Payload::whole, &request_id)),
        Delivery::Half(answer) => Ok(response(answer, Payload::half, &request_id)),
        Delivery::Nothing => Err(Unanswered),
        // The connection is given up, and this with it, when the client closes its end.
        Delivery::Never => std::future::pending().await,
    }
}

/// How targets begin, and whose they are. The longer one is the AWS CLI's and boto3's, the shorter the newer SDKs'.
const TARGETS: [(&str, Api); 4] = [
    ("Logs_20140328.", Api::Logs),
    ("CloudTrail_20131101.", Api::CloudTrail),
    ("AWSOrganizationsV20161128.", Api::Organizations),
    ("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.", Api::CloudTrail),
];

/// Operations of Account Management have paths of their own.
const PATHS: [(&str, &str); 1] = [("/listRegions", "ListRegions")];

/// STS is asked with a form, Account Management by path, the others with JSON and a target. A target that is nobody's is refused as a service of JSON
/// does.
fn api(path: &str, headers: &HeaderMap) -> Api {
    if PATHS.iter().any(|(known, _)| *known == path) {
        return Api::Account;
    }
    let kind = header(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let is_form = kind.starts_with("application/x-www-form-urlencoded");
    match header(headers, TARGET) {
        None if is_form => Api::Sts,
        target => split(target.unwrap_or_default()).map_or(Api::Logs, |(api, _)| api),
    }
}

async fn read(
    api: Api,
    request_id: &str,
    head: &hyper::http::request::Parts,
    body: Incoming,
) -> Result<Request, ServiceError> {
    let path = head.uri.path();
    if head.method != Method::POST || (path != "/" && api != Api::Account) {
        return Err(ServiceError::new(
            "UnknownOperationException",
            format!("the emulator answers POST / and /listRegions only, not {} {path}", head.method),
        ));
    }
    let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(|error| ServiceError {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "RequestEntityTooLargeException",
        message: format!("cannot read the request body: {error}"),
    })?;
    let Signer { access_key, place } = credential::signer(header(&head.headers, AUTHORIZATION.as_str()))?;
    let body = body.to_bytes();
    let operation = match api {
        Api::Logs | Api::CloudTrail | Api::Organizations => target(&head.headers)?,
        Api::Account => {
            let named = PATHS.iter().find(|(known, _)| *known == path);
            named.map(|(_, operation)| (*operation).to_owned()).unwrap_or_default()
        }
        Api::Sts => form::field(&body, "Action").unwrap_or_default(),
    };
    let role = header(&head.headers, SESSION_TOKEN).and_then(AssumedRole::of_token);
    Ok(Request { id: request_id.to_owned(), api, operation, place, access_key, role, body })
}

/// Reads the operation of JSON 1.1: `X-Amz-Target: Logs_20140328.PutResourcePolicy`.
fn target(headers: &HeaderMap) -> Result<String, ServiceError> {
    let target = header(headers, TARGET).unwrap_or_default();
    split(target).map(|(_, operation)| operation.to_owned()).ok_or_else(|| {
        ServiceError::new("UnknownOperationException", format!("the emulator has no target {target:?}"))
    })
}

/// Parts a target into the service and the operation.
fn split(target: &str) -> Option<(Api, &str)> {
    TARGETS.iter().find_map(|(start, api)| Some((*api, target.strip_prefix(start)?)))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn response(answer: Answer, payload: fn(String) -> Payload, request_id: &str) -> Response<Payload> {
    let Answer { status, content_type, body } = answer;
    let mut response = Response::new(payload(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content_type));
    if let Ok(value) = request_id.parse() {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), value);
    }
    response
}
