//! Compares states, and documents statement by statement.
//!
//! Unmanaged policies are in the comparison, so that slots and reports see them, and in no case can one of
//! them become an operation.

mod change;
mod document;
mod drift;
mod meaning;
mod segment;

pub use change::{Change, States, changes};
pub use document::{DocumentDiff, FieldDiff, StatementDiff, compare};
pub use drift::{Drift, DriftKind, Drifted, drift};
pub use meaning::{Breadth, Mark, Meaning, Meanings, meanings};
pub use segment::{Marked, Piece, mark};
