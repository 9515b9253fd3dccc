//! Files whose text is understood: first what their targets must be looked up for, then everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::model::{
    AccessTest, AccountsOf, Asked, DesiredState, Diagnostic, Diagnostics, Directory, GrantTemplate, Limits,
    Membership, PolicyTemplate, Region, RegionsOf, Severity, SourceSpan, Sources, StateLocation,
};

use super::access_test;
use super::code;
use super::decode::{Decoder, Fields};
use super::document_file::DocumentFiles;
use super::extent::{Extents, regions_of};
use super::file::{FILE_FIELDS, Loaded, is_empty_list};
use super::grant;
use super::organization::Organization;
use super::policy::{self, Context, FoundPolicy};
use super::role::AccessTemplate;
use super::section::OnlyOnce;
use super::target::{self, Accounts, NamedTargets, Regions};
use super::tree::{self, Kind, Node};
use super::variable::Variables;

/// Files whose text, variables and targets were read.
///
/// What only AWS knows about the targets is asked for in two steps, as the Regions are those of the accounts: the answers to
/// [`Parsed::accounts_asked`], then those to [`Parsed::regions_asked`]. Most files ask nothing.
#[derive(Debug)]
pub struct Parsed {
    sources: Sources,
    findings: Vec<Diagnostic>,
    trees: Vec<(PathBuf, Rc<Node>)>,
    variables: Variables,
    named: BTreeMap<String, NamedTargets>,
    default_state: PathBuf,
}

impl Parsed {
    /// Reads the texts of files. `default_state` is the folder of the record where no file says another.
    pub(super) fn new(texts: Vec<(PathBuf, String)>, default_state: PathBuf) -> Self {
        let (mut sources, mut findings) = (Sources::default(), Vec::new());
        let (mut variables, mut named) = (Variables::default(), BTreeMap::new());
        let mut trees: Vec<(PathBuf, Rc<Node>)> = Vec::new();
        for (path, text) in texts {
            let file = sources.add(path.display().to_string(), text);
            let tree = tree::parse(file, &sources.files[file].text, &mut findings);
            trees.extend(tree.map(|tree| (path, tree)));
        }
        let decoder = &mut Decoder { findings: &mut findings };
        let mut files = Vec::new();
        for (_, tree) in &trees {
            let Some(fields) = decoder.fields(tree, "The file", FILE_FIELDS) else { continue };
            files.push(fields);
            version(fields, decoder);
            if let Some(node) = fields.get("variables") {
                variables.read(node, &sources, decoder);
            }
            if let Some(node) = fields.get("targets") {
                target::read(node, &mut named, decoder);
            }
        }
        if let (Some(first), true) =
            (files.first(), files.iter().all(|fields| fields.get("targets").is_none()))
        {
            decoder.required(*first, "The desired state", "targets");
        }
        Self { sources, findings, trees, variables, named, default_state }
    }

    /// Whether something was found that keeps the files from being understood, so that nothing need be looked up.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The accounts that must be looked up, each question once.
    pub fn accounts_asked(&self) -> Vec<Asked<AccountsOf>> {
        let mut asked = BTreeMap::new();
        for (name, organization, access) in self.organizations() {
            for (question, span) in organization.questions(&access) {
                asked.entry(question.clone()).or_insert_with(|| self.asked(question, name, span));
            }
        }
        asked.into_values().collect()
    }

    /// The Regions that must be looked up once the accounts are known, each question once.
    pub fn regions_asked(&self, directory: &Directory) -> Vec<Asked<RegionsOf>> {
        let mut asked = BTreeMap::new();
        for (name, entry) in &self.named {
            let Regions::All(span) = entry.regions else { continue };
            let access = self.access(entry);
            for account in entry.accounts(&access, directory).unwrap_or_default() {
                if let Some(question) = regions_of(&access, &account) {
                    asked.entry(question.clone()).or_insert_with(|| self.asked(question, name, span));
                }
            }
        }
        asked.into_values().collect()
    }

    /// What each `organization` came to, where its accounts are known.
    pub fn memberships(&self, directory: &Directory) -> Vec<Membership> {
        let membership = |(name, organization, access): (&str, &Organization, AccessTemplate)| {
            let members = organization.members(&access, directory)?;
            let excluded = organization.exclude.iter().map(|(account, _)| account);
            let is_found =
                |account: &&_| members.active.contains(account) || members.inactive.contains(account);
            Some(Membership {
                target: name.to_owned(),
                place: self.sources.location(organization.span),
                never_found: excluded.filter(|account| !is_found(account)).cloned().collect(),
                found: members.active.len() + members.inactive.len(),
                chosen: organization.chosen(members).len(),
            })
        };
        self.organizations().filter_map(membership).collect()
    }

    fn organizations(&self) -> impl Iterator<Item = (&str, &Organization, AccessTemplate)> {
        self.named.iter().filter_map(|(name, entry)| match &entry.accounts {
            Accounts::Organization(organization) => Some((name.as_str(), organization, self.access(entry))),
            Accounts::Listed(_) => None,
        })
    }

    /// How a name is reached; what is wrong with that is reported when everything else is.
    fn access(&self, entry: &NamedTargets) -> AccessTemplate {
        let mut unheard = Vec::new();
        let decoder = &mut Decoder { findings: &mut unheard };
        AccessTemplate::read(entry, (&self.variables, &self.sources), decoder)
    }

    fn asked<Q>(&self, question: Q, target: &str, span: SourceSpan) -> Asked<Q> {
        Asked { question, target: target.to_owned(), place: self.sources.location(span) }
    }

    /// The meaning of the files, with what is known of their targets; the rest is stood in for.
    pub fn loaded(self, directory: &Directory) -> Loaded {
        let Self { mut sources, mut findings, trees, variables, named, default_state } = self;
        let decoder = &mut Decoder { findings: &mut findings };
        let parts = Parts::find(&trees, &mut sources, decoder);
        let extents = Extents::new(&named, directory, (&variables, &sources), decoder);
        let context = Context { variables: &variables, extents: &extents, sources: &sources };
        let open = extents.open();
        let mut desired = parts.meaning(&context, decoder);
        if desired.state == StateLocation::default() {
            desired.state = StateLocation::Local(default_state);
        }
        Loaded { diagnostics: Diagnostics::new(findings), desired, open, sources }
    }
}

/// What the files say beside variables and targets, found and not understood yet.
#[derive(Default)]
struct Parts<'a> {
    policies: Vec<FoundPolicy<'a>>,
    grants: Vec<&'a Node>,
    tests: Vec<&'a Node>,
    once: OnlyOnce<'a>,
}

impl<'a> Parts<'a> {
    fn find(trees: &'a [(PathBuf, Rc<Node>)], sources: &mut Sources, decoder: &mut Decoder<'_>) -> Self {
        let mut parts = Self::default();
        let mut documents = DocumentFiles::default();
        for (path, tree) in trees {
            let Some(fields) = Fields::of(tree) else { continue };
            if let Some(node) = fields.get("policies").filter(|node| !is_empty_list(node)) {
                let folder = path.parent().unwrap_or(Path::new(""));
                parts.policies.extend(policy::find(node, folder, &mut documents, sources, decoder));
            }
            parts.tests.extend(fields.get("tests").map(|node| &**node));
            let grants = fields.get("grants").filter(|node| !is_empty_list(node));
            parts.grants.extend(grants.map(|node| &**node));
            parts.once.take(path, fields, decoder);
        }
        parts
    }

    fn meaning(self, context: &Context<'_>, decoder: &mut Decoder<'_>) -> DesiredState {
        let Self { policies, grants, tests, once } = self;
        let OnlyOnce { limits, state, lint, unmanaged, guards, packing, .. } = once;
        let limits =
            limits.map_or_else(Limits::default, |node| target::limits(node, Limits::default(), decoder));
        let policies: Vec<_> = policies.iter().filter_map(|found| context.lower(found, decoder)).collect();
        let tests: Vec<_> =
            tests.into_iter().flat_map(|node| access_test::read(node, context, decoder)).collect();
        let grants: Vec<_> = grants.into_iter().flat_map(|node| context.grants(node, decoder)).collect();
        let spoken = spoken(&policies, &grants, &tests);
        let targets = context.extents.targets(&spoken, limits, decoder);
        policy::meet(&policies, &targets, decoder);
        grant::meet(&grants, &packing, &policies, &targets, decoder);
        let state = state.unwrap_or_default();
        DesiredState { targets, policies, grants, packing, tests, lint, unmanaged, guards, state }
    }
}

/// The Regions that some entry names.
fn spoken(policies: &[PolicyTemplate], grants: &[GrantTemplate], tests: &[AccessTest]) -> BTreeSet<Region> {
    let policies = policies.iter().map(|entry| &entry.regions);
    let grants = grants.iter().map(|grant| &grant.entry.regions);
    let tests = tests.iter().map(|test| &test.regions);
    policies.chain(grants).chain(tests).flatten().flatten().cloned().collect()
}

fn version(fields: Fields<'_>, decoder: &mut Decoder<'_>) {
    let Some(node) = decoder.required(fields, "The file", "version") else { return };
    let is_one = matches!(&node.kind, Kind::Scalar { text, plain: true } if text == "1");
    if !is_one {
        decoder.report(code::TYPE, node.span, "`version` must be 1, the only version there is.", "");
    }
}
