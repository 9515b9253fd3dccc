//! Access in words: what a plan as a whole newly allows, and what it no longer does.

use std::fmt::Write;

use crate::policy::{AccessChange, Found, Request};

use super::escape::terminal;
use super::style::Style;

/// The lines about a target's access; `writes` tells whether anything is written at all.
pub(super) fn access_text(access: &AccessChange, writes: bool) -> String {
    if !writes {
        return String::new();
    }
    if access.is_none() {
        return format!("{}  the same before and after: proved\n\n", Style::Strong.paint("Access"));
    }
    let mut text = String::new();
    let _ = writeln!(text, "{}", Style::Strong.paint("Access"));
    let AccessChange { gained, lost } = access;
    let lines = [
        (
            gained,
            Style::Added,
            "+ newly allowed, for example:",
            "  nothing is newly allowed: proved",
            "? whether anything is newly allowed could not be shown",
        ),
        (
            lost,
            Style::Removed,
            "- no longer allowed, for example:",
            "  nothing is lost: proved",
            "? whether anything is lost could not be shown",
        ),
    ];
    for (found, style, example, none, unknown) in lines {
        let _ = match found {
            Found::None => writeln!(text, "  {none}"),
            Found::NotShown => writeln!(text, "  {}", Style::Warning.paint(unknown)),
            Found::Witness(request) => {
                writeln!(text, "  {}", style.paint(format!("{example} {}", request_text(request))))
            }
        };
    }
    text.push('\n');
    text
}

/// `es.amazonaws.com PutLogEvents on log-group:/aws/x:log-stream:x with aws:sourceaccount 4444`
pub fn request_text(request: &Request) -> String {
    let Request { service, action, resource, context } = request;
    let action = action.strip_prefix("logs:").unwrap_or(action);
    let resource = resource.find(":log-group:").map_or(resource.as_str(), |at| &resource[at + 1..]);
    let mut text = format!("{service} {action} on {resource}");
    for (index, (key, values)) in context.iter().enumerate() {
        let word = if index == 0 { " with" } else { " and" };
        let _ = write!(text, "{word} {key} {}", values.join(", "));
    }
    terminal(&text)
}
