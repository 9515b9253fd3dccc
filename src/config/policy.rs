//! `policies`: whole policies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use crate::model::{
    DesiredTarget, Diagnostic, Ownership, PolicyKey, PolicyScope, PolicyTemplate, Region, SourceSpan, Sources,
};

use super::code;
use super::decode::{Decoder, Fields};
use super::document::DocumentReader;
use super::document_file::DocumentFiles;
use super::extent::Extents;
use super::lint::{self, POLICY_LINT_FIELDS};
use super::suggest::sentence;
use super::target;
use super::tree::{Kind, Node};
use super::variable::Variables;

pub(super) const POLICY_FIELDS: &[&str] = &[
    "name",
    "log_group",
    "document",
    "document_file",
    "targets",
    "regions",
    "ownership",
    "prevent_delete",
    "adopt",
    "replaces",
    "lint",
];

/// An entry whose document was found, wherever it stands.
pub(super) struct FoundPolicy<'a> {
    fields: Fields<'a>,
    scope: PolicyScope,
    identity: &'a Node,
    document: Rc<Node>,
}

/// Finds the entries of one file's `policies`; `folder` is where its document files lie.
pub(super) fn find<'a>(
    node: &'a Node,
    folder: &std::path::Path,
    files: &mut DocumentFiles,
    sources: &mut Sources,
    decoder: &mut Decoder<'_>,
) -> Vec<FoundPolicy<'a>> {
    let mut found = Vec::new();
    for item in decoder.list(node, "`policies`").unwrap_or_default() {
        const WHAT: &str = "The policy";
        let Some(fields) = decoder.fields(item, WHAT, POLICY_FIELDS) else { continue };
        let identity = decoder.one_of(fields, WHAT, ["name", "log_group"]);
        let document = match decoder.one_of(fields, WHAT, ["document", "document_file"]) {
            Some(("document", node)) => Some(Rc::clone(node)),
            Some((_, node)) => decoder
                .text(node, "`document_file`")
                .map(PathBuf::from)
                .and_then(|path| files.open(&path, folder, node.span, sources, decoder)),
            None => None,
        };
        let (Some((field, identity)), Some(document)) = (identity, document) else { continue };
        let scope = if field == "name" { PolicyScope::Account } else { PolicyScope::Resource };
        found.push(FoundPolicy { fields, scope, identity, document });
    }
    found
}

/// What the entries may refer to.
pub(super) struct Context<'a> {
    pub(super) variables: &'a Variables,
    pub(super) extents: &'a Extents<'a>,
    pub(super) sources: &'a Sources,
}

impl Context<'_> {
    /// The meaning of an entry.
    pub(super) fn lower(&self, found: &FoundPolicy<'_>, decoder: &mut Decoder<'_>) -> Option<PolicyTemplate> {
        let FoundPolicy { fields, scope, identity, document: written } = found;
        let name =
            decoder.text(identity, if *scope == PolicyScope::Account { "`name`" } else { "`log_group`" });
        let template = name.map(|name| self.variables.template(name, identity.span, self.sources, decoder));
        let reader = DocumentReader { variables: self.variables, sources: self.sources };
        let (document, document_spans) = reader.read(written, decoder);
        let targets = fields.get("targets").map(|node| self.names(node, decoder));
        let regions = fields.get("regions").map(|node| self.regions(node, targets.as_ref(), decoder));
        let mut flag = |name: &str| {
            fields.get(name).and_then(|node| decoder.flag(node, &format!("`{name}`"))).unwrap_or(false)
        };
        let (prevent_delete, adopt) = (flag("prevent_delete"), flag("adopt"));
        let ownership = ownership(*fields, written, decoder);
        let replaces = fields.get("replaces").map(|node| self.texts(node, "`replaces`", decoder));
        Some(PolicyTemplate {
            scope: *scope,
            identity: template?,
            document,
            targets,
            regions,
            prevent_delete,
            adopt,
            replaces: replaces.into_iter().flatten().map(|(name, _)| name).collect(),
            ownership,
            lint: fields
                .get("lint")
                .map(|node| lint::read(node, POLICY_LINT_FIELDS, decoder))
                .unwrap_or_default(),
            span: fields.span,
            identity_span: identity.span,
            document_spans,
        })
    }

    /// The names under `targets`, each of which must be declared.
    pub(super) fn names(&self, node: &Node, decoder: &mut Decoder<'_>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for item in decoder.list(node, "`targets`").unwrap_or_default() {
            let Some(name) = decoder.text(item, "The name of a target") else { continue };
            if self.extents.has(name) {
                names.insert(name.to_owned());
            } else {
                let message = format!("There is no target `{}`.", name.escape_debug());
                let note = sentence(name, self.extents.names());
                decoder.report(code::UNKNOWN_TARGET, item.span, message, note);
            }
        }
        names
    }

    /// The Regions of an entry, each of which some of its targets must have.
    pub(super) fn regions(
        &self,
        node: &Node,
        names: Option<&BTreeSet<String>>,
        decoder: &mut Decoder<'_>,
    ) -> BTreeSet<Region> {
        let regions = target::regions(node, decoder);
        let known = self.extents.regions(names);
        // A Region that is not known yet cannot be missed.
        if !known.is_empty() && !self.extents.have_open_regions(names) {
            for region in regions.iter().filter(|region| !known.contains(region)) {
                let message = format!("None of its targets has the Region {region}.");
                let note = sentence(region.as_str(), known.iter().map(|region| region.as_str()));
                decoder.report(code::UNKNOWN_TARGET, node.span, message, note);
            }
        }
        regions
    }
}

/// How much of the policy is ours. A statement of ours is known by its Sid among those of others, so each needs one.
fn ownership(fields: Fields<'_>, document: &Node, decoder: &mut Decoder<'_>) -> Ownership {
    let Some(node) = fields.get("ownership") else { return Ownership::Document };
    if decoder.choice(node, "`ownership`", ["document", "statements"]) != Some("statements") {
        return Ownership::Document;
    }
    let member = |node: &Node, name: &str| match &node.kind {
        Kind::Map(entries) => {
            entries.iter().find(|entry| entry.key == name).map(|entry| Rc::clone(&entry.value))
        }
        _ => None,
    };
    let statements = match member(document, "Statement") {
        None => Vec::new(),
        Some(node) => match &node.kind {
            Kind::List(items) => items.clone(),
            _ => vec![node],
        },
    };
    for statement in statements {
        let sid = member(&statement, "Sid");
        if !sid.is_some_and(|sid| matches!(&sid.kind, Kind::Scalar { text, .. } if !text.is_empty())) {
            let message = "With `ownership: statements` each statement needs a `Sid`.";
            let note = "By it our statements are told from those of others in the same policy.";
            decoder.report(code::MISSING_FIELD, statement.span, message, note);
        }
    }
    Ownership::Statements
}

/// Two entries at one address, and log groups of somebody else.
pub(super) fn meet(policies: &[PolicyTemplate], targets: &[DesiredTarget], decoder: &mut Decoder<'_>) {
    let mut reported: BTreeSet<(SourceSpan, SourceSpan)> = BTreeSet::new();
    for at in targets {
        let mut held: BTreeMap<PolicyKey, &PolicyTemplate> = BTreeMap::new();
        for entry in policies.iter().filter(|entry| entry.applies_to(at)) {
            let key = entry.key(&at.target);
            if is_foreign(&key) && reported.insert((entry.span, at.span)) {
                let message = format!("The ARN is not that of a log group of {}.", at.target);
                let note =
                    "Write the log group's name, or use ${partition}, ${region} and ${account} in the ARN.";
                decoder.report(code::TYPE, entry.identity_span, message, note);
            }
            match held.get(&key) {
                Some(first) if reported.insert((first.identity_span, entry.identity_span)) => {
                    let message = format!("Two entries meet at {}.", key.at(&at.target));
                    let finding = Diagnostic::error(code::SAME_ADDRESS, entry.identity_span, message);
                    let finding = finding.label("again here").related(first.identity_span, "first here");
                    decoder.findings.push(finding.note(
                        "A policy has one document: join the entries, or narrow their targets or Regions.",
                    ));
                }
                Some(_) => {}
                None => {
                    held.insert(key, entry);
                }
            }
        }
        for entry in policies.iter().filter(|entry| !entry.replaces.is_empty() && entry.applies_to(at)) {
            for key in entry.replaced(&at.target) {
                if let Some(other) = held.get(&key)
                    && reported.insert((other.identity_span, entry.identity_span))
                {
                    let message =
                        format!("{} is replaced by one entry and asked for by another.", key.at(&at.target));
                    let finding = Diagnostic::error(code::SAME_ADDRESS, entry.identity_span, message);
                    decoder
                        .findings
                        .push(finding.label("replaces it").related(other.identity_span, "asks for it"));
                }
            }
        }
    }
}

/// An ARN that is left after that of the target's own log groups became a name.
fn is_foreign(key: &PolicyKey) -> bool {
    key.scope == PolicyScope::Resource && key.identity.starts_with("arn:")
}
