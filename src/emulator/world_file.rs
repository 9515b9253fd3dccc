//! The world as a file: its shape, how it is read and how it is written.
//!
//! Reading has two stages: the file as it is written (`Written...`), strict, so that a slip of the pen is shown and
//! not dropped with the next write; then the world it means.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::arn::partition;
use super::by_name::ByName;
use super::document::Document;
use super::error::EmulatorError;
use super::event::{self, Event, Events, Subject};
use super::world::{LogGroup, Place, Policy, Region, World};

/// Reads a world from the text of a file; `path` is for the error.
pub(super) fn parse(text: &str, path: &Path) -> Result<World, EmulatorError> {
    let malformed = |error: serde_json::Error| EmulatorError::WorldMalformed {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
        message: without_position(&error),
    };
    // Alone and first: another version may have another shape, and then it is the version that is to be named.
    let OnlyVersion { format_version: FormatVersion } = serde_json::from_str(text).map_err(malformed)?;
    let written: WrittenWorld = serde_json::from_str(text).map_err(malformed)?;
    Ok(written.meant())
}

/// Writes a world as the text of a file: pretty-printed, sorted, with a line feed at the end.
pub(super) fn render(world: &World) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&WrittenWorld::from(world))?;
    text.push('\n');
    Ok(text)
}

/// Words an error without its position, which is told apart.
pub(super) fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct OnlyVersion {
    format_version: FormatVersion,
}

struct FormatVersion;

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "1" => Ok(Self),
            other => Err(D::Error::custom(format!(
                "format_version is {other:?}, but this version knows \"1\" only"
            ))),
        }
    }
}

impl Serialize for FormatVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("1")
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct WrittenWorld {
    format_version: FormatVersion,
    #[serde(default)]
    accounts: ByName<ByName<WrittenRegion>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct WrittenRegion {
    #[serde(default)]
    policies: ByName<String>,
    #[serde(default)]
    log_groups: ByName<WrittenLogGroup>,
    /// When account policies were last written, in milliseconds since 1970. Beside them, so that a policy is its
    /// document and nothing else.
    #[serde(default, skip_serializing_if = "ByName::is_empty")]
    last_updated: ByName<i64>,
    /// Who wrote and deleted policies; an event can be written in by hand.
    #[serde(default, deserialize_with = "event::sound", skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct WrittenLogGroup {
    #[serde(default)]
    policy: Option<String>,
    #[serde(default = "first_revision", skip_serializing_if = "is_first_revision")]
    revision: u64,
    #[serde(default, skip_serializing_if = "is_unknown")]
    last_updated: i64,
    #[serde(default, skip_serializing_if = "is_unknown")]
    created: i64,
}

fn first_revision() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_first_revision(revision: &u64) -> bool {
    *revision == first_revision()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_unknown(time: &i64) -> bool {
    *time == 0
}

impl WrittenWorld {
    fn meant(self) -> World {
        let mut world = World::default();
        for (account, regions) in self.accounts.0 {
            let regions = regions.0.into_iter().map(|(region, written)| {
                let place = Place { account: account.clone(), region: region.clone() };
                (region, written.meant(&place))
            });
            let regions = regions.collect();
            world.accounts.insert(account, regions);
        }
        world
    }

    fn from(world: &World) -> Self {
        let regions = |regions: &BTreeMap<String, Region>| {
            ByName(regions.iter().map(|(name, region)| (name.clone(), WrittenRegion::from(region))).collect())
        };
        let accounts =
            world.accounts.iter().map(|(account, of_account)| (account.clone(), regions(of_account)));
        Self { format_version: FormatVersion, accounts: ByName(accounts.collect()) }
    }
}

impl WrittenRegion {
    fn meant(self, place: &Place) -> Region {
        let partition = partition(&place.region);
        let Self { policies, log_groups, last_updated, events } = self;
        let events = Events::from_world(events, place);
        // A time that was not written down is that of the newest write that is known.
        let or_event =
            |time: i64, subject| if is_unknown(&time) { events.last_write(&subject) } else { time };
        let policies = policies.0.into_iter().map(|(name, text)| {
            let written = last_updated.0.get(&name).copied().unwrap_or_default();
            let time = or_event(written, Subject::Policy(name.clone()));
            let policy = Policy::of_account(&name, Document::from_world(&text, partition), time);
            (name, policy)
        });
        let log_groups = log_groups.0.into_iter().map(|(name, written)| {
            let WrittenLogGroup { policy, revision, last_updated, created } = written;
            let policy = policy.map(|text| {
                let document = Document::from_world(&text, partition);
                let time = or_event(last_updated, Subject::LogGroup(name.clone()));
                Policy::of_log_group(place, &name, document, time, revision)
            });
            (name, LogGroup { created, policy })
        });
        Region { policies: policies.collect(), log_groups: log_groups.collect(), events }
    }

    fn from(region: &Region) -> Self {
        let Region { policies, log_groups, events } = region;
        let texts = policies.iter().map(|(name, policy)| (name.clone(), policy.document.text.clone()));
        let times = policies.iter().map(|(name, policy)| (name.clone(), policy.last_updated));
        let log_groups = log_groups.iter().map(|(name, group)| (name.clone(), WrittenLogGroup::from(group)));
        Self {
            policies: ByName(texts.collect()),
            log_groups: ByName(log_groups.collect()),
            last_updated: ByName(times.filter(|(_, time)| *time != 0).collect()),
            events: events.written(),
        }
    }
}

impl WrittenLogGroup {
    fn from(log_group: &LogGroup) -> Self {
        let LogGroup { created, policy } = log_group;
        Self {
            policy: policy.as_ref().map(|policy| policy.document.text.clone()),
            revision: policy.as_ref().map_or_else(first_revision, |policy| policy.revision),
            last_updated: policy.as_ref().map_or(0, |policy| policy.last_updated),
            created: *created,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;

    /// Every member there is, in the form the emulator writes.
    const FULL: &str = r#"{
  "format_version": "1",
  "accounts": {
    "111122223333": {
      "cn-north-1": {
        "policies": {},
        "log_groups": {
          "/aws/x": {
            "policy": "{\"Version\":\"2008-10-17\",\"Statement\":[{\"Principal\":{\"AWS\":\"arn:aws-cn:iam::444455556666:root\"}}]}",
            "revision": 3,
            "last_updated": 1700000000000,
            "created": 1600000000000
          },
          "/aws/y": {
            "policy": null
          }
        }
      },
      "us-east-1": {
        "policies": {
          "dns": "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
          "odd:*": "not json"
        },
        "log_groups": {},
        "last_updated": {
          "dns": 1700000000001
        }
      }
    }
  }
}
"#;

    fn read(text: &str) -> Result<World, String> {
        parse(text, Path::new("world.json")).map_err(|error| error.to_string())
    }

    #[test]
    fn writes_what_it_reads() {
        assert_eq!(render(&read(FULL).unwrap()).unwrap(), FULL);
    }

    #[test]
    fn the_contract_is_enough() {
        let text = r#"{"format_version":"1","accounts":{"111122223333":{"cn-north-1":{
            "policies":{"dns":" {\"Statement\": [{\"Action\": [\"a\"]}]} "},
            "log_groups":{"/aws/x":{"policy":"{\"Statement\":{\"Principal\":{\"AWS\":\"444455556666\"}}}"},"/aws/y":{"policy":null}}
        }}}}"#;
        let world = read(text).unwrap();
        let place = Place { account: "111122223333".into(), region: "cn-north-1".into() };
        let region = world.region(&place).unwrap();
        assert_eq!(
            region.policies["dns"].document.text,
            r#"{"Version":"2008-10-17","Statement":[{"Action":"a"}]}"#
        );
        let policy = region.log_groups["/aws/x"].policy.as_ref().unwrap();
        assert!(policy.document.text.contains("arn:aws-cn:iam::444455556666:root"));
        assert_eq!((policy.revision, policy.last_updated), (1, 0));
        assert!(region.log_groups["/aws/y"].policy.is_none());
        assert_eq!(read(&render(&world).unwrap()).unwrap(), world);
    }

    #[test]
    fn events_are_kept_and_tell_times_that_were_not_written_down() {
        let by_hand = r#"{"format_version":"1","accounts":{"111122223333":{"us-east-1":{
            "policies":{"dns":"{}","timed":"{}"}, "last_updated":{"timed":5},
            "log_groups":{"/aws/x":{"policy":"{}"}},
            "events":[
                {"time":"2026-01-01T00:00:02Z","name":"PutResourcePolicy","policy":"dns",
                 "by":"arn:aws:iam::111122223333:root","invoked_by":"es.amazonaws.com","source_ip":"192.0.2.1"},
                {"time":"2026-01-01T00:00:01Z","name":"PutResourcePolicy","log_group":"/aws/x"},
                {"time":"2026-01-01T00:00:03Z","name":"PutResourcePolicy","policy":"timed"}
            ]}}}}"#;
        let world = read(by_hand).unwrap();
        let region = &world.accounts["111122223333"]["us-east-1"];
        assert_eq!(region.policies["dns"].last_updated, 1_767_225_602_000);
        assert_eq!(region.policies["timed"].last_updated, 5);
        assert_eq!(region.log_groups["/aws/x"].policy.as_ref().unwrap().last_updated, 1_767_225_601_000);
        let text = render(&world).unwrap();
        assert_eq!(read(&text).unwrap(), world);
        assert_eq!(render(&read(&text).unwrap()).unwrap(), text);
    }

    #[test]
    fn the_version_alone_is_a_world() {
        assert_eq!(read(r#"{"format_version":"1"}"#).unwrap(), World::default());
        let sparse = r#"{"format_version":"1","accounts":{"1":{"r":{}}}}"#;
        assert_eq!(read(sparse).unwrap().accounts["1"]["r"], Region::default());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let in_region =
            |region: &str| format!(r#"{{"format_version":"1","accounts":{{"1":{{"r":{region}}}}}}}"#);
        for (text, message) in [
            ("", "world.json:1:0: not a world file: EOF while parsing"),
            (
                "{\n  \"format_version\": \"1\",\n  oops\n}",
                "world.json:3:3: not a world file: key must be a string",
            ),
            ("[]", "world.json:1:2: not a world file: invalid length 0, expected an object"),
            ("{}", "missing field `format_version`"),
            (r#"{"format_version":1}"#, "expected a string"),
            (
                "{\n\"format_version\":\"2\",\"worlds\":[]}",
                "world.json:2:20: not a world file: format_version is \"2\", but",
            ),
            (
                r#"{"format_version":"1","acounts":{}}"#,
                "unknown field `acounts`, expected `format_version` or `accounts`",
            ),
            (r#"{"format_version":"1","accounts":[]}"#, "expected an object"),
            (&in_region(r#"{"policies":{"a":{}}}"#), "expected a string"),
            (&in_region(r#"{"policies":{"a":"1","a":"2"}}"#), "\"a\" stands here twice"),
            (&in_region(r#"{"log_groups":{"a":"b"}}"#), "invalid type: string \"b\", expected an object"),
            (&in_region(r#"{"log_groups":{"a":{"policy":null,"revision":-1}}}"#), "invalid value"),
            (&in_region(r#"{"events":[3]}"#), "expected an event: an object with \"time\""),
            (
                &in_region(r#"{"events":[{"time":"2026-01-01","name":"PutResourcePolicy","policy":"a"}]}"#),
                "failed to find time component",
            ),
            (
                &in_region(r#"{"events":[{"time":"2026-01-01T00:00:00Z","name":"Put","policy":"a"}]}"#),
                "unknown variant `Put`",
            ),
            (
                &in_region(r#"{"events":[{"time":"2026-01-01T00:00:00Z","name":"PutResourcePolicy"}]}"#),
                "the event of 2026-01-01T00:00:00Z should have either \"policy\" or \"log_group\"",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(message), "{text}\n{error}");
            assert!(error.contains("move the file away"), "{error}");
        }
    }
}
