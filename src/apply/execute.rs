//! One operation after the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::model::{LivePolicy, RecordedState};
use crate::plan::{
    ApprovedPlan, Operation, OperationKind, OperationOutcome, Outcome, Precondition, TargetOutcome,
};
use crate::provider::{PolicyReader, PolicyWriter, ProviderError, ProviderErrorKind};

use super::record::{Record, Recorder, Stamp};
use super::settle::{Standing, is_done, overtaken};

/// Carries out the plan of one target. `recorded` is the record that the plan was made from; once `stop` is set, the
/// write in flight is finished and recorded, and no other is begun.
///
/// ```
/// use std::collections::BTreeSet;
/// use std::sync::atomic::AtomicBool;
///
/// use logpolicy::apply::{Recorder, Stamp, apply};
/// use logpolicy::model::{LiveState, RecordedState};
/// use logpolicy::plan::{PlanFormat, PlanInput, TargetResult, plan};
/// use logpolicy::provider::{Aws, Credentials, Options};
/// use logpolicy::{config, emulator};
///
/// /// Forgets the record: a real one keeps it, as `logpolicy::store::Store` does.
/// struct Nowhere;
///
/// impl Recorder for Nowhere {
///     async fn save(&mut self, recorded: &mut RecordedState) -> Result<(), String> {
///         recorded.serial += 1;
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let loaded = config::load(&["examples/quickstart".into()])?;
/// let at = &loaded.desired.targets[0];
/// let plan = plan(&PlanInput {
///     desired: &loaded.desired.at(at),
///     sources: &loaded.sources,
///     account: &at.target.account,
///     live: &LiveState::default(),
///     recorded: Some(&RecordedState::default()),
///     unmanaged: &loaded.desired.unmanaged,
///     guards: loaded.desired.guards,
///     left_out: &BTreeSet::new(),
///     allowed: &[],
///     tests: &loaded.desired.tests_at(at),
///     diagnostics: Vec::new(),
/// });
/// assert_eq!(plan.operations.len(), 2);
///
/// let results = [TargetResult { target: at.target.clone(), plan: Ok(plan.clone()) }];
/// let approved = plan.approve(PlanFormat::new(&results).digest().as_str()).map_err(|_| "it is refused")?;
/// let emulator = emulator::start(emulator::Options::default()).await?;
/// let aws = Aws::new(Options::new(Some(emulator.url()), Credentials::Sandbox));
/// let (reader, writer) = (aws.reader(at).await, aws.writer(at).await);
/// let stamp = Stamp { applied_at: "2026-01-01T00:00:00Z".to_owned() };
/// let stop = AtomicBool::new(false);
/// let record = RecordedState::default();
/// let outcome = apply(&approved, record, &reader, &writer, &mut Nowhere, &stamp, &stop).await;
/// // The world is new and has no log group, so that of two policies one is written.
/// assert_eq!(outcome.outcomes.iter().filter(|done| done.outcome.is_satisfied()).count(), 1);
/// # Ok(())
/// # }
/// ```
pub async fn apply(
    plan: &ApprovedPlan,
    recorded: RecordedState,
    reader: &impl PolicyReader,
    writer: &impl PolicyWriter,
    recorder: &mut impl Recorder,
    stamp: &Stamp,
    stop: &AtomicBool,
) -> TargetOutcome {
    let hands = Hands { reader, writer, stop };
    let mut record = Record::new(recorder, recorded, plan, stamp);
    let mut outcomes: Vec<OperationOutcome> = Vec::new();
    let mut error = record.begin().await.err().map(|error| format!("nothing was written: {error}"));
    let mut interrupted = false;
    for operation in plan.operations() {
        let outcome = match (&error, unmet(operation, &outcomes)) {
            (Some(_), _) => skipped("the record could not be saved"),
            (None, _) if hands.shall_stop() => {
                interrupted = true;
                skipped("the run was interrupted before it")
            }
            (None, Some(id)) => skipped(&format!("waits for operation {id}, which was not done")),
            (None, None) if went_wrong(&outcomes) >= MOST_WRONG => {
                skipped("two operations before it went wrong, and an order without both was not planned")
            }
            (None, None) => {
                let (outcome, found) = hands.execute(operation).await;
                if outcome.is_satisfied() {
                    error = record.done(operation, found.as_ref()).await.err().map(|error| {
                        format!("operation {} was written at AWS, but not recorded: {error}", operation.id)
                    });
                }
                outcome
            }
        };
        outcomes.push(OperationOutcome { id: operation.id, key: operation.key.clone(), outcome });
    }
    if error.is_none() {
        let unknown = outcomes.iter().filter(|done| matches!(done.outcome, Outcome::Failed { .. }));
        let unknown: Vec<_> = unknown.map(|done| &done.key).collect();
        error = record.end(&unknown).await.err();
    }
    TargetOutcome { target: plan.target().clone(), outcomes, error, interrupted }
}

/// The first operation that this one must come after and that was not done.
fn unmet(operation: &Operation, outcomes: &[OperationOutcome]) -> Option<usize> {
    let undone = |id: &&usize| outcomes.iter().any(|done| done.id == **id && !done.outcome.is_satisfied());
    operation.waits.keys().find(undone).copied()
}

/// A plan's order is safe where one operation is not done, with those that wait for it. Behind a second one nothing is begun.
const MOST_WRONG: usize = 2;

/// How many operations were tried and not done.
fn went_wrong(outcomes: &[OperationOutcome]) -> usize {
    let is_wrong =
        |done: &&OperationOutcome| matches!(done.outcome, Outcome::Conflict { .. } | Outcome::Failed { .. });
    outcomes.iter().filter(is_wrong).count()
}

fn skipped(because: &str) -> Outcome {
    Outcome::Skipped { because: because.to_owned(), satisfied: false }
}

/// Attempts of one write whose answer is lost or whose service is in trouble; each begins with a reading.
const ATTEMPTS: u32 = 4;

/// The pause before the second attempt; it doubles each time.
const PAUSE: Duration = Duration::from_millis(250);

/// What an operation is carried out with.
struct Hands<'a, R, W> {
    reader: &'a R,
    writer: &'a W,
    stop: &'a AtomicBool,
}

impl<R: PolicyReader, W: PolicyWriter> Hands<'_, R, W> {
    fn shall_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Checks, writes, and reads back; also returns what is there now.
    async fn execute(&self, operation: &Operation) -> (Outcome, Option<LivePolicy>) {
        let mut unsettled: Option<ProviderError> = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
                if self.shall_stop() {
                    break;
                }
            }
            let found = match self.reader.read_policy(&operation.key).await {
                Ok(found) => found,
                Err(error) => return (unread(&error, unsettled.as_ref()), None),
            };
            match (Standing::of(operation, found.as_ref()), &unsettled) {
                (Standing::Due, Some(error)) if error.kind == ProviderErrorKind::Conflict => {
                    return (refused_though_unchanged(operation, error), found);
                }
                (Standing::Due, _) => {}
                // What an unanswered write of ours was to bring about is there.
                (Standing::Done, Some(_)) => return (Outcome::Applied, found),
                (Standing::Done, None) => return (already(), found),
                (Standing::Moved { expected, found: moved }, _) => {
                    return (Outcome::Conflict { expected, found: moved }, found);
                }
            }
            match self.write(operation).await {
                Ok(()) => return self.read_back(operation).await,
                Err(error) if must_be_settled(&error) => unsettled = Some(error),
                Err(error) => return (failed(&error), None),
            }
        }
        self.settle(operation, unsettled).await
    }

    /// After an accepted write: is it there?
    async fn read_back(&self, operation: &Operation) -> (Outcome, Option<LivePolicy>) {
        match self.reader.read_policy(&operation.key).await {
            Ok(found) if is_done(operation, found.as_ref()) => (Outcome::Applied, found),
            Ok(found) => (overtaken(operation, found.as_ref()), found),
            Err(error) => {
                let error = format!("the write was accepted, but reading it back failed: {error}");
                (Outcome::Failed { error }, None)
            }
        }
    }

    /// After the last attempt: what did it bring about?
    async fn settle(
        &self,
        operation: &Operation,
        unsettled: Option<ProviderError>,
    ) -> (Outcome, Option<LivePolicy>) {
        let Some(error) = unsettled else { return (skipped("was not tried"), None) };
        let found = match self.reader.read_policy(&operation.key).await {
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

    async fn write(&self, operation: &Operation) -> Result<(), ProviderError> {
        let revision = match &operation.precondition {
            Precondition::Revision { revision, document: _ } => Some(revision.as_str()),
            Precondition::Absent | Precondition::Document(_) => None,
        };
        match &operation.kind {
            OperationKind::Put(document) => self.writer.put(&operation.key, document.text(), revision).await,
            OperationKind::Delete => self.writer.delete(&operation.key, revision).await,
        }
    }
}

/// AWS calls it a conflict, and what is there is what was expected: the write met another one that came to nothing.
fn refused_though_unchanged(operation: &Operation, error: &ProviderError) -> Outcome {
    let expected = super::settle::expected(&operation.precondition);
    Outcome::Conflict { found: format!("that, and AWS refused the write all the same: {error}"), expected }
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
