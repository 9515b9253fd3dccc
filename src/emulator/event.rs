//! What CloudTrail remembers: who wrote or deleted a policy, or tried to. The form here is that of the world file.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::answer::ServiceError;
use super::arn::log_group_arn;
use super::caller_identity;
use super::request::Request;
use super::world::Place;

/// How many events of one account and Region are kept: the newest.
const MOST_EVENTS: usize = 1_000;

/// A call that was recorded. The document is left out: it would stand in the world file a second time.
///
/// ```json
/// {"time": "2026-01-31T12:00:00Z", "name": "PutResourcePolicy", "policy": "dns",
///  "by": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jane@example.com"}
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an event: an object with \"time\", \"name\", and \"policy\" or \"log_group\""
)]
pub(super) struct Event {
    /// To the second, as CloudTrail has it.
    pub(super) time: Timestamp,
    pub(super) name: EventName,
    /// The account policy's name. Either this or the log group is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log_group: Option<String>,
    /// The caller's ARN; without one a service acted of its own accord.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<String>,
    /// The service that acted for the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invoked_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) access_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
    /// The code of a call that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_message: Option<String>,
    /// Made from all else where a file written by hand has none.
    #[serde(default)]
    pub(super) id: String,
}

/// The calls that are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum EventName {
    PutResourcePolicy,
    DeleteResourcePolicy,
}

impl EventName {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::PutResourcePolicy => "PutResourcePolicy",
            Self::DeleteResourcePolicy => "DeleteResourcePolicy",
        }
    }
}

/// Which policy a call was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Policy(String),
    LogGroup(String),
}

impl Event {
    /// Makes the event of a call that came `now`, in milliseconds since 1970, as if it succeeds.
    pub(super) fn of(request: &Request, name: EventName, subject: Subject, now: i64) -> Self {
        let (policy, log_group) = match subject {
            Subject::Policy(policy) => (Some(policy), None),
            Subject::LogGroup(log_group) => (None, Some(log_group)),
        };
        Self {
            time: Timestamp::from_second(now.div_euclid(1_000)).unwrap_or_default(),
            name,
            policy,
            log_group,
            by: Some(caller_identity::arn(request)),
            invoked_by: None,
            source_ip: None,
            access_key: Some(request.access_key.clone()),
            request_id: Some(request.id.clone()),
            error: None,
            error_message: None,
            id: String::new(),
        }
    }

    /// Makes it the event of a call that was refused.
    pub(super) fn refused(self, error: &ServiceError) -> Self {
        Self { error: Some(error.code.to_owned()), error_message: Some(error.message.clone()), ..self }
    }

    /// Tells when it was, in milliseconds since 1970.
    pub(super) fn milliseconds(&self) -> i64 {
        self.time.as_millisecond()
    }

    /// Says whether the policy was written by this call.
    fn wrote(&self, subject: &Subject) -> bool {
        let is_subject = match subject {
            Subject::Policy(name) => self.policy.as_ref() == Some(name),
            Subject::LogGroup(name) => self.log_group.as_ref() == Some(name),
        };
        is_subject && self.name == EventName::PutResourcePolicy && self.error.is_none()
    }

    /// Writes what CloudTrail names as the resource: the policy's name, or the ARN of the log group.
    pub(super) fn resource(&self, place: &Place) -> String {
        let arn = |name: &String| log_group_arn(&place.account, &place.region, name);
        self.policy.clone().or_else(|| self.log_group.as_ref().map(arn)).unwrap_or_default()
    }

    /// Makes an id in the form of AWS's, the same for the same event; `before` tells equal events apart.
    fn derived_id(&self, place: &Place, before: usize) -> String {
        let nameless = Self { id: String::new(), ..self.clone() };
        let mut hash = Sha256::new();
        hash.update(serde_json::to_vec(&nameless).unwrap_or_default());
        hash.update(format!("{}/{}/{before}", place.account, place.region));
        let mut digits = String::new();
        for byte in hash.finalize().iter().take(16) {
            // Writing into a String cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        parts.join("-")
    }
}

/// The events of one account and Region, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Events(Vec<Event>);

impl Events {
    /// Takes in what a world file says, in whichever order.
    pub(super) fn from_world(written: Vec<Event>, place: &Place) -> Self {
        let mut events = Self::default();
        for event in written {
            events.record(event, place);
        }
        events
    }

    /// Adds an event, and forgets the oldest where there are too many.
    pub(super) fn record(&mut self, mut event: Event, place: &Place) {
        let is_taken = |id: &String| self.0.iter().any(|event| event.id == *id);
        if event.id.is_empty() {
            let mut ids = (0..=self.0.len()).map(|before| event.derived_id(place, before));
            event.id = ids.find(|id| !is_taken(id)).unwrap_or_default();
        }
        let later = self.0.partition_point(|earlier| earlier.time <= event.time);
        self.0.insert(later, event);
        let surplus = self.0.len().saturating_sub(MOST_EVENTS);
        self.0.drain(..surplus);
    }

    /// Tells when the policy was last written, in milliseconds since 1970; 0 where no event says so.
    pub(super) fn last_write(&self, subject: &Subject) -> i64 {
        self.newest_first().find(|event| event.wrote(subject)).map_or(0, Event::milliseconds)
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Event> {
        self.0.iter().rev()
    }

    /// Gives the events as they are written to the world file.
    pub(super) fn written(&self) -> Vec<Event> {
        self.0.clone()
    }
}

/// Reads events of a world file. An event of no policy, or of two, is a slip of the pen.
pub(super) fn sound<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Event>, D::Error> {
    let events = Vec::<Event>::deserialize(deserializer)?;
    match events.iter().find(|event| event.policy.is_some() == event.log_group.is_some()) {
        Some(event) => Err(D::Error::custom(format!(
            "the event of {} should have either \"policy\" or \"log_group\"",
            event.time
        ))),
        None => Ok(events),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;

    fn place() -> Place {
        Place { account: "111122223333".into(), region: "us-east-1".into() }
    }

    fn event(time: &str, rest: &str) -> Event {
        serde_json::from_str(&format!(r#"{{"time":"{time}","name":"PutResourcePolicy"{rest}}}"#)).unwrap()
    }

    fn names(events: &Events) -> Vec<String> {
        events.newest_first().filter_map(|event| event.policy.clone()).collect()
    }

    #[test]
    fn events_stand_in_the_order_of_time_and_then_of_recording() {
        let written = [("12:00:02", "c"), ("12:00:01", "a"), ("12:00:01", "b"), ("12:00:09", "d")];
        let written = written
            .map(|(time, name)| event(&format!("2026-01-31T{time}Z"), &format!(r#","policy":"{name}""#)));
        assert_eq!(names(&Events::from_world(written.into(), &place())), ["d", "c", "b", "a"]);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut events = Events::default();
        let start = event("2026-01-31T12:00:00Z", r#","policy":"p""#);
        for second in 0..1_005 {
            let time = Timestamp::from_second(start.time.as_second() + second).unwrap();
            events.record(Event { time, ..start.clone() }, &place());
        }
        assert_eq!(events.0.len(), MOST_EVENTS);
        assert_eq!(events.0[0].time.as_second(), start.time.as_second() + 5);
        events.record(start.clone(), &place());
        assert_eq!(events.0[0].time.as_second(), start.time.as_second() + 5, "older than all that are kept");
    }

    #[test]
    fn ids_are_made_from_the_event_and_no_two_are_the_same() {
        let same = event("2026-01-31T12:00:00Z", r#","policy":"p""#);
        let read = || Events::from_world(vec![same.clone(), same.clone()], &place());
        let ids: Vec<String> = read().newest_first().map(|event| event.id.clone()).collect();
        assert_ne!(ids[0], ids[1]);
        assert!(ids.iter().all(|id| id.len() == 36 && id.matches('-').count() == 4), "{ids:?}");
        assert_eq!(read(), read(), "the same on every reading");
        let given = event("2026-01-31T12:00:00Z", r#","policy":"p","id":"mine""#);
        assert_eq!(Events::from_world(vec![given], &place()).0[0].id, "mine");
    }

    #[test]
    fn the_last_write_is_that_of_the_policy_itself() {
        let written = vec![
            event("2026-01-31T12:00:00Z", r#","policy":"p""#),
            event("2026-01-31T12:00:01Z", r#","policy":"p","error":"LimitExceededException""#),
            event("2026-01-31T12:00:02Z", r#","log_group":"p""#),
            Event {
                name: EventName::DeleteResourcePolicy,
                ..event("2026-01-31T12:00:03Z", r#","policy":"p""#)
            },
        ];
        let events = Events::from_world(written, &place());
        let seconds = |subject: Subject| events.last_write(&subject) / 1_000 % 60;
        assert_eq!(seconds(Subject::Policy("p".into())), 0);
        assert_eq!(seconds(Subject::LogGroup("p".into())), 2);
        assert_eq!(events.last_write(&Subject::Policy("other".into())), 0);
    }
}
