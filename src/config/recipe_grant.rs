//! Grants by recipe: the recipe's shape, with what the grant says filled in and checked.

use std::collections::BTreeSet;

use crate::model::{Recipe, Region, Segment, SourceSpan, Template};

use super::code;
use super::decode::{Decoder, Fields};
use super::grant::{Parts, Placed, filled};
use super::policy::Context;
use super::recipe::{recipe, recipes};
use super::suggest::sentence;
use super::tree::Node;

/// The parts of the statement; `regions` becomes those in which the service delivers, where the grant names none.
pub(super) fn parts(
    context: &Context<'_>,
    fields: Fields<'_>,
    name: &Node,
    targets: Option<&BTreeSet<String>>,
    regions: &mut Option<BTreeSet<Region>>,
    decoder: &mut Decoder<'_>,
) -> Option<Parts> {
    let text = decoder.text(name, "`recipe`")?;
    let Some(found) = recipe(text) else {
        let message = format!("There is no recipe `{}`.", text.escape_debug());
        let note = sentence(text, recipes().iter().map(|recipe| recipe.id.as_str()));
        decoder.report(code::TYPE, name.span, message, format!("{note} `logpolicy recipes` lists them."));
        return None;
    };
    foreign_fields(found, fields, decoder);
    delivering(context, found, name.span, targets, regions, decoder);
    let mut spans = vec![("Principal", name.span), ("Action", name.span), ("Condition", name.span)];
    spans.extend(fields.get("parameters").map(|node| ("Condition", node.span)));
    let log_groups = log_groups(context, found, fields, decoder)?;
    spans.push(("Resource", fields.get("log_groups").map_or(name.span, |node| node.span)));
    let source_arns = source_arns(context, found, fields, decoder)?;
    let source_accounts =
        if found.source_account { context.source_accounts(fields, decoder) } else { Vec::new() };
    Some(Parts {
        principals: found.principals.iter().map(Template::text).collect(),
        actions: found.actions.iter().map(Template::text).collect(),
        resources: resources(found, &log_groups, name.span),
        source_arns,
        source_accounts,
        spans,
    })
}

/// Fields that the recipe decides itself.
fn foreign_fields(recipe: &Recipe, fields: Fields<'_>, decoder: &mut Decoder<'_>) {
    let mut refuse = |name: &str, why: String| {
        if let Some(span) = fields.key_span(name) {
            decoder.report(code::UNKNOWN_FIELD, span, format!("`{name}` does not go with this recipe."), why);
        }
    };
    let own = format!("The recipe {} has its own; spell the grant out with `service` to choose.", recipe.id);
    refuse("actions", own);
    let parameters: Vec<&str> = recipe.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    refuse(
        "source_arns",
        match parameters.as_slice() {
            [] => {
                format!("The recipe {} has its own; spell the grant out with `service` to choose.", recipe.id)
            }
            names => format!("Narrow it with `parameters`: {}.", names.join(", ")),
        },
    );
    if !recipe.source_account {
        refuse("source_accounts", format!("The statement of {} asks for no account.", recipe.id));
    }
    if parameters.is_empty() {
        refuse("parameters", format!("The recipe {} has none.", recipe.id));
    }
    if !recipe.takes_log_groups() {
        refuse(
            "log_groups",
            format!("Those of {} are fixed: {}.", recipe.id, recipe.resource_patterns.join(", ")),
        );
    }
}

/// The Regions of the grant: where the service delivers at all.
fn delivering(
    context: &Context<'_>,
    recipe: &Recipe,
    span: SourceSpan,
    targets: Option<&BTreeSet<String>>,
    regions: &mut Option<BTreeSet<Region>>,
    decoder: &mut Decoder<'_>,
) {
    let Some(only) = &recipe.regions else { return };
    let delivers = |region: &Region| only.iter().any(|name| name == region.as_str());
    let words = only.join(", ");
    match regions {
        Some(named) => {
            for region in named.iter().filter(|region| !delivers(region)) {
                let message = format!("{} delivers in {words} only, and not in {region}.", recipe.service);
                let note = "Leave `regions` out: the grant then stands only where the service delivers.";
                decoder.report(code::UNKNOWN_TARGET, span, message, note);
            }
        }
        None => {
            let mut here: BTreeSet<Region> = context
                .extents
                .regions(targets)
                .into_iter()
                .filter(|region| delivers(region))
                .cloned()
                .collect();
            if context.extents.have_open_regions(targets) {
                here.extend(only.iter().filter_map(|name| name.parse::<Region>().ok()));
            }
            if here.is_empty() {
                let message = format!("{} delivers in {words} only, and no target is there.", recipe.service);
                let note = format!("Add {words} to the `regions` of a target, or remove the grant.");
                decoder.report(code::UNKNOWN_TARGET, span, message, note);
            }
            *regions = Some(here);
        }
    }
}

/// The log groups, which must begin as the service wants it.
fn log_groups(
    context: &Context<'_>,
    recipe: &Recipe,
    fields: Fields<'_>,
    decoder: &mut Decoder<'_>,
) -> Option<Vec<Placed>> {
    if !recipe.takes_log_groups() {
        return Some(Vec::new());
    }
    let node = decoder.required(fields, "The grant", "log_groups")?;
    let groups = context.log_groups(node, decoder);
    if let (Some(prefix), true) = (&recipe.log_group_prefix, recipe.log_group_prefix_required) {
        for (group, span) in &groups {
            let begins =
                matches!(group.segments().first(), Some(Segment::Text(text)) if text.starts_with(prefix));
            if !begins {
                let message =
                    format!("{} writes only to log groups that begin with {prefix}.", recipe.service);
                let note = format!("See `logpolicy recipes {}`.", recipe.id);
                decoder.report(code::TYPE, *span, message, note);
            }
        }
    }
    Some(groups)
}

fn resources(recipe: &Recipe, log_groups: &[Placed], span: SourceSpan) -> Vec<Placed> {
    let mut resources = Vec::new();
    for pattern in &recipe.resource_patterns {
        if pattern.contains("${log_group}") {
            let filled = |(group, span): &Placed| (filled(pattern, &[("log_group", group)]), *span);
            resources.extend(log_groups.iter().map(filled));
        } else {
            resources.push((filled(pattern, &[]), span));
        }
    }
    resources
}

/// The operator and values of the condition on the source, if it has one: one for each value of each parameter. Nothing comes
/// back where a parameter is missing.
fn source_arns(
    context: &Context<'_>,
    recipe: &Recipe,
    fields: Fields<'_>,
    decoder: &mut Decoder<'_>,
) -> Option<Option<(String, Vec<Template>)>> {
    let given = fields.get("parameters").and_then(|node| decoder.map(node, "`parameters`"));
    for entry in given.iter().flat_map(|given| given.entries()) {
        if recipe.parameter(&entry.key).is_none() && !recipe.parameters.is_empty() {
            let message =
                format!("The recipe {} has no parameter `{}`.", recipe.id, entry.key.escape_debug());
            let known = recipe.parameters.iter().map(|parameter| parameter.name.as_str());
            decoder.report(code::UNKNOWN_FIELD, entry.key_span, message, sentence(&entry.key, known));
        }
    }
    let (Some(pattern), Some(operator)) = (&recipe.source_arn_pattern, &recipe.source_arn_operator) else {
        return Some(None);
    };
    let mut arns = vec![Vec::new()];
    for parameter in &recipe.parameters {
        let node = given.and_then(|given| given.get(&parameter.name));
        let what = format!("`{}`", parameter.name);
        let values = match (node, &parameter.default) {
            (Some(node), _) => context.one_or_several(node, &what, decoder),
            (None, Some(default)) => vec![(Template::text(default.clone()), fields.span)],
            (None, None) => {
                let message = format!("The recipe {} needs the parameter {what}.", recipe.id);
                let note = format!("{}; for example {}.", parameter.meaning, parameter.example);
                decoder.report(code::MISSING_FIELD, fields.span, message, note);
                Vec::new()
            }
        };
        if operator == "StringEquals" {
            no_wildcards(&values, &what, decoder);
        }
        arns = arns
            .iter()
            .flat_map(|chosen: &Vec<(&str, Template)>| {
                values.iter().map(move |(value, _)| {
                    let mut chosen = chosen.clone();
                    chosen.push((parameter.name.as_str(), value.clone()));
                    chosen
                })
            })
            .collect();
    }
    let arn = |chosen: Vec<(&str, Template)>| {
        let places: Vec<(&str, &Template)> = chosen.iter().map(|(name, value)| (*name, value)).collect();
        filled(pattern, &places)
    };
    let arns: Vec<Template> = arns.into_iter().map(arn).collect();
    (!arns.is_empty()).then(|| Some((operator.clone(), arns)))
}

/// StringEquals takes a star for a star.
fn no_wildcards(values: &[Placed], what: &str, decoder: &mut Decoder<'_>) {
    for (value, span) in values {
        let has_wildcard =
            |segment: &Segment| matches!(segment, Segment::Text(text) if text.contains(['*', '?']));
        if value.segments().iter().any(has_wildcard) {
            let message = format!("{what} takes no wildcard here: the service's condition is StringEquals.");
            decoder.report(code::TYPE, *span, message, "List each value.");
        }
    }
}
