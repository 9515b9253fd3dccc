//! `--report FORMAT=FILE`: one run writes as many reports as are asked for.

use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;

use crate::store::write_public;

use super::exit::Exit;
use super::failure::Failure;
use super::streams::Streams;

/// One report that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportFile<F> {
    format: F,
    path: PathBuf,
}

/// The reports of a run, no two of which go to the same file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reports<'a, F>(&'a [ReportFile<F>]);

/// Reads `FORMAT=FILE`.
pub(super) fn report_file<F: ValueEnum>(text: &str) -> Result<ReportFile<F>, String> {
    let (format, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or("a report is asked for as FORMAT=FILE, such as markdown=plan.md")?;
    let known = || {
        let names = F::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        names.map(|name| name.get_name().to_owned()).collect::<Vec<_>>().join(", ")
    };
    let format = F::from_str(format, false)
        .map_err(|_| format!("there is no format {format:?}; there are {}", known()))?;
    Ok(ReportFile { format, path: PathBuf::from(path) })
}

impl<F: Copy> ReportFile<F> {
    /// The format that is asked for.
    pub(super) fn format(&self) -> F {
        self.format
    }
}

impl<'a, F: Copy> Reports<'a, F> {
    /// The reports that are asked for, beside another file that the run writes.
    ///
    /// # Errors
    /// A usage error where one file is named twice: the later report would replace the earlier one.
    pub(super) fn new(reports: &'a [ReportFile<F>], other: Option<&Path>) -> Result<Self, Failure> {
        let mut named: Vec<PathBuf> = other.map(plain).into_iter().collect();
        for ReportFile { format: _, path } in reports {
            let plain = plain(path);
            if named.contains(&plain) {
                let message = format!("two outputs go to the same file {}", path.display());
                return Err(Failure::usage(message, "Name one file for each report."));
            }
            named.push(plain);
        }
        Ok(Self(reports))
    }

    /// Whether none is asked for.
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them has a format.
    pub(super) fn contain(self, format: F) -> bool
    where
        F: PartialEq,
    {
        self.0.iter().any(|report| report.format == format)
    }

    /// Whether all of them have such a format.
    pub(super) fn all(self, is_such: impl Fn(F) -> bool) -> bool {
        self.0.iter().all(|report| is_such(report.format))
    }

    /// Writes each report; one that cannot be written is said, and keeps no other from being written.
    pub(super) fn write(self, streams: Streams, text: impl Fn(F) -> String) -> Exit {
        let mut exit = Exit::Done;
        for ReportFile { format, path } in self.0 {
            let plain = anstream::adapter::strip_str(&text(*format)).to_string();
            if let Err(error) = write_public(path, &plain, true, "writing a report") {
                streams.failure(&Failure::from(error));
                exit = Exit::Error;
            }
        }
        exit
    }
}

/// The path without what means nothing: `./a` and `a` are one file.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::plan_form::PlanForm;

    #[test]
    fn a_report_has_a_format_and_a_file() {
        let found = report_file::<PlanForm>("markdown=a=b.md");
        assert_eq!(found, Ok(ReportFile { format: PlanForm::Markdown, path: PathBuf::from("a=b.md") }));
        for text in ["", "markdown", "markdown=", "pdf=x", "=x"] {
            assert!(report_file::<PlanForm>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_file_is_written_twice() {
        let reports = |paths: &[&str]| -> Vec<ReportFile<PlanForm>> {
            let report = |path: &&str| ReportFile { format: PlanForm::Json, path: PathBuf::from(path) };
            paths.iter().map(report).collect()
        };
        assert!(Reports::new(&reports(&["a", "b/a", "b"]), Some(Path::new("c"))).is_ok());
        assert!(Reports::new(&reports(&["a", "./a"]), None).is_err());
        assert!(Reports::new(&reports(&["a"]), Some(Path::new("./a"))).is_err());
    }
}
