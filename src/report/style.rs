//! What is coloured how; words carry the meaning, colour only helps.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Color};

/// The role of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// What comes.
    Added,
    /// What goes.
    Removed,
    /// What becomes something else.
    Changed,
    /// What is refused or wrong.
    Bad,
    /// What needs a look.
    Warning,
    /// Headings and names.
    Strong,
    /// What is there beside the point.
    Faint,
    /// All else.
    Plain,
}

impl Style {
    /// The text in this style, for a stream that strips styles where none are wanted.
    pub fn paint<T: Display>(self, text: T) -> impl Display {
        Painted { style: self.terminal(), text }
    }

    /// The word for it on a page.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Bad => "bad",
            Self::Warning => "warning",
            Self::Strong => "strong",
            Self::Faint => "faint",
            Self::Plain => "plain",
        }
    }

    fn terminal(self) -> anstyle::Style {
        let colour = |colour| anstyle::Style::new().fg_color(Some(Color::Ansi(colour)));
        match self {
            Self::Added => colour(AnsiColor::Green),
            Self::Removed => colour(AnsiColor::Red),
            Self::Changed | Self::Warning => colour(AnsiColor::Yellow),
            Self::Bad => colour(AnsiColor::Red).bold(),
            Self::Strong => anstyle::Style::new().bold(),
            Self::Faint => anstyle::Style::new().dimmed(),
            Self::Plain => anstyle::Style::new(),
        }
    }
}

struct Painted<T> {
    style: anstyle::Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}{}", self.style.render(), self.text, self.style.render_reset())
    }
}
