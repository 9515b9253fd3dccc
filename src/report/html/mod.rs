//! A report as one page of HTML that needs nothing else: no other file, no network.
//!
//! Templates escape whatever is put into them, and the page's own policy lets run nothing but the one script whose
//! hash it names. Without a script everything is there; with it one can filter.

mod page;
mod target;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, escape_formatter};

use super::escape::terminal;
use super::review::Review;

use page::PageFormat;
use target::TargetFormat;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const PAGE: &str = include_str!("page.html");
const TARGET: &str = include_str!("target.html");

/// What `Content-Security-Policy` calls the two; a test computes them.
const STYLE_HASH: &str = "sha256-EhGfPcTxwiy9lxFTgYoQcCmPqmys+zxKbF2xDXPdeyg=";
const SCRIPT_HASH: &str = "sha256-3ftOFnHiTOvKv85jnMUO6n+aozuwrCHHsYmV9JZNTMU=";

/// A report as a page. The templates are part of the program and a test renders them all; should one fail all the
/// same, the page says so.
pub fn review_html(review: &Review) -> String {
    render(review).unwrap_or_else(|error| {
        let text: String = error.to_string().replace('&', "&amp;").replace('<', "&lt;");
        format!("<!doctype html>\n<title>error</title>\n<p>This page could not be made: {text}\n")
    })
}

fn render(review: &Review) -> Result<String, Error> {
    let mut environment = Environment::new();
    // What a terminal would obey or hide is written out here as well.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => escape_formatter(out, state, &Value::from(terminal(text))),
        _ => escape_formatter(out, state, value),
    });
    environment.add_template("page.html", PAGE)?;
    environment.add_template("target.html", TARGET)?;
    let template = environment.get_template("target.html")?;
    let mut targets = Vec::new();
    for target in TargetFormat::all(review) {
        targets.push(Value::from_safe_string(template.render(Serde(target))?));
    }
    let page = PageFormat::new(review, targets);
    Ok(environment.get_template("page.html")?.render(Serde(page))? + "\n")
}

#[cfg(test)]
mod tests;
