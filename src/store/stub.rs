//! A bucket for tests: conditional writes, and answers that go wrong on purpose.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};

use crate::policy::Fingerprint;

/// What goes wrong with a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// 409 ConditionalRequestConflict; not written.
    Conflict,
    /// 503; not written.
    Unavailable,
    /// Written, and no answer.
    LostAnswer,
    /// Not written, and no answer.
    Close,
    /// 403.
    Denied,
}

type Answer = Response<Full<Bytes>>;

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Bytes>,
    writes: usize,
    faults: Vec<(usize, Fault)>,
}

/// A server on loopback.
pub(super) struct Stub {
    pub(super) url: String,
}

impl Stub {
    /// Serves an empty bucket in which the writes with these numbers go wrong.
    pub(super) async fn start(faults: Vec<(usize, Fault)>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let bucket = Arc::new(Mutex::new(Bucket { faults, ..Bucket::default() }));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let bucket = Arc::clone(&bucket);
                let service = hyper::service::service_fn(move |request| answer(Arc::clone(&bucket), request));
                let io = hyper_util::rt::TokioIo::new(stream);
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
            }
        });
        Self { url }
    }
}

async fn answer(bucket: Arc<Mutex<Bucket>>, request: Request<Incoming>) -> Result<Answer, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let mut bucket = bucket.lock().expect("the bucket");
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let key = head.uri.path().trim_start_matches("/records").trim_start_matches('/').to_owned();
    if head.method == Method::GET && head.uri.query().is_some_and(|query| query.contains("list-type")) {
        let keys = bucket.objects.keys().map(|key| format!("<Contents><Key>{key}</Key></Contents>"));
        let xml = format!(
            "<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>",
            keys.collect::<String>()
        );
        return Ok(respond(200, &xml, None));
    }
    if head.method == Method::GET {
        return Ok(bucket.objects.get(&key).map_or_else(
            || respond(404, "<Error><Code>NoSuchKey</Code></Error>", None),
            |object| respond(200, &String::from_utf8_lossy(object), Some(&etag(object))),
        ));
    }
    if head.method == Method::DELETE {
        bucket.objects.remove(&key);
        return Ok(respond(204, "", None));
    }
    bucket.writes += 1;
    let writes = bucket.writes;
    let fault = bucket.faults.iter().find(|(at, _)| *at == writes).map(|(_, fault)| *fault);
    match fault {
        Some(Fault::Conflict) => {
            return Ok(respond(409, "<Error><Code>ConditionalRequestConflict</Code></Error>", None));
        }
        Some(Fault::Unavailable) => return Ok(respond(503, "<Error><Code>SlowDown</Code></Error>", None)),
        Some(Fault::Denied) => return Ok(respond(403, "<Error><Code>AccessDenied</Code></Error>", None)),
        Some(Fault::Close) => return Err(std::io::Error::other("closed on purpose")),
        Some(Fault::LostAnswer) | None => {}
    }
    let there = bucket.objects.get(&key).map(etag);
    let refused = (header("if-none-match") == Some("*") && there.is_some())
        || header("if-match").is_some_and(|wanted| there.as_deref() != Some(wanted));
    if refused {
        return Ok(respond(412, "<Error><Code>PreconditionFailed</Code></Error>", None));
    }
    let tag = etag(&body);
    bucket.objects.insert(key, body);
    if fault == Some(Fault::LostAnswer) {
        return Err(std::io::Error::other("closed on purpose"));
    }
    Ok(respond(200, "", Some(&tag)))
}

/// As S3 has it: equal bytes have equal tags.
fn etag(object: &Bytes) -> String {
    format!("\"{}\"", Fingerprint::of(object).short())
}

fn respond(status: u16, body: &str, etag: Option<&str>) -> Answer {
    let mut builder = Response::builder().status(status).header("content-type", "application/xml");
    if let Some(etag) = etag {
        builder = builder.header("etag", etag);
    }
    builder.body(Full::new(Bytes::from(body.to_owned()))).expect("an answer")
}
