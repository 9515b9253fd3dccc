//! Hands each request to the operation it names.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::answer::{Answer, ServiceError};
use super::request::{Api, Request};
use super::store::Store;
use super::{
    assume_role, caller_identity, directory, event_lookup, log_groups, policy_changes, policy_listing,
};

/// Does what one operation does.
type Perform = fn(&Service, &Request) -> Result<String, ServiceError>;

/// Every operation there is.
pub(super) const OPERATIONS: [(Api, &str, Perform); 14] = [
    (Api::Logs, "PutResourcePolicy", policy_changes::put),
    (Api::Logs, "DeleteResourcePolicy", policy_changes::delete),
    (Api::Logs, "DescribeResourcePolicies", policy_listing::describe),
    (Api::Logs, "CreateLogGroup", log_groups::create),
    (Api::Logs, "DeleteLogGroup", log_groups::delete),
    (Api::Logs, "DescribeLogGroups", log_groups::describe),
    (Api::Logs, "ListTagsForResource", log_groups::list_tags),
    (Api::CloudTrail, "LookupEvents", event_lookup::lookup),
    (Api::Organizations, "ListAccounts", directory::accounts),
    (Api::Organizations, "ListAccountsForParent", directory::accounts_of_unit),
    (Api::Organizations, "ListOrganizationalUnitsForParent", |_, request| directory::units(request)),
    (Api::Account, "ListRegions", directory::regions),
    (Api::Sts, "GetCallerIdentity", |_, request| Ok(caller_identity::get(request))),
    (Api::Sts, "AssumeRole", |_, request| assume_role::assume(request)),
];

/// The service: the world, and the limits it is run with.
#[derive(Debug)]
pub(super) struct Service {
    store: Mutex<Store>,
    /// The most members on a page.
    pub(super) page_size: usize,
    /// The longest document, in characters.
    pub(super) longest_document: usize,
}

impl Service {
    pub(super) fn new(store: Store, page_size: usize, longest_document: usize) -> Self {
        Self { store: Mutex::new(store), page_size, longest_document }
    }

    /// Answers one request. It is done when this returns: nothing goes on in the background.
    pub(super) fn answer(&self, request: &Request) -> Answer {
        let found =
            OPERATIONS.iter().find(|(api, name, _)| *api == request.api && *name == request.operation);
        let outcome = match found {
            Some((_, _, perform)) => perform(self, request),
            None => Err(unknown(request)),
        };
        Answer::to(request, outcome)
    }

    /// Takes the world, for as long as one operation lasts.
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        // An operation that panicked has not written: the next one may go on.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(request: &Request) -> ServiceError {
    let name = &request.operation;
    match request.api {
        Api::Logs | Api::CloudTrail | Api::Organizations | Api::Account => {
            ServiceError::new("UnknownOperationException", format!("the emulator has no operation {name:?}"))
        }
        Api::Sts => ServiceError::new("InvalidAction", format!("the emulator has no action {name:?}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use serde_json::{Value, json};

    use super::super::world::Place;
    use super::*;

    const ARN: &str = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/x";

    fn service(world: &str) -> (tempfile::TempDir, Service) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        fs_err::write(&path, world).unwrap();
        (folder, Service::new(Store::open(Some(path)).unwrap(), 50, 51_200))
    }

    fn call(service: &Service, operation: &str, input: &Value) -> (u16, Value) {
        let request = Request {
            id: "id".into(),
            api: Api::Logs,
            operation: operation.into(),
            place: Place { account: "111122223333".into(), region: "us-east-1".into() },
            access_key: "111122223333".into(),
            role: None,
            body: input.to_string().into(),
        };
        let answer = service.answer(&request);
        (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap_or_default())
    }

    fn refusal(service: &Service, operation: &str, input: &Value) -> String {
        let (status, output) = call(service, operation, input);
        assert!(status >= 400, "{operation} {input}: {output}");
        output["__type"].as_str().unwrap().to_owned()
    }

    #[test]
    fn odd_worlds_are_shown_and_kept() {
        let mut policies = serde_json::Map::new();
        for number in 0..12 {
            policies.insert(format!("odd:*/{number}"), json!("{\"Statement\":[{\"Unknown\":1}]}"));
        }
        policies.insert("text".into(), json!("not json"));
        let world = json!({"format_version": "1", "accounts": {"111122223333": {"us-east-1": {"policies": policies}}}});
        let (_folder, service) = service(&world.to_string());
        let document = "{\"Statement\":[]}";

        let (_, output) = call(&service, "DescribeResourcePolicies", &json!({}));
        assert_eq!(output["resourcePolicies"].as_array().unwrap().len(), 13);
        let update = json!({"policyName": "odd:*/3", "policyDocument": document});
        assert_eq!(call(&service, "PutResourcePolicy", &update).0, 200);
        let create = json!({"policyName": "new", "policyDocument": document});
        assert_eq!(refusal(&service, "PutResourcePolicy", &create), "LimitExceededException");
        assert_eq!(call(&service, "DeleteResourcePolicy", &json!({"policyName": "text"})).0, 200);
    }

    #[test]
    fn principals_change_their_order_from_read_to_read() {
        let (_folder, service) = service("{\"format_version\":\"1\"}");
        let document = r#"{"Version":"2012-10-17","Statement":[{"Principal":{"Service":["b","a"]}}]}"#;
        call(&service, "PutResourcePolicy", &json!({"policyName": "p", "policyDocument": document}));
        let texts: Vec<Value> = (0..3)
            .map(|_| call(&service, "DescribeResourcePolicies", &json!({})).1)
            .map(|output| output["resourcePolicies"][0]["policyDocument"].clone())
            .collect();
        assert_eq!(texts[0], document);
        assert_ne!(texts[0], texts[1]);
        assert_eq!(texts[0], texts[2]);
    }

    #[test]
    fn revisions_survive_a_restart() {
        let (folder, service) = service("{\"format_version\":\"1\"}");
        call(&service, "CreateLogGroup", &json!({"logGroupName": "/aws/x"}));
        let put = |service: &Service, expected: &Value| {
            let document = "{\"Statement\":[]}";
            let input =
                json!({"resourceArn": ARN, "policyDocument": document, "expectedRevisionId": expected});
            call(service, "PutResourcePolicy", &input)
        };
        assert_eq!(put(&service, &Value::Null).1["revisionId"], "1");
        assert_eq!(put(&service, &json!("1")).1["revisionId"], "2");
        let list = |service: &Service| {
            let input = json!({"policyScope": "RESOURCE", "resourceArn": ARN});
            (
                call(service, "DescribeResourcePolicies", &input),
                call(service, "DescribeLogGroups", &json!({})),
            )
        };
        let before = list(&service);
        let store = Store::open(Some(folder.path().join("world.json"))).unwrap();
        let restarted = Service::new(store, 50, 51_200);
        assert_eq!(list(&restarted), before);
        assert_eq!(put(&restarted, &json!("1")).1["__type"], "OperationAbortedException");
        assert_eq!(put(&restarted, &json!("2")).1["revisionId"], "3");
    }

    #[test]
    fn a_log_group_takes_its_policy_with_it() {
        let (_folder, service) = service("{\"format_version\":\"1\"}");
        let name = json!({"logGroupName": "/aws/x"});
        let put = json!({"resourceArn": ARN, "policyDocument": "{\"Statement\":[]}"});
        let list = json!({"resourceArn": ARN, "policyScope": "RESOURCE"});
        call(&service, "CreateLogGroup", &name);
        call(&service, "PutResourcePolicy", &put);
        call(&service, "DeleteLogGroup", &name);
        call(&service, "CreateLogGroup", &name);
        assert_eq!(call(&service, "DescribeResourcePolicies", &list).1, json!({"resourcePolicies": []}));
        assert_eq!(call(&service, "PutResourcePolicy", &put).1["revisionId"], "1");
    }

    #[test]
    fn log_groups_are_found_by_part_of_their_name() {
        let (_folder, service) = service("{\"format_version\":\"1\"}");
        for name in ["/aws/x", "/aws/DataLogs", "Data"] {
            call(&service, "CreateLogGroup", &json!({"logGroupName": name}));
        }
        for (input, count) in [
            (json!({"logGroupNamePattern": "Data"}), 2),
            (json!({"logGroupNamePattern": "data"}), 0),
            (json!({"logGroupNamePrefix": "/aws/"}), 2),
            (json!({"logGroupIdentifiers": [ARN, "Data", "missing"]}), 2),
        ] {
            let (_, output) = call(&service, "DescribeLogGroups", &input);
            assert_eq!(output["logGroups"].as_array().unwrap().len(), count, "{input}");
        }
        let both = json!({"logGroupNamePattern": "a", "logGroupNamePrefix": "a"});
        assert_eq!(refusal(&service, "DescribeLogGroups", &both), "InvalidParameterException");
        assert_eq!(
            call(&service, "ListTagsForResource", &json!({"resourceArn": ARN})).1,
            json!({"tags": {}})
        );
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let (_folder, service) = service("{\"format_version\":\"1\"}");
        let elsewhere = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x";
        call(&service, "CreateLogGroup", &json!({"logGroupName": "/aws/x"}));
        for (operation, input, code) in [
            ("PutRetentionPolicy", json!({}), "UnknownOperationException"),
            ("DescribeLogGroups", json!({"limit": "many"}), "SerializationException"),
            ("DescribeLogGroups", json!([]), "SerializationException"),
            ("CreateLogGroup", json!({}), "InvalidParameterException"),
            ("CreateLogGroup", json!({"logGroupName": "a b"}), "InvalidParameterException"),
            ("CreateLogGroup", json!({"logGroupName": "aws/x"}), "InvalidParameterException"),
            ("DescribeResourcePolicies", json!({"policyScope": "RESOURCE"}), "InvalidParameterException"),
            (
                "DescribeResourcePolicies",
                json!({"policyScope": "RESOURCE", "resourceArn": "x"}),
                "ValidationException",
            ),
            ("DeleteResourcePolicy", json!({}), "InvalidParameterException"),
            (
                "PutResourcePolicy",
                json!({"policyName": "", "policyDocument": "{\"Statement\":[]}"}),
                "InvalidParameterException",
            ),
            ("PutResourcePolicy", json!({"policyName": "x"}), "InvalidParameterException"),
            (
                "PutResourcePolicy",
                json!({"resourceArn": elsewhere, "policyDocument": "{\"Statement\":[]}"}),
                "ResourceNotFoundException",
            ),
            ("ListTagsForResource", json!({"resourceArn": elsewhere}), "ResourceNotFoundException"),
        ] {
            assert_eq!(refusal(&service, operation, &input), code, "{operation} {input}");
        }
    }
}
