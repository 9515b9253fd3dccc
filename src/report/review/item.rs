//! One policy of a report.

use std::sync::Arc;

use crate::diff::Marked;
use crate::model::{Location, PolicyKey};
use crate::policy::Document;
use crate::report::escape::terminal;
use crate::report::style::Style;

/// One policy of a report and what is to be said about it.
#[derive(Debug, Clone)]
pub struct ReviewItem {
    /// The word to filter by, such as `create`, `unmanaged` or `changed`.
    pub kind: &'static str,
    /// The word in the line, such as `create` or `leave`.
    pub word: &'static str,
    /// The sign in front of the word.
    pub symbol: char,
    /// The role of the line.
    pub style: Style,
    /// The policy.
    pub key: PolicyKey,
    /// A few words behind the name, such as `wider`; may be empty.
    pub breadth: &'static str,
    /// What stands at the end of the line, such as its size; may be empty.
    pub aside: String,
    /// Whether it counts as a change.
    pub is_change: bool,
    /// Whether it is shown only where everything is asked for.
    pub is_quiet: bool,
    /// The grants of the files that stand in it.
    pub grants: Vec<String>,
    /// More about it, each in a line: who changed it, for example.
    pub notes: Vec<String>,
    /// Who may newly write what, or it could not be shown that nobody may; in words.
    pub gained: Vec<String>,
    /// Who may no longer.
    pub lost: Vec<String>,
    /// How the document changes, statement by statement.
    pub lines: Vec<DiffLine>,
    /// What is there.
    pub before: Option<Arc<Document>>,
    /// What shall be there.
    pub after: Option<Arc<Document>>,
    /// The entry in the files.
    pub source: Option<Location>,
}

/// A line of a document's difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    /// The place of what follows: `Statement "x" · Resource`.
    Place(String),
    /// What comes or goes.
    Side {
        /// Whether it comes.
        arrives: bool,
        /// The text, with what the other side lacks marked where there is another side.
        pieces: Marked,
        /// A few words behind it, such as `moved from policy:x`; may be empty.
        remark: String,
    },
}

impl ReviewItem {
    /// An item with nothing but its line.
    pub fn new(kind: &'static str, word: &'static str, symbol: char, style: Style, key: &PolicyKey) -> Self {
        Self {
            kind,
            word,
            symbol,
            style,
            key: key.clone(),
            breadth: "",
            aside: String::new(),
            is_change: true,
            is_quiet: false,
            grants: Vec::new(),
            notes: Vec::new(),
            gained: Vec::new(),
            lost: Vec::new(),
            lines: Vec::new(),
            before: None,
            after: None,
            source: None,
        }
    }
}

impl DiffLine {
    /// The line without its remark, harmless, what changed between marks that can be read without colour:
    /// `+ .../{+new+}/*` and `- .../[-old-]/*`.
    pub(in crate::report) fn marked(&self) -> String {
        let (symbol, open, close, pieces) = match self {
            Self::Place(place) => return terminal(place),
            Self::Side { arrives: true, pieces, .. } => ('+', "{+", "+}", pieces),
            Self::Side { arrives: false, pieces, .. } => ('-', "[-", "-]", pieces),
        };
        let mut line = format!("{symbol} ");
        for piece in pieces {
            let shown = terminal(&piece.text);
            line.push_str(&if piece.changed { format!("{open}{shown}{close}") } else { shown });
        }
        line
    }
}
