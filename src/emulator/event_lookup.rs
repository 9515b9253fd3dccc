//! CloudTrail LookupEvents.

use serde::Deserialize;
use serde_json::json;

use super::answer::ServiceError;
use super::event::Event;
use super::event_record::{EVENT_SOURCE, shown, user_name};
use super::page::{Listing, Page};
use super::request::Request;
use super::service::Service;
use super::world::Place;

/// The most events on a page, and how many there are if the caller does not say.
const LARGEST_PAGE: i64 = 50;

/// The latest moment a time can name: the end of the year 9999.
const LATEST: f64 = 253_402_300_799.0;

/// The longest value of an attribute.
const LONGEST_VALUE: usize = 2_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default)]
    lookup_attributes: Vec<Attribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<i64>,
    next_token: Option<String>,
    event_category: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: Option<String>,
    attribute_value: Option<String>,
}

/// What an attribute reads of an event: the value it must have.
type Read = fn(&Event, &Place) -> Option<String>;

/// Every attribute there is. No event has a resource whose type is known.
const ATTRIBUTES: [(&str, Read); 8] = [
    ("EventId", |event, _| Some(event.id.clone())),
    ("EventName", |event, _| Some(event.name.as_str().to_owned())),
    ("ReadOnly", |_, _| Some("false".to_owned())),
    ("Username", |event, _| user_name(event)),
    ("ResourceType", |_, _| None),
    ("ResourceName", |event, place| Some(event.resource(place))),
    ("EventSource", |_, _| Some(EVENT_SOURCE.to_owned())),
    ("AccessKeyId", |event, _| event.access_key.clone()),
];

/// Which events are asked for.
struct Filter {
    attribute: Option<(Read, String)>,
    start: f64,
    end: f64,
}

impl Input {
    fn filter(&self) -> Result<Filter, ServiceError> {
        let attribute = match &self.lookup_attributes[..] {
            [] => None,
            [attribute] => Some(attribute.read().ok_or_else(invalid_attributes)?),
            _ => return Err(invalid_attributes()),
        };
        let (start, end) = (self.start_time.unwrap_or(0.0), self.end_time.unwrap_or(LATEST));
        let range = 0.0..=LATEST;
        if start > end || !range.contains(&start) || !range.contains(&end) {
            return Err(ServiceError::new(
                "InvalidTimeRangeException",
                "The start time must not be later than the end time, and both must be possible times.",
            ));
        }
        Ok(Filter { attribute, start, end })
    }

    fn size(&self) -> Result<usize, ServiceError> {
        let wanted = self.max_results.unwrap_or(LARGEST_PAGE);
        let size = usize::try_from(wanted).ok().filter(|_| (1..=LARGEST_PAGE).contains(&wanted));
        size.ok_or_else(|| {
            let text = format!("MaxResults is {wanted}, but must be between 1 and {LARGEST_PAGE}.");
            ServiceError::new("InvalidMaxResultsException", text)
        })
    }

    /// Says which listing this is. A token goes with the parameters it was given for.
    fn words(&self) -> String {
        let attributes = self.lookup_attributes.iter();
        let attributes: Vec<_> =
            attributes.map(|attribute| (&attribute.attribute_key, &attribute.attribute_value)).collect();
        format!("{attributes:?} {:?} {:?}", self.start_time, self.end_time)
    }
}

impl Attribute {
    fn read(&self) -> Option<(Read, String)> {
        let (key, value) = (self.attribute_key.as_ref()?, self.attribute_value.as_ref()?);
        let (_, read) = ATTRIBUTES.iter().find(|(name, _)| name == key)?;
        let fits = !value.is_empty() && value.chars().count() <= LONGEST_VALUE;
        fits.then(|| (*read, value.clone()))
    }
}

impl Filter {
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    fn wants(&self, event: &Event, place: &Place) -> bool {
        let time = event.time.as_second() as f64;
        let has_attribute = |(read, value): &(Read, String)| read(event, place).as_ref() == Some(value);
        (self.start..=self.end).contains(&time) && self.attribute.as_ref().is_none_or(has_attribute)
    }
}

/// Lists the events of one account and Region, the newest first
/// ([API page](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html)). Unlike AWS, which
/// forgets after 90 days and is up to 15 minutes late, it shows all that the world has, at once.
pub(super) fn lookup(service: &Service, request: &Request) -> Result<String, ServiceError> {
    let input: Input = request.input()?;
    let (filter, size) = (input.filter()?, input.size()?);
    match input.event_category.as_deref() {
        None => {}
        // There are none: they tell of unusual numbers of calls.
        Some("insight") => return Ok(json!({"Events": []}).to_string()),
        Some(other) => {
            let text = format!("EventCategory is {other:?}, but can only be \"insight\".");
            return Err(ServiceError::new("InvalidEventCategoryException", text));
        }
    }
    let (place, words) = (&request.place, input.words());
    let listing = Listing {
        of: &[&request.operation, &place.account, &place.region, &words],
        page_size: service.page_size,
    };
    let after =
        input.next_token.map(|token| listing.name_in(&token).ok_or_else(invalid_token)).transpose()?;
    let mut store = service.store();
    let events = store.read()?.region(place).map(|region| region.events.newest_first());
    let mut wanted = events.into_iter().flatten().filter(|event| filter.wants(event, place));
    if let Some(after) = &after {
        // The event that a token leads on from may be forgotten by now.
        wanted.by_ref().find(|event| event.id == *after).ok_or_else(invalid_token)?;
    }
    let page = Page { after, size: size.min(service.page_size.max(1)) };
    let (events, next) = listing.fill(&page, wanted.map(|event| (&event.id, shown(event, place))));
    Ok(match next {
        Some(next) => json!({"Events": events, "NextToken": next}),
        None => json!({"Events": events}),
    }
    .to_string())
}

fn invalid_attributes() -> ServiceError {
    let names: Vec<&str> = ATTRIBUTES.iter().map(|(name, _)| *name).collect();
    ServiceError::new(
        "InvalidLookupAttributesException",
        format!(
            "There can be one lookup attribute: a key out of {}, and a value of 1 to {LONGEST_VALUE} characters.",
            names.join(", ")
        ),
    )
}

fn invalid_token() -> ServiceError {
    ServiceError::new(
        "InvalidNextTokenException",
        "The token is not valid, or belongs to a request with other parameters.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use serde_json::Value;

    use super::super::request::Api;
    use super::super::store::Store;
    use super::*;

    const WORLD: &str = r#"{"format_version":"1","accounts":{"111122223333":{"us-east-1":{"events":[
        {"time":"2026-01-01T00:00:01Z","name":"PutResourcePolicy","policy":"a","id":"1",
         "by":"arn:aws:iam::111122223333:user/ada","access_key":"AKIA1"},
        {"time":"2026-01-01T00:00:02Z","name":"PutResourcePolicy","log_group":"/aws/x","id":"2",
         "by":"arn:aws:sts::111122223333:assumed-role/deploy/ci","error":"LimitExceededException","error_message":"full"},
        {"time":"2026-01-01T00:00:03Z","name":"DeleteResourcePolicy","policy":"a","id":"3",
         "by":"arn:aws:iam::111122223333:user/ada"}
    ]}}}}"#;

    /// 2026-01-01T00:00:00Z.
    const START: i64 = 1_767_225_600;

    fn service() -> (tempfile::TempDir, Service) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        fs_err::write(&path, WORLD).unwrap();
        (folder, Service::new(Store::open(Some(path)).unwrap(), 50, 51_200))
    }

    fn ask(service: &Service, region: &str, input: &Value) -> Result<Value, &'static str> {
        let request = Request {
            id: "id".into(),
            api: Api::CloudTrail,
            operation: "LookupEvents".into(),
            place: Place { account: "111122223333".into(), region: region.into() },
            access_key: "111122223333".into(),
            role: None,
            body: input.to_string().into(),
        };
        let answer = lookup(service, &request).map_err(|error| error.code)?;
        Ok(serde_json::from_str(&answer).unwrap())
    }

    fn ids(answer: &Value) -> Vec<&str> {
        answer["Events"].as_array().unwrap().iter().map(|event| event["EventId"].as_str().unwrap()).collect()
    }

    #[test]
    fn attributes_and_times_choose() {
        let (_folder, service) = service();
        let attribute = |key: &str, value: &str| json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]});
        for (input, found) in [
            (json!({}), vec!["3", "2", "1"]),
            (attribute("EventName", "PutResourcePolicy"), vec!["2", "1"]),
            (attribute("EventName", "putresourcepolicy"), vec![]),
            (attribute("EventSource", "logs.amazonaws.com"), vec!["3", "2", "1"]),
            (attribute("EventSource", "s3.amazonaws.com"), vec![]),
            (attribute("EventId", "2"), vec!["2"]),
            (attribute("Username", "ada"), vec!["3", "1"]),
            (attribute("Username", "ci"), vec!["2"]),
            (attribute("ReadOnly", "false"), vec!["3", "2", "1"]),
            (attribute("ReadOnly", "true"), vec![]),
            (attribute("ResourceName", "a"), vec!["3", "1"]),
            (attribute("ResourceName", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/x"), vec!["2"]),
            (attribute("ResourceType", "AWS::Logs::ResourcePolicy"), vec![]),
            (attribute("AccessKeyId", "AKIA1"), vec!["1"]),
            (json!({"StartTime": START + 2}), vec!["3", "2"]),
            (json!({"EndTime": START + 2}), vec!["2", "1"]),
            (json!({"StartTime": 1_767_225_601.5, "EndTime": 1_767_225_602.5}), vec!["2"]),
            (json!({"EventCategory": "insight"}), vec![]),
        ] {
            assert_eq!(ids(&ask(&service, "us-east-1", &input).unwrap()), found, "{input}");
        }
        assert!(ids(&ask(&service, "eu-west-1", &json!({})).unwrap()).is_empty());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let (_folder, service) = service();
        let attribute = json!({"AttributeKey": "EventName", "AttributeValue": "x"});
        for (input, code) in [
            (json!({"MaxResults": 0}), "InvalidMaxResultsException"),
            (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
            (json!({"StartTime": START + 1, "EndTime": START}), "InvalidTimeRangeException"),
            (json!({"StartTime": -1}), "InvalidTimeRangeException"),
            (json!({"EndTime": 1e15}), "InvalidTimeRangeException"),
            (json!({"StartTime": "yesterday"}), "SerializationException"),
            (json!({"NextToken": "no-such-token"}), "InvalidNextTokenException"),
            (json!({"EventCategory": "data"}), "InvalidEventCategoryException"),
            (json!({"LookupAttributes": [attribute, attribute]}), "InvalidLookupAttributesException"),
            (
                json!({"LookupAttributes": [{"AttributeKey": "Colour", "AttributeValue": "x"}]}),
                "InvalidLookupAttributesException",
            ),
            (
                json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": ""}]}),
                "InvalidLookupAttributesException",
            ),
            (
                json!({"LookupAttributes": [{"AttributeKey": "EventName"}]}),
                "InvalidLookupAttributesException",
            ),
        ] {
            assert_eq!(ask(&service, "us-east-1", &input).unwrap_err(), code, "{input}");
        }
    }

    #[test]
    fn a_token_goes_with_its_parameters() {
        let (_folder, service) = service();
        let first = ask(&service, "us-east-1", &json!({"MaxResults": 2})).unwrap();
        assert_eq!(ids(&first), ["3", "2"]);
        let token = &first["NextToken"];
        let second = ask(&service, "us-east-1", &json!({"MaxResults": 2, "NextToken": token})).unwrap();
        assert_eq!(ids(&second), ["1"]);
        assert!(second.get("NextToken").is_none());
        for other in [
            json!({"NextToken": token, "EndTime": START + 9}),
            json!({"NextToken": token, "LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]}),
        ] {
            assert_eq!(ask(&service, "us-east-1", &other), Err("InvalidNextTokenException"), "{other}");
        }
        let elsewhere = ask(&service, "eu-west-1", &json!({"NextToken": token}));
        assert_eq!(elsewhere, Err("InvalidNextTokenException"));
    }

    #[test]
    fn an_event_has_the_members_of_aws() {
        let (_folder, service) = service();
        let answer = ask(&service, "us-east-1", &json!({"MaxResults": 2})).unwrap();
        let event = &answer["Events"][1];
        assert_eq!(
            (&event["EventTime"], &event["ReadOnly"], &event["Username"]),
            (&json!(START + 2), &json!("false"), &json!("ci"))
        );
        let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
        let arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/x";
        for (pointer, value) in [
            ("/requestParameters", json!({"resourceArn": arn})),
            ("/errorCode", json!("LimitExceededException")),
            ("/errorMessage", json!("full")),
            ("/eventTime", json!("2026-01-01T00:00:02Z")),
            ("/userIdentity/sessionContext/sessionIssuer/userName", json!("deploy")),
            ("/eventID", json!("2")),
            ("/readOnly", json!(false)),
            ("/recipientAccountId", json!("111122223333")),
        ] {
            assert_eq!(record.pointer(pointer), Some(&value), "{pointer}");
        }
    }
}
