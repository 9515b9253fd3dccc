//! What others changed: text with a line for each target, JSON, SARIF, metrics.

mod json;
mod metrics;
mod review;
mod sarif;
mod text;

use std::collections::BTreeMap;

use crate::diff::{Drift, DriftKind};
use crate::model::{ByOwner, Limits, Location, PolicyKey, Target};

pub use json::{drift_json, drift_lines};
pub use metrics::{LastSuccess, drift_metrics};
pub use review::drift_review;
pub use sarif::drift_sarif;
pub use text::drift_text;

/// What became of looking at one target.
#[derive(Debug, Clone)]
pub struct DriftedTarget {
    /// The account and Region.
    pub target: Target,
    /// What others changed there.
    pub found: Option<FoundDrift>,
    /// What went wrong; with `found` where only a part of it is missing.
    pub error: Option<String>,
}

/// What others changed at a target, and what stands there.
#[derive(Debug, Clone)]
pub struct FoundDrift {
    /// What is not as expected.
    pub drift: Drift,
    /// The entries in the files of the policies that drifted.
    pub sources: BTreeMap<PolicyKey, Location>,
    /// What fits.
    pub limits: Limits,
    /// Account policies.
    pub slots: ByOwner,
    /// Bytes of all documents.
    pub bytes: ByOwner,
    /// Bytes of the largest document.
    pub largest: usize,
}

impl DriftedTarget {
    fn count(&self, kind: DriftKind) -> usize {
        let drifted = self.found.iter().flat_map(|found| &found.drift.drifted);
        drifted.filter(|drifted| drifted.kind == kind).count()
    }

    /// Whether something is not as expected.
    pub fn has_drift(&self) -> bool {
        self.found.as_ref().is_some_and(|found| !found.drift.drifted.is_empty())
    }
}
