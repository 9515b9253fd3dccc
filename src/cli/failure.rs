//! What ends a command early, in words for people.

use crate::config::ReadError;
use crate::emulator::EmulatorError;
use crate::model::{AccountId, Target};
use crate::provider::ProviderError;
use crate::store::StoreError;

use super::exit::Exit;

/// Why a command could not do its work: what is wrong, and what to do.
#[derive(Debug)]
pub(super) struct Failure {
    /// How the process ends.
    pub(super) exit: Exit,
    /// What is wrong.
    pub(super) message: String,
    /// What it means and what to do, each a full sentence.
    pub(super) hints: Vec<String>,
}

impl Failure {
    /// The user asked for something that cannot be.
    pub(super) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hints: vec![hint.into()] }
    }

    /// Something outside went wrong.
    pub(super) fn error(message: impl Into<String>, hints: Vec<String>) -> Self {
        Self { exit: Exit::Error, message: message.into(), hints }
    }

    /// The credentials are another account's, so that nothing was read of the target's; `account` is theirs.
    pub(super) fn unless_own(account: &AccountId, target: &Target) -> Result<(), Self> {
        if *account == target.account {
            return Ok(());
        }
        let message = format!("the credentials belong to account {account}, and nothing was read");
        let hint = format!(
            "Use credentials of {}, or a `profile` or an `assume_role` under this target.",
            target.account
        );
        Err(Self { exit: Exit::Refused, message, hints: vec![hint] })
    }

    /// One line: for a report in which a failure is a value.
    pub(super) fn sentence(&self) -> String {
        let message = self.message.trim_end_matches('.');
        if self.hints.is_empty() {
            message.to_owned()
        } else {
            format!("{message}. {}", self.hints.join(" "))
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let hints = error.hints();
        Self::error(error.to_string(), hints)
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        let hints = error.hints();
        Self::error(error.to_string(), hints)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let hints = error.hints();
        Self::error(error.to_string(), hints)
    }
}

impl From<EmulatorError> for Failure {
    fn from(error: EmulatorError) -> Self {
        Self::error(error.to_string(), Vec::new())
    }
}
