//! Findings with their source lines, as rustc shows them.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::model::{Diagnostic, Diagnostics, Severity, SourceFile, SourceSpan, Sources};

use super::count::counted;
use super::layout::Layout;

/// Every finding, with an empty line between two.
pub fn diagnostics_text<'a>(
    diagnostics: impl IntoIterator<Item = &'a Diagnostic>,
    sources: &Sources,
    layout: Layout,
) -> String {
    let renderer = Renderer::styled().term_width(layout.width);
    let mut text = String::new();
    for finding in diagnostics {
        text.push_str(&render(finding, sources, &renderer));
        text.push_str("\n\n");
    }
    text
}

/// `2 errors, 1 warning in 3 policies for 1 target`
pub fn findings_summary(diagnostics: &Diagnostics, policies: usize, grants: usize, targets: usize) -> String {
    let errors = counted(diagnostics.count(Severity::Error), "error");
    let warnings = counted(diagnostics.count(Severity::Warning), "warning");
    let (policies, targets) = (counted(policies, "policy entry"), counted(targets, "target"));
    let grants = if grants > 0 { format!(" and {}", counted(grants, "grant")) } else { String::new() };
    format!("{errors}, {warnings} in {policies}{grants} for {targets}\n")
}

fn render(finding: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut message = finding.message.clone();
    if let Some(address) = &finding.address
        && !message.contains(&address.target.to_string())
    {
        message = format!("{message} ({address})");
    }
    let title = level.primary_title(message).id(finding.code.0);
    let mut group = Group::with_title(title);
    let places = finding.span.map(|span| (span, finding.label.as_str(), AnnotationKind::Primary));
    let related =
        finding.related.iter().map(|(span, label)| (*span, label.as_str(), AnnotationKind::Context));
    let places: Vec<_> = places.into_iter().chain(related).collect();
    for file in files(&places) {
        let Some(source) = sources.files.get(file) else { continue };
        let here: Vec<_> = places.iter().filter(|(span, _, _)| span.file == file).collect();
        let spans = || here.iter().map(|(span, _, _)| clamp(*span, &source.text));
        let first = spans().map(|span| span.start).min().unwrap_or(0);
        let last = spans().map(|span| span.end).max().unwrap_or(0);
        // What stands far apart is shown apart: a file can be long, and have many findings.
        let together = last - first <= MOST_TOGETHER;
        let parts = if together { vec![here] } else { here.into_iter().map(|place| vec![place]).collect() };
        for part in parts {
            group = group.element(snippet(source, &part));
        }
    }
    let notes = finding.notes.iter().map(|note| Level::HELP.message(note.as_str()));
    renderer.render(&[group.elements(notes)])
}

/// How far apart, in bytes, places of one finding may be to be shown as one excerpt.
const MOST_TOGETHER: usize = 64 * 1024;

/// The lines of some places, with their marks.
fn snippet<'a>(source: &'a SourceFile, places: &[&Place<'_>]) -> Snippet<'a, Annotation<'a>> {
    let spans: Vec<Range<usize>> = places.iter().map(|(span, _, _)| clamp(*span, &source.text)).collect();
    let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
    let (lines, number) = source.lines_of(first..last);
    let annotations = places.iter().zip(spans).map(|((_, label, kind), span)| {
        let label = (!label.is_empty()).then(|| (*label).to_owned());
        kind.span(span.start - lines.start..span.end - lines.start).label(label)
    });
    Snippet::source(&source.text[lines.clone()])
        .line_start(number)
        .path(source.path.as_str())
        .annotations(annotations)
}

/// A place, its label, and whether it is the first one.
type Place<'a> = (SourceSpan, &'a str, AnnotationKind);

/// The files of some places, the first place's first.
fn files(places: &[Place<'_>]) -> Vec<usize> {
    let mut files = Vec::new();
    for (span, _, _) in places {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    files
}

/// The span within the text, on character boundaries, and on its first line: a mark that runs over a whole
/// document hides more than it shows.
fn clamp(span: SourceSpan, text: &str) -> Range<usize> {
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(span.start);
    let end = boundary(span.end).max(start);
    let line = text[start..end].find(['\n', '\r']).map_or(end, |length| start + length);
    start..line
}
