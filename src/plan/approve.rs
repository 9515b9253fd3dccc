//! The only way from a plan to its execution.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diff::Change;
use crate::model::{Claim, PolicyKey, Severity, Target};
use crate::policy::Document;

use super::{Operation, Plan, RefusalName};

/// A plan that may be carried out.
#[derive(Debug, Clone)]
pub struct ApprovedPlan {
    target: Target,
    digest: String,
    operations: Vec<Operation>,
    records: Vec<RecordChange>,
    left_out: BTreeSet<PolicyKey>,
}

/// What changes in the record without a write at AWS.
#[derive(Debug, Clone)]
pub enum RecordChange {
    /// The policy is there as desired and shall stand in the record like this.
    Keep {
        /// The policy.
        key: PolicyKey,
        /// What is there.
        document: Arc<Document>,
        /// Its revision.
        revision: Option<String>,
        /// What of it is ours.
        claim: Claim,
    },
    /// The policy is gone from AWS and from the files.
    Strike {
        /// The policy.
        key: PolicyKey,
    },
}

/// Why a plan was not approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Refusals that nobody allowed.
    Refusals(Vec<RefusalName>),
    /// Findings that must be mended first.
    Findings,
}

impl Plan {
    /// Approves the plan unless something speaks against it; `digest` names the plan that was shown.
    ///
    /// # Errors
    /// [`Refused`] when a refusal stands that was not allowed by name, or an error was found.
    pub fn approve(&self, digest: &str) -> Result<ApprovedPlan, Refused> {
        let refusals: Vec<RefusalName> = self.standing_refusals().collect();
        if !refusals.is_empty() {
            return Err(Refused::Refusals(refusals));
        }
        if self.has_errors() {
            return Err(Refused::Findings);
        }
        Ok(ApprovedPlan {
            target: self.target.clone(),
            digest: digest.to_owned(),
            operations: self.operations.clone(),
            records: self.record_changes(),
            left_out: self.left_out(),
        })
    }

    /// Whether a finding must be mended first.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|(finding, _)| finding.severity == Severity::Error)
    }

    /// The refusals that nobody allowed.
    pub fn standing_refusals(&self) -> impl Iterator<Item = RefusalName> {
        self.refusals.iter().filter(|refusal| !refusal.allowed).map(|refusal| refusal.name)
    }

    fn left_out(&self) -> BTreeSet<PolicyKey> {
        let left_out = self.changes.iter().filter(|planned| planned.left_out);
        left_out.map(|planned| planned.key.clone()).collect()
    }

    fn record_changes(&self) -> Vec<RecordChange> {
        let change = |planned: &super::PlannedChange| match (&planned.change, &planned.claim) {
            (Change::Adopt { live } | Change::Unchanged { live }, Some(claim)) => Some(RecordChange::Keep {
                key: planned.key.clone(),
                document: Arc::clone(&live.document),
                revision: live.revision.clone(),
                claim: claim.clone(),
            }),
            (Change::Forget { .. }, _) => Some(RecordChange::Strike { key: planned.key.clone() }),
            _ => None,
        };
        self.changes.iter().filter(|planned| !planned.left_out).filter_map(change).collect()
    }
}

impl ApprovedPlan {
    /// The account and Region.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The digest of the plan that was approved.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The writes, in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The policies that the user left out of this run: what is known of them stays known.
    pub fn left_out(&self) -> &BTreeSet<PolicyKey> {
        &self.left_out
    }

    /// What changes in the record without a write.
    pub fn records(&self) -> &[RecordChange] {
        &self.records
    }
}
