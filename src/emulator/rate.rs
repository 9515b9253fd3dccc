//! How many requests per second there may be.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::request::{Api, Request};
use super::world::Place;

/// What one request costs. A nanosecond brings `per_second` in, so that all reckoning is in whole numbers.
const COST: u128 = 1_000_000_000;

/// A token bucket for each account, Region and kind of request: as many tokens as requests per second, filled again
/// all the time.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: u128,
    buckets: Mutex<BTreeMap<Key, Bucket>>,
}

/// Whose bucket it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    account: String,
    region: String,
    kind: Kind,
}

/// AWS, too, counts reads apart from writes, and each service for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Reads,
    Writes,
    Lookups,
}

/// How many look-ups CloudTrail takes in a second, however many requests other services take
/// ([API page](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html)).
const LOOKUPS: u128 = 2;

#[derive(Debug)]
struct Bucket {
    content: u128,
    filled: Instant,
}

impl Rate {
    /// Allows this many requests per second; none at all would be no service, so 0 counts as 1.
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second: u128::from(per_second.max(1)), buckets: Mutex::default() }
    }

    /// Takes a token for a request that arrives `now`; says no, and takes none, where none is left. What is asked beside
    /// CloudWatch Logs and CloudTrail goes free.
    pub(super) fn admits(&self, request: &Request, now: Instant) -> bool {
        if !matches!(request.api, Api::Logs | Api::CloudTrail) {
            return true;
        }
        let key = Key::of(request);
        let per_second = match key.kind {
            Kind::Lookups => self.per_second.min(LOOKUPS),
            Kind::Reads | Kind::Writes => self.per_second,
        };
        let capacity = per_second * COST;
        // Whoever panicked here left whole buckets behind.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key).or_insert(Bucket { content: capacity, filled: now });
        let passed = now.saturating_duration_since(bucket.filled).as_nanos();
        bucket.content = capacity.min(bucket.content.saturating_add(passed.saturating_mul(per_second)));
        // Two requests may come here in another order than they looked at the clock.
        bucket.filled = bucket.filled.max(now);
        let left = bucket.content.checked_sub(COST);
        bucket.content = left.unwrap_or(bucket.content);
        left.is_some()
    }
}

impl Key {
    fn of(request: &Request) -> Self {
        let Place { account, region } = request.place.clone();
        let is_read = ["Describe", "List"].iter().any(|start| request.operation.starts_with(start));
        let kind = match request.api {
            Api::CloudTrail => Kind::Lookups,
            _ if is_read => Kind::Reads,
            Api::Logs | Api::Sts | Api::Organizations | Api::Account => Kind::Writes,
        };
        Self { account, region, kind }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn request(api: Api, operation: &str, account: &str, region: &str) -> Request {
        let place = Place { account: account.into(), region: region.into() };
        Request {
            id: "id".into(),
            api,
            operation: operation.into(),
            place,
            access_key: account.into(),
            role: None,
            body: "".into(),
        }
    }

    fn put() -> Request {
        request(Api::Logs, "PutResourcePolicy", "111122223333", "us-east-1")
    }

    #[test]
    fn a_full_bucket_is_emptied_and_filled_again() {
        let (rate, begin) = (Rate::new(3), Instant::now());
        let admitted = |milliseconds, asked: usize| {
            let now = begin + Duration::from_millis(milliseconds);
            (0..asked).filter(|_| rate.admits(&put(), now)).count()
        };
        assert_eq!(admitted(0, 5), 3);
        assert_eq!(admitted(333, 5), 0, "a third of a second is not over yet");
        assert_eq!(admitted(334, 5), 1);
        assert_eq!(admitted(1_000, 5), 2);
        assert_eq!(admitted(999, 5), 0, "time does not run backwards");
        assert_eq!(admitted(60_000, 5), 3, "no more than the bucket holds");
    }

    #[test]
    fn what_is_refused_costs_nothing() {
        let (rate, begin) = (Rate::new(10), Instant::now());
        let admitted = (0..1_000).filter(|tick| rate.admits(&put(), begin + Duration::from_millis(*tick)));
        assert_eq!(admitted.count(), 10 + 9);
    }

    #[test]
    fn buckets_are_apart() {
        let (rate, now) = (Rate::new(1), Instant::now());
        let others = [
            request(Api::Logs, "DescribeLogGroups", "111122223333", "us-east-1"),
            request(Api::Logs, "PutResourcePolicy", "222233334444", "us-east-1"),
            request(Api::Logs, "PutResourcePolicy", "111122223333", "eu-west-1"),
        ];
        assert!(rate.admits(&put(), now) && !rate.admits(&put(), now));
        for other in &others {
            assert!(rate.admits(other, now) && !rate.admits(other, now), "{other:?}");
        }
        let list = request(Api::Logs, "ListTagsForResource", "111122223333", "us-east-1");
        assert!(!rate.admits(&list, now), "reads share one bucket");
        let sts = request(Api::Sts, "GetCallerIdentity", "111122223333", "us-east-1");
        assert!((0..5).all(|_| rate.admits(&sts, now)));
    }

    #[test]
    fn cloudtrail_takes_two_look_ups_in_a_second() {
        let now = Instant::now();
        let lookup = request(Api::CloudTrail, "LookupEvents", "111122223333", "us-east-1");
        for (tps, taken) in [(1, 1), (2, 2), (50, 2)] {
            let rate = Rate::new(tps);
            assert_eq!((0..5).filter(|_| rate.admits(&lookup, now)).count(), taken, "{tps}");
            assert!(rate.admits(&put(), now), "a bucket of its own");
            let later = now + Duration::from_secs(1);
            assert_eq!((0..5).filter(|_| rate.admits(&lookup, later)).count(), taken, "{tps}");
        }
    }

    #[test]
    fn the_ends_of_the_range_work() {
        let now = Instant::now();
        let (least, most) = (Rate::new(0), Rate::new(u32::MAX));
        assert!(least.admits(&put(), now) && !least.admits(&put(), now));
        assert!(most.admits(&put(), now));
        assert!(most.admits(&put(), now + Duration::from_secs(1_000_000_000)));
    }
}
