//! Is the IAM policy language: documents, their canonical form, equality.
//!
//! Pure: no files, no network, no clock. Everything here is total: whatever text AWS returns becomes a
//! [`Document`], and whatever cannot be understood is kept and shown, never dropped.

mod canonical;
mod document;
mod grant;
mod json;
mod statement;
mod wire;

pub use canonical::account_of_root;
pub use document::{Document, Fingerprint};
pub use grant::{Condition, Grant};
pub use json::{Json, JsonError, MAX_DEPTH};
pub use statement::{Effect, Statement};
