//! The network as users have it: clocks that differ, IPv6, proxies, a server that hangs.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Play, desired, document, text, world};
use crate::server::{Server, send};

fn play() -> (Play, Value) {
    let ours = document("es.amazonaws.com", "/aws/x");
    (Play::new(&desired(&[("dns", ours.clone())]), &world(&[])), json!({"dns": ours.to_string()}))
}

/// The same, where a role is assumed.
fn play_with_role() -> Play {
    let (play, _) = play();
    let mut desired = desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]);
    desired["targets"]["main"]["assume_role"] = json!("arn:aws:iam::${account}:role/logpolicy");
    play.write("logpolicy.yaml", &desired);
    play
}

/// Sends a request on and returns the whole answer.
fn forwarded(request: &str, url: &str) -> String {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    // The emulator answers to its own host only.
    let lines = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("host:"));
    let head = lines.collect::<Vec<_>>().join("\r\n");
    let sent = format!("{head}\r\nHost: {host}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(sent.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let mut lines =
        request.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// When a request says it was signed.
fn signed_at(request: &str) -> Timestamp {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", header(request, "x-amz-date").unwrap());
    jiff::tz::Offset::UTC.to_timestamp(time.unwrap()).unwrap()
}

/// The emulator behind a clock that is so far ahead of ours. Like AWS it refuses what seems to be signed more than five
/// minutes ago or ahead.
fn behind_another_clock(emulator: String, ahead: SignedDuration, refused: Arc<AtomicUsize>) -> Server {
    Server::start(move |request, stream| {
        let now = Timestamp::now() + ahead;
        let date = format!("Date: {}\r\n", now.strftime("%a, %d %b %Y %H:%M:%S GMT"));
        if signed_at(request).duration_since(now).abs() > SignedDuration::from_mins(5) {
            refused.fetch_add(1, Ordering::Relaxed);
            let words = "Signature expired: it is now earlier than it was";
            let (status, body) = if request.contains("Action=") {
                let error = format!(
                    "<Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>{words}</Message></Error>"
                );
                ("403 Forbidden", format!("<ErrorResponse>{error}</ErrorResponse>"))
            } else {
                let body = json!({"__type": "InvalidSignatureException", "message": words});
                ("400 Bad Request", body.to_string())
            };
            return send(stream, status, &date, &body);
        }
        let answer = forwarded(request, &emulator);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let lines = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
        let head: Vec<&str> = lines.chain([date.trim()]).collect();
        let _ = stream.write_all(format!("{}\r\n\r\n{body}", head.join("\r\n")).as_bytes());
    })
}

#[test]
fn a_clock_that_differs_by_ten_minutes_does_not_matter() {
    for minutes in [-10, 10] {
        for play in [play().0, play_with_role()] {
            let emulator = play.emulator(&json!([]), &[]);
            let refused = Arc::new(AtomicUsize::new(0));
            let ahead = SignedDuration::from_mins(minutes);
            let server = behind_another_clock(emulator.url.clone(), ahead, Arc::clone(&refused));
            let apply = play.command_at(&server.url, &["apply", "--auto-approve"]).output().unwrap();
            assert_eq!(apply.status.code(), Some(0), "{minutes}: {}", text(&apply));
            let plan = play.command_at(&server.url, &["plan", "--detailed-exitcode"]).output().unwrap();
            assert_eq!(plan.status.code(), Some(0), "{minutes}: {}", text(&plan));
            assert!(refused.load(Ordering::Relaxed) > 0, "the clocks differed");
        }
    }
}

#[test]
fn over_ipv6() {
    if TcpListener::bind("[::1]:0").is_err() {
        return eprintln!("skipped: there is no IPv6 on this machine");
    }
    let (play, expected) = play();
    let emulator = play.emulator(&json!([]), &["--listen", "[::1]:0"]);
    assert!(emulator.url.starts_with("http://[::1]:"), "{}", emulator.url);
    let apply = play.run(&emulator, &["apply", "--auto-approve"]);
    assert_eq!(apply.status.code(), Some(0), "{}", text(&apply));
    drop(emulator);
    play.converges(&expected);
}

/// A proxy that sends every request on to one server, whatever it asks for.
fn proxy_to(url: &str) -> Server {
    let url = url.to_owned();
    Server::start(move |request, stream| {
        let (first, rest) = request.split_once("\r\n").unwrap();
        let first = first.replacen("http://aws.invalid", "", 1);
        let _ = stream.write_all(forwarded(&format!("{first}\r\n{rest}"), &url).as_bytes());
    })
}

fn plan_with(play: &Play, url: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = play.command_at(url, &["--timeout", "3s", "plan"]);
    command.envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn through_a_proxy() {
    let (play, _) = play();
    let emulator = play.emulator(&json!([]), &[]);
    let proxy = proxy_to(&emulator.url);
    // A name that nobody can look up: only the proxy can reach it.
    let plan = plan_with(&play, "http://aws.invalid", &[("HTTP_PROXY", &proxy.url)]);
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
    let asked = proxy.asked();
    assert!(asked.iter().all(|request| request.starts_with("POST http://aws.invalid/ ")), "{asked:?}");
    assert_eq!(asked.len(), 2, "whose credentials, and which policies");
    let around = [("HTTP_PROXY", proxy.url.as_str()), ("NO_PROXY", "aws.invalid")];
    let plan = plan_with(&play, "http://aws.invalid", &around);
    assert_eq!(plan.status.code(), Some(1), "{}", text(&plan));
    assert_eq!(proxy.asked().len(), 2, "NO_PROXY leads around it");
}

#[test]
fn https_through_a_proxy_is_a_tunnel() {
    let (play, _) = play();
    let proxy = Server::start(|_, stream| send(stream, "502 Bad Gateway", "", ""));
    let plan = plan_with(&play, "https://aws.invalid", &[("HTTPS_PROXY", &proxy.url)]);
    assert_eq!(plan.status.code(), Some(1), "{}", text(&plan));
    let asked = proxy.asked();
    assert!(!asked.is_empty());
    for request in asked {
        assert!(request.starts_with("CONNECT aws.invalid:443 "), "{request}");
        assert!(!request.contains(ACCOUNT), "the proxy sees no call: {request}");
    }
}

#[test]
fn a_sandbox_knows_no_proxy() {
    let (play, _) = play();
    let proxy = Server::start(|_, stream| send(stream, "502 Bad Gateway", "", ""));
    let mut command = play.command_at("unused", &[]);
    let program = command.get_program().to_owned();
    command = std::process::Command::new(program);
    command.current_dir(play.path("")).args(["--sandbox=world.json", "plan"]).env_clear();
    let plan = command.env("HTTP_PROXY", &proxy.url).output().unwrap();
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan));
    assert!(proxy.asked().is_empty());
}

#[test]
fn a_server_that_hangs_ends_with_the_time() {
    let (play, _) = play();
    for operation in ["GetCallerIdentity", "DescribeResourcePolicies", "PutResourcePolicy"] {
        let faults = json!([{"operation": operation, "times": 1_000, "fault": "hang"}]);
        let emulator = play.emulator(&faults, &[]);
        let begun = Instant::now();
        let apply = play.run(&emulator, &["--timeout", "1s", "apply", "--auto-approve"]);
        assert_eq!(apply.status.code(), Some(1), "{operation}: {}", text(&apply));
        let shown = text(&apply);
        assert!(shown.contains("no answer in time") || shown.contains("timed out"), "{operation}: {shown}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{operation}: {:?}", begun.elapsed());
        assert_eq!(play.policies(), json!({}));
    }
}
