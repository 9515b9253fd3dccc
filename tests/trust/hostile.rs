//! An endpoint that is not AWS and means harm: whatever it answers, a command ends soon, with little memory and a short
//! error, and the screen shows text only.

use std::io::Write;
use std::net::TcpStream;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Play, desired, document, text, world};
use crate::server::{Server, send, who};

/// More than any error needs, and what nobody minds to read.
const SHORT: usize = 16 * 1024;

/// What a command may need beside what it keeps of an answer.
const MUCH_MEMORY: usize = 400 * 1024 * 1024;

/// Every command that asks the endpoint.
const COMMANDS: [&[&str]; 8] = [
    &["plan"],
    &["plan", "--format", "markdown"],
    &["apply", "--auto-approve"],
    &["drift"],
    &["status"],
    &["import", "-o", "imported.yaml"],
    &["compact"],
    &["can", "es.amazonaws.com", "PutLogEvents", "/aws/x", "--live"],
];

fn play() -> Play {
    Play::new(&desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]), &world(&[]))
}

/// A desired state whose record lies in a bucket of the server.
fn play_with_bucket(url: &str) -> Play {
    let play = play();
    let mut desired = desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]);
    desired["state"] =
        json!({"s3": {"bucket": "records", "prefix": "p", "region": "us-east-1", "endpoint_url": url}});
    play.write("logpolicy.yaml", &desired);
    play
}

/// A run against a server, and the most memory that it had.
fn run(play: &Play, url: &str, arguments: &[&str]) -> (Output, usize) {
    let begun = Instant::now();
    let arguments = [&["--timeout", "3s"], arguments].concat();
    let child = play.command_at(url, &arguments).spawn().unwrap();
    let id = child.id();
    let watching = std::thread::spawn(move || most_memory(id));
    let output = child.wait_with_output().unwrap();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(40), "{arguments:?} took {took:?}");
    (output, watching.join().unwrap())
}

/// The most memory that a process has until it ends; 0 where the system does not tell.
fn most_memory(process: u32) -> usize {
    let mut most = 0;
    while let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/status")) {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        // A process that has ended and is not yet waited for has no memory.
        let Some(line) = line else { break };
        let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
        most = most.max(kibibytes * 1024);
        std::thread::sleep(Duration::from_millis(5));
    }
    most
}

/// Each command fails, shortly and in plain text; nothing of `never` is shown.
fn each_command_fails(url: &str, play: &Play, never: &[&str]) {
    for arguments in COMMANDS {
        let (output, memory) = run(play, url, arguments);
        let shown = text(&output);
        assert_ne!(output.status.code(), Some(0), "{arguments:?}: {shown}");
        assert!(output.status.code().is_some(), "{arguments:?} crashed: {shown}");
        assert!(shown.len() < SHORT, "{arguments:?}: {} bytes: {}", shown.len(), &shown[..1000]);
        assert!(memory < MUCH_MEMORY, "{arguments:?}: {memory} bytes of memory");
        for letter in shown.chars() {
            assert!(letter == '\n' || !letter.is_control(), "{arguments:?}: {letter:?} in {shown:?}");
        }
        for word in never {
            assert!(!shown.contains(word), "{arguments:?}: {word:?} in {shown:?}");
        }
    }
}

/// An answer whose body has no end.
fn endless(_: &str, stream: &mut TcpStream) {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nETag: \"x\"\r\nTransfer-Encoding: chunked\r\n\r\n";
    let piece = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let mut sent = stream.write_all(head.as_bytes());
    while sent.is_ok() {
        sent = stream.write_all(piece.as_bytes());
    }
}

/// An answer that comes a byte at a time, for ever.
fn dripping(_: &str, stream: &mut TcpStream) {
    let head = "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut sent = stream.write_all(head.as_bytes());
    while sent.is_ok() {
        std::thread::sleep(Duration::from_millis(50));
        sent = stream.write_all(b"1\r\n \r\n");
    }
}

/// An error with some words, as CloudWatch Logs and CloudTrail, STS and S3 each write it.
fn error_with(words: &str) -> impl Fn(&str, &mut TcpStream) + Send + Sync + 'static {
    let json = json!({"__type": "AccessDeniedException", "message": words}).to_string();
    // XML has no characters below a space but by reference, and not even these in version 1.0: a hostile one does.
    let words = words.to_owned();
    let xml = format!(
        "<Error><Code>AccessDenied</Code><Message>{words}</Message><RequestId>{words}</RequestId></Error>"
    );
    let sts = format!("<ErrorResponse>{xml}<RequestId>{words}</RequestId></ErrorResponse>");
    move |request, stream| {
        let body = if request.contains("X-Amz-Target") || request.contains("x-amz-target") {
            &json
        } else if request.starts_with("POST / ") {
            &sts
        } else {
            &xml
        };
        send(stream, "400 Bad Request", "", body);
    }
}

/// What answers as `answer` does, but knows whose credentials these are.
fn behind_the_door(
    answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static,
) -> impl Fn(&str, &mut TcpStream) + Send + Sync + 'static {
    move |request, stream| {
        if !who(request, stream) {
            answer(request, stream);
        }
    }
}

#[test]
fn a_body_without_end_is_cut() {
    let first = Server::start(endless);
    let (output, memory) = run(&play(), &first.url, &["plan"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(memory < MUCH_MEMORY, "{memory}");
    each_command_fails(&Server::start(behind_the_door(endless)).url, &play(), &[]);
}

#[test]
fn a_body_that_drips_ends_with_the_time() {
    let server = Server::start(behind_the_door(dripping));
    let (output, _) = run(&play(), &server.url, &["plan"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("no answer in time"), "{}", text(&output));
}

#[test]
fn a_bucket_of_records_is_not_trusted_either() {
    for (name, server) in [("endless", Server::start(endless)), ("dripping", Server::start(dripping))] {
        let play = play_with_bucket(&server.url);
        let (output, memory) = run(&play, &server.url, &["state", "list"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", text(&output));
        let (output, more) = run(&play, &server.url, &["state", "show", "111122223333/us-east-1/policy:dns"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", text(&output));
        assert!(memory.max(more) < MUCH_MEMORY, "{name}: {memory} and {more}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|_, stream| send(stream, "200 OK", "", "{}"));
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("Location: {}/stolen\r\n", elsewhere.url);
        let server = Server::start(move |_, stream| send(stream, status, &location, ""));
        let (output, _) = run(&play_with_bucket(&server.url), &server.url, &["plan"]);
        assert_eq!(output.status.code(), Some(1), "{status}: {}", text(&output));
        assert!(!server.asked().is_empty());
    }
    assert_eq!(elsewhere.asked(), Vec::<String>::new(), "credentials went elsewhere");
}

#[test]
fn a_web_page_is_no_answer() {
    let page = "<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>";
    for status in ["200 OK", "403 Forbidden", "502 Bad Gateway"] {
        let answer =
            move |_: &str, stream: &mut TcpStream| send(stream, status, "Content-Type: text/html\r\n", page);
        let server = Server::start(behind_the_door(answer));
        let (output, _) = run(&play(), &server.url, &["plan", "--format", "json"]);
        assert_eq!(output.status.code(), Some(1), "{status}: {}", text(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["targets"][0]["error"].is_string(), "{status}: {report}");
        let everywhere = Server::start(answer);
        let (output, _) = run(&play(), &everywhere.url, &["plan"]);
        assert_eq!(output.status.code(), Some(1), "{status}: {}", text(&output));
    }
}

#[test]
fn an_error_of_megabytes_is_cut_short() {
    let words = "spam ".repeat(1024 * 1024);
    each_command_fails(&Server::start(error_with(&words)).url, &play(), &[]);
    each_command_fails(&Server::start(behind_the_door(error_with(&words))).url, &play(), &[]);
    let server = Server::start(error_with(&words));
    each_command_fails(&server.url, &play_with_bucket(&server.url), &[]);
}

#[test]
fn an_error_cannot_speak_to_the_terminal() {
    let words = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31mred\u{202e}\rline\nanother";
    let never = ["\u{202e}"];
    each_command_fails(&Server::start(error_with(words)).url, &play(), &never);
    each_command_fails(&Server::start(behind_the_door(error_with(words))).url, &play(), &never);
    let server = Server::start(error_with(words));
    each_command_fails(&server.url, &play_with_bucket(&server.url), &never);
    let (output, _) = run(&play_with_bucket(&server.url), &server.url, &["state", "list"]);
    assert!(!text(&output).contains('\u{1b}'), "{:?}", text(&output));
}

#[test]
fn an_empty_answer_is_not_no_policies() {
    for body in ["", "{}", "null", "[]", "{\"resourcePolicies\":null}", "{\"resourcePolicies\":[{}]}"] {
        let server = Server::start(behind_the_door(move |_, stream| send(stream, "200 OK", "", body)));
        let (output, _) = run(&play(), &server.url, &["plan"]);
        assert_eq!(output.status.code(), Some(1), "{body}: {}", text(&output));
    }
}
