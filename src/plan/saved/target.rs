//! One target of a saved plan, and the plan that it was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use crate::diff::{Change, meanings};
use crate::model::{
    ByOwner, Claim, Code, Diagnostic, Limits, LivePolicy, Location, Ownership, PolicyAddress, PolicyKey,
    RecordedState, Severity, Target,
};
use crate::plan::{
    Base, GrantPlace, Operation, OperationKind, Plan, PlannedChange, Precondition, Refusal, RefusalName,
    Slots, Summary, TargetResult, Unplanned,
};
use crate::policy::{Document, Fingerprint};

/// One target as it stands in the file; what can be made anew from the rest is passed over.
#[derive(Debug, Deserialize)]
pub struct SavedTarget {
    /// The account and Region.
    pub target: Target,
    /// What it was made from.
    #[serde(skip)]
    pub base: Base,
    slots: Option<SavedSlots>,
    changes: Vec<SavedChange>,
    grants: Vec<SavedGrant>,
    operations: Vec<SavedOperation>,
    refusals: Vec<SavedRefusal>,
    diagnostics: Vec<SavedDiagnostic>,
    error: Option<String>,
    #[serde(default)]
    locked: bool,
}

#[derive(Debug, Deserialize)]
struct SavedSlots {
    limit: usize,
    before: usize,
    after: usize,
    peak: usize,
    #[serde(flatten)]
    owners: ByOwner,
}

#[derive(Debug, Deserialize)]
struct SavedChange {
    address: PolicyAddress,
    action: String,
    before: Option<String>,
    after: Option<String>,
    bytes_limit: usize,
    source: Option<Location>,
    claim: Option<SavedClaim>,
    left_out: bool,
}

#[derive(Debug, Deserialize)]
struct SavedGrant {
    id: String,
    address: PolicyAddress,
    sid: String,
    source: Option<Location>,
}

#[derive(Debug, Deserialize)]
struct SavedClaim {
    ownership: Ownership,
    statements: BTreeSet<String>,
    prevent_delete: bool,
}

#[derive(Debug, Deserialize)]
struct SavedOperation {
    id: String,
    address: PolicyAddress,
    document: Option<String>,
    precondition: SavedPrecondition,
    because: Vec<String>,
    waits: Vec<SavedWait>,
    claim: Option<SavedClaim>,
}

#[derive(Debug, Deserialize)]
struct SavedWait {
    after: String,
    because: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
enum SavedPrecondition {
    Absent,
    Revision(String),
    Document(Fingerprint),
}

#[derive(Debug, Deserialize)]
struct SavedRefusal {
    name: RefusalName,
    address: String,
    message: String,
    allowed: bool,
}

#[derive(Debug, Deserialize)]
struct SavedDiagnostic {
    code: String,
    severity: Severity,
    message: String,
    help: Vec<String>,
    address: Option<PolicyAddress>,
    source: Option<Location>,
}

impl SavedTarget {
    /// The policies that the plan was made from.
    pub fn keys(&self) -> impl Iterator<Item = &PolicyKey> {
        self.base.policies.keys().chain(self.changes.iter().map(|change| &change.address.key))
    }

    /// The plan that was saved. `recorded` is the record as it is now; `code` finds a rule's code by its name.
    pub fn restored(&self, recorded: &RecordedState, code: impl Fn(&str) -> Option<Code>) -> TargetResult {
        let plan = match &self.error {
            Some(error) => Err(Unplanned { message: error.clone(), locked: self.locked }),
            None => self.plan(recorded, code).map_err(Unplanned::failed),
        };
        TargetResult { target: self.target.clone(), plan }
    }

    fn plan(&self, recorded: &RecordedState, code: impl Fn(&str) -> Option<Code>) -> Result<Plan, String> {
        let changes = self.changes.iter().map(|change| {
            let planned = change.planned(&self.base, recorded)?;
            Ok((planned.key.clone(), planned))
        });
        let mut changes: BTreeMap<PolicyKey, PlannedChange> = changes.collect::<Result<_, String>>()?;
        let mut meanings =
            meanings(&self.target, changes.iter().map(|(key, planned)| (key, &planned.change)));
        for (key, planned) in &mut changes {
            planned.meaning = meanings.changes.remove(key);
        }
        let operations = operations(&self.operations, &changes, self.slots.as_ref())?;
        let mut limits = Limits::default();
        limits.account_policies = self.slots.as_ref().map_or(limits.account_policies, |slots| slots.limit);
        limits.document_bytes =
            self.changes.first().map_or(limits.document_bytes, |change| change.bytes_limit);
        Ok(Plan {
            target: self.target.clone(),
            limits,
            base: self.base.clone(),
            slots: self.slots.as_ref().map(SavedSlots::slots),
            owners: self.slots.as_ref().map(|slots| slots.owners).unwrap_or_default(),
            access: self.slots.as_ref().map(|_| meanings.access),
            summary: Summary::of_changes(changes.values().map(|planned| &planned.change)),
            changes: changes.into_values().collect(),
            grants: self.grants.iter().map(SavedGrant::place).collect(),
            operations,
            refusals: self.refusals.iter().map(SavedRefusal::refusal).collect(),
            diagnostics: self.diagnostics.iter().filter_map(|found| found.finding(&code)).collect(),
        })
    }
}

impl SavedSlots {
    fn slots(&self) -> Slots {
        let Self { limit, before, after, peak, owners: _ } = *self;
        Slots { limit, before, after, peak }
    }
}

impl SavedChange {
    fn planned(&self, base: &Base, recorded: &RecordedState) -> Result<PlannedChange, String> {
        let key = self.address.key.clone();
        let document = |text: &Option<String>| text.as_ref().map(|text| Arc::new(Document::from_text(text)));
        let revision = base.policies.get(&key).and_then(|policy| policy.revision.clone());
        let live =
            document(&self.before).map(|document| LivePolicy { document, revision, last_updated: None });
        let after = document(&self.after);
        let change = match (self.action.as_str(), live, after) {
            ("create", None, Some(after)) => Change::Create { after },
            ("update", Some(before), Some(after)) => Change::Update { before, after },
            ("delete", Some(before), None) => {
                Change::Delete { before, recorded: recorded.policies.get(&key).cloned() }
            }
            ("adopt", Some(live), _) => Change::Adopt { live },
            ("forget", live, _) => Change::Forget { live },
            ("unchanged", Some(live), _) => Change::Unchanged { live },
            ("unmanaged", Some(live), _) => Change::Unmanaged { live },
            (action, ..) => return Err(format!("the change {action:?} of {key} lacks a document")),
        };
        let claim = self.claim.as_ref().map(SavedClaim::claim);
        let (left_out, source) = (self.left_out, self.source.clone());
        Ok(PlannedChange { key, change, meaning: None, claim, left_out, source })
    }
}

impl SavedGrant {
    fn place(&self) -> GrantPlace {
        let Self { id, address, sid, source } = self;
        GrantPlace { id: id.clone(), key: address.key.clone(), sid: sid.clone(), source: source.clone() }
    }
}

impl SavedClaim {
    fn claim(&self) -> Claim {
        let Self { ownership, statements, prevent_delete } = self;
        Claim { ownership: *ownership, statements: statements.clone(), prevent_delete: *prevent_delete }
    }
}

/// The operations, each with what stands there before it: what was live, or what an earlier one wrote.
fn operations(
    saved: &[SavedOperation],
    changes: &BTreeMap<PolicyKey, PlannedChange>,
    slots: Option<&SavedSlots>,
) -> Result<Vec<Operation>, String> {
    let live = |planned: &PlannedChange| planned.change.before().cloned();
    let mut standing: BTreeMap<&PolicyKey, Option<Arc<Document>>> =
        changes.iter().map(|(key, planned)| (key, live(planned))).collect();
    let mut used = slots.map_or(0, |slots| slots.before);
    let number = |id: &String| id.parse::<usize>().map_err(|_| format!("{id:?} is no operation's number"));
    let mut operations = Vec::new();
    for operation in saved {
        let key = &operation.address.key;
        let before = standing.get(key).cloned().flatten();
        let document = operation.document.as_ref().map(|text| Arc::new(Document::from_text(text)));
        if key.takes_slot() {
            used = (used + usize::from(document.is_some())).saturating_sub(usize::from(before.is_some()));
        }
        let precondition = match (&operation.precondition, &before) {
            (SavedPrecondition::Absent, _) => Precondition::Absent,
            (SavedPrecondition::Document(document), _) => Precondition::Document(document.clone()),
            (SavedPrecondition::Revision(revision), Some(before)) => {
                Precondition::Revision { revision: revision.clone(), document: before.fingerprint().clone() }
            }
            (SavedPrecondition::Revision(_), None) => {
                return Err(format!("{key} has a revision and no document"));
            }
        };
        standing.insert(key, document.clone());
        operations.push(Operation {
            id: number(&operation.id)?,
            key: key.clone(),
            kind: document.map_or(OperationKind::Delete, OperationKind::Put),
            precondition,
            waits: operation
                .waits
                .iter()
                .map(|wait| Ok((number(&wait.after)?, wait.because.clone())))
                .collect::<Result<_, String>>()?,
            because: operation.because.clone(),
            slots: used,
            before,
            claim: operation.claim.as_ref().map(SavedClaim::claim),
        });
    }
    Ok(operations)
}

impl SavedRefusal {
    fn refusal(&self) -> Refusal {
        let key = self.address.parse::<PolicyAddress>().ok().map(|address| address.key);
        Refusal { name: self.name, key, message: self.message.clone(), allowed: self.allowed }
    }
}

impl SavedDiagnostic {
    /// The finding, without its place in a file that may be another one by now. A rule that this version does not
    /// know is left out.
    fn finding(&self, code: impl Fn(&str) -> Option<Code>) -> Option<(Diagnostic, Option<Location>)> {
        let finding = Diagnostic {
            code: code(&self.code)?,
            severity: self.severity,
            message: self.message.clone(),
            label: String::new(),
            span: None,
            related: Vec::new(),
            notes: self.help.clone(),
            address: self.address.clone(),
        };
        Some((finding, self.source.clone()))
    }
}
