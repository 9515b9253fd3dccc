//! What an import takes in and what it leaves, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::model::{PolicyAddress, PolicyKey, Target};

use super::count::{counted, thousands};
use super::envelope::enveloped;
use super::escape::terminal;
use super::style::Style;

/// What became of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// At each target.
    pub targets: Vec<ImportedTarget>,
    /// What another tool declares and no target could be given: what it is, where it stands, and why it is left out.
    pub unplaced: Vec<Unplaced>,
    /// The files that were written.
    pub files: Vec<String>,
    /// Terraform's blocks that let go of the policies without destroying them.
    pub removed: Option<String>,
}

/// What became of the policies of one target.
#[derive(Debug)]
pub struct ImportedTarget {
    /// The account and Region.
    pub target: Target,
    /// What is taken in.
    pub policies: BTreeMap<PolicyKey, ImportedPolicy>,
    /// What is not, and why.
    pub left_out: BTreeMap<PolicyKey, String>,
    /// Policies that the files name already.
    pub named: usize,
    /// What went wrong as a whole.
    pub error: Option<String>,
}

/// A policy that is taken in.
#[derive(Debug, Clone)]
pub struct ImportedPolicy {
    /// Its document, as it is at this target.
    pub document: String,
    /// Where another tool declares it.
    pub origin: Option<String>,
    /// What was found in it: `LP401 warning: ...`.
    pub findings: Vec<String>,
    /// In which way it is not what is live; nothing where it is.
    pub differs: Option<String>,
    /// Whether it is recorded as ours now.
    pub is_recorded: bool,
}

/// Something that another tool declares and that stands at no target.
#[derive(Debug, Clone, Serialize)]
pub struct Unplaced {
    /// Its name there.
    pub origin: String,
    /// `FILE:LINE:COLUMN`, where it is known.
    pub place: Option<String>,
    /// Why it is left out.
    pub because: String,
}

impl Imported {
    /// How many policies are taken in.
    pub fn count(&self) -> usize {
        self.targets.iter().map(|target| target.policies.len()).sum()
    }

    /// How many of them are recorded.
    pub fn recorded(&self) -> usize {
        let policies = self.targets.iter().flat_map(|target| target.policies.values());
        policies.filter(|policy| policy.is_recorded).count()
    }
}

/// The import for people: a line for each policy.
pub fn import_text(imported: &Imported) -> String {
    let mut text = String::new();
    for found in &imported.targets {
        one(found, &mut text);
    }
    for Unplaced { origin, place, because } in &imported.unplaced {
        let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let _ = writeln!(text, "  . {} is left out: {}", terminal(&(place + origin)), terminal(because));
    }
    text
}

fn one(found: &ImportedTarget, text: &mut String) {
    let ImportedTarget { target, policies, left_out, named, error } = found;
    let _ = writeln!(text, "{}", Style::Strong.paint(target.to_string().replacen('/', " / ", 1)));
    if let Some(error) = error {
        let _ = writeln!(text, "  {} {}", Style::Bad.paint("error"), terminal(error));
    }
    for (key, policy) in policies {
        let ImportedPolicy { document, origin, findings, differs, is_recorded: _ } = policy;
        let origin = origin.as_ref().map(|origin| format!(", from {}", terminal(origin))).unwrap_or_default();
        let bytes = thousands(document.len());
        let _ = writeln!(text, "  + {}  {bytes} bytes{origin}", terminal(&key.to_string()));
        for line in differs.iter().chain(findings) {
            let _ = writeln!(text, "      {}", terminal(line));
        }
    }
    for (key, because) in left_out {
        let _ = writeln!(text, "  . {} is left out: {}", terminal(&key.to_string()), terminal(because));
    }
    if policies.is_empty() && left_out.is_empty() && error.is_none() {
        text.push_str("  nothing to import\n");
    }
    if *named > 0 {
        let _ = writeln!(text, "  {} in the files already", counted(*named, "policy"));
    }
}

#[derive(Serialize)]
struct ImportFormat<'a> {
    summary: Summary,
    files: &'a [String],
    targets: Vec<TargetFormat<'a>>,
    unplaced: &'a [Unplaced],
    removed: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary {
    imported: usize,
    recorded: usize,
    left_out: usize,
}

#[derive(Serialize)]
struct TargetFormat<'a> {
    target: &'a Target,
    policies: Vec<PolicyFormat<'a>>,
    left_out: Vec<LeftOut<'a>>,
    named: usize,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct PolicyFormat<'a> {
    address: PolicyAddress,
    document: &'a str,
    origin: Option<&'a str>,
    findings: &'a [String],
    differs: Option<&'a str>,
    recorded: bool,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    address: PolicyAddress,
    because: &'a str,
}

/// The import as JSON.
pub fn import_json(imported: &Imported) -> String {
    let left_out: usize = imported.targets.iter().map(|target| target.left_out.len()).sum();
    enveloped(
        "import",
        ImportFormat {
            summary: Summary {
                imported: imported.count(),
                recorded: imported.recorded(),
                left_out: left_out + imported.unplaced.len(),
            },
            files: &imported.files,
            targets: imported.targets.iter().map(target_format).collect(),
            unplaced: &imported.unplaced,
            removed: imported.removed.as_deref(),
        },
    )
}

fn target_format(found: &ImportedTarget) -> TargetFormat<'_> {
    let ImportedTarget { target, policies, left_out, named, error } = found;
    TargetFormat {
        target,
        policies: policies
            .iter()
            .map(|(key, policy)| PolicyFormat {
                address: key.at(target),
                document: &policy.document,
                origin: policy.origin.as_deref(),
                findings: &policy.findings,
                differs: policy.differs.as_deref(),
                recorded: policy.is_recorded,
            })
            .collect(),
        left_out: left_out
            .iter()
            .map(|(key, because)| LeftOut { address: key.at(target), because })
            .collect(),
        named: *named,
        error: error.as_deref(),
    }
}
