//! The JSON of a plan, and the digest that names it.

mod change;
mod operation;
mod target;

use serde::Serialize;

use crate::diff::Change;
use crate::policy::Fingerprint;

use super::TargetResult;

pub use change::GrantsFormat;
pub use target::{AccessFormat, DiagnosticFormat, TargetFormat};

/// Raised when anything in the JSON changes its meaning.
pub const FORMAT_VERSION: &str = "1";

/// The version of this tool.
pub const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

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

    /// How many policies of each action.
    pub fn summary(&self) -> &Summary {
        &self.summary
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
