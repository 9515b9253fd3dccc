//! Reads the desired state: bytes → a tree that knows its places → meaning.
//!
//! One run reports every error it can find, each with its place; nothing stops at the first.

mod access_test;
mod code;
mod decode;
mod document;
mod document_file;
mod extent;
mod file;
mod grant;
mod lint;
mod organization;
mod parsed;
#[cfg(test)]
mod parsed_tests;
mod policy;
mod recipe;
mod recipe_grant;
mod role;
mod schema;
#[cfg(test)]
mod schema_tests;
mod section;
mod suggest;
mod tabs;
mod target;
#[cfg(test)]
mod tests;
mod tree;
mod variable;

pub use document::plain_json;
pub use document_file::bounded_text;
pub use file::{Loaded, ReadError, load, parse, parse_with};
pub use parsed::Parsed;
pub use recipe::{recipe, recipes};
pub use schema::schema;
pub use tree::{Entry as SourceEntry, Kind as SourceKind, Node as SourceNode, parse_template};
