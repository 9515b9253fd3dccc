//! A scripted server: what it answers, and what it was asked.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// One scripted answer.
#[derive(Clone)]
pub(super) enum Answer {
    /// A status and a body.
    Body(u16, String),
    /// The connection is closed without an answer.
    Close,
    /// No answer ever comes.
    Hang,
}

/// A request as it came: operation and body.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) operation: String,
    pub(super) body: String,
}

/// What decides the answers.
type Script = Arc<dyn Fn(usize, &Asked) -> Answer + Send + Sync>;

/// A running stub.
pub(super) struct Stub {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    /// Answers each request by its number and content.
    pub(super) async fn new(script: impl Fn(usize, &Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, seen): (Script, _) = (Arc::new(script), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                tokio::spawn(async move {
                    let answer =
                        service_fn(move |request| answer(request, Arc::clone(&script), Arc::clone(&seen)));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { url, asked }
    }

    /// Takes one connection after the other, reads a little, and sends these bytes.
    pub(super) async fn raw(bytes: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let _ = stream.readable().await;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    let _ = stream.write_all(bytes).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        url
    }

    /// Everything that was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// How often an operation was asked for.
    pub(super) fn count(&self, operation: &str) -> usize {
        self.asked().iter().filter(|asked| asked.operation == operation).count()
    }
}

async fn answer(
    request: Request<Incoming>,
    script: Script,
    seen: Arc<Mutex<Vec<Asked>>>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let header = |name: &str| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned()
    };
    let target = header("x-amz-target");
    let operation = match request.uri().path() {
        "/listRegions" => "ListRegions",
        _ => target.split_once('.').map_or("GetCallerIdentity", |(_, name)| name),
    }
    .to_owned();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let asked = Asked { operation, body: String::from_utf8_lossy(&body).into_owned() };
    let number = {
        let mut seen = seen.lock().expect("no panic");
        seen.push(asked.clone());
        seen.len()
    };
    match script(number, &asked) {
        Answer::Close => Err(std::io::Error::other("closed on purpose")),
        Answer::Hang => std::future::pending().await,
        Answer::Body(status, body) => {
            let response =
                Response::builder().status(status).header("content-type", "application/x-amz-json-1.1");
            Ok(response
                .body(Full::new(Bytes::from(body)))
                .unwrap_or_else(|_: hyper::http::Error| unreachable()))
        }
    }
}

fn unreachable<T>() -> T {
    panic!("the scripted status is a status: {:?}", None::<Infallible>)
}
