//! Plans and what became of them, out of their JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Claim, Code, Ownership, PolicyAddress, RecordedPolicy, RecordedState, Target};
use crate::plan::{OperationOutcome, Outcome, SavedTarget, TargetOutcome, TargetResult};
use crate::policy::{Document, Fingerprint, Fingerprinter};

use super::Piece;

#[derive(Deserialize)]
struct Applied {
    #[serde(default)]
    outcomes: Vec<AppliedOperation>,
    #[serde(default)]
    carried_out: bool,
    #[serde(default)]
    interrupted: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
struct AppliedOperation {
    operation: String,
    address: PolicyAddress,
    outcome: String,
    message: Option<String>,
    #[serde(default)]
    satisfied: bool,
}

/// The members that only an apply has.
const OF_AN_APPLY: [&str; 3] = ["outcomes", "carried_out", "interrupted"];

/// Whether the targets of a report have the digest that stands beside them; one without a digest is taken as it is.
pub(super) fn is_as_written(piece: &Piece) -> bool {
    let written = piece.head.get("digest").and_then(Value::as_str);
    written.is_none_or(|written| digest(piece.targets.iter().map(|(_, value)| value)).as_str() == written)
}

/// The digest of the plans of some targets, as [`crate::plan::PlanFormatter`] makes it.
pub(super) fn digest<'a>(targets: impl IntoIterator<Item = &'a Value>) -> Fingerprint {
    let mut digest = Fingerprinter::default();
    for target in targets {
        digest.add(format!("{}\n", plan_of(target)).as_bytes());
    }
    digest.fingerprint()
}

/// The target as its plan had it.
fn plan_of(target: &Value) -> Value {
    let mut plan = target.clone();
    if let Some(members) = plan.as_object_mut() {
        let is_carried_out = members.get("carried_out") == Some(&Value::Bool(true));
        OF_AN_APPLY.iter().for_each(|name| drop(members.shift_remove(*name)));
        // Only what could be planned is carried out: the error came later.
        if is_carried_out {
            members.insert("error".to_owned(), Value::Null);
        }
    }
    plan
}

/// What the shards say of the records: what of ours is to go, and when it was applied.
pub(super) fn records<'a>(
    ours_since: impl Iterator<Item = (&'a PolicyAddress, &'a String)>,
) -> BTreeMap<Target, RecordedState> {
    let mut records: BTreeMap<Target, RecordedState> = BTreeMap::new();
    for (address, applied_at) in ours_since {
        // No more is shown of it than the time.
        let document = Arc::new(Document::from_text(""));
        let claim = Claim::on(&document, Ownership::Document, false);
        let (applied_at, plan) = (applied_at.clone(), String::new());
        let policy = RecordedPolicy { document, revision: None, claim, applied_at, plan };
        records.entry(address.target.clone()).or_default().policies.insert(address.key.clone(), policy);
    }
    records
}

/// The plans, and what became of those that were carried out.
pub(super) fn read(
    targets: &[Value],
    recorded: &BTreeMap<Target, RecordedState>,
    code: impl Fn(&str) -> Option<Code> + Copy,
) -> Result<(Vec<TargetResult>, Vec<TargetOutcome>), serde_json::Error> {
    let (mut results, mut outcomes) = (Vec::new(), Vec::new());
    let nothing = RecordedState::default();
    for value in targets {
        let saved = SavedTarget::deserialize(&plan_of(value))?;
        let result = saved.restored(recorded.get(&saved.target).unwrap_or(&nothing), code);
        let applied = Applied::deserialize(value)?;
        if applied.carried_out {
            outcomes.push(applied.outcome(&result)?);
        }
        results.push(result);
    }
    Ok((results, outcomes))
}

impl Applied {
    fn outcome(self, result: &TargetResult) -> Result<TargetOutcome, serde_json::Error> {
        let Self { outcomes, carried_out: _, interrupted, error } = self;
        let outcomes = outcomes.into_iter().map(AppliedOperation::read).collect::<Result<_, _>>()?;
        Ok(TargetOutcome { target: result.target.clone(), outcomes, error, interrupted })
    }
}

impl AppliedOperation {
    fn read(self) -> Result<OperationOutcome, serde_json::Error> {
        let Self { operation, address, outcome, message, satisfied } = self;
        let wrong = |what: String| <serde_json::Error as serde::de::Error>::custom(what);
        let id = operation.parse().map_err(|_| wrong(format!("{operation:?} is no operation's number")))?;
        let message = message.unwrap_or_default();
        let outcome = match outcome.as_str() {
            "applied" => Outcome::Applied,
            "skipped" => Outcome::Skipped { because: message, satisfied },
            "failed" => Outcome::Failed { error: message },
            "conflict" => {
                let sides = message.strip_prefix("expected ").and_then(|rest| rest.split_once(", found "));
                let (expected, found) =
                    sides.ok_or_else(|| wrong(format!("{message:?} tells of no conflict")))?;
                Outcome::Conflict { expected: expected.to_owned(), found: found.to_owned() }
            }
            _ => return Err(wrong(format!("{outcome:?} is no outcome"))),
        };
        Ok(OperationOutcome { id, key: address.key, outcome })
    }
}
