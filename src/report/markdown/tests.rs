//! How a comment is cut.

use super::*;
use crate::diff::Piece;
use crate::model::{PolicyKey, Target};
use crate::plan::Slots;
use crate::report::count::thousands;
use crate::report::review::{Count, DiffLine, ReviewItem, ReviewRefusal, ReviewTarget};
use crate::report::style::Style;

fn item(name: &str, lines: usize) -> ReviewItem {
    let line = |number: usize| DiffLine::Side {
        arrives: true,
        pieces: vec![Piece { text: format!("line {number} ``` of {name}"), changed: false }],
        remark: String::new(),
    };
    ReviewItem {
        lines: (0..lines).map(line).collect(),
        ..ReviewItem::new("create", "create", '+', Style::Added, &PolicyKey::account(name))
    }
}

fn target(number: usize, items: Vec<ReviewItem>) -> ReviewTarget {
    let target = format!("{number:012}/us-east-1").parse::<Target>().expect("a target");
    let slots = Some(Slots { limit: 10, before: 1, after: 3, peak: 3 });
    ReviewTarget { slots, items, ..ReviewTarget::new(target) }
}

fn review(targets: Vec<ReviewTarget>) -> Review {
    Review {
        kind: "plan",
        title: "Plan",
        lead: String::new(),
        digest: None,
        counts: vec![Count { text: "many to create".to_owned(), style: Style::Plain }],
        command: "logpolicy plan",
        folds_calm: true,
        findings: Vec::new(),
        targets,
    }
}

/// The comment, which fits and in which nothing is left open.
fn comment(review: &Review) -> String {
    let text = review_markdown(review);
    assert!(text.encode_utf16().count() <= LIMIT, "{}", text.len());
    assert!(text.starts_with("<!-- logpolicy:plan -->\n## Plan: many to create\n"), "{text}");
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    let fences = text.lines().filter(|line| line.starts_with("````")).count();
    assert!(fences.is_multiple_of(2), "{fences}");
    text
}

/// The line that says what is left out.
fn left_out(text: &str) -> &str {
    text.lines().find(|line| line.starts_with("**Not shown here**")).unwrap_or("")
}

const CREATED: &str = "**&#43;&nbsp;create**";

#[test]
fn what_fits_is_whole() {
    let text =
        comment(&review((0..20).map(|number| target(number, vec![item("a", 3), item("b", 3)])).collect()));
    assert_eq!((text.matches(CREATED).count(), left_out(&text)), (40, ""));
    assert_eq!(text.matches("line 2 ``` of b").count(), 20);
}

#[test]
fn thousands_of_targets_are_counted() {
    let items = || vec![item("a", 3), item("b", 3), item("c", 3)];
    let text = comment(&review((0..3_000).map(|number| target(number, items())).collect()));
    let shown = text.matches(CREATED).count();
    assert!(shown > 300, "{shown}");
    let (changes, targets) = (9_000 - shown, 3_000 - shown / 3);
    let said =
        format!("{} of {} targets; the documents of", thousands(changes) + " changes", thousands(targets));
    assert!(left_out(&text).contains(&said), "{said}: {}", left_out(&text));
    assert!(left_out(&text).ends_with("`logpolicy plan` shows the whole."));
    assert!(text.contains("and 2,900 more targets with changes or problems"), "the table is cut, too");
}

#[test]
fn a_huge_document_hides_no_other() {
    let items = vec![item("huge", 3_000), item("small", 5), item("emoji \u{1f600}", 5)];
    let text = comment(&review(vec![target(1, items), target(2, vec![item("other", 5)])]));
    assert_eq!(text.matches(CREATED).count(), 4);
    for name in ["small", "emoji \u{1f600}", "other"] {
        assert!(text.contains(&format!("line 4 ``` of {name}")), "{name}");
    }
    let said = "**Not shown here**, for a comment is full: the documents of 1 change. `logpolicy plan` shows the whole.";
    assert_eq!((left_out(&text), text.contains("of huge\n")), (said, false));
}

#[test]
fn refusals_come_first_and_are_counted() {
    let mut targets: Vec<ReviewTarget> = (0..3).map(|number| target(number, vec![item("a", 3)])).collect();
    let refusal = |number: usize| ReviewRefusal {
        name: "takeover",
        key: Some(format!("policy:{number}")),
        message: "A policy of this identity is there.".to_owned(),
        allowed: false,
    };
    targets[1].refusals = (0..5_000).map(refusal).collect();
    let text = comment(&review(targets));
    let shown = text.matches("**refused** `takeover`").count();
    assert!(shown > 100 && text.contains(&format!("- and {} more\n", thousands(5_000 - shown))), "{shown}");
    assert!(text.find("takeover").expect("there") < text.find("| target |").expect("there"));
    assert_eq!(text.matches(CREATED).count(), 3);
}

#[test]
fn what_is_the_same_at_many_targets_is_said_once() {
    let with = |number: usize, sentence: String| {
        let item = ReviewItem { gained: vec![sentence], ..item("a", 1) };
        target(number, vec![item])
    };
    let mut targets: Vec<ReviewTarget> = (0..50)
        .map(|number| with(number, format!("es may write when SourceAccount is {number:012}")))
        .collect();
    targets.push(with(50, "es may write when SourceAccount is 999999999999".to_owned()));
    let text = comment(&review(targets));
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("- ")).collect();
    let expected = [
        "- `es may write when SourceAccount is ${account}` at 50 targets",
        "- `es may write when SourceAccount is 999999999999` at `000000000050/us-east-1/policy:a`",
    ];
    assert_eq!(lines, expected);
}
