//! What a rule looks at.

use std::sync::Arc;

use crate::model::{DesiredState, DesiredTarget, Diagnostic, PolicyKey, PolicyTemplate, SourceSpan};
use crate::policy::Document;

use super::Rule;

/// One policy at one target.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The target.
    pub at: &'a DesiredTarget,
    /// The policy's key there.
    pub key: PolicyKey,
    /// The document as it is sent there.
    pub document: Arc<Document>,
    /// The entry that it comes from.
    pub entry: &'a PolicyTemplate,
    /// Whether this is the first target at which the entry is looked at.
    pub is_first: bool,
}

/// All policies at one target.
#[derive(Debug)]
pub struct TargetSubject<'a> {
    /// The target.
    pub at: &'a DesiredTarget,
    /// Its policies, in the order written.
    pub policies: &'a [Subject<'a>],
}

/// The policies at a target; `seen` remembers which entries were looked at before.
pub(super) fn subjects<'a>(
    desired: &'a DesiredState,
    at: &'a DesiredTarget,
    seen: &mut [bool],
) -> Vec<Subject<'a>> {
    let mut subjects = Vec::new();
    for (entry, seen) in desired.policies.iter().zip(seen) {
        if entry.applies_to(at) {
            let is_first = !std::mem::replace(seen, true);
            let (key, document) = (entry.key(&at.target), entry.document.at(&at.target));
            subjects.push(Subject { at, key, document, entry, is_first });
        }
    }
    subjects
}

impl Subject<'_> {
    /// The place of a node of the document, by JSON pointer.
    pub fn place(&self, pointer: &str) -> SourceSpan {
        self.entry.document_spans.nearest(pointer).unwrap_or(self.entry.span)
    }

    /// A finding of a rule about a node of the document.
    pub(super) fn finding(&self, rule: &Rule, pointer: &str, message: impl Into<String>) -> Diagnostic {
        self.finding_at(rule, self.place(pointer), message)
    }

    /// A finding of a rule about a place.
    pub(super) fn finding_at(
        &self,
        rule: &Rule,
        place: SourceSpan,
        message: impl Into<String>,
    ) -> Diagnostic {
        let finding = Diagnostic::error(rule.code, place, message).about(self.key.at(&self.at.target));
        Diagnostic { severity: rule.severity, ..finding }
    }
}
