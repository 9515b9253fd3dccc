//! Carries out an approved plan; decides nothing.
//!
//! Each operation: check its precondition, write, read back, record. Once it has begun there is one outcome for
//! each operation, always; a bare error never comes back.

mod execute;
mod record;
mod settle;

pub use execute::apply;
pub use record::{Recorder, Stamp};
