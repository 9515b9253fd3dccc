//! Who made a write: the event that answers a question, and its author in words for people.

use std::fmt;

use super::{WriteEvent, WriteEvents, WriteKind, WriteQuery};

/// How late CloudTrail may show an event, in milliseconds (LookupEvents, API reference: usually within 15 minutes).
const LAG: i64 = 15 * 60 * 1_000;

/// How long CloudTrail keeps events, in milliseconds: 90 days (LookupEvents, API reference).
const KEPT: i64 = 90 * 24 * 60 * 60 * 1_000;

/// What is known about the author of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribution {
    /// This write was it.
    Known(WriteEvent),
    /// No event was found, and it may still come.
    NotYetKnown,
    /// No event was found, and none is to be expected.
    Unknown(WhyUnknown),
}

/// Why an author will not be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyUnknown {
    /// CloudTrail has no such event.
    NoEvent,
    /// The write is older than what CloudTrail keeps.
    TooOld,
    /// There are more events than were looked at.
    TooMany,
}

/// An author, as people know them. All names are from elsewhere, and to be escaped where they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A user of IAM Identity Center, with the permission set they used.
    SsoUser {
        /// The session's name: the user's.
        user: String,
        /// The permission set.
        permission_set: String,
    },
    /// A session of a role.
    Session {
        /// The role's name.
        role: String,
        /// The session's name.
        session: String,
    },
    /// An IAM user.
    User(String),
    /// The root user of this account.
    Root(String),
    /// An AWS service, for somebody or of its own accord.
    Service {
        /// The service's name, such as `delivery.logs.amazonaws.com`.
        service: String,
        /// In whose name.
        on_behalf_of: Option<Box<Self>>,
    },
    /// Any other principal, as the event has it.
    Principal(String),
    /// The event does not say.
    Nobody,
}

impl Attribution {
    /// Finds the write among those that were looked up: the newest that can be it. `now` is in milliseconds since 1970.
    pub fn find(query: &WriteQuery, found: &WriteEvents, now: i64) -> Self {
        let fitting = found.events.iter().filter(|event| query.is_answered_by(event));
        // Of two at the same time the first is the newer one.
        if let Some(event) = fitting.rev().max_by_key(|event| event.time) {
            return Self::Known(event.clone());
        }
        match query.last_updated.map(|time| now.saturating_sub(time)) {
            // Nobody knows when it was: perhaps just now.
            None => Self::NotYetKnown,
            Some(age) if age <= LAG => Self::NotYetKnown,
            Some(age) if age > KEPT => Self::Unknown(WhyUnknown::TooOld),
            Some(_) if !found.is_complete => Self::Unknown(WhyUnknown::TooMany),
            Some(_) => Self::Unknown(WhyUnknown::NoEvent),
        }
    }

    /// The word for it in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::NotYetKnown => "not_yet_known",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The author, where one is known.
    pub fn author(&self) -> Option<Author> {
        match self {
            Self::Known(event) => Some(Author::of(event)),
            Self::NotYetKnown | Self::Unknown(_) => None,
        }
    }
}

/// One sentence for people, to be escaped where it is shown.
impl fmt::Display for Attribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = match self {
            Self::Known(event) => event,
            Self::NotYetKnown => {
                return formatter
                    .write_str("Not yet known by whom: CloudTrail may show a write up to 15 minutes later.");
            }
            Self::Unknown(why) => {
                return write!(formatter, "Not known by whom: {}.", why.words());
            }
        };
        let done = match event.kind {
            WriteKind::Put => "Written",
            WriteKind::Delete => "Deleted",
        };
        write!(formatter, "{done} by {}, at {}", Author::of(event), event.at)?;
        match &event.source_ip {
            Some(place) if event.invoked_by.as_ref() != Some(place) => write!(formatter, ", from {place}."),
            _ => formatter.write_str("."),
        }
    }
}

impl WhyUnknown {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NoEvent, Self::TooOld, Self::TooMany];

    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoEvent => "no_event",
            Self::TooOld => "too_old",
            Self::TooMany => "too_many",
        }
    }

    /// The reason, without an end.
    fn words(self) -> &'static str {
        match self {
            Self::NoEvent => "CloudTrail has no event of the write",
            Self::TooOld => "the write is more than 90 days old, and CloudTrail keeps 90 days",
            Self::TooMany => "CloudTrail has more events than were looked at",
        }
    }
}

impl Author {
    /// Reads the author of a write.
    pub fn of(event: &WriteEvent) -> Self {
        let principal = event.principal.as_deref().map(Self::named);
        match (&event.invoked_by, principal) {
            (Some(service), principal) => {
                Self::Service { service: service.clone(), on_behalf_of: principal.map(Box::new) }
            }
            (None, Some(principal)) => principal,
            (None, None) => Self::Nobody,
        }
    }

    fn named(principal: &str) -> Self {
        let parts: Vec<&str> = principal.splitn(6, ':').collect();
        let ["arn", _, service, _, account, resource] = parts[..] else {
            return Self::Principal(principal.to_owned());
        };
        match (service, resource.split_once('/')) {
            ("iam", None) if resource == "root" => Self::Root(account.to_owned()),
            ("iam", Some(("user", path))) => Self::User(last(path)),
            ("sts", Some(("assumed-role", names))) => match names.split_once('/') {
                Some((role, session)) => Self::session(role, session),
                None => Self::Principal(principal.to_owned()),
            },
            _ => Self::Principal(principal.to_owned()),
        }
    }

    /// Roles of Identity Center are called `AWSReservedSSO_SET_HASH`, their sessions as the user
    /// (<https://docs.aws.amazon.com/singlesignon/latest/userguide/using-permission-sets-manage-users.html>).
    fn session(role: &str, session: &str) -> Self {
        let session = session.to_owned();
        match role.strip_prefix("AWSReservedSSO_").and_then(|rest| rest.rsplit_once('_')) {
            Some((set, _)) => Self::SsoUser { user: session, permission_set: set.to_owned() },
            None => Self::Session { role: role.to_owned(), session },
        }
    }
}

/// The author in words, to be escaped where they are shown.
impl fmt::Display for Author {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SsoUser { user, permission_set } => {
                write!(formatter, "{user} with the permission set {permission_set}")
            }
            Self::Session { role, session } => write!(formatter, "the session {session} of the role {role}"),
            Self::User(name) => write!(formatter, "the IAM user {name}"),
            Self::Root(account) => write!(formatter, "the root user of {account}"),
            Self::Service { service, on_behalf_of: Some(author) } => {
                write!(formatter, "{service} for {author}")
            }
            Self::Service { service, on_behalf_of: None } => formatter.write_str(service),
            Self::Principal(text) => formatter.write_str(text),
            Self::Nobody => formatter.write_str("somebody whom the event does not name"),
        }
    }
}

fn last(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PolicyKey;

    const NOW: i64 = 1_800_000_000_000;
    const MINUTE: i64 = 60 * 1_000;
    const DAY: i64 = 24 * 60 * MINUTE;

    fn event(kind: WriteKind, name: &str, time: i64, id: &str) -> WriteEvent {
        WriteEvent {
            kind,
            key: Some(PolicyKey::account(name)),
            time,
            at: "2026-01-31T12:00:00Z".to_owned(),
            event_id: Some(id.to_owned()),
            principal: Some("arn:aws:iam::111122223333:user/ada".to_owned()),
            session_issuer: None,
            invoked_by: None,
            source_ip: None,
        }
    }

    fn put(name: &str, time: i64, id: &str) -> WriteEvent {
        event(WriteKind::Put, name, time, id)
    }

    fn found(query: &WriteQuery, events: &[WriteEvent]) -> String {
        let events = WriteEvents { events: events.to_vec(), is_complete: true };
        match Attribution::find(query, &events, NOW) {
            Attribution::Known(event) => event.event_id.unwrap_or_default(),
            other => format!("{other:?}"),
        }
    }

    fn query(kind: WriteKind, last_updated: Option<i64>, since: Option<i64>) -> WriteQuery {
        WriteQuery { key: PolicyKey::account("p"), kind, last_updated, since }
    }

    #[test]
    fn a_write_is_the_newest_at_its_time() {
        let then = NOW - DAY;
        let dated = query(WriteKind::Put, Some(then), Some(NOW));
        for (events, id) in [
            (vec![put("p", then, "it")], "it"),
            (vec![put("p", then - 5_000, "it")], "it"),
            (vec![put("p", then + 5_000, "it")], "it"),
            (vec![put("p", then - 5_001, "before")], "Unknown(NoEvent)"),
            (vec![put("p", then + 5_001, "after")], "Unknown(NoEvent)"),
            (vec![put("other", then, "other")], "Unknown(NoEvent)"),
            (vec![event(WriteKind::Delete, "p", then, "deletion")], "Unknown(NoEvent)"),
            (vec![WriteEvent { key: None, ..put("p", then, "nameless") }], "Unknown(NoEvent)"),
            (vec![put("p", then + 1, "newer"), put("p", then, "older")], "newer"),
            (vec![put("p", then, "older"), put("p", then + 1, "newer")], "newer"),
            (vec![put("p", then, "first of the list"), put("p", then, "second")], "first of the list"),
            (
                vec![WriteEvent { key: Some(PolicyKey::log_group("p")), ..put("p", then, "scope") }],
                "Unknown(NoEvent)",
            ),
        ] {
            assert_eq!(found(&dated, &events), id, "{events:?}");
        }
    }

    #[test]
    fn what_has_no_time_is_the_newest_since_it_was_right() {
        for kind in [WriteKind::Put, WriteKind::Delete] {
            let events = [event(kind, "p", NOW - DAY, "new"), event(kind, "p", NOW - 9 * DAY, "old")];
            assert_eq!(found(&query(kind, None, None), &events), "new");
            assert_eq!(found(&query(kind, None, Some(NOW - 2 * DAY)), &events), "new");
            assert_eq!(found(&query(kind, None, Some(NOW - MINUTE)), &events), "NotYetKnown");
        }
    }

    #[test]
    fn it_is_said_why_nothing_was_found() {
        for (kind, last_updated, is_complete, answer) in [
            (WriteKind::Put, Some(NOW - MINUTE), true, Attribution::NotYetKnown),
            (WriteKind::Put, Some(NOW - 15 * MINUTE), true, Attribution::NotYetKnown),
            (WriteKind::Put, Some(NOW + MINUTE), true, Attribution::NotYetKnown),
            (WriteKind::Put, Some(NOW - 16 * MINUTE), true, Attribution::Unknown(WhyUnknown::NoEvent)),
            (WriteKind::Put, Some(NOW - 16 * MINUTE), false, Attribution::Unknown(WhyUnknown::TooMany)),
            (WriteKind::Put, Some(NOW - 90 * DAY), true, Attribution::Unknown(WhyUnknown::NoEvent)),
            (WriteKind::Put, Some(NOW - 91 * DAY), false, Attribution::Unknown(WhyUnknown::TooOld)),
            (WriteKind::Put, Some(i64::MIN), true, Attribution::Unknown(WhyUnknown::TooOld)),
            (WriteKind::Put, None, true, Attribution::NotYetKnown),
            (WriteKind::Delete, None, true, Attribution::NotYetKnown),
        ] {
            let events = WriteEvents { events: Vec::new(), is_complete };
            let found = Attribution::find(&query(kind, last_updated, None), &events, NOW);
            assert_eq!(found, answer, "{last_updated:?}");
            assert!(found.author().is_none() && found.to_string().ends_with('.'), "{found}");
        }
    }

    #[test]
    fn authors_have_names_for_people() {
        let sso = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Log_Admin_0123456789abcdef/jane@example.com";
        for (principal, invoked_by, words) in [
            (Some(sso), None, "jane@example.com with the permission set Log_Admin"),
            (
                Some("arn:aws-cn:sts::111122223333:assumed-role/deploy/ci-42"),
                None,
                "the session ci-42 of the role deploy",
            ),
            (
                Some("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x/y"),
                None,
                "the session y of the role AWSReservedSSO_x",
            ),
            (Some("arn:aws:iam::111122223333:user/team/ada"), None, "the IAM user ada"),
            (Some("arn:aws:iam::111122223333:root"), None, "the root user of 111122223333"),
            (
                Some("arn:aws:iam::111122223333:user/ada"),
                Some("delivery.logs.amazonaws.com"),
                "delivery.logs.amazonaws.com for the IAM user ada",
            ),
            (None, Some("es.amazonaws.com"), "es.amazonaws.com"),
            (
                Some("arn:aws:sts::111122223333:federated-user/x"),
                None,
                "arn:aws:sts::111122223333:federated-user/x",
            ),
            (
                Some("arn:aws:sts::111122223333:assumed-role/x"),
                None,
                "arn:aws:sts::111122223333:assumed-role/x",
            ),
            (Some("AROA123:x"), None, "AROA123:x"),
            (Some(""), None, ""),
            (None, None, "somebody whom the event does not name"),
        ] {
            let event = WriteEvent {
                principal: principal.map(ToOwned::to_owned),
                invoked_by: invoked_by.map(ToOwned::to_owned),
                ..put("p", NOW, "it")
            };
            assert_eq!(Author::of(&event).to_string(), words, "{principal:?}");
        }
    }

    #[test]
    fn a_sentence_says_who_when_and_where_from() {
        let with = |place: &str| WriteEvent {
            source_ip: Some(place.to_owned()),
            ..event(WriteKind::Delete, "p", NOW, "it")
        };
        let sentence = Attribution::Known(with("192.0.2.1")).to_string();
        assert_eq!(sentence, "Deleted by the IAM user ada, at 2026-01-31T12:00:00Z, from 192.0.2.1.");
        let service = "es.amazonaws.com";
        let by_service =
            WriteEvent { kind: WriteKind::Put, invoked_by: Some(service.to_owned()), ..with(service) };
        assert_eq!(
            Attribution::Known(by_service).to_string(),
            "Written by es.amazonaws.com for the IAM user ada, at 2026-01-31T12:00:00Z."
        );
    }
}
