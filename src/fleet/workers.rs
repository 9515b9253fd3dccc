//! Threads for the work of many targets; a few need none.

use std::future::Future;
use std::io;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::thread::available_parallelism;

use futures_util::future::Either;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Fewer targets are done sooner than threads have started.
const MANY: usize = 64;

/// More threads only wait for each other: one of them plans ten thousand targets in two seconds.
const MOST_THREADS: usize = 4;

/// Where work is done: on threads of its own for a large fleet, and else where it is waited for.
#[derive(Debug)]
pub struct Workers(Option<Runtime>);

/// Work on another thread, which is given up when nobody waits for it any more.
struct Elsewhere<R>(JoinHandle<R>);

impl Workers {
    /// Threads for so many targets.
    ///
    /// # Errors
    /// [`io::Error`] when the system gives no threads.
    pub fn of(targets: usize) -> io::Result<Self> {
        let threads = available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        if targets < MANY || threads < 2 {
            return Ok(Self(None));
        }
        Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
    }

    /// Does some work, and is ready when it is done.
    pub fn run<R, F>(&self, work: F) -> impl Future<Output = R> + use<R, F>
    where
        R: Send + 'static,
        F: Future<Output = R> + Send + 'static,
    {
        match &self.0 {
            None => Either::Left(work),
            Some(runtime) => Either::Right(Elsewhere(runtime.spawn(work))),
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // Dropped where others are waited for, a runtime must not wait for its threads.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl<R> Future for Elsewhere<R> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        match pin!(&mut self.get_mut().0).poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(result)) => Poll::Ready(result),
            Poll::Ready(Err(error)) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Given up: its runtime is gone, and with it whoever would hear of it.
                Err(_) => Poll::Pending,
            },
        }
    }
}

impl<R> Drop for Elsewhere<R> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn few_targets_stay_where_they_are_and_many_go_elsewhere() {
        let here = thread::current().id();
        let place = || async { thread::current().id() };
        assert_eq!(Workers::of(1).expect("workers").run(place()).await, here);
        if available_parallelism().map_or(1, usize::from) > 1 {
            assert_ne!(Workers::of(MANY).expect("workers").run(place()).await, here);
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_given_up() {
        let workers = Workers::of(MANY).expect("workers");
        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let work = workers.run(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            counted.fetch_add(1, Ordering::SeqCst);
        });
        drop(work);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(done.load(Ordering::SeqCst), 0);
    }
}
