//! Repeats one thing for every target: at most so many at once, results in the order of the targets.

use futures_util::stream::{self, StreamExt};

/// Runs `work` for each target, at most `width` at once, and returns the results in the order of the targets.
pub async fn across<'a, T, R, F>(
    targets: impl IntoIterator<Item = &'a T>,
    width: usize,
    work: impl Fn(&'a T) -> F,
) -> Vec<R>
where
    T: 'a,
    F: Future<Output = R>,
{
    stream::iter(targets.into_iter().map(work)).buffered(width.max(1)).collect().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

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
                tokio::time::sleep(Duration::from_millis(20 - target)).await;
                running.set(running.get() - 1);
                target * 2
            }
        })
        .await;
        assert_eq!(results, targets.iter().map(|target| target * 2).collect::<Vec<_>>());
        assert_eq!(most.get(), 4);
    }
}
