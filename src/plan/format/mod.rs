//! The JSON of a plan, and the digest that names it.

mod change;
mod operation;
mod target;

use serde::Serialize;

use crate::diff::Change;
use crate::policy::{Fingerprint, Fingerprinter};

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

/// Makes the JSON of plans one after the other, so that no more of a large fleet is held than is asked for.
#[derive(Debug)]
pub struct PlanFormatter {
    /// Covers all of `targets`, one minified JSON text after the other with a line feed behind each.
    digest: Fingerprinter,
    summary: Summary,
    keeps: bool,
    targets: Vec<TargetFormat>,
}

impl PlanFormatter {
    /// Nothing yet. What it `keeps` becomes the `targets` of the JSON; otherwise there will be but digest and summary.
    pub fn new(keeps: bool) -> Self {
        Self { digest: Fingerprinter::default(), summary: Summary::default(), keeps, targets: Vec::new() }
    }

    /// Takes the next target's plan, and returns its JSON in one line with a line feed at the end.
    pub fn add(&mut self, result: &TargetResult) -> String {
        let target = TargetFormat::new(result);
        let mut line = serde_json::to_string(&target).unwrap_or_default();
        line.push('\n');
        self.digest.add(line.as_bytes());
        self.summary.add(Summary::of(std::slice::from_ref(result)));
        if self.keeps {
            self.targets.push(target);
        }
        line
    }

    /// The JSON of all plans.
    pub fn finish(self) -> PlanFormat {
        let Self { digest, summary, keeps: _, targets } = self;
        let digest = digest.fingerprint();
        let kind = "plan";
        PlanFormat {
            format_version: FORMAT_VERSION,
            kind,
            tool_version: TOOL_VERSION,
            digest,
            summary,
            targets,
        }
    }
}

impl PlanFormat {
    /// The JSON of some targets' plans, in the order given.
    pub fn new(results: &[TargetResult]) -> Self {
        let mut formatter = PlanFormatter::new(true);
        for result in results {
            formatter.add(result);
        }
        formatter.finish()
    }

    /// Names this plan: the SHA-256 of `targets` as minified JSON.
    pub fn digest(&self) -> &Fingerprint {
        &self.digest
    }

    /// The targets that were kept.
    pub fn targets(&self) -> &[TargetFormat] {
        &self.targets
    }

    /// How many policies of each action.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}

impl Summary {
    /// Counts the changes of some targets.
    pub fn of(results: &[TargetResult]) -> Self {
        let mut summary = Self::default();
        let plans = results.iter().filter_map(|result| result.plan.as_ref().ok());
        plans.for_each(|plan| summary.add(plan.summary));
        summary
    }

    /// Counts some changes.
    pub fn of_changes<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut summary = Self::default();
        changes.into_iter().for_each(|change| *summary.count(change) += 1);
        summary
    }

    fn add(&mut self, other: Self) {
        let Self { create, update, delete, adopt, forget, unchanged, unmanaged } = other;
        self.create += create;
        self.update += update;
        self.delete += delete;
        self.adopt += adopt;
        self.forget += forget;
        self.unchanged += unchanged;
        self.unmanaged += unmanaged;
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
