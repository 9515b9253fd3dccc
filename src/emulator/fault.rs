//! What is to go wrong, and when: the file of rules, and the count of the calls.

use std::num::NonZeroU64;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use hyper::StatusCode;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::answer::ServiceError;
use super::arn::is_account_id;
use super::error::EmulatorError;
use super::request::Request;
use super::service::OPERATIONS;
use super::world_file::without_position;

/// What goes wrong with one request; `Options::faults` says what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fault {
    Throttle,
    Unavailable,
    Internal,
    Abort,
    Denied,
    LostResponse,
    Hang,
    Truncate,
    EmptyBody,
    Close,
}

/// The refusal that goes with being too fast.
pub(super) fn throttled() -> ServiceError {
    ServiceError::new("ThrottlingException", "Rate exceeded")
}

/// The refusal of a service that is down.
pub(super) fn unavailable() -> ServiceError {
    ServiceError {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "ServiceUnavailableException",
        message: "The service cannot complete the request.".into(),
    }
}

/// The refusal of a service that does not know what is wrong with it.
pub(super) fn internal() -> ServiceError {
    ServiceError {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "InternalFailure",
        message: "The request processing has failed because of an unknown error, exception or failure."
            .into(),
    }
}

/// The refusal of a write beside another write.
pub(super) fn aborted() -> ServiceError {
    ServiceError::new(
        "OperationAbortedException",
        "A conflicting operation is currently in progress against this resource. Please try again.",
    )
}

/// The refusal of a caller without the right.
pub(super) fn denied(request: &Request) -> ServiceError {
    let (service, operation) = (request.api.prefix(), &request.operation);
    ServiceError {
        status: StatusCode::BAD_REQUEST,
        code: "AccessDeniedException",
        message: format!(
            "User is not authorized to perform: {service}:{operation} because no identity-based policy allows it"
        ),
    }
}

/// The rules, each with its count.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Mutex<Vec<Counted>>,
}

#[derive(Debug)]
struct Counted {
    rule: Rule,
    /// How many matching calls there were.
    seen: u64,
}

/// A rule, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a rule: an object with \"operation\" and \"fault\"")]
struct Rule {
    #[serde(deserialize_with = "operation")]
    operation: String,
    #[serde(default = "one")]
    call: NonZeroU64,
    #[serde(default = "one")]
    times: NonZeroU64,
    fault: Fault,
    #[serde(default, deserialize_with = "account")]
    account: Option<String>,
    region: Option<String>,
}

fn one() -> NonZeroU64 {
    NonZeroU64::MIN
}

/// Refuses an operation that is never called: its rule would wait for ever, and a test with it would prove nothing.
fn operation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if OPERATIONS.iter().any(|(_, known, _)| *known == name) {
        return Ok(name);
    }
    let known: Vec<&str> = OPERATIONS.iter().map(|(_, name, _)| *name).collect();
    Err(D::Error::custom(format!("no operation {name:?}; there are {}", known.join(", "))))
}

fn account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let account = Option::<String>::deserialize(deserializer)?;
    match account.as_deref() {
        Some(text) if !is_account_id(text) => {
            Err(D::Error::custom(format!("{text:?} is no account id, which has 12 digits")))
        }
        _ => Ok(account),
    }
}

impl Faults {
    /// Reads the file of rules; without one, nothing goes wrong.
    pub(super) fn open(file: Option<&Path>) -> Result<Self, EmulatorError> {
        let Some(path) = file else { return Ok(Self::default()) };
        let text =
            fs_err::read_to_string(path).map_err(|source| EmulatorError::FaultsUnreadable { source })?;
        Self::parse(&text).map_err(|error| EmulatorError::FaultsMalformed {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
            message: without_position(&error),
        })
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let rules: Vec<Rule> = serde_json::from_str(text)?;
        let rules = rules.into_iter().map(|rule| Counted { rule, seen: 0 }).collect();
        Ok(Self { rules: Mutex::new(rules) })
    }

    /// Counts a request in every rule it matches, and tells the fault of the first that hits.
    pub(super) fn decide(&self, request: &Request) -> Option<Fault> {
        // A count that a panic left behind is a whole one.
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        // All of them are asked, and only then is the first chosen: asking is what counts.
        let hits: Vec<Fault> = rules.iter_mut().filter_map(|rule| rule.asked(request)).collect();
        hits.first().copied()
    }
}

impl Counted {
    fn asked(&mut self, request: &Request) -> Option<Fault> {
        if !self.rule.matches(request) {
            return None;
        }
        self.seen = self.seen.saturating_add(1);
        let since_first_hit = self.seen.checked_sub(self.rule.call.get())?;
        (since_first_hit < self.rule.times.get()).then_some(self.rule.fault)
    }
}

impl Rule {
    fn matches(&self, request: &Request) -> bool {
        let fits =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        self.operation == request.operation
            && fits(&self.account, &request.place.account)
            && fits(&self.region, &request.place.region)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use serde_json::{Value, json};

    use super::super::request::Api;
    use super::super::world::Place;
    use super::*;

    fn request(operation: &str, account: &str, region: &str) -> Request {
        let place = Place { account: account.into(), region: region.into() };
        Request {
            id: "id".into(),
            api: Api::Logs,
            operation: operation.into(),
            place,
            access_key: "111122223333".into(),
            role: None,
            body: "".into(),
        }
    }

    fn put() -> Request {
        request("PutResourcePolicy", "111122223333", "us-east-1")
    }

    fn faults(rules: &Value) -> Faults {
        Faults::parse(&rules.to_string()).unwrap()
    }

    #[test]
    fn knows_every_fault_by_its_name() {
        for (name, fault) in [
            ("throttle", Fault::Throttle),
            ("unavailable", Fault::Unavailable),
            ("internal", Fault::Internal),
            ("abort", Fault::Abort),
            ("denied", Fault::Denied),
            ("lost-response", Fault::LostResponse),
            ("hang", Fault::Hang),
            ("truncate", Fault::Truncate),
            ("empty-body", Fault::EmptyBody),
            ("close", Fault::Close),
        ] {
            let faults = faults(&json!([{"operation": "PutResourcePolicy", "fault": name}]));
            assert_eq!(faults.decide(&put()), Some(fault));
            assert_eq!(faults.decide(&put()), None, "once, if nothing is said");
        }
    }

    #[test]
    fn hits_from_call_on_so_many_times() {
        let faults =
            faults(&json!([{"operation": "PutResourcePolicy", "call": 3, "times": 2, "fault": "close"}]));
        let hit: Vec<bool> = (0..6).map(|_| faults.decide(&put()).is_some()).collect();
        assert_eq!(hit, [false, false, true, true, false, false]);
    }

    #[test]
    fn counts_what_matches_only() {
        let faults = faults(&json!([{
            "operation": "PutResourcePolicy", "call": 2, "fault": "abort",
            "account": "111122223333", "region": "us-east-1"
        }]));
        for other in [
            request("DescribeResourcePolicies", "111122223333", "us-east-1"),
            request("PutResourcePolicy", "222233334444", "us-east-1"),
            request("PutResourcePolicy", "111122223333", "eu-west-1"),
        ] {
            assert!((0..3).all(|_| faults.decide(&other).is_none()), "{other:?}");
        }
        assert_eq!(faults.decide(&put()), None);
        assert_eq!(faults.decide(&put()), Some(Fault::Abort));
    }

    #[test]
    fn the_first_rule_that_hits_counts_and_all_are_counted() {
        let faults = faults(&json!([
            {"operation": "PutResourcePolicy", "call": 2, "fault": "throttle"},
            {"operation": "PutResourcePolicy", "call": 1, "times": 3, "fault": "close"},
            {"operation": "PutResourcePolicy", "call": 2, "times": 3, "fault": "hang"}
        ]));
        let decided: Vec<_> = (0..5).map(|_| faults.decide(&put())).collect();
        let expected =
            [Some(Fault::Close), Some(Fault::Throttle), Some(Fault::Close), Some(Fault::Hang), None];
        assert_eq!(decided, expected);
    }

    #[test]
    fn says_where_a_file_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.json");
        for (text, message) in [
            ("[\n  {]", ":2:4: "),
            ("{}", "expected a sequence"),
            ("[]x", ":1:3: "),
            ("[3]", "expected a rule: an object"),
            ("[{\"operation\": \"PutResourcePolicy\"}]", "missing field `fault`"),
            ("[{\"fault\": \"close\"}]", "missing field `operation`"),
            (
                "[{\"operation\": \"PutResourcePolicies\", \"fault\": \"close\"}]",
                "no operation \"PutResourcePolicies\"",
            ),
            ("[\n{\"operation\": \"AssumeRole\",\n\"fault\": \"explode\"}]", ":3:18: "),
            (
                "[{\"operation\": \"AssumeRole\", \"fault\": \"explode\"}]",
                "unknown variant `explode`, expected one of",
            ),
            (
                "[{\"operation\": \"AssumeRole\", \"fault\": \"close\", \"calls\": 1}]",
                "unknown field `calls`",
            ),
            ("[{\"operation\": \"AssumeRole\", \"fault\": \"close\", \"call\": 0}]", "nonzero"),
            ("[{\"operation\": \"AssumeRole\", \"fault\": \"close\", \"times\": -1}]", "nonzero"),
            ("[{\"operation\": \"AssumeRole\", \"fault\": \"close\", \"account\": \"1\"}]", "12 digits"),
        ] {
            fs_err::write(&path, text).unwrap();
            let error = Faults::open(Some(&path)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{}:", path.display())), "{error}");
            assert!(error.contains(message), "{text}: {error}");
        }
        let missing = Faults::open(Some(&folder.path().join("missing.json"))).unwrap_err().to_string();
        assert!(
            missing.contains("cannot read the fault file") && missing.contains("missing.json"),
            "{missing}"
        );
        assert!(Faults::open(None).unwrap().decide(&put()).is_none());
    }
}
