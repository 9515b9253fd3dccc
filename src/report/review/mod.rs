//! A report before it has a format: finished words and the roles they play, for text, Markdown and HTML alike.
//!
//! What is to be shown is decided here, once; how it looks is for each format to say. All texts are as they were
//! read: each format escapes them. A report of another kind fills the same value.

mod access;
mod difference;
mod fold;
mod item;
mod outcome;
mod plan;
mod problem;
mod target;

pub use fold::is_large;
pub use item::{DiffLine, ReviewItem};
pub use outcome::apply_review;
pub use plan::{files_review, plan_review};
pub use target::{Count, Line, Review, ReviewOutcome, ReviewRefusal, ReviewStep, ReviewTarget};

pub(super) use access::{Access, access};
pub(super) use difference::difference;
pub(super) use fold::folded;
pub(super) use outcome::{outcome_style, outcome_summary};
pub(super) use plan::{breadth, is_calm, plan_counts, review_target};
pub(super) use problem::{AccessLine, Problem};
