//! Keeps calls apart where AWS takes few.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How many calls a second takes: LookupEvents allows two, for each account and Region
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
const CALLS: usize = 2;

/// Lets two calls pass in each span of time, and the others wait their turn.
#[derive(Debug)]
pub(super) struct Pace {
    span: Duration,
    /// When the latest calls were let pass, the oldest first.
    latest: Mutex<[Option<Instant>; CALLS]>,
}

impl Pace {
    /// Two calls in each `span`.
    pub(super) fn new(span: Duration) -> Self {
        Self { span, latest: Mutex::default() }
    }

    /// Waits for the caller's turn.
    pub(super) async fn turn(&self) {
        sleep_until(self.reserve(Instant::now())).await;
    }

    /// Says when it is the turn of a caller who comes `now`: a span after the second last.
    fn reserve(&self, now: Instant) -> Instant {
        // Whoever panicked here left whole times behind.
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = latest[0].map_or(now, |oldest| now.max(oldest + self.span));
        latest.rotate_left(1);
        latest[CALLS - 1] = Some(turn);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_calls_pass_in_a_second() {
        let (pace, begin) = (Pace::new(Duration::from_secs(1)), Instant::now());
        let at = |milliseconds| begin + Duration::from_millis(milliseconds);
        for (comes, turn) in
            [(0, 0), (100, 100), (200, 1_000), (200, 1_100), (300, 2_000), (2_050, 2_100), (9_000, 9_000)]
        {
            assert_eq!(pace.reserve(at(comes)), at(turn), "{comes}");
        }
    }
}
