//! Terraform-style reconciliation of Amazon CloudWatch Logs resource policies.
//!
//! Everything is gathered first, decided in one pure function, and then carried out: see ARCHITECTURE.md.

pub mod cli;
pub mod config;
pub mod model;
pub mod policy;

pub mod apply;
pub mod diff;
pub mod emulator;
pub mod fleet;
pub mod plan;
pub mod provider;
pub mod report;
pub mod store;
pub mod validate;
