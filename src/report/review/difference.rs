//! How a document changes, line by line.

use crate::diff::{DocumentDiff, FieldDiff, Mark, Marked, Meaning, Piece, StatementDiff, compare};
use crate::policy::{Document, Statement};
use crate::report::statement::sentences;

use super::DiffLine;

/// The lines from one document to another; nothing stands for "not there". Of a document that comes or goes as a whole
/// each statement is a sentence; `meaning` tells which of them change nothing.
pub(in crate::report) fn difference(
    before: Option<&Document>,
    after: Option<&Document>,
    meaning: Option<&Meaning>,
) -> Vec<DiffLine> {
    match (before, after) {
        (None, None) => Vec::new(),
        (None, Some(after)) => whole(after, true, meaning),
        (Some(before), None) => whole(before, false, meaning),
        (Some(before), Some(after)) => between(&compare(before, after), meaning),
    }
}

/// Every statement of a document in words.
fn whole(document: &Document, arrives: bool, meaning: Option<&Meaning>) -> Vec<DiffLine> {
    document.statements().iter().flat_map(|statement| one(statement, arrives, meaning)).collect()
}

fn one(statement: &Statement, arrives: bool, meaning: Option<&Meaning>) -> Vec<DiffLine> {
    let remark = remark(statement, arrives, meaning);
    let side = |sentence| DiffLine::Side {
        arrives,
        pieces: vec![Piece { text: sentence, changed: false }],
        remark: remark.clone(),
    };
    sentences(statement).into_iter().map(side).collect()
}

/// A few words behind a sentence; empty where the statement counts.
fn remark(statement: &Statement, arrives: bool, meaning: Option<&Meaning>) -> String {
    let marks = meaning.map(|meaning| if arrives { &meaning.arriving } else { &meaning.leaving });
    match (marks.and_then(|marks| marks.get(statement.canonical())), arrives) {
        (Some(Mark::Moved(other)), true) => format!("moved from {other}"),
        (Some(Mark::Moved(other)), false) => format!("moved to {other}"),
        (Some(Mark::CoveredAnyway), true) => "allowed before".to_owned(),
        (Some(Mark::CoveredAnyway), false) => "still allowed".to_owned(),
        (Some(Mark::Counts) | None, _) => String::new(),
    }
}

fn between(diff: &DocumentDiff, meaning: Option<&Meaning>) -> Vec<DiffLine> {
    let mut lines = Vec::new();
    diff.fields.iter().for_each(|found| field("", found, &mut lines));
    for statement in &diff.statements {
        match statement {
            StatementDiff::Added(statement) => lines.extend(one(statement, true, meaning)),
            StatementDiff::Removed(statement) => lines.extend(one(statement, false, meaning)),
            StatementDiff::Changed { name, fields } => {
                let name = if name.starts_with('#') { name.clone() } else { format!("\"{name}\"") };
                fields.iter().for_each(|found| field(&format!("Statement {name} · "), found, &mut lines));
            }
        }
    }
    lines
}

fn field(place: &str, found: &FieldDiff, lines: &mut Vec<DiffLine>) {
    lines.push(DiffLine::Place(format!("{place}{}", found.path)));
    for (old, new) in &found.values {
        let paired = old.is_some() && new.is_some();
        for (pieces, arrives) in [(old, false), (new, true)] {
            if let Some(pieces) = pieces {
                let pieces = marked(pieces, paired);
                lines.push(DiffLine::Side { arrives, pieces, remark: String::new() });
            }
        }
    }
}

/// What has no other side has no changed part either.
fn marked(pieces: &Marked, paired: bool) -> Marked {
    let piece = |piece: &Piece| Piece { text: piece.text.clone(), changed: piece.changed && paired };
    pieces.iter().map(piece).collect()
}
