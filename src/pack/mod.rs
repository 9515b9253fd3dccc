//! Places statements into as few policies as fit: grants beside what stands already, and what is live all anew.
//!
//! A statement that stands somewhere stays there. What is new goes where it changes the fewest policies; where nothing
//! has room, a few statements move (`placing`). Whatever ends in one policy is joined without loss (`joining`), and
//! measured as the text that is sent (`bin`).

mod advice;
mod bin;
mod compact;
mod covering;
mod grants;
mod joining;
mod piece;
mod placing;
#[cfg(test)]
mod placing_tests;
mod proof;
mod repair;
mod shape;
mod subset_sum;

pub use compact::{Compaction, compact};
pub use grants::{Surroundings, place_grants};
pub use proof::Proof;
