//! How AWS is reached: where, as whom, how long, how often.

use std::time::Duration;

use super::bucket::Rate;

/// How AWS is reached.
#[derive(Debug, Clone)]
pub struct Options {
    /// Another endpoint than AWS's own; nothing leaves the choice to the SDK and its environment.
    pub endpoint_url: Option<String>,
    /// Whose credentials are used.
    pub credentials: Credentials,
    /// How long an answer may take.
    pub timeouts: Timeouts,
    /// How many calls an account takes in a Region.
    pub rates: Rates,
    /// The name of sessions of assumed roles: it names the run in CloudTrail.
    pub session: String,
}

/// Where credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// The SDK's own chain: environment, profiles, SSO, processes, container and instance roles.
    Chain,
    /// Made up for each account: nothing of the user's AWS configuration is read.
    Sandbox,
}

/// How long an answer may take; the SDK itself would wait for ever.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// One attempt.
    pub attempt: Duration,
    /// One call, with all its attempts.
    pub operation: Duration,
    /// The longest pause before the second attempt; later ones grow from it.
    pub pause: Duration,
}

impl Timeouts {
    /// The same where a call may take so long at most.
    #[must_use]
    pub fn within(self, operation: Duration) -> Self {
        let Self { connect, attempt, operation: _, pause } = self;
        Self { connect: connect.min(operation), attempt: attempt.min(operation), operation, pause }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(10),
            operation: Duration::from_secs(60),
            pause: Duration::from_millis(500),
        }
    }
}

/// Calls of CloudWatch Logs, for each account and Region; nothing lets all pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// Those that look.
    pub reads: Option<Rate>,
    /// Those that touch.
    pub writes: Option<Rate>,
}

impl Options {
    /// The usual timeouts, and the usual rates but for a sandbox, which takes what comes.
    pub fn new(endpoint_url: Option<String>, credentials: Credentials) -> Self {
        let rates = match credentials {
            Credentials::Chain => Rates { reads: Some(Rate::USUAL), writes: Some(Rate::USUAL) },
            Credentials::Sandbox => Rates::default(),
        };
        let (timeouts, session) = (Timeouts::default(), "logpolicy".to_owned());
        Self { endpoint_url, credentials, timeouts, rates, session }
    }
}
