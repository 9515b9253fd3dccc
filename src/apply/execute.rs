//! One operation after the other.

use std::time::Duration;

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

/// Attempts of one write whose answer is lost or whose service is in trouble; each begins with a reading.
const ATTEMPTS: u32 = 4;

/// The pause before the second attempt; it doubles each time.
const PAUSE: Duration = Duration::from_millis(250);

/// Checks, writes, and reads back; also returns what is there now.
async fn execute(
    operation: &Operation,
    reader: &impl PolicyReader,
    writer: &impl PolicyWriter,
) -> (Outcome, Option<LivePolicy>) {
    let mut unsettled: Option<ProviderError> = None;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
        }
        let found = match reader.read_policy(&operation.key).await {
            Ok(found) => found,
            Err(error) => return (unread(&error, unsettled.as_ref()), None),
        };
        match (Standing::of(operation, found.as_ref()), &unsettled) {
            (Standing::Due, Some(error)) if error.kind == ProviderErrorKind::Conflict => {
                return (failed(error), found);
            }
            (Standing::Due, _) => {}
            // What an unanswered write of ours was to bring about is there.
            (Standing::Done, Some(_)) => return (Outcome::Applied, found),
            (Standing::Done, None) => return (already(), found),
            (Standing::Moved { expected, found: moved }, _) => {
                return (Outcome::Conflict { expected, found: moved }, found);
            }
        }
        match write(operation, writer).await {
            Ok(()) => return read_back(operation, reader).await,
            Err(error) if must_be_settled(&error) => unsettled = Some(error),
            Err(error) => return (failed(&error), None),
        }
    }
    settle(operation, reader, unsettled).await
}

/// After an accepted write: is it there?
async fn read_back(operation: &Operation, reader: &impl PolicyReader) -> (Outcome, Option<LivePolicy>) {
    match reader.read_policy(&operation.key).await {
        Ok(found) if is_done(&operation.kind, found.as_ref()) => (Outcome::Applied, found),
        Ok(found) => (overtaken(operation, found.as_ref()), found),
        Err(error) => {
            let error = format!("the write was accepted, but reading it back failed: {error}");
            (Outcome::Failed { error }, None)
        }
    }
}

/// After the last attempt: what did it bring about?
async fn settle(
    operation: &Operation,
    reader: &impl PolicyReader,
    unsettled: Option<ProviderError>,
) -> (Outcome, Option<LivePolicy>) {
    let Some(error) = unsettled else { return (skipped("was not tried"), None) };
    let found = match reader.read_policy(&operation.key).await {
        Ok(found) => found,
        Err(unreadable) => return (unread(&unreadable, Some(&error)), None),
    };
    let outcome = match Standing::of(operation, found.as_ref()) {
        Standing::Done => Outcome::Applied,
        Standing::Due => failed(&error),
        Standing::Moved { expected, found } => Outcome::Conflict { expected, found },
    };
    (outcome, found)
}

fn already() -> Outcome {
    Outcome::Skipped { because: "is as planned already".to_owned(), satisfied: true }
}

/// A reading that failed, perhaps after a write that nobody answered.
fn unread(error: &ProviderError, written: Option<&ProviderError>) -> Outcome {
    match written {
        None => failed(error),
        Some(written) => Outcome::Failed {
            error: format!("{written}; and reading what is there failed, so that it is not known: {error}"),
        },
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

/// Whether only a reading can tell what a write did: its answer was lost, the service was in trouble, or it met
/// another write.
fn must_be_settled(error: &ProviderError) -> bool {
    matches!(
        error.kind,
        ProviderErrorKind::Unanswered | ProviderErrorKind::Unavailable | ProviderErrorKind::Conflict
    )
}

fn failed(error: &ProviderError) -> Outcome {
    let hints = error.hints().join(" ");
    Outcome::Failed { error: if hints.is_empty() { error.to_string() } else { format!("{error}. {hints}") } }
}
