//! One target of the JSON.

use serde::Serialize;

use crate::model::{ByOwner, Diagnostic, Location, PolicyAddress, Severity, Target};
use crate::plan::{GrantPlace, Plan, Refusal, TargetResult, Unplanned};
use crate::policy::{AccessChange, Found, Request};

use super::change::ChangeFormat;
use super::operation::OperationFormat;

/// One target of the JSON.
#[derive(Debug, Serialize)]
pub struct TargetFormat {
    target: Target,
    slots: Option<SlotsFormat>,
    access: Option<AccessFormat>,
    changes: Vec<ChangeFormat>,
    grants: Vec<GrantFormat>,
    operations: Vec<OperationFormat>,
    refusals: Vec<RefusalFormat>,
    diagnostics: Vec<DiagnosticFormat>,
    error: Option<String>,
    /// Whether nothing went wrong, but somebody else holds the target's lock.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    locked: bool,
}

#[derive(Debug, Serialize)]
struct SlotsFormat {
    limit: usize,
    before: usize,
    after: usize,
    peak: usize,
    /// `before`, by owner.
    #[serde(flatten)]
    owners: ByOwner,
}

/// How access changes as a whole: a request that is newly allowed, one that no longer is.
#[derive(Debug, Serialize)]
pub struct AccessFormat {
    exact: bool,
    gained: Option<Request>,
    lost: Option<Request>,
    /// Which of both could not be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_shown: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct RefusalFormat {
    name: &'static str,
    address: String,
    message: String,
    allowed: bool,
}

/// The policy and statement that hold a grant.
#[derive(Debug, Serialize)]
struct GrantFormat {
    id: String,
    address: PolicyAddress,
    sid: String,
    source: Option<Location>,
}

/// One finding of the JSON.
#[derive(Debug, Serialize)]
pub struct DiagnosticFormat {
    code: &'static str,
    severity: Severity,
    message: String,
    /// Why it matters and what to do.
    help: Vec<String>,
    address: Option<String>,
    source: Option<Location>,
}

impl TargetFormat {
    /// The JSON of one target's plan.
    pub fn new(result: &TargetResult) -> Self {
        let target = result.target.clone();
        let plan = match &result.plan {
            Ok(plan) => plan,
            Err(why) => return Self::failed(target, why),
        };
        let Plan {
            target: _,
            limits: _,
            base: _,
            slots,
            owners,
            access,
            summary: _,
            changes,
            grants,
            operations,
            refusals,
            diagnostics,
        } = plan;
        Self {
            slots: slots.map(|slots| SlotsFormat {
                limit: slots.limit,
                before: slots.before,
                after: slots.after,
                peak: slots.peak,
                owners: *owners,
            }),
            access: access.as_ref().map(AccessFormat::new),
            changes: changes.iter().map(|planned| ChangeFormat::new(plan, planned)).collect(),
            grants: grants.iter().map(|place| GrantFormat::new(&target, place)).collect(),
            operations: operations.iter().map(|operation| OperationFormat::new(&target, operation)).collect(),
            refusals: refusals.iter().map(|refusal| RefusalFormat::new(&target, refusal)).collect(),
            diagnostics: diagnostics
                .iter()
                .map(|(finding, source)| DiagnosticFormat::new(finding, source.clone()))
                .collect(),
            error: None,
            locked: false,
            target,
        }
    }

    /// The same target with an error that came later.
    #[must_use]
    pub fn failing(mut self, error: Option<String>) -> Self {
        self.error = error.or(self.error);
        self
    }

    fn failed(target: Target, why: &Unplanned) -> Self {
        let Unplanned { message, locked } = why;
        let error = Some(message.clone());
        let (changes, grants, operations, refusals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            target,
            slots: None,
            access: None,
            changes,
            grants,
            operations,
            refusals,
            diagnostics: Vec::new(),
            error,
            locked: *locked,
        }
    }
}

impl AccessFormat {
    /// How access changes, as JSON.
    pub fn new(access: &AccessChange) -> Self {
        let AccessChange { gained, lost } = access;
        let witness = |found: &Found| match found {
            Found::Witness(request) => Some(request.clone()),
            Found::None | Found::NotShown => None,
        };
        let not_shown = [("gained", gained), ("lost", lost)].into_iter();
        let not_shown: Vec<_> =
            not_shown.filter(|(_, found)| **found == Found::NotShown).map(|(name, _)| name).collect();
        Self { exact: not_shown.is_empty(), gained: witness(gained), lost: witness(lost), not_shown }
    }
}

impl GrantFormat {
    fn new(target: &Target, place: &GrantPlace) -> Self {
        let GrantPlace { id, key, sid, source } = place;
        Self { id: id.clone(), address: key.at(target), sid: sid.clone(), source: source.clone() }
    }
}

impl RefusalFormat {
    fn new(target: &Target, refusal: &Refusal) -> Self {
        let Refusal { name, key, message, allowed } = refusal;
        let address = key.as_ref().map_or_else(|| target.to_string(), |key| key.at(target).to_string());
        Self { name: name.as_str(), address, message: message.clone(), allowed: *allowed }
    }
}

impl DiagnosticFormat {
    /// The JSON of one finding.
    pub fn new(finding: &Diagnostic, source: Option<Location>) -> Self {
        Self {
            code: finding.code.0,
            severity: finding.severity,
            message: finding.message.clone(),
            help: finding.notes.clone(),
            address: finding.address.as_ref().map(ToString::to_string),
            source,
        }
    }
}
