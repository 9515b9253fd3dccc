//! Is the words that every room speaks: targets, addresses, desired, live and recorded state.
//!
//! Pure values without behaviour of their own beyond parsing, printing and looking up.

mod access_test;
mod address;
mod attribution;
mod desired;
mod diagnostic;
mod directory;
mod event;
mod excerpt;
mod grant;
mod limits;
mod lint;
mod live;
mod log_group;
mod meter;
mod owner;
mod ownership;
mod recipe;
mod recorded;
mod source;
mod target;
mod template;
mod unmanaged;

pub use access_test::{AccessTest, Judgement, judge, request};
pub use address::{AddressError, PolicyAddress, PolicyKey, PolicyScope};
pub use attribution::{Attribution, Author, WhyUnknown};
pub use desired::{
    Access, AssumedRole, DesiredGrant, DesiredPolicy, DesiredState, DesiredTarget, DocumentTemplate, Node,
    PlacedGrant, PolicyTemplate, S3Location, StateLocation, TargetDesired,
};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use directory::{AccountsOf, Asked, Directory, Members, Membership, OpenTarget, RegionsOf};
pub use event::{LookupWindow, WriteEvent, WriteEvents, WriteKind, WriteQuery};
pub use excerpt::excerpt;
pub use grant::{GrantTemplate, Overflow, Packing};
pub use limits::Limits;
pub use lint::{Exception, Lint};
pub use live::{LivePolicy, LiveState};
pub use log_group::{NamedLogGroups, exact_log_group, is_log_group_name};
pub use meter::{Meter, MeteredPolicy, named_log_groups, slots_by_owner};
pub use owner::{ByOwner, Owner, owners};
pub use ownership::{Claim, Ownership};
pub use recipe::{Evidence, Recipe, RecipeParameter, ScopeHint};
pub use recorded::{HISTORY, RecordedApply, RecordedChange, RecordedPolicy, RecordedState, Version};
pub use source::{Location, NodeSpans, SourceFile, SourceSpan, Sources};
pub use target::{AccountId, Partition, Region, Target, TargetError};
pub use template::{Segment, Template};
pub use unmanaged::{Guards, Unmanaged};
