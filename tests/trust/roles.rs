//! Our own roles: nobody makes us use them for somebody else, and nothing else is used in their place.

use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Play, desired, document, text, world};
use crate::server::{Server, send, who};

/// A desired state whose target is reached by a role.
fn play(role: &str, external_id: Option<&str>) -> Play {
    let play = Play::new(&json!({}), &world(&[]));
    let mut desired: Value = desired(&[("dns", document("es.amazonaws.com", "/aws/x"))]);
    desired["targets"]["main"]["assume_role"] = json!(role);
    if let Some(id) = external_id {
        desired["targets"]["main"]["external_id"] = json!(id);
    }
    play.write("logpolicy.yaml", &desired);
    play
}

/// An AWS that lets nobody assume a role, and would answer everything else.
fn denying() -> Server {
    Server::start(|request, stream| {
        if request.contains("Action=AssumeRole") {
            let error =
                "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not yours</Message></Error>";
            send(stream, "403 Forbidden", "", &format!("<ErrorResponse>{error}</ErrorResponse>"));
        } else if !who(request, stream) {
            send(stream, "200 OK", "", "{\"resourcePolicies\":[]}");
        }
    })
}

fn assumptions(server: &Server) -> Vec<String> {
    server.asked().into_iter().filter(|request| request.contains("Action=AssumeRole")).collect()
}

#[test]
fn the_external_id_is_sent_where_one_is_asked_for() {
    for (id, sent) in [(Some("a/b=c"), Some("ExternalId=a%2Fb%3Dc")), (None, None)] {
        let server = denying();
        let play = play("arn:aws:iam::${account}:role/logpolicy", id);
        let plan = play.command_at(&server.url, &["plan"]).output().unwrap();
        assert_eq!(plan.status.code(), Some(1), "{}", text(&plan));
        let asked = assumptions(&server);
        assert!(!asked.is_empty());
        for request in asked {
            assert!(request.contains("role%2Flogpolicy") && request.contains(ACCOUNT), "{request}");
            match sent {
                Some(sent) => assert!(request.contains(sent), "{request}"),
                None => assert!(!request.contains("ExternalId"), "{request}"),
            }
        }
    }
}

#[test]
fn where_a_role_is_denied_nothing_else_is_used() {
    for arguments in [&["plan"][..], &["apply", "--auto-approve"], &["status"], &["drift"]] {
        let server = denying();
        let play = play("arn:aws:iam::${account}:role/logpolicy", None);
        let output = play.command_at(&server.url, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("not yours"), "{}", text(&output));
        let others: Vec<String> =
            server.asked().into_iter().filter(|request| !request.contains("Action=AssumeRole")).collect();
        assert!(others.is_empty(), "{arguments:?} used other credentials: {others:?}");
    }
}

#[test]
fn a_role_of_another_account_is_refused() {
    let play = play("arn:aws:iam::999900001111:role/logpolicy", None);
    let emulator = play.emulator(&json!([]), &[]);
    let apply = play.run(&emulator, &["apply", "--auto-approve"]);
    assert_ne!(apply.status.code(), Some(0), "{}", text(&apply));
    assert!(text(&apply).contains("999900001111"), "{}", text(&apply));
    let world = std::fs::read_to_string(play.path("world.json")).unwrap();
    assert!(!world.contains("PutResourcePolicy"), "{world}");
}
