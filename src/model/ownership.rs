//! How much of a policy is ours.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::policy::{Document, Statement};

/// What the files say about a policy that others write to as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// The whole document is ours.
    #[default]
    Document,
    /// Only the statements whose Sid we list; those of others stay byte for byte.
    Statements,
}

/// What of a policy is ours once a plan is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// All of it, or some statements.
    pub ownership: Ownership,
    /// The Sids of our statements, sorted.
    pub statements: BTreeSet<String>,
    /// A plan that would delete it is refused.
    pub prevent_delete: bool,
}

impl Claim {
    /// A claim on the statements that a document names.
    pub fn on(ours: &Document, ownership: Ownership, prevent_delete: bool) -> Self {
        let statements = ours.statements().iter().filter_map(Statement::sid).map(ToOwned::to_owned);
        Self { ownership, statements: statements.collect(), prevent_delete }
    }

    /// Whether a statement of the policy is ours by its Sid.
    pub fn holds(&self, statement: &Statement) -> bool {
        self.ownership == Ownership::Document
            || statement.sid().is_some_and(|sid| self.statements.contains(sid))
    }

    /// Whether two documents are the same as far as they are ours.
    pub fn same(&self, left: &Document, right: &Document) -> bool {
        match self.ownership {
            Ownership::Document => left == right,
            Ownership::Statements => {
                let ours = |document: &Document| -> BTreeSet<String> {
                    let statements = document.statements().iter().filter(|statement| self.holds(statement));
                    statements.map(|statement| statement.canonical().to_owned()).collect()
                };
                ours(left) == ours(right)
            }
        }
    }
}
