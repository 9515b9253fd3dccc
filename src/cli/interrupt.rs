//! Ctrl-C and SIGTERM: the first lets the write in flight be finished and recorded, the second stops at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use super::exit::Exit;
use super::streams::Streams;

/// Whether somebody wants the run to end.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt {
    stop: Arc<AtomicBool>,
    writing: Arc<AtomicBool>,
    came: Arc<Notify>,
}

impl Interrupt {
    /// Takes the signals over from the system, which would end the process.
    pub(super) fn listen(streams: Streams) -> Self {
        let interrupt = Self::default();
        tokio::spawn(interrupt.clone().heed(streams));
        interrupt
    }

    async fn heed(self, streams: Streams) {
        signal().await;
        self.stop.store(true, Ordering::Relaxed);
        self.came.notify_waiters();
        if self.writing.load(Ordering::Relaxed) {
            streams.report(
                "\nInterrupted: the writes in flight are finished and recorded; interrupt again to stop at once.\n",
            );
        }
        signal().await;
        streams.report("\nStopped. The next `plan` shows what is left.\n");
        end_at_once();
    }

    /// From now on the first signal lets the writes in flight be finished.
    pub(super) fn begin_writing(&self) {
        self.writing.store(true, Ordering::Relaxed);
    }

    /// Set once somebody wants the run to end.
    pub(super) fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// What the work comes to, unless the run is interrupted before it is done.
    pub(super) async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let came = self.came.notified();
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        tokio::select! {
            done = work => Some(done),
            () = came => None,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "door: the second signal ends the process wherever it is")]
fn end_at_once() {
    std::process::exit(i32::from(Exit::Interrupted.number()));
}

/// Ctrl-C, or SIGTERM from whoever started us.
pub(super) async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
