//! What became of planning one target.

use crate::model::Target;

use super::Plan;

/// What became of planning one target.
#[derive(Debug, Clone)]
pub struct TargetResult {
    /// The account and Region.
    pub target: Target,
    /// The plan, or why there is none.
    pub plan: Result<Plan, Unplanned>,
}

/// Why there is no plan for a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplanned {
    /// What went wrong and what to do, in one line.
    pub message: String,
    /// Whether nothing went wrong, but somebody else holds the target's lock.
    pub locked: bool,
}

impl Unplanned {
    /// Something went wrong.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), locked: false }
    }

    /// Somebody else works on the target.
    pub fn locked(message: impl Into<String>) -> Self {
        Self { message: message.into(), locked: true }
    }
}
