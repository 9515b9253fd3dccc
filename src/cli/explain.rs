//! `logpolicy explain`

use crate::report::{rule_text, rules_text};
use crate::validate::rule;

use super::exit::Exit;
use super::failure::Failure;
use super::streams::Streams;

/// What a rule means, why, and what to do; without a code, every rule in a line.
pub(super) fn explain(code: Option<&str>, streams: Streams) -> Result<Exit, Failure> {
    let Some(code) = code else {
        streams.data(&rules_text())?;
        return Ok(Exit::Done);
    };
    let found = rule(&code.to_ascii_uppercase()).ok_or_else(|| {
        let message = format!("there is no rule {}", code.escape_debug());
        Failure::usage(message, "`logpolicy explain` lists the rules.")
    })?;
    streams.data(&rule_text(found))?;
    Ok(Exit::Done)
}
