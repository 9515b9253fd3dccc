//! What the template of one target is filled with.

use serde::Serialize;

use crate::plan::Slots;
use crate::policy::Document;
use crate::report::count::thousands;
use crate::report::review::{
    DiffLine, Line, Review, ReviewItem, ReviewOutcome, ReviewRefusal, ReviewStep, ReviewTarget,
};
use crate::report::style::Style;

/// Targets, and changes, of which so many are unfolded from the start.
const FEW_TARGETS: usize = 20;
const FEW_CHANGES: usize = 50;

/// The most cells of a meter.
const MOST_CELLS: usize = 40;

#[derive(Serialize)]
pub(super) struct TargetFormat<'a> {
    target: String,
    /// Others at which it is the same.
    also: Vec<String>,
    open: bool,
    open_items: bool,
    words: String,
    meter: Option<String>,
    cells: Vec<&'static str>,
    trouble: &'static str,
    error: Option<ErrorFormat<'a>>,
    notes: Vec<LineFormat<'a>>,
    refusals: Vec<RefusalFormat<'a>>,
    items: Vec<ItemFormat<'a>>,
    access: Vec<LineFormat<'a>>,
    steps: Vec<StepFormat<'a>>,
    has_outcomes: bool,
}

#[derive(Serialize)]
struct ErrorFormat<'a> {
    word: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct LineFormat<'a> {
    class: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct RefusalFormat<'a> {
    word: &'static str,
    class: &'static str,
    name: &'a str,
    key: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
struct ItemFormat<'a> {
    kind: &'a str,
    word: &'a str,
    symbol: char,
    class: &'static str,
    key: String,
    breadth: &'a str,
    aside: &'a str,
    is_change: bool,
    /// Whether there is anything to unfold.
    has_body: bool,
    source: Option<String>,
    grants: &'a [String],
    notes: &'a [String],
    lines: Vec<DiffFormat<'a>>,
    access: Vec<AccessFormat<'a>>,
    documents: Vec<DocumentFormat>,
}

#[derive(Serialize)]
struct DiffFormat<'a> {
    class: &'static str,
    symbol: Option<char>,
    pieces: Vec<PieceFormat<'a>>,
    remark: &'a str,
}

#[derive(Serialize)]
struct PieceFormat<'a> {
    text: &'a str,
    changed: bool,
}

#[derive(Serialize)]
struct AccessFormat<'a> {
    title: &'static str,
    class: &'static str,
    sentences: &'a [String],
}

#[derive(Serialize)]
struct DocumentFormat {
    title: String,
    lines: Vec<String>,
}

#[derive(Serialize)]
struct StepFormat<'a> {
    id: usize,
    kind: &'a str,
    key: &'a str,
    bytes: &'a str,
    slots: &'a str,
    reason: &'a str,
    outcome: Option<OutcomeFormat<'a>>,
}

#[derive(Serialize)]
struct OutcomeFormat<'a> {
    word: &'a str,
    class: &'static str,
    message: &'a str,
}

impl<'a> TargetFormat<'a> {
    /// The targets that are shown, one after the other.
    pub(super) fn all(review: &'a Review) -> impl Iterator<Item = Self> {
        let shown = review.targets.iter().filter(|target| !review.folds(target));
        let open = shown.clone().count() <= FEW_TARGETS;
        let open_items = review.changes() <= FEW_CHANGES;
        shown.map(move |target| Self::new(target, open, open_items))
    }

    fn new(target: &'a ReviewTarget, open: bool, open_items: bool) -> Self {
        let error = target.error.as_ref();
        Self {
            target: target.name(),
            also: target.also.iter().map(ToString::to_string).collect(),
            open,
            open_items,
            words: target.words(),
            meter: target.meter(),
            cells: target.slots.map(cells).unwrap_or_default(),
            trouble: target.trouble(),
            error: error.map(|(word, message)| ErrorFormat { word, message }),
            notes: target.notes.iter().map(LineFormat::new).collect(),
            refusals: target.refusals.iter().map(RefusalFormat::new).collect(),
            items: target.items.iter().filter(|item| !item.is_quiet).map(ItemFormat::new).collect(),
            access: target.access.iter().map(LineFormat::new).collect(),
            has_outcomes: target.steps.iter().any(|step| step.outcome.is_some()),
            steps: target.steps.iter().map(StepFormat::new).collect(),
        }
    }
}

/// One cell for each slot: kept, coming, going, in use during the steps only, above the limit, or free.
fn cells(slots: Slots) -> Vec<&'static str> {
    let Slots { limit, before, after, peak } = slots;
    let number = limit.max(before).max(after).max(peak);
    if number > MOST_CELLS {
        return Vec::new();
    }
    let cell = |at: usize| match at {
        at if at >= limit => "over",
        at if at < before.min(after) => "kept",
        at if at < before => "goes",
        at if at < after => "comes",
        at if at < peak => "during",
        _ => "free",
    };
    (0..number).map(cell).collect()
}

impl<'a> LineFormat<'a> {
    fn new(line: &'a Line) -> Self {
        Self { class: line.style.as_str(), text: line.text.trim() }
    }
}

impl<'a> RefusalFormat<'a> {
    fn new(refusal: &'a ReviewRefusal) -> Self {
        let (word, style) = refusal.look();
        let ReviewRefusal { name, key, message, allowed: _ } = refusal;
        Self { word, class: style.as_str(), name, key: key.as_deref(), message }
    }
}

impl<'a> ItemFormat<'a> {
    fn new(item: &'a ReviewItem) -> Self {
        let is_update = item.before.is_some() && item.after.is_some();
        let documents = [("Before", &item.before), ("After", &item.after)];
        let documents: Vec<DocumentFormat> = documents
            .into_iter()
            .filter_map(|(title, document)| Some(DocumentFormat::new(title, document.as_ref()?)))
            .collect();
        let has_body = !(documents.is_empty()
            && item.grants.is_empty()
            && item.notes.is_empty()
            && item.lines.is_empty());
        Self {
            kind: item.kind,
            word: item.word,
            symbol: item.symbol,
            class: item.style.as_str(),
            key: item.key.to_string(),
            breadth: item.breadth,
            aside: &item.aside,
            is_change: item.is_change,
            has_body,
            source: item.source.as_ref().map(|place| format!("{}:{}", place.file, place.line)),
            grants: &item.grants,
            notes: &item.notes,
            lines: item.lines.iter().map(DiffFormat::new).collect(),
            access: [
                ("Newly allowed", Style::Added, &item.gained),
                ("No longer allowed", Style::Removed, &item.lost),
            ]
            .into_iter()
            // What comes or goes as a whole says so line by line.
            .filter(|(_, _, sentences)| is_update && !sentences.is_empty())
            .map(|(title, style, sentences)| AccessFormat { title, class: style.as_str(), sentences })
            .collect(),
            documents,
        }
    }
}

impl<'a> DiffFormat<'a> {
    fn new(line: &'a DiffLine) -> Self {
        match line {
            DiffLine::Place(place) => {
                let pieces = vec![PieceFormat { text: place, changed: false }];
                Self { class: "place", symbol: None, pieces, remark: "" }
            }
            DiffLine::Side { arrives, pieces, remark } => {
                let (class, symbol) = if *arrives { ("added", '+') } else { ("removed", '-') };
                let pieces =
                    pieces.iter().map(|piece| PieceFormat { text: &piece.text, changed: piece.changed });
                Self { class, symbol: Some(symbol), pieces: pieces.collect(), remark }
            }
        }
    }
}

impl DocumentFormat {
    fn new(title: &str, document: &Document) -> Self {
        let text = match document.json() {
            Ok(json) => serde_json::to_string_pretty(json).unwrap_or_else(|_| document.stable_text()),
            Err(_) => document.text().to_owned(),
        };
        let title = format!("{title}: the whole document, {} bytes", thousands(document.bytes()));
        Self { title, lines: text.lines().map(str::to_owned).collect() }
    }
}

impl<'a> StepFormat<'a> {
    fn new(step: &'a ReviewStep) -> Self {
        let ReviewStep { id, kind, key, bytes, slots, reason, outcome } = step;
        let outcome = outcome.as_ref().map(|ReviewOutcome { word, style, message }| OutcomeFormat {
            word,
            class: style.as_str(),
            message,
        });
        Self { id: *id, kind, key, bytes, slots, reason: reason.trim_start_matches([',', ':', ' ']), outcome }
    }
}
