//! Is the IAM policy language: documents and their canonical form, equality, evaluation, containment, access.
//!
//! Pure: no files, no network, no clock. Everything here is total: whatever text AWS returns becomes a
//! [`Document`], and whatever cannot be understood is kept and shown, never dropped.

mod access;
mod atoms;
mod canonical;
mod clause;
mod condition;
mod condition_value;
mod document;
mod evaluate;
mod grant;
mod instant;
mod json;
mod language;
mod pattern;
mod region;
mod shared;
mod shortcut;
mod statement;
mod walk;
mod wire;

pub use access::{AccessChange, Attached, Comparison, Found, Rights, is_allowed};
pub use canonical::account_of_root;
pub use condition::{condition_operators, is_condition_operator};
pub use condition_value::is_condition_value;
pub use document::{Document, Fingerprint, Fingerprinter};
pub use evaluate::{EFFECTIVE_ACTIONS, Evaluator, Mismatch, Request, StatementRef, Verdict, evaluate};
pub use grant::{Condition, Grant};
pub use json::{Json, JsonError, MAX_DEPTH};
pub use language::{pattern_covers, patterns_meet};
pub use pattern::matches_wildcards;
pub use region::Region as Requests;
pub use statement::{Effect, Statement};
pub use wire::{DOCUMENT_ELEMENTS, STATEMENT_ELEMENTS};
