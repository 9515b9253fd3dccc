//! A report as Markdown, for the comment of a pull request.
//!
//! The summary, the refusals and who may newly write what come first; the details are folded. A comment holds
//! [`LIMIT`] characters: what does not fit is left out as a whole, and a line says what.

mod budget;
mod head;
mod section;

use super::count::counted;
use super::escape::markdown;
use super::review::{Review, ReviewTarget};

use budget::Page;
use section::{LeftOut, sections};

/// The longest report: a comment on GitHub holds 65,536 characters, and the rest is left for what a workflow adds to it.
/// Here in UTF-16 units, of which there are no fewer.
const LIMIT: usize = 65_000;

/// A report as the body of a comment.
pub fn review_markdown(review: &Review) -> String {
    let mut page = Page::new(LIMIT);
    head::head(review, &mut page);
    let (details, left_out) = sections(&review.targets, page.room());
    page.push(&details);
    if let Some(line) = left_out_line(review, left_out) {
        page.push_last(&line);
    }
    page.text()
}

/// What is not shown, and where it is.
fn left_out_line(review: &Review, left_out: LeftOut) -> Option<String> {
    let LeftOut { changes, targets, details, steps } = left_out;
    let mut parts = Vec::new();
    if changes > 0 {
        parts.push(format!("{} of {}", counted(changes, "change"), counted(targets, "target")));
    }
    if details > 0 {
        parts.push(format!("the documents of {}", counted(details, "change")));
    }
    if steps > 0 {
        parts.push(format!("the steps of {}", counted(steps, "target")));
    }
    let line = format!(
        "\n**Not shown here**, for a comment is full: {}. {} shows the whole.\n",
        parts.join("; "),
        markdown(review.command)
    );
    (!parts.is_empty()).then_some(line)
}

/// `2 create, 1 delete`
fn kinds(target: &ReviewTarget) -> String {
    let words = target.words();
    if words.is_empty() { "no change".to_owned() } else { words }
}

#[cfg(test)]
mod tests;
