//! What became of each operation: one outcome for each, always.

use crate::model::{PolicyKey, Target};

/// What became of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written, and read back as planned.
    Applied,
    /// Not tried.
    Skipped {
        /// Why.
        because: String,
        /// Whether AWS has what was planned all the same.
        satisfied: bool,
    },
    /// What was there is not what the plan was made from; nothing of it was overwritten.
    Conflict {
        /// What should have been there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Tried, and refused or unanswered.
    Failed {
        /// What went wrong and what to do.
        error: String,
    },
}

/// An operation and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationOutcome {
    /// The operation's number.
    pub id: usize,
    /// The policy.
    pub key: PolicyKey,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of one target's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetOutcome {
    /// The account and Region.
    pub target: Target,
    /// One outcome for each operation, in order.
    pub outcomes: Vec<OperationOutcome>,
    /// What went wrong beside the operations, such as a record that could not be saved.
    pub error: Option<String>,
    /// Whether the run was asked to stop before it was done.
    pub interrupted: bool,
}

impl Outcome {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Skipped { .. } => "skipped",
            Self::Conflict { .. } => "conflict",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether AWS has now what was planned.
    pub fn is_satisfied(&self) -> bool {
        matches!(self, Self::Applied | Self::Skipped { satisfied: true, .. })
    }

    /// What is to be said beside the word.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Applied => None,
            Self::Skipped { because, satisfied: _ } => Some(because.clone()),
            Self::Conflict { expected, found } => Some(format!("expected {expected}, found {found}")),
            Self::Failed { error } => Some(error.clone()),
        }
    }
}

impl TargetOutcome {
    /// Whether everything that was planned is there.
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && self.outcomes.iter().all(|outcome| outcome.outcome.is_satisfied())
    }
}
