//! A report and its targets.

use crate::model::Target;
use crate::plan::Slots;
use crate::policy::Fingerprint;
use crate::report::finding::Finding;
use crate::report::style::Style;

use super::ReviewItem;

/// A report of some targets.
#[derive(Debug, Clone)]
pub struct Review {
    /// `plan`, `apply`, `drift`: the word by which a bot finds its own comment.
    pub kind: &'static str,
    /// What it is about, in a word or two: `Plan`.
    pub title: &'static str,
    /// A sentence in front of all else, such as `No changes.`; may be empty.
    pub lead: String,
    /// What names the plan.
    pub digest: Option<Fingerprint>,
    /// What is counted; never empty.
    pub counts: Vec<Count>,
    /// The command that shows the whole, for a page that must be cut.
    pub command: &'static str,
    /// Whether targets without changes are but counted.
    pub folds_calm: bool,
    /// What was found in the files and by planning, each once.
    pub findings: Vec<Finding>,
    /// The targets, in the order given.
    pub targets: Vec<ReviewTarget>,
}

/// A number with its words: `1 to create`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The words.
    pub text: String,
    /// Their role.
    pub style: Style,
}

/// A line with a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The role.
    pub style: Style,
    /// The text.
    pub text: String,
}

/// One target of a report.
#[derive(Debug, Clone)]
pub struct ReviewTarget {
    /// The account and Region.
    pub target: Target,
    /// Others at which it is the same.
    pub also: Vec<Target>,
    /// The slots before, during and after; nothing where they are not known or not the point.
    pub slots: Option<Slots>,
    /// More about the target, each in a line: whose the slots are, for example.
    pub notes: Vec<Line>,
    /// Its policies.
    pub items: Vec<ReviewItem>,
    /// How access changes as a whole.
    pub access: Vec<Line>,
    /// The writes, in order.
    pub steps: Vec<ReviewStep>,
    /// Why nothing of it must be done.
    pub refusals: Vec<ReviewRefusal>,
    /// What went wrong: a word, `error` or `refused`, and the message.
    pub error: Option<(&'static str, String)>,
}

/// A reason why a plan must not be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRefusal {
    /// Its name, as `--allow` takes it.
    pub name: &'static str,
    /// The policy; nothing where it is about the whole target.
    pub key: Option<String>,
    /// What is refused, why, and what to do.
    pub message: String,
    /// Whether the user allowed it by name.
    pub allowed: bool,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewStep {
    /// Its number.
    pub id: usize,
    /// `put` or `delete`.
    pub kind: &'static str,
    /// The policy.
    pub key: String,
    /// `0 → 412 bytes`
    pub bytes: String,
    /// `8 of 10 slots`, once it is done; empty where it takes none.
    pub slots: String,
    /// `, after 1: frees a slot`; may be empty.
    pub reason: String,
    /// What became of it; nothing in a plan.
    pub outcome: Option<ReviewOutcome>,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewOutcome {
    /// `applied`, `skipped`, `conflict` or `failed`.
    pub word: &'static str,
    /// Its role.
    pub style: Style,
    /// What is to be said beside the word; may be empty.
    pub message: String,
}

impl Review {
    /// Whether a target is but counted.
    pub fn folds(&self, target: &ReviewTarget) -> bool {
        self.folds_calm && target.is_calm()
    }

    /// How many changes there are.
    pub fn changes(&self) -> usize {
        self.targets.iter().map(|target| target.changes() * target.number()).sum()
    }
}

impl ReviewTarget {
    /// A target with nothing to say.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            also: Vec::new(),
            slots: None,
            notes: Vec::new(),
            items: Vec::new(),
            access: Vec::new(),
            steps: Vec::new(),
            refusals: Vec::new(),
            error: None,
        }
    }

    /// How many of its policies change.
    pub fn changes(&self) -> usize {
        self.items.iter().filter(|item| item.is_change).count()
    }

    /// Whether there is nothing that anybody must look at.
    pub fn is_calm(&self) -> bool {
        self.changes() == 0 && self.refusals.is_empty() && self.error.is_none() && self.steps.is_empty()
    }

    /// The word for what keeps it from being done: an error, a refusal that nobody allowed, a write that failed; empty
    /// where nothing does.
    pub fn trouble(&self) -> &'static str {
        let is_bad = |step: &ReviewStep| step.outcome.as_ref().is_some_and(|found| found.style == Style::Bad);
        match &self.error {
            Some((word, _)) => word,
            None if self.refusals.iter().any(|refusal| !refusal.allowed) => "refused",
            None if self.steps.iter().any(is_bad) => "not all done",
            None => "",
        }
    }

    /// `7 of 10 slots, at most 8 during, 6 after`; nothing where the slots are not known.
    pub fn meter(&self) -> Option<String> {
        let Slots { limit, before, after, peak } = self.slots?;
        Some(if before == after && peak == before {
            format!("{before} of {limit} slots")
        } else {
            format!("{before} of {limit} slots, at most {peak} during, {after} after")
        })
    }

    /// `2 create, 1 delete`: its changes by kind, in the order they come; empty where there is none.
    pub fn words(&self) -> String {
        let mut kinds: Vec<(&'static str, usize)> = Vec::new();
        for item in self.items.iter().filter(|item| item.is_change) {
            match kinds.iter_mut().find(|(kind, _)| *kind == item.kind) {
                Some((_, number)) => *number += 1,
                None => kinds.push((item.kind, 1)),
            }
        }
        kinds.iter().map(|(kind, number)| format!("{number} {kind}")).collect::<Vec<_>>().join(", ")
    }
}

impl ReviewRefusal {
    /// The word for it and its role.
    pub(in crate::report) fn look(&self) -> (&'static str, Style) {
        if self.allowed { ("allowed", Style::Warning) } else { ("refused", Style::Bad) }
    }
}

impl Line {
    /// A line in a role.
    pub fn new(style: Style, text: impl Into<String>) -> Self {
        Self { style, text: text.into() }
    }
}
