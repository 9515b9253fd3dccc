//! `targets`: names that lead to accounts and Regions.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::str::FromStr;

use crate::model::{AccountId, Diagnostic, Limits, Region, SourceSpan};

use super::code;
use super::decode::{Decoder, kind};
use super::organization::{self, Organization};
use super::tree::{Kind, Node};

pub(super) const TARGET_FIELDS: &[&str] =
    &["account", "accounts", "organization", "regions", "assume_role", "external_id", "profile", "limits"];
pub(super) const LIMIT_FIELDS: &[&str] = &["account_policies", "document_bytes", "warn_document_bytes"];

/// The word that stands for every Region that is enabled.
const ALL: &str = "all";

/// An entry under `targets`, as it was written.
#[derive(Debug)]
pub(super) struct NamedTargets {
    pub(super) span: SourceSpan,
    pub(super) accounts: Accounts,
    pub(super) regions: Regions,
    pub(super) profile: Option<String>,
    pub(super) role: Option<Rc<Node>>,
    pub(super) external_id: Option<Rc<Node>>,
    pub(super) limits: Option<Rc<Node>>,
}

/// Which accounts a name leads to.
#[derive(Debug)]
pub(super) enum Accounts {
    /// These.
    Listed(Vec<AccountId>),
    /// Those of an organization, which only AWS knows.
    Organization(Organization),
}

/// Which Regions a name leads to.
#[derive(Debug)]
pub(super) enum Regions {
    /// These.
    Listed(Rc<BTreeSet<Region>>),
    /// Those that an account has enabled, which only AWS knows; the place of the word.
    All(SourceSpan),
}

/// Reads `targets` of one file into `named`.
pub(super) fn read(node: &Node, named: &mut BTreeMap<String, NamedTargets>, decoder: &mut Decoder<'_>) {
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

fn named_targets(name: &str, span: SourceSpan, node: &Node, decoder: &mut Decoder<'_>) -> NamedTargets {
    let what = format!("The target `{}`", name.escape_debug());
    let mut targets = NamedTargets {
        span,
        accounts: Accounts::Listed(Vec::new()),
        regions: Regions::Listed(Rc::default()),
        profile: None,
        role: None,
        external_id: None,
        limits: None,
    };
    let Some(fields) = decoder.fields(node, &what, TARGET_FIELDS) else { return targets };
    targets.accounts = match decoder.one_of(fields, &what, ["account", "accounts", "organization"]) {
        Some(("organization", node)) => Accounts::Organization(organization::read(node, decoder)),
        Some(("account", node)) => Accounts::Listed(account(node, decoder).into_iter().collect()),
        Some((_, node)) => Accounts::Listed(accounts(node, "`accounts`", decoder).map(first).collect()),
        None => targets.accounts,
    };
    if let Some(node) = decoder.required(fields, &what, "regions") {
        targets.regions = target_regions(node, decoder);
    }
    if let Some(node) = fields.get("profile") {
        targets.profile = decoder.text(node, "`profile`").map(ToOwned::to_owned);
    }
    targets.role = fields.get("assume_role").cloned();
    targets.external_id = fields.get("external_id").cloned();
    if let (Some(node), None) = (&targets.external_id, &targets.role) {
        let note = "Name the role with `assume_role`, or leave it out.";
        decoder.report(code::MISSING_FIELD, node.span, "`external_id` belongs to `assume_role`.", note);
    }
    targets.limits = fields.get("limits").cloned();
    targets
}

fn first<A, B>((value, _): (A, B)) -> A {
    value
}

/// A list of account ids, each with its place.
pub(super) fn accounts(
    node: &Node,
    what: &str,
    decoder: &mut Decoder<'_>,
) -> impl Iterator<Item = (AccountId, SourceSpan)> + use<> {
    let items = decoder.list(node, what).unwrap_or_default();
    let found: Vec<_> = items.iter().filter_map(|item| Some((account(item, decoder)?, item.span))).collect();
    found.into_iter()
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

/// The Regions of a target: a list of them, or `all` alone.
fn target_regions(node: &Node, decoder: &mut Decoder<'_>) -> Regions {
    let is_all = |item: &Rc<Node>| matches!(&item.kind, Kind::Scalar { text, .. } if text == ALL);
    let Kind::List(items) = &node.kind else { return Regions::Listed(Rc::new(regions(node, decoder))) };
    match (items.iter().find(|item| is_all(item)), items.len()) {
        (None, _) => Regions::Listed(Rc::new(regions(node, decoder))),
        (Some(all), 1) => Regions::All(all.span),
        (Some(all), _) => {
            let note = "It means every Region that the account has enabled: keep it, or list Regions.";
            decoder.report(code::TYPE, all.span, "`all` stands beside other Regions.", note);
            Regions::Listed(Rc::default())
        }
    }
}

/// The Regions of a list.
pub(super) fn regions(node: &Node, decoder: &mut Decoder<'_>) -> BTreeSet<Region> {
    let items = decoder.list(node, "`regions`").unwrap_or_default();
    let region = |item: &Rc<Node>| {
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
