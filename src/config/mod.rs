//! Reads the desired state: bytes → a tree that knows its places → meaning.
//!
//! One run reports every error it can find, each with its place; nothing stops at the first.

mod access_test;
mod code;
mod decode;
mod document;
mod document_file;
mod file;
mod grant;
mod lint;
mod policy;
mod recipe;
mod recipe_grant;
mod schema;
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
pub use file::{Loaded, ReadError, load, load_with};
pub use recipe::{recipe, recipes};
pub use schema::schema;
pub use tree::{Entry as SourceEntry, Kind as SourceKind, Node as SourceNode, parse_template};
