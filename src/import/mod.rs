//! Finds desired state in what stands elsewhere: in AWS, in a Terraform state, in a CloudFormation template.
//!
//! Pure: texts and documents in, entries out. What cannot be used comes back with a reason, and nothing is dropped.

mod joined;
mod stable;

pub use joined::{Found, Joined, joined};
pub use stable::stable;
