//! The port: binds it, takes connections in, and holds answers back for the latency asked for.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::delivery::{Payload, Unanswered};
use super::error::EmulatorError;
use super::fault::Faults;
use super::gate::Gate;
use super::guard::Guard;
use super::http;
use super::options::Options;
use super::rate::Rate;
use super::service::Service;
use super::store::Store;

/// A running emulator. Dropping it closes the port and every connection; what was answered with success is written.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// Binds the port, loads the world and begins to serve, as a task of the tokio runtime it is called in.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use logpolicy::provider::{Aws, Credentials, Options, PolicyReader};
/// use logpolicy::{config, emulator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = emulator::start(emulator::Options::default()).await?;
/// let aws = Aws::new(Options::new(Some(emulator.url()), Credentials::Sandbox));
/// let loaded = config::load(&["examples/quickstart".into()])?;
/// let reader = aws.reader(&loaded.desired.targets[0]).await;
/// let live = reader.read(&BTreeSet::new()).await?;
/// assert!(live.policies.is_empty(), "a new world");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Fails if the address is not loopback and remote callers are not allowed, if it cannot be bound, if the world file is
/// there but holds no world (it is left as it is then), or if the fault file cannot be read or understood.
pub async fn start(options: Options) -> Result<Emulator, EmulatorError> {
    let Options { listen, allow_remote, required_secret, .. } = options;
    let Options { world, latency, page_size, document_bytes, faults, tps, .. } = options;
    if !allow_remote && !listen.ip().is_loopback() {
        return Err(EmulatorError::NotLoopback { address: listen });
    }
    let faults = Faults::open(faults.as_deref())?;
    let store = Store::open(world)?;
    let service = Service::new(store, page_size, document_bytes);
    let gate = Gate::new(service, faults, tps.map(Rate::new));
    let unbound = |source| EmulatorError::Bind { address: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(unbound)?;
    let address = listener.local_addr().map_err(unbound)?;
    let guard = Guard::new(address, allow_remote, required_secret);
    let host = Arc::new(Host { guard, gate, latency, answered: AtomicU64::new(0) });
    Ok(Emulator { address, serving: tokio::spawn(accept(listener, host)) })
}

impl Emulator {
    /// Tells the address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells the endpoint URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until `stop` is done.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) {
        let stop = pin!(stop);
        tokio::select! {
            () = stop => {}
            _ = &mut self.serving => {}
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What all connections share.
struct Host {
    guard: Guard,
    gate: Gate,
    latency: Duration,
    answered: AtomicU64,
}

async fn accept(listener: TcpListener, host: Arc<Host>) {
    // Aborting this task drops the set, and with it every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve(stream, Arc::clone(&host)))),
                // Out of file descriptors, most likely: connections that end will free some.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, host: Arc<Host>) {
    // Small answers are to leave at once. Where that cannot be set, they leave a little later.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(&host, request));
    // A connection that breaks off is the client's business, or what a fault wants: an error closes it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(host: &Host, request: hyper::Request<Incoming>) -> Result<Response<Payload>, Unanswered> {
    let number = host.answered.fetch_add(1, Ordering::Relaxed);
    let response = http::answer(&host.guard, &host.gate, request_id(number), request).await;
    if !host.latency.is_zero() {
        tokio::time::sleep(host.latency).await;
    }
    response
}

/// Writes the number of a request in the form of AWS's request ids.
fn request_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::*;

    async fn ask(address: SocketAddr, headers: &str, body: &str) -> String {
        let length = body.len();
        let text = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        send(address, &text).await
    }

    async fn send(address: SocketAddr, text: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=444455556666/20260101/us-gov-west-1/sts/aws4_request, S=x\r\n";
    const FORM: &str = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n";

    #[tokio::test]
    async fn serves_this_machine_only_unless_told() {
        let listen = SocketAddr::from(([0, 0, 0, 0], 0));
        let refused = start(Options { listen, ..Options::default() }).await;
        assert!(matches!(refused, Err(EmulatorError::NotLoopback { .. })));
        assert!(start(Options { listen, allow_remote: true, ..Options::default() }).await.is_ok());
    }

    #[tokio::test]
    async fn says_that_a_port_is_taken() {
        let first = start(Options::default()).await.unwrap();
        let second = start(Options { listen: first.address(), ..Options::default() }).await;
        assert!(second.unwrap_err().to_string().contains("choose another port"));
    }

    #[tokio::test]
    async fn tells_callers_who_they_are() {
        let emulator = start(Options::default()).await.unwrap();
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        let answer = ask(emulator.address(), &format!("{SIGNED}{FORM}"), body).await;
        assert!(answer.contains("<Arn>arn:aws-us-gov:iam::444455556666:user/emulator</Arn>"), "{answer}");
        for (headers, body, code) in [
            (format!("{SIGNED}{FORM}"), "Action=GetNothing", "<Code>InvalidAction</Code>"),
            (FORM.to_owned(), body, "<Code>MissingAuthenticationTokenException</Code>"),
            (String::new(), "{}", "\"__type\":\"MissingAuthenticationTokenException\""),
            (
                format!("{SIGNED}X-Amz-Target: Other.Put\r\n"),
                "{}",
                "\"__type\":\"UnknownOperationException\"",
            ),
        ] {
            let answer = ask(emulator.address(), &headers, body).await;
            assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains(code), "{headers}{answer}");
        }
    }

    #[tokio::test]
    async fn answers_to_its_own_names_only() {
        let emulator = start(Options::default()).await.unwrap();
        let evil = "POST / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        let answer = send(emulator.address(), evil).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(answer.contains("will not answer to the host \"evil.example\""), "{answer}");
        let open = start(Options { allow_remote: true, ..Options::default() }).await.unwrap();
        let answer = send(open.address(), evil).await;
        assert!(answer.contains("MissingAuthenticationToken"), "{answer}");
    }

    #[tokio::test]
    async fn wants_signatures_if_it_is_told() {
        let required_secret = Some("sandbox".to_owned());
        let emulator = start(Options { required_secret, ..Options::default() }).await.unwrap();
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        let answer = ask(emulator.address(), &format!("{SIGNED}{FORM}"), body).await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("IncompleteSignature"), "{answer}");
    }

    #[tokio::test]
    async fn holds_answers_back() {
        let latency = Duration::from_millis(40);
        let emulator = start(Options { latency, ..Options::default() }).await.unwrap();
        let begun = Instant::now();
        ask(emulator.address(), "", "{}").await;
        assert!(begun.elapsed() >= latency);
    }

    #[tokio::test]
    async fn stops_when_it_is_told_or_dropped() {
        let emulator = start(Options::default()).await.unwrap();
        let address = emulator.address();
        emulator.run_until(ask_once(address)).await;
        // The abort is carried out when the task is next looked at.
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(TcpStream::connect(address).await.is_err());
    }

    async fn ask_once(address: SocketAddr) {
        ask(address, "", "{}").await;
    }
}
