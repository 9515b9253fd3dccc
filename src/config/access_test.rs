//! `tests`: requests that must be allowed, or must not be.

use crate::model::{AccessTest, Template};
use crate::policy::EFFECTIVE_ACTIONS;

use super::code;
use super::decode::Decoder;
use super::policy::Context;
use super::target;
use super::tree::{Kind, Node};

pub(super) const TEST_FIELDS: &[&str] = &["allow", "deny", "targets", "regions"];
pub(super) const REQUEST_FIELDS: &[&str] =
    &["service", "action", "log_group", "source_arn", "source_account"];

/// Reads the tests of one file.
pub(super) fn read(node: &Node, context: &Context<'_>, decoder: &mut Decoder<'_>) -> Vec<AccessTest> {
    if matches!(&node.kind, Kind::List(items) if items.is_empty()) {
        return Vec::new();
    }
    let items = decoder.list(node, "`tests`").unwrap_or_default();
    items.iter().filter_map(|item| test(item, context, decoder)).collect()
}

fn test(node: &Node, context: &Context<'_>, decoder: &mut Decoder<'_>) -> Option<AccessTest> {
    const WHAT: &str = "The access test";
    let fields = decoder.fields(node, WHAT, TEST_FIELDS)?;
    let (expected, asked) = decoder.one_of(fields, WHAT, ["allow", "deny"])?;
    let request = decoder.fields(asked, WHAT, REQUEST_FIELDS)?;
    let mut template = |name: &str, required: bool| {
        let node = if required { decoder.required(request, WHAT, name) } else { request.get(name) }?;
        let text = decoder.text(node, &format!("`{name}`"))?;
        if name == "action" && !text.contains("${") && !is_effective(text) {
            let message = format!(
                "`{}` never takes effect in these policies, so the test says nothing.",
                text.escape_debug()
            );
            let note = "Only logs:CreateLogStream and logs:PutLogEvents do.";
            decoder.report(code::ACCESS_TEST, node.span, message, note);
        }
        if name == "log_group" && text.contains(['*', ':']) {
            let message = "An access test asks about one log group: a name without `*` and `:`.";
            decoder.report(code::ACCESS_TEST, node.span, message, "");
        }
        Some(context.variables.template(text, node.span, context.sources, decoder))
    };
    let service = template("service", true);
    let action = template("action", true);
    let log_group = template("log_group", true);
    let (source_arn, source_account): (Option<Template>, _) =
        (template("source_arn", false), template("source_account", false));
    let targets = fields.get("targets").map(|node| context.names(node, decoder));
    Some(AccessTest {
        must_be_allowed: expected == "allow",
        service: service?,
        action: action?,
        log_group: log_group?,
        source_arn,
        source_account,
        targets,
        regions: fields.get("regions").map(|node| target::regions(node, decoder)),
        span: fields.span,
    })
}

fn is_effective(action: &str) -> bool {
    EFFECTIVE_ACTIONS.iter().any(|known| known.eq_ignore_ascii_case(action))
}
