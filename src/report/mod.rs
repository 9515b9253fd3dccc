//! Shows values: text for terminals, JSON for programs, SARIF and annotations for code review.
//!
//! Rendering takes a value and returns text; nothing here prints. Text carries terminal styles, which the
//! stream it is written to keeps or strips.
//!
//! ```
//! use logpolicy::model::Directory;
//! use logpolicy::report::{Coverage, Layout, diagnostics_text, validate_json};
//! use logpolicy::{config, validate::judged};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "version: 1\ntargets: { main: { account: 12, regions: [us-east-1] } }\n";
//! let parsed = config::parse_with(&[], &[("logpolicy.yaml".into(), text.to_owned())])?;
//! let loaded = parsed.loaded(&Directory::default());
//! let findings = loaded.diagnostics.and(judged(&loaded.desired).iter().cloned());
//! let text = diagnostics_text(&findings, &loaded.sources, Layout::default());
//! assert!(text.contains("logpolicy.yaml:2"), "{text}");
//! let json = validate_json(&findings, &loaded.sources, &Coverage::default());
//! assert!(json.contains("\"kind\": \"validate\""), "{json}");
//! # Ok(())
//! # }
//! ```

mod access;
mod apply;
mod can;
mod compact;
mod count;
mod desired;
mod diagnostic;
mod drift;
mod envelope;
mod escape;
mod file_page;
mod finding;
mod github;
mod graph;
mod html;
mod iam;
mod import;
mod json;
mod layout;
mod markdown;
mod plan;
mod recipe;
mod review;
mod rules;
mod sarif;
mod state;
mod statement;
mod status;
mod step;
mod style;

pub use access::request_text;
pub use apply::apply_text;
pub use can::{Answer, can_json, can_text};
pub use compact::{CompactedTarget, compact_json, compact_text};
pub use count::{counted, thousands};
pub use desired::{DeclaredTarget, DesiredEntry, DesiredFile, desired_yaml};
pub use diagnostic::{diagnostics_text, findings_summary};
pub use drift::{
    DriftedTarget, FoundDrift, LastSuccess, drift_json, drift_lines, drift_metrics, drift_review,
    drift_sarif, drift_text,
};
pub use envelope::{Coverage, Part, json_last_line, json_line, json_report};
pub use escape::terminal as plain;
pub use file_page::file_page;
pub use finding::Finding;
pub use github::{plan_github, validate_github};
pub use graph::{plan_dot, plan_mermaid};
pub use html::review_html;
pub use iam::{Needs, Workflow, permissions_json, trust_json};
pub use import::{Imported, ImportedPolicy, ImportedTarget, Unplaced, import_json, import_text};
pub use json::{apply_json, apply_lines, plan_json, plan_last_line, plan_lines, validate_json};
pub use layout::Layout;
pub use markdown::review_markdown;
pub use plan::plan_text;
pub use recipe::{recipe_text, recipes_json, recipes_text};
pub use review::{
    Count, DiffLine, Line, Review, ReviewItem, ReviewOutcome, ReviewRefusal, ReviewStep, ReviewTarget,
    apply_review, files_review, is_large, plan_review,
};
pub use rules::{rule_text, rules_page, rules_text};
pub use sarif::{plan_sarif, validate_sarif};
pub use state::{
    Record, forget_json, history_json, history_text, list_json, list_text, show_json, show_text, unlock_json,
};
pub use status::{TargetStatus, status_json, status_lines, status_markdown, status_review, status_text};
pub use style::Style;
