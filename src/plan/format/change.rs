//! One change of the JSON.

use std::sync::Arc;

use serde::Serialize;

use crate::diff::{Breadth, Change, Mark, Meaning};
use crate::model::{Claim, Location, Ownership, PolicyKey, Target};
use crate::plan::{Plan, PlannedChange};
use crate::policy::{Document, Grant};

/// One change of the JSON.
#[derive(Debug, Serialize)]
pub(super) struct ChangeFormat {
    address: String,
    action: &'static str,
    scope: &'static str,
    before: Option<String>,
    after: Option<String>,
    bytes: usize,
    bytes_limit: usize,
    grants: GrantsFormat,
    source: Option<Location>,
    /// What of the policy is ours afterwards.
    claim: Option<ClaimFormat>,
    /// Whether `--only` left it out.
    left_out: bool,
}

/// What of a policy is ours: all of it, or the statements with these Sids.
#[derive(Debug, Serialize)]
pub(super) struct ClaimFormat {
    ownership: Ownership,
    statements: Vec<String>,
    prevent_delete: bool,
}

/// What a change adds and removes, each grant with what it means against the target's access before; and what the
/// whole change means for the policy's own access.
#[derive(Debug, Default, Serialize)]
pub struct GrantsFormat {
    added: Vec<GrantFormat>,
    removed: Vec<GrantFormat>,
    access: Option<&'static str>,
    moved: Vec<MovedFormat>,
    /// Statements, by canonical form, by which no access changes: all they say is allowed without them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    covered: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct GrantFormat {
    #[serde(flatten)]
    grant: Grant,
    access: &'static str,
}

/// A statement that stands in another policy of the same plan.
#[derive(Debug, Serialize)]
pub(super) struct MovedFormat {
    statement: String,
    from: String,
    to: String,
}

impl ChangeFormat {
    pub(super) fn new(plan: &Plan, planned: &PlannedChange) -> Self {
        let PlannedChange { key, change, meaning, claim, left_out, source } = planned;
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
            claim: claim.as_ref().map(ClaimFormat::new),
            left_out: *left_out,
        }
    }
}

impl ClaimFormat {
    pub(super) fn new(claim: &Claim) -> Self {
        let Claim { ownership, statements, prevent_delete } = claim;
        let statements = statements.iter().cloned().collect();
        Self { ownership: *ownership, statements, prevent_delete: *prevent_delete }
    }
}

impl GrantsFormat {
    /// What a change of a policy means, as JSON.
    pub fn of(target: &Target, key: &PolicyKey, meaning: &Meaning) -> Self {
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
        let covered =
            |(statement, mark): (&String, &Mark)| (*mark == Mark::CoveredAnyway).then(|| statement.clone());
        let covered = arriving.iter().chain(leaving).filter_map(covered).collect();
        Self {
            added: grants(added),
            removed: grants(removed),
            access: Some(breadth.as_str()),
            moved,
            covered,
        }
    }
}
