//! Shows values: text for terminals, JSON for programs.
//!
//! Rendering takes a value and returns text; nothing here prints. Text carries terminal styles, which the
//! stream it is written to keeps or strips.

mod apply;
mod count;
mod diagnostic;
mod escape;
mod json;
mod layout;
mod plan;
mod rules;
mod statement;
mod step;
mod style;

pub use apply::apply_text;
pub use diagnostic::{diagnostics_text, findings_summary};
pub use json::{apply_json, plan_json, validate_json};
pub use layout::Layout;
pub use plan::plan_text;
pub use rules::{rule_text, rules_page, rules_text};
pub use style::Style;
