//! Places in the files that were read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// A file as it was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as the user would type it.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Where each line begins; found when the first place is asked for.
    lines: OnceLock<Vec<usize>>,
}

/// A range of bytes in one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceSpan {
    /// Index into [`Sources::files`].
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

impl SourceSpan {
    /// The place of what stands in no file.
    pub const NOWHERE: Self = Self { file: usize::MAX, start: 0, end: 0 };
}

/// A place for people and for JSON; line and column count from 1, the column in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The path as the user would type it.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// All files of a run.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The files, in the order read.
    pub files: Vec<SourceFile>,
}

/// Where each node of a document stands, by JSON pointer (`/Statement/0/Action`; RFC 6901).
#[derive(Debug, Clone, Default)]
pub struct NodeSpans(BTreeMap<String, SourceSpan>);

impl SourceFile {
    fn lines(&self) -> &[usize] {
        let ends = || self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        self.lines.get_or_init(|| std::iter::once(0).chain(ends().map(|(at, _)| at + 1)).collect())
    }
}

impl SourceFile {
    /// The whole lines that hold a range of bytes, and the number of the first, counted from 1.
    pub fn lines_of(&self, range: Range<usize>) -> (Range<usize>, usize) {
        let lines = self.lines();
        let first = lines.partition_point(|begin| *begin <= range.start).max(1);
        let behind = lines.partition_point(|begin| *begin <= range.end).max(first);
        let end = lines.get(behind).copied().unwrap_or(self.text.len());
        (lines[first - 1]..end, first)
    }
}

impl Sources {
    /// Adds a file and returns its index.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> usize {
        self.files.push(SourceFile { path: path.into(), text: text.into(), lines: OnceLock::new() });
        self.files.len() - 1
    }

    /// The file of a span.
    pub fn file(&self, span: SourceSpan) -> Option<&SourceFile> {
        self.files.get(span.file)
    }

    /// The place of a span's first byte; the span is clamped to its file.
    pub fn location(&self, span: SourceSpan) -> Option<Location> {
        let file = self.file(span)?;
        let mut start = span.start.min(file.text.len());
        while !file.text.is_char_boundary(start) {
            start -= 1;
        }
        let lines = file.lines();
        let line = lines.partition_point(|begin| *begin <= start);
        let column = file.text[lines[line - 1]..start].chars().count() + 1;
        Some(Location { file: file.path.clone(), line, column })
    }
}

impl NodeSpans {
    /// Collects nodes; of a repeated pointer the last stays.
    pub fn new(nodes: impl IntoIterator<Item = (String, SourceSpan)>) -> Self {
        Self(nodes.into_iter().collect())
    }

    /// The span of a node, or of the nearest node around it.
    pub fn nearest(&self, pointer: &str) -> Option<SourceSpan> {
        let mut pointer = pointer;
        loop {
            if let Some(span) = self.0.get(pointer) {
                return Some(*span);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_count_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "äb: 1\nc: 2\n");
        let at = |start| sources.location(SourceSpan { file, start, end: start }).expect("a place");
        assert_eq!((at(0).line, at(0).column), (1, 1));
        assert_eq!((at(3).line, at(3).column), (1, 3));
        assert_eq!((at(7).line, at(7).column), (2, 1));
        assert_eq!((at(999).line, at(999).column), (3, 1));
    }

    #[test]
    fn the_lines_of_a_range_are_whole() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "one\ntwo\nthree");
        let of = |range| sources.files[file].lines_of(range);
        assert_eq!(of(0..0), (0..4, 1));
        assert_eq!(of(1..3), (0..4, 1));
        assert_eq!(of(2..5), (0..8, 1));
        assert_eq!(of(4..7), (4..8, 2));
        assert_eq!(of(9..13), (8..13, 3));
        assert_eq!(of(13..13), (8..13, 3));
        let empty = sources.add("b.yaml", "");
        assert_eq!(sources.files[empty].lines_of(0..0), (0..0, 1));
    }

    #[test]
    fn the_nearest_node_stands_in_for_a_missing_one() {
        let span = |start| SourceSpan { file: 0, start, end: start + 1 };
        let spans = NodeSpans::new([(String::new(), span(0)), ("/Statement".to_owned(), span(5))]);
        assert_eq!(spans.nearest("/Statement/0/Action"), Some(span(5)));
        assert_eq!(spans.nearest("/Version"), Some(span(0)));
    }
}
