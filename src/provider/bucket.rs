//! Token buckets: how many calls AWS takes in a second, for each account and Region.
//!
//! AWS publishes no rates for the calls that we make; its neighbours in CloudWatch Logs take 5 per second for each account and
//! Region (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>). Waiting here costs
//! nothing; being throttled costs a call and a pause.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Calls per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// What AWS takes of its neighbours.
    pub const USUAL: Self = Self(5.0);

    /// So many calls per second; nothing for what is no rate.
    pub fn per_second(calls: f64) -> Option<Self> {
        (calls.is_finite() && calls >= 0.01).then_some(Self(calls))
    }
}

/// Lets as many calls pass at once as a second takes, and then one after the other at that rate.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Between two calls.
    gap: Duration,
    /// How far ahead of time calls may be.
    burst: Duration,
    /// When the next call would pass, were there no burst.
    next: Mutex<Option<Instant>>,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(Rate(rate): Rate) -> Self {
        let gap = Duration::from_secs_f64(1.0 / rate);
        // Whole calls, and one at least.
        let burst = gap.mul_f64((rate.floor() - 1.0).max(0.0));
        Self { gap, burst, next: Mutex::new(None) }
    }

    /// Waits for the caller's turn; who comes first goes first.
    pub(super) async fn turn(&self) {
        let now = Instant::now();
        let turn = self.reserve(now);
        if turn > now {
            sleep_until(turn).await;
        }
    }

    /// Says when it is the turn of a caller who comes `now`.
    fn reserve(&self, now: Instant) -> Instant {
        // Whoever panicked here left a whole time behind.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let due = next.map_or(now, |next| next.max(now));
        *next = Some(due + self.gap);
        due.checked_sub(self.burst).map_or(now, |turn| turn.max(now))
    }
}

/// The buckets of one account and Region; without a rate nobody waits.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets {
    pub(super) reads: Option<Arc<Bucket>>,
    pub(super) writes: Option<Arc<Bucket>>,
}

impl Buckets {
    /// Full buckets.
    pub(super) fn new(reads: Option<Rate>, writes: Option<Rate>) -> Self {
        let bucket = |rate: Option<Rate>| rate.map(|rate| Arc::new(Bucket::new(rate)));
        Self { reads: bucket(reads), writes: bucket(writes) }
    }
}

/// Waits for the caller's turn where there is a bucket.
pub(super) async fn turn(bucket: Option<&Bucket>) {
    if let Some(bucket) = bucket {
        bucket.turn().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn five() -> Bucket {
        Bucket::new(Rate::USUAL)
    }

    #[tokio::test(start_paused = true)]
    async fn five_pass_at_once_and_then_five_in_a_second() {
        let (bucket, begin) = (five(), Instant::now());
        for _ in 0..30 {
            bucket.turn().await;
        }
        assert_eq!(begin.elapsed().as_millis(), 5_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_that_rests_fills_up_to_five() {
        let bucket = five();
        for _ in 0..5 {
            bucket.turn().await;
        }
        tokio::time::sleep(Duration::from_secs(100)).await;
        let begin = Instant::now();
        for _ in 0..7 {
            bucket.turn().await;
        }
        assert_eq!(begin.elapsed().as_millis(), 400);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_first_goes_first_and_no_second_sees_more_than_ten() {
        let (bucket, begin) = (Arc::new(five()), Instant::now());
        let calls: Vec<_> = (0..40)
            .map(|number| {
                let bucket = Arc::clone(&bucket);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(number * 7)).await;
                    bucket.turn().await;
                    Instant::now()
                })
            })
            .collect();
        let mut times = Vec::new();
        for call in calls {
            times.push(call.await.expect("a time"));
        }
        assert!(times.is_sorted());
        for window in times.windows(11) {
            assert!(window[10] - window[0] >= Duration::from_secs(1), "{window:?}");
        }
        assert!(begin.elapsed() >= Duration::from_secs(7));
    }

    #[test]
    fn slow_rates_and_odd_ones() {
        assert!([0.0, -1.0, f64::NAN, f64::INFINITY].iter().all(|rate| Rate::per_second(*rate).is_none()));
        let slow = Bucket::new(Rate::per_second(0.5).expect("a rate"));
        let begin = Instant::now();
        assert_eq!(slow.reserve(begin), begin);
        assert_eq!(slow.reserve(begin), begin + Duration::from_secs(2));
    }
}
