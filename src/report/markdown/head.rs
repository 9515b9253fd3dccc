//! What everybody must see: the summary, what speaks against it, and who may newly write what.

use crate::model::Severity;
use crate::report::count::{counted, thousands};
use crate::report::escape::{markdown, prose};
use crate::report::finding::Finding;
use crate::report::review::{AccessLine, Problem, Review, ReviewItem, ReviewTarget};
use crate::report::style::Style;

use super::budget::Page;
use super::kinds;

/// The most lines about who may newly write what, and no longer.
const MOST_LINES: usize = 25;

/// The most rows of the table of targets.
const MOST_ROWS: usize = 100;

pub(super) fn head(review: &Review, page: &mut Page) {
    page.push(&headline(review));
    let all = page.room();
    page.list("### What keeps it from being done", &problems(review), usize::MAX, all / 2);
    let errors = found(review, Severity::Error);
    page.list("### Errors in the files", &errors, usize::MAX, all / 4);
    page.list("### Newly allowed", &access(review, |item| &item.gained), MOST_LINES, all / 8);
    page.list("### No longer allowed", &access(review, |item| &item.lost), MOST_LINES, all / 8);
    targets(review, page);
    let warnings = found(review, Severity::Warning);
    if !warnings.is_empty() {
        let title = format!("<details><summary>{}</summary>", counted(warnings.len(), "warning"));
        let fold = "</details>\n\n";
        let room = (all / 8).min(page.room().saturating_sub(fold.len()));
        page.list(&title, &warnings, usize::MAX, room);
        page.push(fold);
    }
}

fn headline(review: &Review) -> String {
    let Review { kind, title, lead, digest, counts, .. } = review;
    let counts: Vec<String> = counts.iter().map(|count| bold_if_bad(&count.text, count.style)).collect();
    let digest = digest.as_ref().map(|digest| format!(" {}", markdown(digest.short()))).unwrap_or_default();
    let lead = if lead.is_empty() { String::new() } else { format!("{}\n\n", prose(lead)) };
    format!("<!-- logpolicy:{kind} -->\n## {title}{digest}: {}\n\n{lead}", counts.join(", "))
}

fn bold_if_bad(text: &str, style: Style) -> String {
    if style == Style::Bad { format!("**{text}**") } else { text.to_owned() }
}

/// Refusals, what went wrong, and what was not done.
fn problems(review: &Review) -> Vec<String> {
    let line = |problem: Problem| {
        let Problem { word, style, name, place, message } = problem;
        let name = if name.is_empty() { name } else { format!(" {}", markdown(&name)) };
        format!("{}{name} at {}: {}", bold_if_bad(word, style), markdown(&place), prose(&message))
    };
    review.problems().into_iter().map(line).collect()
}

/// Findings of a severity.
fn found(review: &Review, severity: Severity) -> Vec<String> {
    let line = |finding: &Finding| {
        let place = finding.place().map(|place| format!(" {}", markdown(&place))).unwrap_or_default();
        format!("{}{place}: {}", markdown(finding.code), prose(&finding.text()))
    };
    review.findings.iter().filter(|finding| finding.severity == severity).map(line).collect()
}

/// Who gains or loses something, with the place where there are several targets.
fn access<'a>(review: &'a Review, of: impl Fn(&'a ReviewItem) -> &'a [String]) -> Vec<String> {
    let line = |line: &AccessLine| match (line.targets, review.targets.len()) {
        (_, 1) => markdown(&line.sentence),
        (1, _) => format!("{} at {}", markdown(&line.sentence), markdown(&line.place())),
        _ => format!("{} at {}", markdown(&line.sentence), line.place()),
    };
    review.access(of).iter().map(line).collect()
}

/// One target in a line, several in a table; those without changes as a number.
fn targets(review: &Review, page: &mut Page) {
    if let [only] = review.targets.as_slice() {
        let name = markdown(&only.target.to_string());
        let meter = only.meter().map(|meter| format!(" · {meter}")).unwrap_or_default();
        let notes: String = only.notes.iter().map(|line| format!("  \n{}", prose(&line.text))).collect();
        page.push(&format!("{name}{meter}{notes}\n\n"));
        return;
    }
    let shown: Vec<&ReviewTarget> = review.targets.iter().filter(|target| !target.is_calm()).collect();
    let calm = review.targets.len() - shown.len();
    if !shown.is_empty() {
        let mut table = "| target | changes | slots | |\n|---|---|---|---|\n".to_owned();
        let most = page.room() / 4;
        let mut rows = 0;
        for target in shown.iter().take(MOST_ROWS) {
            let row = row(target);
            if table.len() + row.len() > most {
                break;
            }
            table.push_str(&row);
            rows += 1;
        }
        table.push('\n');
        if rows < shown.len() {
            let left = thousands(shown.iter().skip(rows).map(|target| target.number()).sum());
            table.push_str(&format!("and {left} more targets with changes or problems\n\n"));
        }
        page.push(&table);
    }
    if calm > 0 {
        let what = if shown.is_empty() { "target" } else { "more target" };
        let plural = if calm == 1 { "" } else { "s" };
        page.push(&format!("{} {what}{plural} without changes\n\n", thousands(calm)));
    }
}

fn row(target: &ReviewTarget) -> String {
    let name = markdown(&target.name());
    format!(
        "| {name} | {} | {} | {} |\n",
        kinds(target),
        target.meter().unwrap_or_default(),
        target.trouble()
    )
}
