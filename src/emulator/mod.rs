//! Pretends to be the service: CloudWatch Logs and what is asked beside it of CloudTrail, STS, Organizations and Account
//! Management, as the AWS CLI, the SDKs and Terraform speak to them.
//!
//! This room shares no code with the others. It has its own limits, its own idea of a policy document and its own
//! normalisation, so that it can disagree with us. A request travels `http` → `gate` (faults and the rate) → `service` → one file per
//! operation group → `store` (the world, and the file it is kept in), and back through `delivery`.

mod answer;
mod arn;
mod assume_role;
mod by_name;
mod caller_identity;
mod clock;
mod credential;
mod delivery;
mod directory;
mod document;
mod error;
mod event;
mod event_lookup;
mod event_record;
mod fault;
mod form;
mod gate;
mod http;
mod log_groups;
mod normal_form;
mod options;
mod page;
mod policy_changes;
mod policy_listing;
mod rate;
mod recorded_call;
mod request;
mod server;
mod service;
mod store;
mod world;
mod world_file;

pub use error::EmulatorError;
pub use options::Options;
pub use server::{Emulator, start};
