//! GitHub annotations: workflow commands that mark lines of a pull request.

use crate::model::{Diagnostics, Severity, Sources};

/// One command for each finding (GitHub docs, "Workflow commands for GitHub Actions").
pub fn validate_github(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let mut text = String::new();
    for finding in diagnostics {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut properties = vec![format!("title={}", property(finding.code.0))];
        if let Some(place) = finding.span.and_then(|span| sources.location(span)) {
            properties.push(format!(
                "file={},line={},col={}",
                property(&place.file),
                place.line,
                place.column
            ));
        }
        let message = [finding.message.as_str()].into_iter().chain(finding.notes.iter().map(String::as_str));
        let message: Vec<&str> = message.collect();
        text.push_str(&format!("::{command} {}::{}\n", properties.join(","), data(&message.join(" "))));
    }
    text
}

/// Line ends would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In properties colons and commas have a meaning as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Code, Diagnostic, SourceSpan};

    #[test]
    fn nothing_in_a_finding_ends_its_command() {
        let mut sources = Sources::default();
        let file = sources.add("a,b:c.yaml", "x\n");
        let span = SourceSpan { file, start: 0, end: 1 };
        let finding = Diagnostic::error(Code("LP101"), span, "one\n::error::two 100%");
        let text = validate_github(&Diagnostics::new(vec![finding]), &sources);
        assert_eq!(text, "::error title=LP101,file=a%2Cb%3Ac.yaml,line=1,col=1::one%0A::error::two 100%25\n");
    }
}
