//! `grants`: statements that are placed into policies by the tool, spelled out or by recipe.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::model::{
    DesiredTarget, Diagnostic, DocumentTemplate, GrantTemplate, Lint, Node as Json, NodeSpans, Packing,
    PolicyKey, PolicyTemplate, Segment, SourceSpan, Template,
};
use crate::policy::{EFFECTIVE_ACTIONS, Json as Plain};

use super::code;
use super::decode::{Decoder, Fields};
use super::lint::{self, POLICY_LINT_FIELDS};
use super::policy::Context;
use super::recipe_grant;
use super::tree::{Kind, Node};

pub(super) const GRANT_FIELDS: &[&str] = &[
    "id",
    "recipe",
    "service",
    "actions",
    "log_groups",
    "parameters",
    "source_arns",
    "source_accounts",
    "targets",
    "regions",
    "lint",
];
pub(super) const PACKING_FIELDS: &[&str] = &["prefix", "max_policies"];

const WHAT: &str = "The grant";

/// The most letters of an id: several of them make the Sid of a merged statement.
const MOST_LETTERS: usize = 64;

/// A text and where it stands.
pub(super) type Placed = (Template, SourceSpan);

/// What a grant's statement is made of.
pub(super) struct Parts {
    pub(super) principals: Vec<Template>,
    pub(super) actions: Vec<Template>,
    pub(super) resources: Vec<Placed>,
    /// The operator and the values for `aws:SourceArn`.
    pub(super) source_arns: Option<(String, Vec<Template>)>,
    /// The values for `aws:SourceAccount`.
    pub(super) source_accounts: Vec<Template>,
    /// The places of the elements.
    pub(super) spans: Vec<(&'static str, SourceSpan)>,
}

impl Context<'_> {
    /// The grants of one file.
    pub(super) fn grants(&self, node: &Node, decoder: &mut Decoder<'_>) -> Vec<GrantTemplate> {
        let items = decoder.list(node, "`grants`").unwrap_or_default();
        items.iter().filter_map(|item| self.grant(item, decoder)).collect()
    }

    fn grant(&self, node: &Node, decoder: &mut Decoder<'_>) -> Option<GrantTemplate> {
        let fields = decoder.fields(node, WHAT, GRANT_FIELDS)?;
        let id = decoder.required(fields, WHAT, "id").and_then(|node| Some((id(node, decoder)?, node.span)));
        let targets = fields.get("targets").map(|node| self.names(node, decoder));
        let mut regions = fields.get("regions").map(|node| self.regions(node, targets.as_ref(), decoder));
        let parts = match decoder.one_of(fields, WHAT, ["recipe", "service"]) {
            Some(("recipe", name)) => {
                recipe_grant::parts(self, fields, name, targets.as_ref(), &mut regions, decoder)
            }
            Some((_, service)) => self.spelled_out(fields, service, decoder),
            None => None,
        };
        let lint = fields.get("lint").map(|node| lint::read(node, POLICY_LINT_FIELDS, decoder));
        let ((id, id_span), parts) = (id?, parts?);
        let entry = entry(&id, node.span, id_span, parts, lint.unwrap_or_default());
        Some(GrantTemplate { id, id_span, entry: PolicyTemplate { targets, regions, ..entry } })
    }

    /// A grant with its own service and source.
    fn spelled_out(&self, fields: Fields<'_>, service: &Node, decoder: &mut Decoder<'_>) -> Option<Parts> {
        if let Some(span) = fields.key_span("parameters") {
            let note = "Write the ARNs under `source_arns`.";
            decoder.report(code::UNKNOWN_FIELD, span, "Only a recipe has `parameters`.", note);
        }
        let principal = decoder.text(service, "`service`");
        let principal =
            principal.map(|text| self.variables.template(text, service.span, self.sources, decoder));
        let mut spans = vec![("Principal", service.span)];
        let mut texts = |name: &'static str, element: &'static str| {
            let node = fields.get(name)?;
            spans.push((element, node.span));
            Some(self.texts(node, &format!("`{name}`"), decoder))
        };
        let actions = texts("actions", "Action").map(|actions| actions.into_iter().map(|(text, _)| text));
        let source_arns = texts("source_arns", "Condition");
        let log_groups = decoder.required(fields, WHAT, "log_groups");
        let log_groups = log_groups.map(|node| (node.span, self.log_groups(node, decoder)));
        let source_accounts = self.source_accounts(fields, decoder);
        let (span, log_groups) = log_groups?;
        spans.push(("Resource", span));
        let resource = |(log_group, span): Placed| {
            (
                filled(
                    "arn:${partition}:logs:${region}:${account}:log-group:${log_group}:*",
                    &[("log_group", &log_group)],
                ),
                span,
            )
        };
        Some(Parts {
            principals: vec![principal?],
            actions: actions.map_or_else(
                || EFFECTIVE_ACTIONS.into_iter().map(Template::text).collect(),
                Iterator::collect,
            ),
            resources: log_groups.into_iter().map(resource).collect(),
            source_arns: source_arns
                .map(|values| ("ArnLike".to_owned(), values.into_iter().map(|(text, _)| text).collect())),
            source_accounts,
            spans,
        })
    }

    /// The accounts that a service may act for; the target's own by default, none of them asked for with `[]`.
    pub(super) fn source_accounts(&self, fields: Fields<'_>, decoder: &mut Decoder<'_>) -> Vec<Template> {
        match fields.get("source_accounts") {
            None => vec![Template::new([Segment::Account])],
            Some(node) if super::file::is_empty_list(node) => Vec::new(),
            Some(node) => {
                self.texts(node, "`source_accounts`", decoder).into_iter().map(|(text, _)| text).collect()
            }
        }
    }

    /// Names of log groups, or patterns for them.
    pub(super) fn log_groups(&self, node: &Node, decoder: &mut Decoder<'_>) -> Vec<Placed> {
        let groups = self.texts(node, "`log_groups`", decoder);
        for (text, span) in &groups {
            let is_good = |letter: char| letter.is_ascii_alphanumeric() || "_-/.#*?".contains(letter);
            let wrong =
                |segment: &Segment| matches!(segment, Segment::Text(text) if !text.chars().all(is_good));
            if text.segments().iter().any(wrong) {
                let message = "This is neither the name of a log group nor a pattern for such names.";
                let note = "A name has letters, digits and `_ - / . #`; `*` and `?` stand for others. \
                            The ARN is made from it: write the name alone.";
                decoder.report(code::TYPE, *span, message, note);
            }
        }
        groups
    }

    /// The texts of a list.
    pub(super) fn texts(&self, node: &Node, what: &str, decoder: &mut Decoder<'_>) -> Vec<Placed> {
        let items = decoder.list(node, what).unwrap_or_default();
        items.iter().filter_map(|item| self.text(item, what, decoder)).collect()
    }

    /// One text or a list of them.
    pub(super) fn one_or_several(&self, node: &Node, what: &str, decoder: &mut Decoder<'_>) -> Vec<Placed> {
        match &node.kind {
            Kind::List(_) => self.texts(node, what, decoder),
            _ => self.text(node, what, decoder).into_iter().collect(),
        }
    }

    fn text(&self, node: &Node, what: &str, decoder: &mut Decoder<'_>) -> Option<Placed> {
        let text = decoder.text(node, &format!("Each of {what}"))?;
        Some((self.variables.template(text, node.span, self.sources, decoder), node.span))
    }
}

/// Letters and digits: it becomes a Sid.
fn id(node: &Rc<Node>, decoder: &mut Decoder<'_>) -> Option<String> {
    let text = decoder.text(node, "`id`")?;
    if text.len() <= MOST_LETTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(text.to_owned());
    }
    let message = format!("\"{}\" cannot be the id of a grant.", text.escape_debug());
    let note = format!("It becomes a Sid: letters and digits, at most {MOST_LETTERS}.");
    decoder.report(code::TYPE, node.span, message, note);
    None
}

/// A pattern of a recipe with its places filled in.
pub(super) fn filled(pattern: &str, places: &[(&str, &Template)]) -> Template {
    let mut segments = Vec::new();
    let mut rest = pattern;
    while let Some((before, from)) = rest.split_once("${") {
        segments.push(Segment::Text(before.to_owned()));
        let (name, after) = from.split_once('}').unwrap_or((from, ""));
        match name {
            "partition" => segments.push(Segment::Partition),
            "region" => segments.push(Segment::Region),
            "account" => segments.push(Segment::Account),
            _ => {
                let value = places.iter().find(|(place, _)| *place == name);
                segments.extend(value.iter().flat_map(|(_, value)| value.segments().iter().cloned()));
            }
        }
        rest = after;
    }
    segments.push(Segment::Text(rest.to_owned()));
    Template::new(segments)
}

/// The statement of a grant, alone in a document.
fn entry(id: &str, span: SourceSpan, id_span: SourceSpan, parts: Parts, lint: Lint) -> PolicyTemplate {
    let Parts { principals, actions, resources, source_arns, source_accounts, spans } = parts;
    let element = |element: &str| format!("/Statement/0/{element}");
    let mut places = vec![(String::new(), span), (element("Sid"), id_span)];
    places.extend(spans.into_iter().map(|(name, span)| (element(name), span)));
    if resources.len() > 1 {
        let items = resources.iter().enumerate();
        places.extend(items.map(|(index, (_, span))| (element(&format!("Resource/{index}")), *span)));
    }
    let mut condition = Vec::new();
    if !source_accounts.is_empty() {
        condition.push(("StringEquals".to_owned(), object("aws:SourceAccount", values(source_accounts))));
    }
    if let Some((operator, arns)) = source_arns {
        match condition.iter_mut().find(|(name, _)| *name == operator) {
            Some((_, Json::Object(keys))) => keys.push(("aws:SourceArn".to_owned(), values(arns))),
            _ => condition.push((operator, object("aws:SourceArn", values(arns)))),
        }
    }
    let mut statement = vec![
        ("Sid".to_owned(), text(id)),
        ("Effect".to_owned(), text("Allow")),
        ("Principal".to_owned(), object("Service", values(principals))),
        ("Action".to_owned(), values(actions)),
        ("Resource".to_owned(), values(resources.into_iter().map(|(resource, _)| resource).collect())),
    ];
    if !condition.is_empty() {
        statement.push(("Condition".to_owned(), Json::Object(condition)));
    }
    let document = vec![
        ("Version".to_owned(), text("2012-10-17")),
        ("Statement".to_owned(), Json::Array(vec![Json::Object(statement)])),
    ];
    PolicyTemplate {
        lint,
        span,
        identity_span: id_span,
        document_spans: Arc::new(NodeSpans::new(places)),
        ..PolicyTemplate::new(PolicyKey::account(id), DocumentTemplate::new(Json::Object(document)))
    }
}

fn text(text: &str) -> Json {
    Json::Plain(Plain::String(text.to_owned()))
}

fn object(key: &str, value: Json) -> Json {
    Json::Object(vec![(key.to_owned(), value)])
}

/// A single value stands alone.
fn values(mut values: Vec<Template>) -> Json {
    if values.len() == 1
        && let Some(value) = values.pop()
    {
        return Json::Text(value);
    }
    Json::Array(values.into_iter().map(Json::Text).collect())
}

/// `packing: { prefix: TEXT, max_policies: N }`.
pub(super) fn packing(node: &Node, decoder: &mut Decoder<'_>) -> Packing {
    let mut packing = Packing::default();
    let Some(fields) = decoder.fields(node, "`packing`", PACKING_FIELDS) else { return packing };
    if let Some(node) = fields.get("prefix")
        && let Some(text) = decoder.text(node, "`prefix`")
    {
        let is_good = |letter: char| letter.is_ascii_alphanumeric() || "_-/.".contains(letter);
        if text.len() <= 200 && text.chars().all(is_good) && !text.starts_with('/') && !text.contains("//") {
            packing.prefix = text.to_owned();
        } else {
            let note = "Letters, digits and `_ - / .` make a prefix; `-1`, `-2` and so on follow it.";
            decoder.report(code::TYPE, node.span, "`prefix` cannot begin the name of a policy.", note);
        }
    }
    let why = "No account has more policies in a Region.";
    let most = fields.get("max_policies");
    let most = most.and_then(|node| decoder.count(node, "`max_policies`", packing.max_policies, why));
    packing.max_policies = most.unwrap_or(packing.max_policies);
    packing
}

/// Grants of one name at one target, and policies that have the names of packed ones.
pub(super) fn meet(
    grants: &[GrantTemplate],
    packing: &Packing,
    policies: &[PolicyTemplate],
    targets: &[DesiredTarget],
    decoder: &mut Decoder<'_>,
) {
    if grants.is_empty() {
        return;
    }
    let mut reported: BTreeSet<SourceSpan> = BTreeSet::new();
    for at in targets {
        let here: Vec<&GrantTemplate> = grants.iter().filter(|grant| grant.entry.applies_to(at)).collect();
        let mut held = std::collections::BTreeMap::new();
        for grant in &here {
            let first = *held.entry(grant.id.as_str()).or_insert(grant);
            if first.id_span != grant.id_span && reported.insert(grant.id_span) {
                let message = format!("Two grants of {} are called `{}`.", at.target, grant.id);
                let finding = Diagnostic::error(code::SAME_ADDRESS, grant.id_span, message);
                decoder.findings.push(finding.label("again here").related(first.id_span, "first here"));
            }
        }
        for entry in policies.iter().filter(|entry| !here.is_empty() && entry.applies_to(at)) {
            let key = entry.key(&at.target);
            if (packing.number(&key).is_some() || key == packing.bridge())
                && reported.insert(entry.identity_span)
            {
                let message = format!("The grants are packed into policies of such names, {key} among them.");
                let note = "Give the policy another name, or set another `packing.prefix`.";
                decoder.report(code::SAME_ADDRESS, entry.identity_span, message, note);
            }
        }
    }
}
