//! Terraform-style reconciliation of Amazon CloudWatch Logs resource policies.
//!
//! Everything is gathered first, decided in one pure function, and then carried out: ARCHITECTURE.md shows the rooms.
//! The pure middle can be used on its own: [`config::load`] reads files, [`validate::judged`] judges them,
//! [`plan::plan`] decides, and [`policy::AccessChange`] compares what two sets of policies allow.
//!
//! ```
//! use logpolicy::policy::{AccessChange, Attached, Document, Found};
//!
//! let policy = |resource: &str| {
//!     Document::from_text(format!(
//!         r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Service":"es.amazonaws.com"}},
//!             "Action":"logs:PutLogEvents","Resource":"{resource}"}}}}"#
//!     ))
//! };
//! let prefix = "arn:aws:logs:us-east-1:111122223333:log-group:";
//! let (before, after) = (policy(&format!("{prefix}/aws/a:*")), policy(&format!("{prefix}/aws/*:*")));
//! let change = AccessChange::between(
//!     prefix,
//!     &[Attached { document: &before, log_group: None }],
//!     &[Attached { document: &after, log_group: None }],
//! );
//! assert!(matches!(change.gained, Found::Witness(_)));
//! assert_eq!(change.lost, Found::None);
//! ```

pub mod apply;
pub mod cli;
pub mod config;
pub mod diff;
pub mod emulator;
pub mod fleet;
pub mod import;
pub mod merge;
pub mod model;
pub mod pack;
pub mod plan;
pub mod policy;
pub mod provider;
pub mod report;
pub mod store;
pub mod validate;
