//! Puts the reports of shards together: into the bytes that one run over all targets would have written.
//!
//! Targets are taken over as they stand in the reports, in order; digests are checked and made anew. Other forms than JSON
//! are shown from the values that were read back.

mod drifted;
mod merged;
mod metered;
mod piece;
mod planned;

pub use merged::{Content, Kind, Merged};
pub use piece::Piece;
