//! The emulator's side of a connection: whatever bytes come, it answers or closes, goes on for everybody else, and nothing
//! changes but by a call that succeeds.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use logpolicy::emulator::{Options, start};
use serde_json::Value;

/// One emulator for all bytes, on a thread of its own.
static EMULATOR: LazyLock<SocketAddr> = LazyLock::new(|| {
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let emulator = start(Options::default()).await.unwrap();
            tell.send(emulator.address()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    told.recv().unwrap()
});

/// How long an answer may take; a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an answer takes.
const PAUSE: Duration = Duration::from_millis(4);

pub fn emulator_http(data: &[u8]) {
    let bytes = addressed(data);
    told(&bytes);
    if let Some(mended) = mended(&bytes) {
        told(&mended);
    }
}

/// Sends some bytes: what comes back are answers, and what stands there changes by those that are a success alone.
fn told(bytes: &[u8]) {
    let before = policies();
    let answer = said(bytes);
    let text = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || text.starts_with("HTTP/1."), "{text:?}");
    let statuses: Vec<&str> = text.split("HTTP/1.").skip(1).filter_map(|answer| answer.get(2..5)).collect();
    assert!(statuses.iter().all(|status| !status.starts_with('5')), "{text}");
    let after = policies();
    let succeeded = statuses.iter().any(|status| status.starts_with('2'));
    assert!(before == after || succeeded || answer.is_empty(), "{text:?} changed {before} into {after}");
}

/// The bytes with the emulator's own address in place of each `{host}`: calls for other hosts are refused.
fn addressed(data: &[u8]) -> Vec<u8> {
    const HOST: &[u8] = b"{host}";
    let (mut bytes, mut rest) = (Vec::with_capacity(data.len()), data);
    while let Some(at) = rest.windows(HOST.len()).position(|window| window == HOST) {
        bytes.extend_from_slice(&rest[..at]);
        bytes.extend_from_slice(EMULATOR.to_string().as_bytes());
        rest = &rest[at + HOST.len()..];
    }
    bytes.extend_from_slice(rest);
    bytes
}

/// The same call with the length that its body has, so that the body is read; nothing where that stands there.
fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (before, after) = head.split_once("Content-Length: ")?;
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let length = body.len().to_string();
    let is_right = after.len() - rest.len() == length.len() && after.starts_with(&length);
    (!is_right).then(|| format!("{before}Content-Length: {length}{rest}\r\n\r\n{body}").into_bytes())
}

/// What stands there, as a client is told that asks properly.
fn policies() -> String {
    let body = "{}";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nX-Amz-Target: Logs_20140328.DescribeResourcePolicies\r\n\
         Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-east-1/logs/aws4_request, \
         SignedHeaders=host, Signature=0\r\n\r\n{body}",
        *EMULATOR,
        body.len()
    );
    let mut stream = TcpStream::connect(*EMULATOR).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    assert!(read(&mut stream, &mut answer, PATIENCE), "it does not go on");
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "it does not go on: {answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    let value: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    assert!(value["resourcePolicies"].is_array(), "{body}");
    body
}

/// All that comes back for these bytes, until the connection is closed. Some are waited for before we say that no more come
/// from us: the emulator takes that for a client that went away, and an answer on its way is lost.
fn said(bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(*EMULATOR).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // It may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    if read(&mut stream, &mut answer, PAUSE) {
        return answer;
    }
    let _ = stream.shutdown(Shutdown::Write);
    assert!(read(&mut stream, &mut answer, PATIENCE), "neither answered nor closed");
    answer
}

/// Reads until the connection is closed; false where nothing comes for so long.
fn read(stream: &mut TcpStream, answer: &mut Vec<u8>, patience: Duration) -> bool {
    stream.set_read_timeout(Some(patience)).unwrap();
    match stream.read_to_end(answer) {
        Ok(_) => true,
        Err(error) => match error.kind() {
            ErrorKind::ConnectionReset => true,
            ErrorKind::WouldBlock | ErrorKind::TimedOut => false,
            _ => panic!("{error}"),
        },
    }
}
