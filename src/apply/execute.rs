//! One operation after the other.

use crate::model::{LivePolicy, RecordedState};
use crate::plan::{
    ApprovedPlan, Operation, OperationKind, OperationOutcome, Outcome, Precondition, TargetOutcome,
};
use crate::provider::{PolicyReader, PolicyWriter, ProviderError, ProviderErrorKind};

use super::record::{Record, Recorder, Stamp};
use super::settle::{Standing, is_done, overtaken};

/// Carries out the plan of one target. `recorded` is the record that the plan was made from.
pub async fn apply(
    plan: &ApprovedPlan,
    recorded: RecordedState,
    reader: &impl PolicyReader,
    writer: &impl PolicyWriter,
    recorder: &mut impl Recorder,
    stamp: &Stamp,
) -> TargetOutcome {
    let mut record = Record { recorder, state: recorded, stamp };
    let mut outcomes: Vec<OperationOutcome> = Vec::new();
    let mut error = record.begin(plan).err().map(|error| format!("nothing was written: {error}"));
    for operation in plan.operations() {
        let outcome = match (&error, unmet(operation, &outcomes)) {
            (Some(_), _) => skipped("the record could not be saved"),
            (None, Some(id)) => skipped(&format!("waits for operation {id}, which was not done")),
            (None, None) => {
                let (outcome, found) = execute(operation, reader, writer).await;
                if outcome.is_satisfied() {
                    error = record.done(plan, operation, found.as_ref()).err().map(|error| {
                        format!("operation {} was written at AWS, but not recorded: {error}", operation.id)
                    });
                }
                outcome
            }
        };
        outcomes.push(OperationOutcome { id: operation.id, key: operation.key.clone(), outcome });
    }
    TargetOutcome { target: plan.target().clone(), outcomes, error }
}

/// The first operation that this one must come after and that was not done.
fn unmet(operation: &Operation, outcomes: &[OperationOutcome]) -> Option<usize> {
    let undone = |id: &&usize| outcomes.iter().any(|done| done.id == **id && !done.outcome.is_satisfied());
    operation.after.iter().find(undone).copied()
}

fn skipped(because: &str) -> Outcome {
    Outcome::Skipped { because: because.to_owned(), satisfied: false }
}

/// Checks, writes, and reads back; also returns what is there now.
async fn execute(
    operation: &Operation,
    reader: &impl PolicyReader,
    writer: &impl PolicyWriter,
) -> (Outcome, Option<LivePolicy>) {
    let found = match reader.read_policy(&operation.key).await {
        Ok(found) => found,
        Err(error) => return (failed(&error), None),
    };
    match Standing::of(operation, found.as_ref()) {
        Standing::Due => {}
        Standing::Done => {
            let because = "is as planned already".to_owned();
            return (Outcome::Skipped { because, satisfied: true }, found);
        }
        Standing::Moved { expected, found: moved } => {
            return (Outcome::Conflict { expected, found: moved }, found);
        }
    }
    let written = write(operation, writer).await;
    let answer = match written {
        Ok(()) => None,
        Err(error) if must_be_settled(&error) => Some(error),
        Err(error) => return (failed(&error), None),
    };
    match (reader.read_policy(&operation.key).await, answer) {
        (Ok(found), _) if is_done(&operation.kind, found.as_ref()) => (Outcome::Applied, found),
        (Ok(found), None) => (overtaken(operation, found.as_ref()), found),
        (Ok(found), Some(error)) => (settled(operation, &error, found.as_ref()), found),
        (Err(unread), answer) => {
            let written = answer.map_or("the write was accepted".to_owned(), |error| error.to_string());
            let error = format!("{written}; reading it back failed, so that it is not known what is there: {unread}");
            (Outcome::Failed { error }, None)
        }
    }
}

async fn write(operation: &Operation, writer: &impl PolicyWriter) -> Result<(), ProviderError> {
    let revision = match &operation.precondition {
        Precondition::Revision { revision, document: _ } => Some(revision.as_str()),
        Precondition::Absent | Precondition::Document(_) => None,
    };
    match &operation.kind {
        OperationKind::Put(document) => writer.put(&operation.key, document.text(), revision).await,
        OperationKind::Delete => writer.delete(&operation.key, revision).await,
    }
}

/// Whether only a reading can tell what a write did: its answer was lost, or it met another write.
fn must_be_settled(error: &ProviderError) -> bool {
    matches!(error.kind, ProviderErrorKind::Unanswered | ProviderErrorKind::Conflict)
}

/// A write that was not answered, or met another, and is not there.
fn settled(operation: &Operation, error: &ProviderError, found: Option<&LivePolicy>) -> Outcome {
    match Standing::of(operation, found) {
        Standing::Moved { expected, found } => Outcome::Conflict { expected, found },
        Standing::Due | Standing::Done => failed(error),
    }
}

fn failed(error: &ProviderError) -> Outcome {
    let hints = error.hints().join(" ");
    Outcome::Failed { error: if hints.is_empty() { error.to_string() } else { format!("{error}. {hints}") } }
}
