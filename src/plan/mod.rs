//! Decides what is done at one target and in which order, and refuses what must not be done.
//!
//! A plan is finished data: [`plan`] is one pure function, and whoever carries its result out has no choice left.

mod approve;
mod base;
mod decide;
mod format;
mod operation;
mod order;
mod outcome;
mod refusal;
mod refuse;
mod result;
mod saved;
mod slots;

pub use approve::{ApprovedPlan, RecordChange, Refused};
pub use base::{Base, BasePolicy, Moved};
pub use decide::{GrantPlace, Kept, Plan, PlanInput, PlannedChange, plan};
pub use format::{
    AccessFormat, DiagnosticFormat, FORMAT_VERSION, GrantsFormat, PlanFormat, PlanFormatter, Summary,
    TOOL_VERSION, TargetFormat,
};
pub use operation::{Operation, OperationKind, Precondition};
pub use outcome::{OperationOutcome, Outcome, TargetOutcome};
pub use refusal::{Refusal, RefusalName};
pub use result::{TargetResult, Unplanned};
pub use saved::{SavedPlan, SavedTarget, Unreadable, saved_text};
pub use slots::{Slots, slots_sentence, what_frees_a_slot};
