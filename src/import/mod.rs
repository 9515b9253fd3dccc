//! Finds desired state in what stands elsewhere: in AWS, in a Terraform state, in a CloudFormation template.
//!
//! Pure: texts and documents in, entries out. What cannot be used comes back with a reason, and nothing is dropped.

mod cloudformation;
mod condition;
mod declared;
mod embedded;
mod intrinsic;
mod joined;
mod removed;
mod stable;
mod terraform;

pub use cloudformation::{CloudFormationError, cloudformation};
pub use declared::{Declared, DeclaredPolicy, Identity, Unusable};
pub use joined::{Found, Joined, joined};
pub use removed::{Block, removed_blocks};
pub use stable::stable;
pub use terraform::{TerraformError, is_terraform, terraform};
