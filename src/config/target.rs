//! `targets`: names that lead to accounts and Regions.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::model::{
    Access, AccountId, AssumedRole, DesiredTarget, Diagnostic, Limits, Region, SourceSpan, Sources, Target,
    Template,
};

use super::code;
use super::decode::{Decoder, kind};
use super::tree::{Kind, Node};
use super::variable::Variables;

pub(super) const TARGET_FIELDS: &[&str] =
    &["account", "accounts", "regions", "assume_role", "external_id", "profile", "limits"];
pub(super) const LIMIT_FIELDS: &[&str] = &["account_policies", "document_bytes", "warn_document_bytes"];

/// An entry under `targets`.
pub(super) struct NamedTargets<'a> {
    pub(super) span: SourceSpan,
    accounts: Vec<AccountId>,
    pub(super) regions: BTreeSet<Region>,
    profile: Option<String>,
    role: Option<&'a Node>,
    external_id: Option<&'a Node>,
    limits: Option<&'a Node>,
}

/// Reads `targets` of one file into `named`.
pub(super) fn read<'a>(
    node: &'a Node,
    named: &mut BTreeMap<String, NamedTargets<'a>>,
    decoder: &mut Decoder<'_>,
) {
    let Some(fields) = decoder.map(node, "`targets`") else { return };
    for entry in fields.entries() {
        if let Some(first) = named.get(&entry.key) {
            let message = format!("The target `{}` is declared twice.", entry.key.escape_debug());
            let finding = Diagnostic::error(code::DUPLICATE, entry.key_span, message).label("again here");
            decoder.findings.push(finding.related(first.span, "first here"));
            continue;
        }
        let targets = named_targets(&entry.key, entry.key_span, &entry.value, decoder);
        named.insert(entry.key.clone(), targets);
    }
}

fn named_targets<'a>(
    name: &str,
    span: SourceSpan,
    node: &'a Node,
    decoder: &mut Decoder<'_>,
) -> NamedTargets<'a> {
    let what = format!("The target `{}`", name.escape_debug());
    let mut targets = NamedTargets {
        span,
        accounts: Vec::new(),
        regions: BTreeSet::new(),
        profile: None,
        role: None,
        external_id: None,
        limits: None,
    };
    let Some(fields) = decoder.fields(node, &what, TARGET_FIELDS) else { return targets };
    match decoder.one_of(fields, &what, ["account", "accounts"]) {
        Some(("account", node)) => targets.accounts.extend(account(node, decoder)),
        Some((_, node)) => {
            let items = decoder.list(node, "`accounts`").unwrap_or_default();
            targets.accounts.extend(items.iter().filter_map(|item| account(item, decoder)));
        }
        None => {}
    }
    if let Some(node) = decoder.required(fields, &what, "regions") {
        targets.regions = regions(node, decoder);
    }
    if let Some(node) = fields.get("profile") {
        targets.profile = decoder.text(node, "`profile`").map(ToOwned::to_owned);
    }
    targets.role = fields.get("assume_role").map(|node| &**node);
    targets.external_id = fields.get("external_id").map(|node| &**node);
    if let (Some(node), None) = (targets.external_id, targets.role) {
        let note = "Name the role with `assume_role`, or leave it out.";
        decoder.report(code::MISSING_FIELD, node.span, "`external_id` belongs to `assume_role`.", note);
    }
    targets.limits = fields.get("limits").map(|node| &**node);
    targets
}

/// Account ids are strings: as a number one would lose its leading zero.
fn account(node: &Node, decoder: &mut Decoder<'_>) -> Option<AccountId> {
    let Kind::Scalar { text, plain } = &node.kind else {
        let message = format!("An account id must be a string, and this is {}.", kind(node));
        decoder.report(code::TYPE, node.span, message, "");
        return None;
    };
    let is_bare_number = *plain && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_bare_number {
        let message =
            "An account id must be a string, and this is a bare number, which would lose a leading zero.";
        decoder.report(
            code::TYPE,
            node.span,
            message,
            format!("Write it in quotation marks: \"{text:0>12}\"."),
        );
        return None;
    }
    parsed(node, text, decoder)
}

/// The Regions of a list.
pub(super) fn regions(node: &Node, decoder: &mut Decoder<'_>) -> BTreeSet<Region> {
    let items = decoder.list(node, "`regions`").unwrap_or_default();
    let region = |item: &std::rc::Rc<Node>| {
        let text = decoder.text(item, "A Region")?;
        parsed(item, text, decoder)
    };
    items.iter().filter_map(region).collect()
}

pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(
    node: &Node,
    text: &str,
    decoder: &mut Decoder<'_>,
) -> Option<T> {
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            decoder.report(code::TYPE, node.span, format!("{error}."), "");
            None
        }
    }
}

/// Reads `limits` over what holds already.
pub(super) fn limits(node: &Node, base: Limits, decoder: &mut Decoder<'_>) -> Limits {
    let mut limits = base;
    let Some(fields) = decoder.fields(node, "`limits`", LIMIT_FIELDS) else { return limits };
    let most = Limits::default();
    let mut read = |name: &str, most: usize, why: &str, value: &mut usize| {
        let number = fields.get(name).and_then(|node| decoder.count(node, &format!("`{name}`"), most, why));
        *value = number.unwrap_or(*value);
    };
    let quota = "The quota of account policies per account and Region is fixed; AWS does not raise it.";
    read("account_policies", most.account_policies, quota, &mut limits.account_policies);
    let bytes = "AWS takes no larger document.";
    read("document_bytes", most.document_bytes, bytes, &mut limits.document_bytes);
    read("warn_document_bytes", most.document_bytes, bytes, &mut limits.warn_document_bytes);
    limits
}

/// The most accounts and Regions of one desired state: ten times a large organisation.
const MOST_TARGETS: usize = 100_000;

/// Every account and Region that some name leads to, each once.
pub(super) fn lower(
    named: &BTreeMap<String, NamedTargets<'_>>,
    limits_of_all: Limits,
    context: (&Variables, &Sources),
    decoder: &mut Decoder<'_>,
) -> Vec<DesiredTarget> {
    let mut targets: BTreeMap<Target, DesiredTarget> = BTreeMap::new();
    for (name, entry) in named {
        let role = RoleTemplate::read(entry, context, decoder);
        let limits = entry.limits.map_or(limits_of_all, |node| limits(node, limits_of_all, decoder));
        let pairs = entry.accounts.len().saturating_mul(entry.regions.len());
        if pairs.saturating_add(targets.len()) > MOST_TARGETS {
            let message = format!("The targets add up to more than {MOST_TARGETS} accounts and Regions.");
            decoder.report(code::TOO_LARGE, entry.span, message, "Split the desired state.");
            continue;
        }
        for account in &entry.accounts {
            for region in &entry.regions {
                let target = Target { account: account.clone(), region: region.clone() };
                let role = role.as_ref().and_then(|role| role.at(&target, entry, decoder));
                let (access, span) = (Access { profile: entry.profile.clone(), role }, entry.span);
                let new =
                    DesiredTarget { target: target.clone(), names: BTreeSet::new(), access, limits, span };
                let held = targets.entry(target).or_insert_with(|| new.clone());
                if held.access != new.access || held.limits != new.limits {
                    let message = format!("{} is reached with other settings as well.", held.target);
                    let finding = Diagnostic::error(code::SAME_ADDRESS, new.span, message).label("here");
                    decoder.findings.push(finding.related(held.span, "and here"));
                }
                held.names.insert(name.clone());
            }
        }
    }
    targets.into_values().collect()
}

/// A role whose variables of the target are still to be filled in.
struct RoleTemplate {
    arn: Template,
    external_id: Option<Template>,
    /// What is wrong with one target is wrong with a thousand, and said once.
    is_reported: Cell<bool>,
}

impl RoleTemplate {
    fn read(
        entry: &NamedTargets<'_>,
        (variables, sources): (&Variables, &Sources),
        decoder: &mut Decoder<'_>,
    ) -> Option<Self> {
        let mut template = |node: &Node, what: &str| {
            let text = decoder.text(node, what)?;
            Some(variables.template(text, node.span, sources, decoder))
        };
        let arn = template(entry.role?, "`assume_role`")?;
        let external_id = entry.external_id.and_then(|node| template(node, "`external_id`"));
        Some(Self { arn, external_id, is_reported: Cell::new(false) })
    }

    /// The role for a target; what is none is reported.
    fn at(
        &self,
        target: &Target,
        entry: &NamedTargets<'_>,
        decoder: &mut Decoder<'_>,
    ) -> Option<AssumedRole> {
        let external_id = self.external_id.as_ref().map(|template| template.at(target).into_owned());
        let role = AssumedRole { arn: self.arn.at(target).into_owned(), external_id };
        let span = entry.role.map_or(entry.span, |node| node.span);
        match role.account() {
            Some(account) if account == target.account => return Some(role),
            _ if self.is_reported.replace(true) => {}
            Some(account) => {
                let message =
                    format!("The role belongs to account {account}, and {target} is another account's.");
                let note = "Write `${account}` in the role's ARN, or one target for each account.";
                decoder.report(code::TYPE, span, message, note);
            }
            None => {
                let message = format!("`{}` is not the ARN of a role.", role.arn.escape_debug());
                let note = "It looks like arn:${partition}:iam::${account}:role/logpolicy.";
                decoder.report(code::TYPE, span, message, note);
            }
        }
        None
    }
}
