//! What the files say about findings: raised, or accepted with a reason.

use std::collections::{BTreeMap, BTreeSet};

use super::SourceSpan;

/// `lint` of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lint {
    /// Codes that are errors whatever their own weight.
    pub deny: BTreeSet<String>,
    /// Codes that are accepted.
    pub allow: BTreeMap<String, Exception>,
}

/// An accepted finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Why it is accepted.
    pub reason: String,
    /// Where that stands.
    pub span: SourceSpan,
}
