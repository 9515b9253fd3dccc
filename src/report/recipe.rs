//! The recipes as text and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::model::{Recipe, RecipeParameter};

use super::envelope::enveloped;
use super::style::Style;

/// Every recipe in a line.
pub fn recipes_text(recipes: &[Recipe]) -> String {
    let widest =
        |text: fn(&Recipe) -> &str| recipes.iter().map(|recipe| text(recipe).len()).max().unwrap_or(0);
    let width = widest(|recipe| &recipe.id);
    let mut text = String::new();
    for recipe in recipes {
        let id = Style::Strong.paint(format!("{:<width$}", recipe.id));
        let only = recipe.regions.as_ref().map(|regions| format!(" [{} only]", regions.join(", ")));
        let _ = writeln!(text, "{id}  {}{}", recipe.service, only.unwrap_or_default());
    }
    let _ = writeln!(text, "\n`logpolicy recipes ID` shows statement, parameters and traps of one.");
    text
}

/// One recipe in full: the statement, what is to be filled in, and the traps.
pub fn recipe_text(recipe: &Recipe) -> String {
    let Recipe {
        id,
        service,
        summary,
        principals: _,
        actions: _,
        log_group_prefix,
        log_group_prefix_required,
        resource_patterns: _,
        source_arn_pattern: _,
        source_arn_operator: _,
        source_account: _,
        regions,
        scope_hint,
        parameters,
        evidence,
        docs,
        notes,
    } = recipe;
    let mut text = format!("{}: {service}\n{summary}\n\n", Style::Strong.paint(id));
    text.push_str(&fact("statement", "", Style::Strong));
    for line in statement(recipe).lines() {
        let _ = writeln!(text, "  {line}");
    }
    text.push('\n');
    for parameter in parameters {
        let RecipeParameter { name, meaning, example, required, default } = parameter;
        let value = match (required, default) {
            (true, _) | (false, None) => "required".to_owned(),
            (false, Some(default)) => format!("default \"{default}\""),
        };
        let _ = writeln!(
            text,
            "parameter {}: {meaning}; {value}; for example {example}",
            Style::Strong.paint(name)
        );
    }
    let groups = match (log_group_prefix, recipe.takes_log_groups()) {
        (_, false) => "fixed, as the statement shows".to_owned(),
        (None, true) => "any name".to_owned(),
        (Some(prefix), true) if *log_group_prefix_required => format!("must begin with {prefix}"),
        (Some(prefix), true) => format!("usually begin with {prefix}"),
    };
    text.push_str(&fact("log groups", &groups, Style::Strong));
    let regions =
        regions.as_ref().map_or_else(|| "every Region".to_owned(), |regions| regions.join(", ") + " only");
    text.push_str(&fact("Regions", &regions, Style::Strong));
    text.push_str(&fact("best home", scope_hint.as_str(), Style::Strong));
    text.push_str(&fact("evidence", evidence.as_str(), Style::Strong));
    text.push_str(&fact("documentation", docs, Style::Strong));
    if !notes.is_empty() {
        let _ = writeln!(text, "\n{}", Style::Warning.paint("Traps"));
        notes.iter().for_each(|note| {
            let _ = writeln!(text, "  - {note}");
        });
    }
    let _ = writeln!(text, "\n{}\n{}", Style::Added.paint("A grant"), grant(recipe));
    text
}

fn fact(name: &str, value: &str, style: Style) -> String {
    let blank = if value.is_empty() { "" } else { " " };
    format!("{}{blank}{value}\n", style.paint(format!("{name}:")))
}

/// The statement with its places, as JSON.
fn statement(recipe: &Recipe) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Statement<'a> {
        effect: &'a str,
        principal: serde_json::Value,
        action: serde_json::Value,
        resource: serde_json::Value,
        #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
        condition: serde_json::Map<String, serde_json::Value>,
    }
    let mut condition = serde_json::Map::new();
    let mut test = |operator: &str, key: &str, value: &str| {
        let block = condition.entry(operator).or_insert_with(|| serde_json::json!({}));
        if let Some(block) = block.as_object_mut() {
            block.insert(key.to_owned(), value.into());
        }
    };
    if recipe.source_account {
        test("StringEquals", "aws:SourceAccount", "${account}");
    }
    if let (Some(operator), Some(pattern)) = (&recipe.source_arn_operator, &recipe.source_arn_pattern) {
        test(operator, "aws:SourceArn", pattern);
    }
    let one_or_several = |values: &[String]| match values {
        [only] => serde_json::json!(only),
        several => serde_json::json!(several),
    };
    let statement = Statement {
        effect: "Allow",
        principal: serde_json::json!({ "Service": one_or_several(&recipe.principals) }),
        action: one_or_several(&recipe.actions),
        resource: one_or_several(&recipe.resource_patterns),
        condition,
    };
    serde_json::to_string_pretty(&statement).unwrap_or_default()
}

/// An entry under `grants`, ready to be pasted.
fn grant(recipe: &Recipe) -> String {
    let id: String = recipe.id.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut text = format!("  grants:\n    - id: {id}\n      recipe: {}\n", recipe.id);
    if recipe.takes_log_groups() {
        let prefix = recipe.log_group_prefix.as_deref().unwrap_or("/my/log-group");
        let star = if recipe.log_group_prefix.is_some() { "*" } else { "" };
        let _ = writeln!(text, "      log_groups: [\"{prefix}{star}\"]");
    }
    if !recipe.parameters.is_empty() {
        let example =
            |parameter: &RecipeParameter| format!("{}: [\"{}\"]", parameter.name, parameter.example);
        let parameters: Vec<String> = recipe.parameters.iter().map(example).collect();
        let _ = writeln!(text, "      parameters: {{ {} }}", parameters.join(", "));
    }
    text
}

/// Some recipes as JSON.
pub fn recipes_json(recipes: &[&Recipe]) -> String {
    #[derive(Serialize)]
    struct Recipes<'a> {
        recipes: &'a [&'a Recipe],
    }
    enveloped("recipes", Recipes { recipes })
}
