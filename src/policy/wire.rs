//! The form in which a document is sent.
//!
//! Values stand as the author wrote them; only what AWS would refuse or reorder on read is changed, so that
//! what is shown, counted and sent is one text.

use super::Json;
use super::canonical::account_of_root;

/// The elements of a document (IAM user guide, "IAM JSON policy elements reference"), in the order in which AWS returns documents (recorded 2026).
pub const DOCUMENT_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
/// The elements of a statement, in the same order.
pub const STATEMENT_ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// The document as it is sent; `to_string` of the result is its minified text.
pub(super) fn wire_form(document: Json) -> Json {
    let Json::Object(mut members) = document else { return document };
    for (key, value) in &mut members {
        match value {
            Json::Array(items) if key == "Statement" => items.iter_mut().for_each(order_statement),
            single if key == "Statement" => order_statement(single),
            _ => {}
        }
    }
    in_order(&mut members, &DOCUMENT_ELEMENTS);
    Json::Object(members)
}

/// The minified text with what AWS returns in changing order put in one order: lists of principals, and condition
/// operators. Two readings of one policy give the same text.
pub(super) fn stable_text(document: &Json) -> String {
    let mut statements = document.members().iter().filter(|(key, _)| key == "Statement");
    let is_stable = statements.all(|(_, value)| value.items().iter().all(is_stable));
    if is_stable { document.text() } else { stable_form(document).text() }
}

/// Whether there is nothing in a statement that could stand in another order.
fn is_stable(statement: &Json) -> bool {
    statement.members().iter().all(|(key, value)| match key.as_str() {
        "Principal" | "NotPrincipal" => {
            let lists = || value.members().iter().all(|(_, names)| names.items().len() < 2);
            value.members().len() < 2 && lists()
        }
        "Condition" => value.members().len() < 2,
        _ => true,
    })
}

fn stable_form(document: &Json) -> Json {
    let Json::Object(members) = document else { return document.clone() };
    let members = members.iter().map(|(key, value)| {
        let value = match (key.as_str(), value) {
            ("Statement", Json::Array(items)) => Json::Array(items.iter().map(stable_statement).collect()),
            ("Statement", single) => stable_statement(single),
            _ => value.clone(),
        };
        (key.clone(), value)
    });
    Json::Object(members.collect())
}

fn stable_statement(value: &Json) -> Json {
    let Json::Object(members) = value else { return value.clone() };
    let members = members.iter().map(|(key, value)| {
        let value = match key.as_str() {
            "Principal" | "NotPrincipal" => sorted_members(value, true),
            "Condition" => sorted_members(value, false),
            _ => value.clone(),
        };
        (key.clone(), value)
    });
    Json::Object(members.collect())
}

/// An object with its members in order, and their lists as well where `lists` says so.
fn sorted_members(value: &Json, lists: bool) -> Json {
    let Json::Object(members) = value else { return value.clone() };
    let mut members = members.clone();
    for (_, value) in &mut members {
        if let (Json::Array(items), true) = (value, lists) {
            items.sort_by_cached_key(ToString::to_string);
        }
    }
    members.sort_by(|(left, _), (right, _)| left.cmp(right));
    Json::Object(members)
}

fn order_statement(value: &mut Json) {
    let Json::Object(members) = value else { return };
    for (key, value) in &mut *members {
        if key == "Principal" || key == "NotPrincipal" {
            send_accounts(value);
        }
    }
    in_order(members, &STATEMENT_ELEMENTS);
}

/// AWS returns an account id as its root ARN and refuses that ARN when it is sent.
fn send_accounts(principal: &mut Json) {
    let Json::Object(members) = principal else { return };
    let send_account = |name: &mut Json| {
        if let Some(account) = name.as_str().and_then(account_of_root) {
            *name = Json::String(account.to_owned());
        }
    };
    for (_, names) in members.iter_mut().filter(|(kind, _)| kind == "AWS") {
        match names {
            Json::Array(names) => names.iter_mut().for_each(send_account),
            single => send_account(single),
        }
    }
}

/// Known keys first, in AWS's order; the others behind them, as written.
fn in_order(members: &mut [(String, Json)], order: &[&str]) {
    members.sort_by_key(|(key, _)| order.iter().position(|known| known == key).unwrap_or(order.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_readings_give_one_text() {
        let read = |services: &str, operators: &str| {
            let text = format!(
                r#"{{"Statement":[{{"Principal":{{"Service":[{services}]}},"Action":["b","a"],"Condition":{{{operators}}}}}]}}"#
            );
            stable_text(&Json::parse(&text).expect("JSON"))
        };
        let (equals, like) = (r#""StringEquals":{"k":"1"}"#, r#""ArnLike":{"k":"2"}"#);
        let first = read(r#""a","b""#, &format!("{equals},{like}"));
        assert_eq!(first, read(r#""b","a""#, &format!("{like},{equals}")));
        assert!(first.contains(r#"["b","a"]"#), "what AWS keeps in order stays as it is");
    }

    #[test]
    fn what_passes_for_stable_has_but_one_form() {
        let names =
            ["\"*\"", r#"{"AWS":"1"}"#, r#"{"AWS":["1"]}"#, r#"{"AWS":["2","1"]}"#, r#"{"b":"1","a":"2"}"#];
        let conditions = ["{}", r#"{"E":{"k":["2","1"]}}"#, r#"{"E":{"k":"1"},"A":{"k":"1"}}"#];
        let mut passed = 0;
        for (key, name) in ["Principal", "NotPrincipal"].iter().flat_map(|key| names.map(|name| (key, name)))
        {
            for condition in conditions {
                let text = format!(r#"{{"Action":["b","a"],"{key}":{name},"Condition":{condition}}}"#);
                let statement = Json::parse(&text).expect("JSON");
                if is_stable(&statement) {
                    assert_eq!(stable_statement(&statement), statement, "{text}");
                    passed += 1;
                }
            }
        }
        assert_eq!(passed, 2 * 3 * 2, "the others have lists or several members");
    }

    #[test]
    fn is_minified_ordered_and_free_of_root_arns() {
        let written = Json::parse(
            r#"{ "Statement": { "Resource": "*", "Note": 1, "Action": ["logs:PutLogEvents"], "Effect": "Allow",
                 "Principal": { "AWS": "arn:aws:iam::111122223333:root", "Service": ["es.amazonaws.com"] } },
                 "Version": "2012-10-17" }"#,
        );
        let sent = wire_form(written.expect("JSON")).to_string();
        let expected = concat!(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333","#,
            r#""Service":["es.amazonaws.com"]},"Action":["logs:PutLogEvents"],"Resource":"*","Note":1}}"#
        );
        assert_eq!(sent, expected);
    }
}
