//! Findings about what was written: data, shown by every format.

use serde::{Deserialize, Serialize};

use super::{PolicyAddress, SourceSpan};

/// A rule's code, stable for ever, such as `LP102`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Code(pub &'static str);

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is refused.
    Warning,
    /// Must be mended; nothing is written.
    Error,
}

/// One finding: what is wrong, why it matters and what to do, in full sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule.
    pub code: Code,
    /// Its weight in this run.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What the marked source is, in a few words; may be empty.
    pub label: String,
    /// The place; nothing where the finding is about no file.
    pub span: Option<SourceSpan>,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(SourceSpan, String)>,
    /// Why it matters and what to do, each a full sentence.
    pub notes: Vec<String>,
    /// The policy that it is about.
    pub address: Option<PolicyAddress>,
}

/// The findings of a run, in the order of their places.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostic {
    /// An error about a place.
    pub fn error(code: Code, span: SourceSpan, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            label: String::new(),
            span: Some(span),
            related: Vec::new(),
            notes: Vec::new(),
            address: None,
        }
    }

    /// The same finding with a few words at the marked source.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same finding with one more sentence on why it matters or what to do.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same finding with another place.
    #[must_use]
    pub fn related(mut self, span: SourceSpan, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// The same finding as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same finding about a policy.
    #[must_use]
    pub fn about(mut self, address: PolicyAddress) -> Self {
        self.address = Some(address);
        self
    }
}

impl Diagnostics {
    /// Sorts findings by place, then code, then text, and drops repetitions.
    pub fn new(mut findings: Vec<Diagnostic>) -> Self {
        findings.sort_by(|left, right| {
            let place = |finding: &Diagnostic| (finding.span, finding.code);
            place(left).cmp(&place(right)).then_with(|| left.address.cmp(&right.address))
        });
        findings.dedup();
        Self(findings)
    }

    /// The findings.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// One of the findings, by number.
    pub fn get(&self, number: usize) -> Option<&Diagnostic> {
        self.0.get(number)
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether any must be mended.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the findings that are wanted.
    pub fn retain(&mut self, wanted: impl FnMut(&Diagnostic) -> bool) {
        self.0.retain(wanted);
    }

    /// These findings and others, sorted together.
    #[must_use]
    pub fn and(self, others: impl IntoIterator<Item = Diagnostic>) -> Self {
        Self::new(self.0.into_iter().chain(others).collect())
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
