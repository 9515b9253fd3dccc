//! The page by itself; a browser reads it in `tests/browser.rs`.

use sha2::{Digest, Sha256};

use super::*;
use crate::diff::Piece;
use crate::model::{PolicyKey, Target};
use crate::plan::Slots;
use crate::report::review::{
    Count, DiffLine, Line, ReviewItem, ReviewOutcome, ReviewRefusal, ReviewStep, ReviewTarget,
};
use crate::report::style::Style;

const HOSTILE: &str = "</script><script>alert(1)</script>'\"<!--\u{202e}";

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0_u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[test]
fn the_policy_names_the_hashes_of_style_and_script() {
    assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
    for (text, hash) in [(STYLE, STYLE_HASH), (SCRIPT, SCRIPT_HASH)] {
        assert_eq!(format!("sha256-{}", base64(&Sha256::digest(text))), hash);
    }
}

/// A report in which every text is hostile and everything is there.
fn hostile(targets: usize) -> Review {
    let line = || Line::new(Style::Warning, HOSTILE);
    let item = ReviewItem {
        breadth: "wider",
        aside: HOSTILE.to_owned(),
        grants: vec![HOSTILE.to_owned()],
        notes: vec![HOSTILE.to_owned()],
        gained: vec![HOSTILE.to_owned()],
        lost: vec![HOSTILE.to_owned()],
        lines: vec![
            DiffLine::Place(HOSTILE.to_owned()),
            DiffLine::Side {
                arrives: true,
                pieces: vec![Piece { text: HOSTILE.to_owned(), changed: true }],
                remark: HOSTILE.to_owned(),
            },
        ],
        before: Some(std::sync::Arc::new(crate::policy::Document::from_text(HOSTILE))),
        ..ReviewItem::new("update", "update", '~', Style::Changed, &PolicyKey::account(HOSTILE))
    };
    let outcome = ReviewOutcome { word: "failed", style: Style::Bad, message: HOSTILE.to_owned() };
    let step = ReviewStep {
        id: 1,
        kind: "put",
        key: HOSTILE.to_owned(),
        bytes: HOSTILE.to_owned(),
        slots: HOSTILE.to_owned(),
        reason: HOSTILE.to_owned(),
        outcome: Some(outcome),
    };
    let refusal = ReviewRefusal {
        name: "takeover",
        key: Some(HOSTILE.to_owned()),
        message: HOSTILE.to_owned(),
        allowed: false,
    };
    let target = |number: usize| ReviewTarget {
        slots: Some(Slots { limit: 10, before: 9, after: 11, peak: 12 }),
        notes: vec![line()],
        items: vec![item.clone()],
        access: vec![line(), line()],
        steps: vec![step.clone()],
        refusals: vec![refusal.clone()],
        error: Some(("error", HOSTILE.to_owned())),
        ..ReviewTarget::new(format!("{number:012}/us-east-1").parse::<Target>().expect("a target"))
    };
    Review {
        kind: "plan",
        title: "Plan",
        lead: HOSTILE.to_owned(),
        digest: None,
        counts: vec![Count { text: HOSTILE.to_owned(), style: Style::Bad }],
        command: "logpolicy plan",
        folds_calm: true,
        findings: Vec::new(),
        targets: (0..targets).map(target).collect(),
    }
}

#[test]
fn nothing_becomes_markup() {
    let page = review_html(&hostile(2));
    assert_eq!(page.matches("<script>").count(), 1, "only the page's own");
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(!page.contains("alert(1)</") && !page.contains("<!--") && !page.contains('\u{202e}'), "{page}");
    assert!(page.contains("data-changes=\"2\"") && page.contains("\\u{202e}"), "{page}");
    assert!(
        !page.contains("style=") && !page.contains("http:") && !page.contains("https:"),
        "no outside resource"
    );
    let cells: Vec<&str> =
        page.split("<i class=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or("")).collect();
    assert_eq!(
        &cells[..12],
        ["kept"; 9].iter().chain(&["comes", "over", "over"]).copied().collect::<Vec<_>>()
    );
}

#[test]
fn a_page_grows_with_its_targets_and_no_faster() {
    let [one, hundred, thousand] = [1, 100, 1_000].map(|number| review_html(&hostile(number)).len());
    let each = (hundred - one) / 99;
    assert!((thousand - hundred) / 900 <= each + each / 100, "{one} {hundred} {thousand}");
}
