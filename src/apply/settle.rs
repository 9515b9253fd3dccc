//! What a reading says about an operation: to be done, done already, or somebody else's.

use crate::model::{LivePolicy, Ownership};
use crate::plan::{Operation, OperationKind, Outcome, Precondition};
use crate::policy::Document;

/// Where an operation stands, judged by what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// The precondition holds.
    Due,
    /// What is there is what was planned.
    Done,
    /// Neither: what was expected, and what is there.
    Moved {
        /// In words.
        expected: String,
        /// In words.
        found: String,
    },
}

impl Standing {
    /// Judges an operation by what is there.
    pub(super) fn of(operation: &Operation, found: Option<&LivePolicy>) -> Self {
        if holds(&operation.precondition, found) {
            // An update to what is there already cannot be planned, so a precondition that holds means work.
            Self::Due
        } else if is_done(operation, found) {
            Self::Done
        } else {
            Self::Moved { expected: expected(&operation.precondition), found: described(found) }
        }
    }
}

/// Whether what is there is what the operation was to bring about. Of a policy that others write to as well, only what
/// is ours counts: they may have added to theirs in between.
pub(super) fn is_done(operation: &Operation, found: Option<&LivePolicy>) -> bool {
    match (&operation.kind, found) {
        (OperationKind::Put(document), Some(found)) => {
            *found.document == **document || ours_is_done(operation, document, &found.document)
        }
        (OperationKind::Delete, None) => true,
        (OperationKind::Put(_), None) | (OperationKind::Delete, Some(_)) => false,
    }
}

fn ours_is_done(operation: &Operation, planned: &Document, found: &Document) -> bool {
    let claim = operation.claim.as_ref();
    if claim.is_some_and(|claim| claim.ownership == Ownership::Document) {
        return false;
    }
    let before = operation.before.iter().flat_map(|document| document.statements());
    let mut dropped = before.filter(|statement| !planned.statements().contains(statement));
    claim.is_none_or(|claim| claim.same(planned, found))
        && dropped.all(|statement| !found.statements().contains(statement))
}

/// The outcome of a write after which something else is there than was written.
pub(super) fn overtaken(operation: &Operation, found: Option<&LivePolicy>) -> Outcome {
    let expected = match &operation.kind {
        OperationKind::Put(document) => format!("the document written ({})", document.fingerprint().short()),
        OperationKind::Delete => "nothing".to_owned(),
    };
    Outcome::Conflict { expected, found: described(found) }
}

fn holds(precondition: &Precondition, found: Option<&LivePolicy>) -> bool {
    match (precondition, found) {
        (Precondition::Absent, None) => true,
        (Precondition::Revision { revision, document }, Some(found)) => {
            found.revision.as_ref() == Some(revision) && found.document.fingerprint() == document
        }
        (Precondition::Document(document), Some(found)) => found.document.fingerprint() == document,
        _ => false,
    }
}

pub(super) fn expected(precondition: &Precondition) -> String {
    match precondition {
        Precondition::Absent => "no policy".to_owned(),
        Precondition::Revision { revision, document } => {
            format!("revision {revision} with document {}", document.short())
        }
        Precondition::Document(document) => format!("document {}", document.short()),
    }
}

fn described(found: Option<&LivePolicy>) -> String {
    match found {
        None => "no policy".to_owned(),
        Some(found) => match &found.revision {
            Some(revision) => {
                format!("revision {revision} with document {}", found.document.fingerprint().short())
            }
            None => format!("document {}", found.document.fingerprint().short()),
        },
    }
}
