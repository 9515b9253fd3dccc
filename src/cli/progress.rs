//! How far a run is, for whoever waits at a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, cleared when it is dropped; nothing where standard error is no terminal.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many targets; one alone needs none.
    pub(super) fn new(targets: usize, is_wanted: bool) -> Self {
        if !is_wanted || targets < 2 {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(targets as u64);
        // Written for this program and tested: a template that cannot be read leaves indicatif's own.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// One more target is done.
    pub(super) fn one_more(&self) {
        self.0.inc(1);
    }
}

const TEMPLATE: &str = "{pos} of {len} targets [{wide_bar}] {eta} left";

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_can_be_read() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn one_target_or_a_wish_for_quiet_has_no_bar() {
        for (targets, is_wanted, hidden) in [(1, true, true), (9, false, true), (0, true, true)] {
            assert_eq!(Progress::new(targets, is_wanted).0.is_hidden(), hidden);
        }
        let progress = Progress::new(3, true);
        progress.one_more();
        assert_eq!(progress.0.position(), 1);
    }
}
