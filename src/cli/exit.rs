//! Exit codes.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Nothing to report.
    Done,
    /// Credentials, network, a file, a bug.
    Error,
    /// There are changes.
    Changes,
    /// Checks found errors.
    Findings,
    /// Refused; nothing was written.
    Refused,
    /// Some operations were applied and some were not.
    Partly,
    /// The arguments are wrong.
    Usage,
    /// Stopped from outside.
    Interrupted,
}

/// Of several targets, the first in this order counts.
const ORDER: [Exit; 8] = [
    Exit::Usage,
    Exit::Interrupted,
    Exit::Partly,
    Exit::Error,
    Exit::Refused,
    Exit::Findings,
    Exit::Changes,
    Exit::Done,
];

impl Exit {
    /// The number that the process ends with.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Changes => 2,
            Self::Findings => 3,
            Self::Refused => 4,
            Self::Partly => 5,
            Self::Usage => 64,
            Self::Interrupted => 130,
        }
    }

    /// The end that a process had with such a number; one that no run of ours ends with is an error.
    pub(super) fn of_number(number: u8) -> Self {
        ORDER.into_iter().find(|exit| exit.number() == number).unwrap_or(Self::Error)
    }

    /// The weightiest of several.
    pub(super) fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        let found: Vec<Self> = exits.into_iter().collect();
        ORDER.into_iter().find(|exit| found.contains(exit)).unwrap_or(Self::Done)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts() {
        assert_eq!(Exit::worst([]), Exit::Done);
        assert_eq!(Exit::worst([Exit::Done, Exit::Changes, Exit::Findings]), Exit::Findings);
        assert_eq!(Exit::worst([Exit::Refused, Exit::Error]), Exit::Error);
        assert_eq!(Exit::worst([Exit::Error, Exit::Partly, Exit::Done]), Exit::Partly);
    }

    #[test]
    fn every_end_has_its_number() {
        assert!(ORDER.into_iter().all(|exit| Exit::of_number(exit.number()) == exit));
        assert_eq!(Exit::of_number(137), Exit::Error, "killed");
    }
}
