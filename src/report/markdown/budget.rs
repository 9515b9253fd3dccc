//! How much fits on a page.

use crate::report::count::thousands;

/// Room that is kept for the line that says what is left out.
const RESERVE: usize = 500;

/// A page that takes so much and no more.
pub(super) struct Page {
    text: String,
    used: usize,
    limit: usize,
}

/// The length that counts: UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

impl Page {
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::new(), used: 0, limit }
    }

    /// How much still fits beside the last line.
    pub(super) fn room(&self) -> usize {
        self.limit.saturating_sub(self.used + RESERVE)
    }

    /// Puts text on the page, where it fits.
    pub(super) fn push(&mut self, text: &str) -> bool {
        let fits = length(text) <= self.room();
        if fits {
            self.used += length(text);
            self.text.push_str(text);
        }
        fits
    }

    /// Puts a list under a title as far as it fits into `room`, and says how many lines are left out.
    pub(super) fn list(&mut self, title: &str, lines: &[String], most: usize, room: usize) {
        if lines.is_empty() {
            return;
        }
        let left_out = |number: usize| format!("- and {} more\n", thousands(number));
        let room = room.min(self.room()).saturating_sub(length(&left_out(lines.len())) + length(title) + 2);
        let mut list = String::new();
        let mut used = 0;
        let mut shown = 0;
        for line in lines.iter().take(most) {
            let line = format!("- {line}\n");
            if used + length(&line) > room {
                break;
            }
            used += length(&line);
            shown += 1;
            list.push_str(&line);
        }
        if shown < lines.len() {
            list.push_str(&left_out(lines.len() - shown));
        }
        self.push(&format!("{title}\n\n{list}\n"));
    }

    /// Puts the line on the page for which room was kept.
    pub(super) fn push_last(&mut self, text: &str) {
        self.used += length(text);
        self.text.push_str(text);
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_is_left_out() {
        let lines: Vec<String> = (0..1_000).map(|number| format!("line {number}")).collect();
        let mut page = Page::new(RESERVE + 60);
        page.list("### Lines", &lines, usize::MAX, usize::MAX);
        assert_eq!(page.text(), "### Lines\n\n- line 0\n- line 1\n- line 2\n- and 997 more\n\n");
        let mut page = Page::new(RESERVE + 600);
        page.list("### Lines", &lines, 1, usize::MAX);
        assert_eq!(page.text(), "### Lines\n\n- line 0\n- and 999 more\n\n");
    }

    #[test]
    fn what_counts_are_utf_16_units() {
        assert_eq!((length("äb"), length("\u{1f600}")), (2, 2));
        let mut page = Page::new(RESERVE + 3);
        assert!(page.push("ab") && !page.push("\u{1f600}") && page.push("c"));
        assert_eq!(page.text(), "abc");
    }
}
