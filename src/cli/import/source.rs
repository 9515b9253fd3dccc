//! `--from FILE`: what another tool declares, and the targets at which it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::config::bounded_text;
use crate::import::{
    Block, CloudFormationError, Declared, DeclaredPolicy, Unusable, cloudformation, is_terraform,
    removed_blocks, terraform,
};
use crate::model::{Diagnostics, PolicyKey, Sources, Target};
use crate::report::{Unplaced, diagnostics_text};

use super::super::failure::Failure;
use super::super::streams::Streams;
use super::super::world::World;
use super::ImportArguments;
use super::arguments::SourceKind;
use super::look::{NAMED, Seen};

/// The longest file that is read: Terraform states hold everything that an account has.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What another tool declares.
pub(super) struct Origin {
    pub(super) kind: SourceKind,
    /// Each policy with the targets at which it stands.
    policies: Vec<(DeclaredPolicy, Vec<Target>)>,
    pub(super) unplaced: Vec<Unplaced>,
    /// The resources of what could not be used.
    unusable: BTreeSet<Block>,
}

/// Reads the file that the arguments name; nothing comes back for `live`. `are_chosen` says whether the user chose the
/// targets, so that what could stand at several stands at all of them.
pub(super) fn read_source(
    arguments: &ImportArguments,
    world: &World,
    are_chosen: bool,
    streams: Streams,
) -> Result<Option<Origin>, Failure> {
    let path = &arguments.from;
    if path == Path::new("live") {
        if arguments.kind.is_some() || !arguments.parameter.is_empty() || arguments.removed.is_some() {
            let hint = "Name a Terraform state or a CloudFormation template with --from FILE.";
            return Err(Failure::usage("--as, --parameter and --removed belong to --from FILE", hint));
        }
        return Ok(None);
    }
    let text = bounded_text(path, MOST_BYTES).map_err(|message| {
        let message = message.trim_end_matches('.').to_owned();
        Failure::error(message, vec!["Name a file that is there, or `--from live`.".to_owned()])
    })?;
    if text.len() > MOST_BYTES {
        let message = format!("{} is longer than the {MOST_BYTES} bytes that are read", path.display());
        return Err(Failure::error(message, Vec::new()));
    }
    let told = if is_terraform(&text) { SourceKind::Terraform } else { SourceKind::Cloudformation };
    let kind = arguments.kind.unwrap_or(told);
    if kind == SourceKind::Terraform && !arguments.parameter.is_empty() {
        let hint = "Leave --parameter out: a Terraform state has none.";
        return Err(Failure::usage("--parameter belongs to a CloudFormation template", hint));
    }
    let declared = match kind {
        SourceKind::Terraform => terraform(&text).map_err(|error| {
            Failure::error(format!("{}: {error}", path.display()), vec![error.hint().to_owned()])
        })?,
        SourceKind::Cloudformation => stack(arguments, text, world, streams)?,
    };
    Ok(Some(Origin::new(kind, declared, world, are_chosen)))
}

/// What a CloudFormation template declares.
fn stack(
    arguments: &ImportArguments,
    text: String,
    world: &World,
    streams: Streams,
) -> Result<Declared, Failure> {
    let shown = arguments.from.display().to_string();
    let mut sources = Sources::default();
    let file = sources.add(shown.clone(), text);
    let given: BTreeMap<String, String> = arguments.parameter.iter().cloned().collect();
    cloudformation(&sources, file, &given, url_suffix(world)).map_err(|error| match error {
        CloudFormationError::Unreadable(findings) => {
            streams.report(&diagnostics_text(&Diagnostics::new(findings), &sources, streams.layout()));
            Failure::error(format!("{shown} cannot be read"), Vec::new())
        }
        CloudFormationError::NoResources => {
            let hint = "A CloudFormation template has `Resources`; a Terraform state is JSON.".to_owned();
            Failure::error(
                format!("{shown} is neither a Terraform state nor a CloudFormation template"),
                vec![hint],
            )
        }
        CloudFormationError::UnknownParameter(name) => Failure::usage(
            format!("--parameter {name}: the template has no such parameter"),
            "The names stand under `Parameters` of the template.",
        ),
    })
}

/// The end of host names at all targets, where it is one (the SDKs' `partitions.json`, `dnsSuffix`).
fn url_suffix(world: &World) -> Option<&'static str> {
    let suffix = |target: &Target| match target.region.partition().as_str() {
        "aws" | "aws-us-gov" => Some("amazonaws.com"),
        "aws-cn" => Some("amazonaws.com.cn"),
        _ => None,
    };
    let mut suffixes = world.desired.targets.iter().map(|at| suffix(&at.target));
    let first = suffixes.next().flatten()?;
    suffixes.all(|suffix| suffix == Some(first)).then_some(first)
}

impl Origin {
    fn new(kind: SourceKind, declared: Declared, world: &World, are_chosen: bool) -> Self {
        let targets: Vec<Target> = world.desired.targets.iter().map(|at| at.target.clone()).collect();
        let mut origin = Self { kind, policies: Vec::new(), unplaced: Vec::new(), unusable: BTreeSet::new() };
        for Unusable { origin: name, place, because, block } in declared.unusable {
            origin.unplace(name, place, because, block);
        }
        for policy in declared.policies {
            match policy.places(&targets, are_chosen) {
                Ok(places) => {
                    let places = places.into_iter().cloned().collect();
                    origin.policies.push((policy, places));
                }
                Err(because) => origin.unplace(policy.origin, policy.place, because, policy.block),
            }
        }
        origin
    }

    fn unplace(
        &mut self,
        origin: String,
        place: Option<crate::model::Location>,
        because: String,
        block: Option<Block>,
    ) {
        let place = place.map(|place| format!("{}:{}:{}", place.file, place.line, place.column));
        self.unplaced.push(Unplaced { origin, place, because });
        self.unusable.extend(block);
    }

    /// The policies at a target.
    pub(super) fn at(&self, target: &Target) -> impl Iterator<Item = &DeclaredPolicy> {
        let here = self.policies.iter().filter(move |(_, places)| places.contains(target));
        here.map(|(policy, _)| policy)
    }

    /// Their keys.
    pub(super) fn keys(&self, target: &Target) -> BTreeSet<PolicyKey> {
        self.at(target).map(|policy| policy.key(target)).collect()
    }

    /// Terraform's `removed` blocks for what the files name now; nothing for other tools.
    pub(super) fn removed(&self, seen: &[Seen]) -> Option<String> {
        if self.kind != SourceKind::Terraform {
            return None;
        }
        let (mut taken, mut kept) = (BTreeSet::new(), self.unusable.clone());
        for (policy, places) in &self.policies {
            let is_ours = |target: &Target| {
                let key = policy.key(target);
                let mut here = seen.iter().filter(|seen| seen.target == *target);
                here.any(|seen| {
                    seen.taken.contains_key(&key)
                        || seen.left_out.get(&key).is_some_and(|why| why.because == NAMED)
                })
            };
            let blocks = if places.iter().all(is_ours) { &mut taken } else { &mut kept };
            blocks.extend(policy.block.clone());
        }
        Some(removed_blocks(&taken, &kept))
    }
}
