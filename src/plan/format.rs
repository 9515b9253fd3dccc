//! The JSON of a plan (CONTRACT section 6), and the digest that names it.

use std::sync::Arc;

use serde::Serialize;

use crate::diff::{Breadth, Change, Mark, Meaning};
use crate::model::{Diagnostic, Location, PolicyKey, PolicyScope, Severity, Target};
use crate::policy::{AccessChange, Document, Fingerprint, Found, Grant, Request};

use super::{Operation, OperationKind, Plan, PlannedChange, Precondition, Refusal};

/// Raised when anything in the JSON changes its meaning.
pub const FORMAT_VERSION: &str = "1";

/// The version of this tool.
pub const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What became of planning one target.
#[derive(Debug, Clone)]
pub struct TargetResult {
    /// The account and Region.
    pub target: Target,
    /// The plan, or why there is none, in one sentence, with what to do.
    pub plan: Result<Plan, String>,
}

/// Plans of one or many targets, as JSON.
#[derive(Debug, Serialize)]
pub struct PlanFormat {
    format_version: &'static str,
    kind: &'static str,
    tool_version: &'static str,
    digest: Fingerprint,
    summary: Summary,
    targets: Vec<TargetFormat>,
}

/// How many policies of each action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Written anew.
    pub create: usize,
    /// Written over.
    pub update: usize,
    /// Deleted.
    pub delete: usize,
    /// Recorded only.
    pub adopt: usize,
    /// Struck from the record only.
    pub forget: usize,
    /// As desired.
    pub unchanged: usize,
    /// Not ours.
    pub unmanaged: usize,
}

/// One target of the JSON.
#[derive(Debug, Serialize)]
pub struct TargetFormat {
    target: Target,
    slots: Option<SlotsFormat>,
    access: Option<AccessFormat>,
    changes: Vec<ChangeFormat>,
    operations: Vec<OperationFormat>,
    refusals: Vec<RefusalFormat>,
    diagnostics: Vec<DiagnosticFormat>,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct SlotsFormat {
    limit: usize,
    before: usize,
    after: usize,
    peak: usize,
}

/// How access changes as a whole: a request that is newly allowed, one that no longer is.
#[derive(Debug, Serialize)]
struct AccessFormat {
    exact: bool,
    gained: Option<Request>,
    lost: Option<Request>,
}

/// One change of the JSON.
#[derive(Debug, Serialize)]
struct ChangeFormat {
    address: String,
    action: &'static str,
    scope: &'static str,
    before: Option<String>,
    after: Option<String>,
    bytes: usize,
    bytes_limit: usize,
    grants: GrantsFormat,
    source: Option<Location>,
}

/// What a change adds and removes, each grant with what it means against the target's access before; and what the
/// whole change means for the policy's own access.
#[derive(Debug, Default, Serialize)]
struct GrantsFormat {
    added: Vec<GrantFormat>,
    removed: Vec<GrantFormat>,
    access: Option<&'static str>,
    moved: Vec<MovedFormat>,
}

#[derive(Debug, Serialize)]
struct GrantFormat {
    #[serde(flatten)]
    grant: Grant,
    access: &'static str,
}

/// A statement that stands in another policy of the same plan.
#[derive(Debug, Serialize)]
struct MovedFormat {
    statement: String,
    from: String,
    to: String,
}

#[derive(Debug, Serialize)]
struct OperationFormat {
    id: String,
    kind: &'static str,
    address: String,
    scope: &'static str,
    policy_name: Option<String>,
    resource_arn: Option<String>,
    document: Option<String>,
    precondition: PreconditionFormat,
    after: Vec<String>,
    because: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
enum PreconditionFormat {
    Absent,
    Revision(String),
    Document(Fingerprint),
}

#[derive(Debug, Serialize)]
struct RefusalFormat {
    name: &'static str,
    address: String,
    message: String,
    allowed: bool,
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

impl PlanFormat {
    /// The JSON of some targets' plans, in the order given.
    pub fn new(results: &[TargetResult]) -> Self {
        let targets: Vec<TargetFormat> = results.iter().map(TargetFormat::new).collect();
        let summary = Summary::of(results);
        let (kind, digest) = ("plan", digest(&targets));
        Self { format_version: FORMAT_VERSION, kind, tool_version: TOOL_VERSION, digest, summary, targets }
    }

    /// Names this plan: the SHA-256 of `targets` as minified JSON.
    pub fn digest(&self) -> &Fingerprint {
        &self.digest
    }
}

/// Covers all of `targets`, one minified JSON text after the other with a line feed behind each.
fn digest(targets: &[TargetFormat]) -> Fingerprint {
    let text = |target: &TargetFormat| {
        let mut text = serde_json::to_vec(target).unwrap_or_default();
        text.push(b'\n');
        text
    };
    Fingerprint::of_parts(targets.iter().map(text))
}

impl Summary {
    /// Counts the changes of some targets.
    pub fn of(results: &[TargetResult]) -> Self {
        let mut summary = Self::default();
        let plans = results.iter().filter_map(|result| result.plan.as_ref().ok());
        for planned in plans.flat_map(|plan| &plan.changes) {
            *summary.count(&planned.change) += 1;
        }
        summary
    }

    fn count(&mut self, change: &Change) -> &mut usize {
        match change {
            Change::Create { .. } => &mut self.create,
            Change::Update { .. } => &mut self.update,
            Change::Delete { .. } => &mut self.delete,
            Change::Adopt { .. } => &mut self.adopt,
            Change::Forget { .. } => &mut self.forget,
            Change::Unchanged { .. } => &mut self.unchanged,
            Change::Unmanaged { .. } => &mut self.unmanaged,
        }
    }

    /// Whether anything is different afterwards.
    pub fn has_changes(self) -> bool {
        let Self { create, update, delete, adopt, forget, unchanged: _, unmanaged: _ } = self;
        create + update + delete + adopt + forget > 0
    }
}

impl TargetFormat {
    /// The JSON of one target's plan.
    pub fn new(result: &TargetResult) -> Self {
        let target = result.target.clone();
        let plan = match &result.plan {
            Ok(plan) => plan,
            Err(error) => return Self::failed(target, error),
        };
        let Plan { target: _, limits: _, slots, access, changes, operations, refusals, diagnostics } = plan;
        Self {
            slots: slots.map(|slots| SlotsFormat {
                limit: slots.limit,
                before: slots.before,
                after: slots.after,
                peak: slots.peak,
            }),
            access: access.as_ref().map(AccessFormat::new),
            changes: changes.iter().map(|planned| ChangeFormat::new(plan, planned)).collect(),
            operations: operations.iter().map(|operation| OperationFormat::new(&target, operation)).collect(),
            refusals: refusals.iter().map(|refusal| RefusalFormat::new(&target, refusal)).collect(),
            diagnostics: diagnostics
                .iter()
                .map(|(finding, source)| DiagnosticFormat::new(finding, source.clone()))
                .collect(),
            error: None,
            target,
        }
    }

    /// The same target with an error that came later.
    #[must_use]
    pub fn failing(mut self, error: Option<String>) -> Self {
        self.error = error.or(self.error);
        self
    }

    fn failed(target: Target, error: &str) -> Self {
        let error = Some(error.to_owned());
        let (changes, operations, refusals) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            target,
            slots: None,
            access: None,
            changes,
            operations,
            refusals,
            diagnostics: Vec::new(),
            error,
        }
    }
}

impl ChangeFormat {
    fn new(plan: &Plan, planned: &PlannedChange) -> Self {
        let PlannedChange { key, change, meaning, prevent_delete: _, source } = planned;
        // What is written is shown to the byte; what was read may come in another order the next time.
        let read = |document: Option<&Arc<Document>>| document.map(|found| found.stable_text());
        let after = match change {
            Change::Create { after } | Change::Update { after, .. } => Some(after.text().to_owned()),
            _ => read(change.after()),
        };
        let counted = change.after().or(change.before());
        Self {
            address: key.at(&plan.target).to_string(),
            action: change.action(),
            scope: key.scope.as_str(),
            before: read(change.before()),
            after,
            bytes: counted.map_or(0, |document| document.bytes()),
            bytes_limit: plan.limits.document_bytes,
            grants: meaning
                .as_ref()
                .map(|meaning| GrantsFormat::of(&plan.target, key, meaning))
                .unwrap_or_default(),
            source: source.clone(),
        }
    }
}

impl GrantsFormat {
    fn of(target: &Target, key: &PolicyKey, meaning: &Meaning) -> Self {
        let grants = |grants: &[(Grant, Breadth)]| -> Vec<GrantFormat> {
            let format = |(grant, breadth): &(Grant, Breadth)| GrantFormat {
                grant: grant.clone(),
                access: breadth.as_str(),
            };
            grants.iter().map(format).collect()
        };
        let Meaning { breadth, added, removed, arriving, leaving } = meaning;
        let (own, at) = (key.at(target).to_string(), |key: &PolicyKey| key.at(target).to_string());
        let mut moved = Vec::new();
        for (statement, mark) in arriving {
            if let Mark::Moved(other) = mark {
                moved.push(MovedFormat { statement: statement.clone(), from: at(other), to: own.clone() });
            }
        }
        for (statement, mark) in leaving {
            if let Mark::Moved(other) = mark {
                moved.push(MovedFormat { statement: statement.clone(), from: own.clone(), to: at(other) });
            }
        }
        Self { added: grants(added), removed: grants(removed), access: Some(breadth.as_str()), moved }
    }
}

impl AccessFormat {
    fn new(access: &AccessChange) -> Self {
        let AccessChange { gained, lost } = access;
        let witness = |found: &Found| match found {
            Found::Witness(request) => Some(request.clone()),
            Found::None | Found::NotShown => None,
        };
        let exact = *gained != Found::NotShown && *lost != Found::NotShown;
        Self { exact, gained: witness(gained), lost: witness(lost) }
    }
}

impl OperationFormat {
    fn new(target: &Target, operation: &Operation) -> Self {
        let Operation { id, key, kind, precondition, after, because, slots: _, prevent_delete: _ } =
            operation;
        let (policy_name, resource_arn) = match key.scope {
            PolicyScope::Account => (Some(key.identity.clone()), None),
            PolicyScope::Resource => (None, Some(target.log_group_arn(&key.identity))),
        };
        Self {
            id: id.to_string(),
            kind: kind.as_str(),
            address: key.at(target).to_string(),
            scope: key.scope.as_str(),
            policy_name,
            resource_arn,
            document: match kind {
                OperationKind::Put(document) => Some(document.text().to_owned()),
                OperationKind::Delete => None,
            },
            precondition: match precondition {
                Precondition::Absent => PreconditionFormat::Absent,
                Precondition::Revision { revision, document: _ } => {
                    PreconditionFormat::Revision(revision.clone())
                }
                Precondition::Document(fingerprint) => PreconditionFormat::Document(fingerprint.clone()),
            },
            after: after.iter().map(ToString::to_string).collect(),
            because: because.clone(),
        }
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
