//! `logpolicy recipes`

use clap::Args;

use crate::config::{recipe, recipes};
use crate::report::{recipe_text, recipes_json, recipes_text};

use super::arguments::Format;
use super::exit::Exit;
use super::failure::Failure;
use super::streams::Streams;

/// Arguments of `recipes`.
#[derive(Debug, Args)]
pub(super) struct RecipesArguments {
    /// The recipe to show in full
    id: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The documented shapes that services need: all in a list, or one with its parameters and traps.
pub(super) fn show(arguments: &RecipesArguments, streams: Streams) -> Result<Exit, Failure> {
    let chosen = match &arguments.id {
        None => None,
        Some(id) => Some(recipe(id).ok_or_else(|| {
            let message = format!("there is no recipe {}", id.escape_debug());
            Failure::usage(message, "`logpolicy recipes` lists them.")
        })?),
    };
    streams.data(&match (arguments.format, chosen) {
        (Format::Json, chosen) => {
            recipes_json(&chosen.map_or_else(|| recipes().iter().collect(), |recipe| vec![recipe]))
        }
        (Format::Text, Some(recipe)) => recipe_text(recipe),
        (Format::Text, None) => recipes_text(recipes()),
    })?;
    Ok(Exit::Done)
}
