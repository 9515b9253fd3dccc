//! GitHub annotations: workflow commands that mark lines of a pull request.

use crate::model::{Diagnostics, Severity, Sources};
use crate::plan::TargetResult;

use super::finding::{Finding, found_by_planning, found_in_files, refused};

/// One command for each finding (GitHub docs, "Workflow commands for GitHub Actions").
pub fn validate_github(diagnostics: &Diagnostics, sources: &Sources) -> String {
    found_in_files(diagnostics, sources).iter().map(command).collect()
}

/// One command for each finding, refusal and target that could not be planned.
pub fn plan_github(results: &[TargetResult]) -> String {
    found_by_planning(results).iter().chain(&refused(results)).map(command).collect()
}

fn command(finding: &Finding) -> String {
    let Finding { start, end: _, code, severity, address, message: _, notes: _ } = finding;
    let command = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = vec![format!("title={}", property(code))];
    let text = finding.text();
    let text = match (start, address) {
        (Some(place), _) => {
            properties.push(format!(
                "file={},line={},col={}",
                property(&place.file),
                place.line,
                place.column
            ));
            text
        }
        // What marks no line says what it is about.
        (None, Some(address)) if !text.contains(address.as_str()) => format!("{address}: {text}"),
        (None, _) => text,
    };
    format!("::{command} {}::{}\n", properties.join(","), data(&text))
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
