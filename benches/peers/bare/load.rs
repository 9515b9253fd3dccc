//! How many answers a server gives: some connections, each with one request at a time, for some seconds.
//!
//! The request is prepared once and its signature is made up: neither server looks at it, and the client is to take as little
//! as it can of a machine that it shares with the server.

use std::io::{Error, ErrorKind, Result};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;

/// Counts answers.
pub(crate) async fn run(address: &str, connections: usize, seconds: u64) -> Outcome {
    let request = request(address);
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let counts = try_join_all((0..connections).map(|_| ask_until(end, address, &request))).await?;
    let (answers, seconds) = (counts.iter().sum::<u64>(), begun.elapsed().as_secs_f64());
    println!("{answers} answers in {seconds:.3} seconds");
    Ok(())
}

/// DescribeResourcePolicies.
fn request(address: &str) -> Vec<u8> {
    let lines = [
        "POST / HTTP/1.1",
        &format!("Host: {address}"),
        "Content-Type: application/x-amz-json-1.1",
        "X-Amz-Target: Logs_20140328.DescribeResourcePolicies",
        "X-Amz-Date: 20260101T000000Z",
        "Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-east-1/logs/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-target, Signature=00",
        "Content-Length: 2",
        "",
        "{}",
    ];
    lines.join("\r\n").into_bytes()
}

/// Asks over one connection, or over one after the other where the server closes them; counts the answers.
async fn ask_until(end: Instant, address: &str, request: &[u8]) -> Result<u64> {
    let mut stream = connect(address).await?;
    let (mut count, mut buffer) = (0, Vec::with_capacity(16 * 1024));
    while Instant::now() < end {
        stream.write_all(request).await?;
        let stays = read_answer(&mut stream, &mut buffer).await?;
        count += 1;
        if !stays {
            stream = connect(address).await?;
        }
    }
    Ok(count)
}

async fn connect(address: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads one whole answer; tells whether the connection stays open.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<bool> {
    buffer.clear();
    let head = loop {
        more(stream, buffer).await?;
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let (length, stays) = understood(&buffer[..head])?;
    while buffer.len() < head + length {
        more(stream, buffer).await?;
    }
    Ok(stays)
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<()> {
    match stream.read_buf(buffer).await? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// The length of the body, and whether the connection stays open. An answer that is no success ends the measurement.
fn understood(head: &[u8]) -> Result<(usize, bool)> {
    let text = std::str::from_utf8(head).map_err(Error::other)?;
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        return Err(Error::other(format!("the server answers {status:?}")));
    }
    let (mut length, mut stays) = (None, status.starts_with("HTTP/1.1"));
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
        if name.eq_ignore_ascii_case("connection") {
            stays = !value.trim().eq_ignore_ascii_case("close");
        }
    }
    let length = length.ok_or_else(|| Error::other("the answer has no Content-Length"))?;
    Ok((length, stays))
}
