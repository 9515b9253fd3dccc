//! Sections that stand in one of the files only.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{Diagnostic, Guards, Lint, Packing, S3Location, SourceSpan, StateLocation, Unmanaged};

use super::code;
use super::decode::{Decoder, Fields, kind};
use super::file::{beside, is_empty_list};
use super::grant::packing;
use super::lint::{self, LINT_FIELDS};
use super::target::parsed;
use super::tree::{Kind, Node};

pub(super) const UNMANAGED_FIELDS: &[&str] = &["action", "ignore", "discover_log_groups"];
pub(super) const GUARD_FIELDS: &[&str] = &["max_deletes", "max_changes"];
pub(super) const S3_FIELDS: &[&str] = &["bucket", "prefix", "region", "kms_key_id", "endpoint_url"];
const STATE_FIELDS: &[&str] = &["local", "s3"];

/// The names of these sections.
const SECTIONS: [&str; 6] = ["limits", "packing", "state", "lint", "unmanaged", "guards"];

/// What the sections say.
#[derive(Default)]
pub(super) struct OnlyOnce<'a> {
    pub(super) limits: Option<&'a Node>,
    pub(super) state: Option<StateLocation>,
    pub(super) lint: Lint,
    pub(super) unmanaged: Unmanaged,
    pub(super) guards: Guards,
    pub(super) packing: Packing,
    places: BTreeMap<&'static str, SourceSpan>,
}

impl<'a> OnlyOnce<'a> {
    /// Takes the sections of one file.
    pub(super) fn take(&mut self, path: &Path, fields: Fields<'a>, decoder: &mut Decoder<'_>) {
        for name in SECTIONS {
            let (Some(node), Some(span)) = (fields.get(name), fields.key_span(name)) else { continue };
            if let Some(first) = self.places.get(name) {
                let finding =
                    Diagnostic::error(code::DUPLICATE, span, format!("`{name}` stands in two files."));
                decoder.findings.push(finding.label("again here").related(*first, "first here"));
                continue;
            }
            self.places.insert(name, span);
            match name {
                "limits" => self.limits = Some(node),
                "lint" => self.lint = lint::read(node, LINT_FIELDS, decoder),
                "unmanaged" => self.unmanaged = unmanaged(node, decoder),
                "guards" => self.guards = guards(node, decoder),
                "packing" => self.packing = packing(node, decoder),
                _ => self.state = state(node, path, decoder),
            }
        }
    }
}

/// `{ action: keep|delete, ignore: [PATTERN], discover_log_groups: true|false }`.
fn unmanaged(node: &Node, decoder: &mut Decoder<'_>) -> Unmanaged {
    let mut unmanaged = Unmanaged::default();
    let Some(fields) = decoder.fields(node, "`unmanaged`", UNMANAGED_FIELDS) else { return unmanaged };
    if let Some(node) = fields.get("action") {
        unmanaged.delete = decoder.choice(node, "`action`", ["keep", "delete"]) == Some("delete");
    }
    if let Some(node) = fields.get("ignore") {
        let items =
            if is_empty_list(node) { &[] } else { decoder.list(node, "`ignore`").unwrap_or_default() };
        let pattern = |item: &std::rc::Rc<Node>| decoder.text(item, "A pattern").map(ToOwned::to_owned);
        unmanaged.ignore = items.iter().filter_map(pattern).collect();
    }
    if let Some(node) = fields.get("discover_log_groups") {
        unmanaged.discover_log_groups = decoder.flag(node, "`discover_log_groups`").unwrap_or_default();
    }
    unmanaged
}

/// `{ max_deletes: N, max_changes: N }`; nought lets nothing through.
fn guards(node: &Node, decoder: &mut Decoder<'_>) -> Guards {
    const MOST: usize = 1_000_000;
    let mut guards = Guards::default();
    let Some(fields) = decoder.fields(node, "`guards`", GUARD_FIELDS) else { return guards };
    let why = "It counts policies of one target in one plan.";
    let mut read = |name: &str, value: &mut usize| {
        let node = fields.get(name);
        let number = node.and_then(|node| decoder.number(node, &format!("`{name}`"), 0..=MOST, why));
        *value = number.unwrap_or(*value);
    };
    read("max_deletes", &mut guards.max_deletes);
    read("max_changes", &mut guards.max_changes);
    guards
}

/// `none`, `{ local: FOLDER }` relative to the file, or `{ s3: { bucket, prefix, region, kms_key_id } }`.
fn state(node: &Node, path: &Path, decoder: &mut Decoder<'_>) -> Option<StateLocation> {
    if matches!(&node.kind, Kind::Scalar { text, .. } if text == "none") {
        return Some(StateLocation::None);
    }
    if !matches!(node.kind, Kind::Map(_)) {
        let message =
            format!("`state` must be `none` or a map with `local` or `s3`, and this is {}.", kind(node));
        decoder.report(code::TYPE, node.span, message, "");
        return None;
    }
    let fields = decoder.fields(node, "`state`", STATE_FIELDS)?;
    match decoder.one_of(fields, "`state`", ["local", "s3"])? {
        ("local", folder) => {
            let folder = decoder.text(folder, "`local`")?;
            Some(StateLocation::Local(beside(path, Path::new(folder))))
        }
        (_, node) => s3(node, decoder).map(StateLocation::S3),
    }
}

fn s3(node: &Node, decoder: &mut Decoder<'_>) -> Option<S3Location> {
    let fields = decoder.fields(node, "`s3`", S3_FIELDS)?;
    let mut text = |name: &str| {
        let node = fields.get(name)?;
        decoder.text(node, &format!("`{name}`")).map(ToOwned::to_owned)
    };
    let prefix = text("prefix").unwrap_or_default().trim_matches('/').to_owned();
    let (kms_key_id, endpoint_url) = (text("kms_key_id"), text("endpoint_url"));
    let bucket = decoder.required(fields, "`s3`", "bucket").and_then(|node| decoder.text(node, "`bucket`"));
    let region = decoder.required(fields, "`s3`", "region");
    let region = region.and_then(|node| {
        let text = decoder.text(node, "`region`")?;
        parsed(node, text, decoder)
    });
    Some(S3Location { bucket: bucket?.to_owned(), prefix, region: region?, kms_key_id, endpoint_url })
}
