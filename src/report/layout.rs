//! How wide and how talkative text is.

use unicode_width::UnicodeWidthStr;

/// What a terminal wants of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the terminal, or of a page where there is none.
    pub width: usize,
    /// Also show what does not change.
    pub verbose: bool,
}

/// The width where there is no terminal.
const PAGE: usize = 100;

impl Default for Layout {
    fn default() -> Self {
        Self { width: PAGE, verbose: false }
    }
}

impl Layout {
    /// `left` and, at the right edge, `right`; two blanks between them where the width does not suffice. Both
    /// are plain text; `paint` may style what is to be shown for `left`.
    pub(super) fn edges(self, left: &str, right: &str, paint: impl FnOnce(&str) -> String) -> String {
        let used = left.width() + right.width();
        let gap = self.width.min(PAGE).saturating_sub(used).max(2);
        if right.is_empty() { paint(left) } else { format!("{}{}{right}", paint(left), " ".repeat(gap)) }
    }
}
