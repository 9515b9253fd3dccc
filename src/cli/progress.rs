//! How far a run is, for whoever waits at a terminal or reads the log of a pipeline.

use std::cell::Cell;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use crate::report::{counted, thousands};

use super::streams::Streams;

/// What became of one target, as far as it is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Something changes there, or has changed.
    pub(super) changed: bool,
    /// It could not be looked at, or is refused.
    pub(super) failed: bool,
}

/// A bar on standard error, cleared when it is dropped; where standard error is no terminal a line every ten seconds.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// Where lines go; nothing where there is a bar, or nothing is wanted.
    lines: Option<Streams>,
    targets: usize,
    begin: Instant,
    done: Cell<usize>,
    changed: Cell<usize>,
    failed: Cell<usize>,
}

/// Between two lines.
const PAUSE: Duration = Duration::from_secs(10);

impl Progress {
    /// A bar for so many targets; one alone needs none.
    pub(super) fn new(targets: usize, is_wanted: bool, streams: Streams) -> Self {
        let bar =
            if is_wanted && targets > 1 { ProgressBar::new(targets as u64) } else { ProgressBar::hidden() };
        // Written for this program and tested: a template that cannot be read leaves indicatif's own.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        // A bar hides itself where there is no terminal.
        let lines = (is_wanted && bar.is_hidden()).then_some(streams);
        let (done, changed, failed) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self { bar, lines, targets, begin: Instant::now(), done, changed, failed }
    }

    /// One more target is done.
    pub(super) fn one_more(&self, seen: Seen) {
        let add = |cell: &Cell<usize>, counts| cell.set(cell.get() + usize::from(counts));
        add(&self.done, true);
        add(&self.changed, seen.changed);
        add(&self.failed, seen.failed);
        if !self.bar.is_hidden() {
            self.bar.set_message(self.counts());
            self.bar.inc(1);
        }
    }

    /// Says every ten seconds how far it is, for as long as it is waited for.
    pub(super) async fn tell(&self) {
        loop {
            tokio::time::sleep(PAUSE).await;
            if let Some(streams) = self.lines {
                streams.say(&format!("{}\n", self.line()));
            }
        }
    }

    /// `1,200 of 10,000 targets, 12 with changes, 3 failed, about 40 s left`
    fn line(&self) -> String {
        let done = self.done.get();
        let left = self.targets.saturating_sub(done);
        let elapsed = self.begin.elapsed().as_secs_f64();
        let left = match done {
            0 => String::new(),
            _ => format!(", about {:.0} s left", (elapsed * left as f64 / done as f64).ceil()),
        };
        format!("{} of {}{}{left}", thousands(done), counted(self.targets, "target"), self.counts())
    }

    /// `, 12 with changes, 3 failed`; empty where there is nothing of it.
    fn counts(&self) -> String {
        let mut text = String::new();
        for (number, what) in [(self.changed.get(), "with changes"), (self.failed.get(), "failed")] {
            if number > 0 {
                text.push_str(&format!(", {} {what}", thousands(number)));
            }
        }
        text
    }
}

const TEMPLATE: &str = "{human_pos} of {human_len} targets{msg} [{wide_bar}] {eta} left";

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::Arguments;

    fn progress(targets: usize, is_wanted: bool) -> Progress {
        let arguments = Arguments::try_parse_from(["logpolicy", "plan"]).expect("arguments");
        Progress::new(targets, is_wanted, Streams::new(&arguments.global))
    }

    #[test]
    fn the_template_can_be_read() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn one_target_or_a_wish_for_quiet_has_no_bar() {
        for (targets, is_wanted) in [(1, true), (9, false), (0, true)] {
            assert!(progress(targets, is_wanted).bar.is_hidden());
        }
        assert!(progress(9, false).lines.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_tells_what_is_done_and_what_is_left() {
        let progress = progress(40, true);
        assert_eq!(progress.line(), "0 of 40 targets");
        tokio::time::sleep(Duration::from_secs(10)).await;
        for number in 0..10 {
            progress.one_more(Seen { changed: number < 3, failed: number == 9 });
        }
        assert_eq!(progress.line(), "10 of 40 targets, 3 with changes, 1 failed, about 30 s left");
    }

    #[tokio::test(start_paused = true)]
    async fn it_tells_for_as_long_as_it_is_waited_for() {
        let progress = progress(2, true);
        let told = tokio::time::timeout(Duration::from_secs(60), progress.tell()).await;
        assert!(told.is_err(), "it never ends by itself");
    }
}
