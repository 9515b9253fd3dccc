//! Repeats one thing for every target: so many at once, results in the order of the targets.

mod workers;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use workers::Workers;

/// How long a target may hold up others: one that takes longer, because it is throttled or does not answer, goes on
/// beside them. An answer of AWS takes a tenth of that.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most targets that go on beside the others. Where more than that do not answer, nothing does.
const SLOW_ONES: usize = 1_000;

/// Runs `work` for each target, at most `width` at once, and hands each result to `take` as soon as those of all targets before
/// it were handed over. A slow target does not count against `width`, and holds up only the handing over; but who asks for one
/// at once gets one after the other.
pub async fn each<'a, T, R, F>(
    targets: impl IntoIterator<Item = &'a T>,
    width: usize,
    work: impl Fn(&'a T) -> F,
    mut take: impl FnMut(R),
) where
    T: 'a,
    F: Future<Output = R>,
{
    let lanes = &Semaphore::new(width.max(1));
    let patience = if width > 1 { PATIENCE } else { Duration::MAX };
    let work = &work;
    let one = |(number, target)| async move {
        // Never closed: without a lane there would still be the bound of the stream.
        let lane = lanes.acquire().await.ok();
        let mut working = Box::pin(work(target));
        let soon = timeout(patience, &mut working).await;
        drop(lane);
        let result = match soon {
            Ok(result) => result,
            Err(_) => working.await,
        };
        (number, result)
    };
    let mut results =
        stream::iter(targets.into_iter().enumerate().map(one)).buffer_unordered(width + SLOW_ONES);
    let mut early = BTreeMap::new();
    let mut next = 0;
    while let Some((number, result)) = results.next().await {
        early.insert(number, result);
        while let Some(result) = early.remove(&next) {
            take(result);
            next += 1;
        }
    }
}

/// Runs `work` for each target, as [`each`] does, and returns the results in the order of the targets.
pub async fn across<'a, T, R, F>(
    targets: impl IntoIterator<Item = &'a T>,
    width: usize,
    work: impl Fn(&'a T) -> F,
) -> Vec<R>
where
    T: 'a,
    F: Future<Output = R>,
{
    let mut results = Vec::new();
    each(targets, width, work, |result| results.push(result)).await;
    results
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test]
    async fn results_keep_their_order_and_the_width_is_kept() {
        let (running, most) = (Cell::new(0_usize), Cell::new(0_usize));
        let targets: Vec<u64> = (0..20).collect();
        let results = across(&targets, 4, |target| {
            let (running, most) = (&running, &most);
            async move {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                sleep(Duration::from_millis(20 - target)).await;
                running.set(running.get() - 1);
                target * 2
            }
        })
        .await;
        assert_eq!(results, targets.iter().map(|target| target * 2).collect::<Vec<_>>());
        assert_eq!(most.get(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_once_is_one_after_the_other() {
        let begin = Instant::now();
        across(&[1, 2, 3], 1, |_| sleep(Duration::from_secs(60))).await;
        assert_eq!(begin.elapsed().as_secs(), 180);
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_hang_hold_up_none_but_the_handing_over() {
        // The first of every ten hangs for a minute: more than there are lanes.
        let targets: Vec<u64> = (0..100).collect();
        let (begin, done) = (Instant::now(), RefCell::new(Vec::new()));
        let results = across(&targets, 4, |target| {
            let done = &done;
            async move {
                let takes =
                    if target % 10 == 0 { Duration::from_secs(60) } else { Duration::from_millis(30) };
                sleep(takes).await;
                done.borrow_mut().push((begin.elapsed(), *target));
                *target
            }
        })
        .await;
        assert_eq!(results, targets);
        let done = done.into_inner();
        let (quick, slow) = done.split_at(90);
        assert!(
            quick.iter().all(|(at, target)| target % 10 != 0 && *at < Duration::from_secs(8)),
            "{quick:?}"
        );
        assert!(slow.iter().all(|(at, _)| *at < Duration::from_secs(67)), "{slow:?}");
    }
}
