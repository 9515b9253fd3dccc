//! Findings with their source lines, as rustc shows them.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::model::{Diagnostic, Diagnostics, Severity, SourceSpan, Sources};

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
        let here = places.iter().filter(|(span, _, _)| span.file == file);
        let annotations = here.map(|(span, label, kind)| {
            let label = (!label.is_empty()).then(|| (*label).to_owned());
            kind.span(clamp(*span, &source.text)).label(label)
        });
        let snippet =
            Snippet::source(source.text.as_str()).path(source.path.as_str()).annotations(annotations);
        group = group.element(snippet);
    }
    let notes = finding.notes.iter().map(|note| Level::HELP.message(note.as_str()));
    renderer.render(&[group.elements(notes)])
}

/// The files of some places, the first place's first.
fn files(places: &[(SourceSpan, &str, AnnotationKind)]) -> Vec<usize> {
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
fn clamp(span: SourceSpan, text: &str) -> std::ops::Range<usize> {
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
