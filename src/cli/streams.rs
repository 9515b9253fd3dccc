//! Standard output and standard error: data to the one, everything else to the other.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};

use crate::report::{Layout, Style, plain};

use super::arguments::{Colour, Global};
use super::failure::Failure;

/// Where text goes, and whether it is coloured there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streams {
    choice: ColorChoice,
    quiet: bool,
    layout: Layout,
}

impl Streams {
    /// The streams as the arguments and the terminal want them; NO_COLOR and CLICOLOR_FORCE are anstream's to read.
    pub(super) fn new(global: &Global) -> Self {
        let choice = match global.color {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::AlwaysAnsi,
            Colour::Never => ColorChoice::Never,
        };
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let layout = Layout { width: width.unwrap_or(Layout::default().width), verbose: global.verbose };
        Self { choice, quiet: global.quiet, layout }
    }

    /// How wide and how talkative text is.
    pub(super) fn layout(self) -> Layout {
        self.layout
    }

    /// Writes data. A reader that went away (`| head`) is no error.
    pub(super) fn data(self, text: &str) -> Result<(), Failure> {
        let mut stream = AutoStream::new(io::stdout().lock(), self.choice);
        match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::error(format!("writing to standard output failed: {error}"), Vec::new()))
            }
            _ => Ok(()),
        }
    }

    /// Says something beside the data, unless it shall be quiet.
    pub(super) fn say(self, text: &str) {
        if !self.quiet {
            self.report(text);
        }
    }

    /// Says something that must be said.
    pub(super) fn report(self, text: &str) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.choice);
        // There is nobody left to tell when standard error is gone.
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }

    /// Says why a command ended early.
    pub(super) fn failure(self, failure: &Failure) {
        let mut text = format!("{}: {}\n", Style::Bad.paint("error"), plain(&failure.message));
        for hint in &failure.hints {
            text.push_str(&format!("  {}: {}\n", Style::Strong.paint("help"), plain(hint)));
        }
        self.report(&text);
    }
}
