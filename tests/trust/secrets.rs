//! No secret leaves the process but in a signature: neither by what a command says, at any verbosity, nor by a file.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Play, desired, document, text, world};
use crate::server::{Server, send};

/// What must be seen nowhere.
const CANARIES: [&str; 7] =
    [SECRET, TOKEN, ROLE_SECRET, ROLE_TOKEN, PROFILE_SECRET, PROXY_PASSWORD, URL_PASSWORD];
const SECRET: &str = "CANARYsecretCANARYsecretCANARYsecretCANA";
const TOKEN: &str = "CANARYtokenCANARYtokenCANARYtoken";
const ROLE_SECRET: &str = "CANARYroleCANARYroleCANARYroleCANARYrole";
const ROLE_TOKEN: &str = "CANARYsessionCANARYsessionCANARYsession";
const PROFILE_SECRET: &str = "CANARYprofileCANARYprofileCANARYprofileC";
const PROXY_PASSWORD: &str = "CANARYproxyCANARYproxy";
const URL_PASSWORD: &str = "CANARYurlCANARYurl";

/// Every command that asks AWS, in an order in which each has something to do.
const ASKING: [&[&str]; 13] = [
    &["plan", "--format", "json", "-o", "plan.json"],
    &["plan", "--report", "html=plan.html", "--report", "markdown=plan.md", "--report", "sarif=plan.sarif"],
    &["plan", "--format", "github", "--graph", "dot"],
    &["apply", "plan.json", "--report", "json=apply.json"],
    &["apply", "--auto-approve"],
    &["status", "--format", "json"],
    &["status", "--format", "markdown"],
    &["drift", "--attribute", "--metrics", "drift.prom", "--report", "html=drift.html"],
    &["can", "es.amazonaws.com", "PutLogEvents", "/aws/x", "--live"],
    &["import", "-o", "imported.yaml"],
    &["compact", "-o", "compact.yaml"],
    &["rollback", "--to", "1"],
    &["no-such-command"],
];

/// Every other command, but `emulate`, which has no credentials.
const OTHERS: [&[&str]; 12] = [
    &["validate"],
    &["state", "list"],
    &["state", "history"],
    &["state", "show", "111122223333/us-east-1/policy:dns"],
    &["state", "unlock", "--auto-approve"],
    &["state", "forget", "111122223333/us-east-1/policy:dns", "--auto-approve"],
    &["iam", "plan"],
    &["schema"],
    &["recipes"],
    &["explain", "LP401"],
    &["completions", "bash"],
    &["man"],
];

fn play() -> Play {
    Play::new(
        &desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]),
        &world(&[("theirs", document("es.amazonaws.com", "/theirs"))]),
    )
}

/// The same, where a role is assumed.
fn play_with_role() -> Play {
    let play = play();
    let mut desired = desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]);
    desired["targets"]["main"]["assume_role"] = json!("arn:aws:iam::${account}:role/logpolicy");
    play.write("logpolicy.yaml", &desired);
    play
}

/// A run with the canaries as credentials, told to say all it can.
fn canaries(play: &Play, url: &str, arguments: &[&str]) -> Command {
    let mut command = play.command_at(url, &[&["--timeout", "1s"], arguments].concat());
    command.envs([
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", TOKEN),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("AWS_LOG", "trace"),
    ]);
    command
}

/// No canary is in a text.
fn clean(shown: &str, place: &str) {
    for canary in CANARIES {
        assert!(!shown.contains(canary), "{canary} is in {place}: {shown}");
    }
}

/// No canary is in any file below a folder, but in the one that gives it.
fn clean_files(folder: &Path) {
    let mut seen = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "credentials" {
                clean(&String::from_utf8_lossy(&fs::read(&path).unwrap()), &path.display().to_string());
                seen += 1;
            }
        }
    }
    assert!(seen > 1, "files were looked at");
}

/// Runs commands as loud as they can be; the files stay.
fn each_is_clean(play: &Play, url: &str, commands: &[&[&str]]) {
    for arguments in commands {
        let output = canaries(play, url, &[&["-v"], *arguments].concat()).output().unwrap();
        clean(&text(&output), &format!("the output of {arguments:?} at {url}"));
    }
    clean_files(&play.path(""));
}

#[test]
fn no_secret_is_shown_or_kept() {
    let play = play();
    let emulator = play.emulator(&json!([]), &[]);
    each_is_clean(&play, &emulator.url, &ASKING);
    each_is_clean(&play, &emulator.url, &OTHERS);
    assert!(
        play.path("plan.html").exists() && play.path("drift.prom").exists() && play.path("state").exists()
    );
}

#[test]
fn no_secret_of_a_role_is_shown_or_kept() {
    let play = play_with_role();
    let emulator = play.emulator(&json!([]), &[]);
    each_is_clean(&play, &emulator.url, &ASKING);
    each_is_clean(&play, &emulator.url, &OTHERS);
    let shown = fs::read_to_string(play.path("world.json")).unwrap();
    assert!(shown.contains("assumed-role/logpolicy"), "the role was assumed: {shown}");
    for known in ["emulatoremulatoremulator", "emulator/logpolicy"] {
        assert!(!shown.contains(known), "{known} in the world");
    }
}

#[test]
fn no_secret_is_in_an_error() {
    let refusing = Server::start(|request, stream| {
        // Whoever answers knows what was sent, and may say it; what was never sent it cannot know.
        let words = request.replace(['<', '>', '&'], " ");
        let body = format!(
            "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>{}</Message></Error></ErrorResponse>",
            words.replace(TOKEN, "sent")
        );
        send(stream, "403 Forbidden", "", &body);
    });
    for play in [play(), play_with_role()] {
        each_is_clean(&play, &refusing.url, &ASKING);
        each_is_clean(&play, "http://127.0.0.1:9", &ASKING[..5]);
        each_is_clean(&play, "not a url", &ASKING);
        each_is_clean(&play, &format!("http://ada:{URL_PASSWORD}@127.0.0.1:9"), &ASKING[3..7]);
    }
}

#[test]
fn no_secret_of_a_broken_answer_is_shown() {
    let credentials = |expiration: &str, rest: &str| {
        format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>ASIA{ACCOUNT}ROLE</AccessKeyId><SecretAccessKey>{ROLE_SECRET}</SecretAccessKey>\
             <SessionToken>{ROLE_TOKEN}</SessionToken><Expiration>{expiration}</Expiration></Credentials>{rest}"
        )
    };
    let whole = "</AssumeRoleResult></AssumeRoleResponse>";
    let answers = [
        ("200 OK", credentials("soon", whole)),
        ("200 OK", credentials("2026-01-01T00:00:00Z", whole)),
        ("200 OK", credentials("2126-01-01T00:00:00Z", "")),
        ("200 OK", format!("{{\"SecretAccessKey\":\"{ROLE_SECRET}\",\"SessionToken\":\"{ROLE_TOKEN}\"}}")),
        ("500 Internal Server Error", credentials("soon", whole)),
        ("400 Bad Request", credentials("soon", whole)),
    ];
    for (status, body) in answers {
        let server =
            Server::start(move |_, stream| send(stream, status, "Content-Type: text/xml\r\n", &body));
        let play = play_with_role();
        for arguments in [&["plan"][..], &["-v", "plan", "--format", "json"], &["apply", "--auto-approve"]] {
            let output = canaries(&play, &server.url, arguments).output().unwrap();
            assert_ne!(output.status.code(), Some(0), "{}", text(&output));
            clean(&text(&output), &format!("the output of {arguments:?}"));
        }
        clean_files(&play.path(""));
        assert!(server.asked().iter().any(|request| request.contains("Action=AssumeRole")));
    }
}

#[test]
fn no_secret_of_a_profile_or_a_proxy_is_shown() {
    let play = play();
    let mut state: Value = desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]);
    state["targets"]["main"]["profile"] = json!("canary");
    play.write("logpolicy.yaml", &state);
    let emulator = play.emulator(&json!([]), &[]);
    let profiles = [
        format!("[canary]\naws_access_key_id={ACCOUNT}\naws_secret_access_key={PROFILE_SECRET}\n"),
        format!("[canary]\naws_secret_access_key={PROFILE_SECRET}\n"),
        format!("[canary\naws_secret_access_key={PROFILE_SECRET}\n"),
        format!("[canary]\naws_access_key_id={ACCOUNT}\naws_secret_access_key {PROFILE_SECRET}\n"),
        format!(
            "[canary]\naws_access_key_id={ACCOUNT}\naws_secret_access_key={PROFILE_SECRET}\nrole_arn=x\n"
        ),
        format!("[canary]\ncredential_process=/bin/echo {PROFILE_SECRET}\n"),
        format!(
            "[canary]\ncredential_process=echo '{{\"Version\":1,\"SecretAccessKey\":\"{PROFILE_SECRET}\",\"Expiration\":\"x\"}}'\n"
        ),
    ];
    for profile in profiles {
        fs::write(play.path("credentials"), &profile).unwrap();
        for proxy in ["", "http://ada:CANARYproxyCANARYproxy@127.0.0.1:9", "ada:CANARYproxyCANARYproxy@x y"] {
            let mut command = canaries(&play, &emulator.url, &["-v", "plan"]);
            command.env("AWS_SHARED_CREDENTIALS_FILE", play.path("credentials"));
            command.env("HTTP_PROXY", proxy).env("HTTPS_PROXY", proxy);
            let output = command.output().unwrap();
            clean(&text(&output), &format!("the output with {profile}{proxy}"));
        }
    }
    clean_files(&play.path(""));
}

#[test]
fn no_secret_of_the_command_line_is_in_a_lock() {
    let play = play();
    let faults = json!([{"operation": "DescribeResourcePolicies", "times": 99, "fault": "hang"}]);
    let emulator = play.emulator(&faults, &[]);
    let url = emulator.url.replace("http://", &format!("http://ada:{URL_PASSWORD}@"));
    let mut child = play.command_at(&url, &["--timeout", "5s", "apply", "--auto-approve"]).spawn().unwrap();
    let lock = play.path("state").join(ACCOUNT).join("us-east-1.lock");
    for _ in 0..200 {
        if fs::read_to_string(&lock).is_ok_and(|text| text.contains("apply")) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let second = play.run(&emulator, &["apply", "--auto-approve"]);
    let shown = format!("{}{}", fs::read_to_string(&lock).unwrap(), text(&second));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(shown.contains("is locked by ada"), "{shown}");
    clean(&shown, "the lock");
}
