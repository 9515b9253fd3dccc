//! Marks what changed inside a value.

use similar::{ChangeTag, TextDiff};

/// A run of text within a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether the other side lacks it.
    pub changed: bool,
}

/// A value in pieces, those that changed marked.
pub type Marked = Vec<Piece>;

/// Where values are taken apart: a segment of an ARN is marked, not the whole ARN.
const SEPARATORS: [char; 5] = [':', '/', '*', '.', '"'];

/// Takes two values apart and marks what is on one side only.
pub fn mark(before: &str, after: &str) -> (Marked, Marked) {
    let (left, right) = (words(before), words(after));
    let diff = TextDiff::from_slices(&left, &right);
    let (mut old, mut new) = (Marked::new(), Marked::new());
    for change in diff.iter_all_changes() {
        let text = change.value();
        match change.tag() {
            ChangeTag::Delete => push(&mut old, text, true),
            ChangeTag::Insert => push(&mut new, text, true),
            ChangeTag::Equal => {
                push(&mut old, text, false);
                push(&mut new, text, false);
            }
        }
    }
    (old, new)
}

fn push(pieces: &mut Marked, text: &str, changed: bool) {
    match pieces.last_mut() {
        Some(last) if last.changed == changed => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), changed }),
    }
}

/// The separators and what stands between them.
fn words(value: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in value.split_inclusive(SEPARATORS) {
        let end = word.char_indices().next_back().filter(|(_, last)| SEPARATORS.contains(last));
        match end {
            Some((at, _)) if at > 0 => words.extend([&word[..at], &word[at..]]),
            _ => words.push(word),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_the_segment_and_not_the_arn() {
        let arn = |name| format!("arn:aws:logs:us-east-1:111122223333:log-group:/aws/{name}/*:*");
        let (old, new) = mark(&arn("old"), &arn("opensearch"));
        let changed = |pieces: &Marked| {
            pieces.iter().filter(|piece| piece.changed).map(|piece| piece.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!((changed(&old), changed(&new)), (vec!["old".to_owned()], vec!["opensearch".to_owned()]));
        let whole = |pieces: &Marked| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
        assert_eq!((whole(&old), whole(&new)), (arn("old"), arn("opensearch")));
    }
}
