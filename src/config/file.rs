//! Files and folders, which together are one desired state.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::model::{DesiredState, Diagnostics, Limits, Sources, StateLocation};

use super::access_test;
use super::code;
use super::decode::{Decoder, Fields};
use super::document_file::{self, DocumentFiles};
use super::grant;
use super::policy::{self, Context, FoundPolicy};
use super::section::OnlyOnce;
use super::target;
use super::tree::{self, Kind, Node};
use super::variable::Variables;

pub(super) const FILE_FIELDS: &[&str] = &[
    "version",
    "targets",
    "variables",
    "policies",
    "grants",
    "packing",
    "unmanaged",
    "guards",
    "limits",
    "state",
    "lint",
    "tests",
];

/// What was read.
#[derive(Debug)]
pub struct Loaded {
    /// The files, for showing places.
    pub sources: Sources,
    /// Everything that was found.
    pub diagnostics: Diagnostics,
    /// The desired state; where an error was found, what could be understood of it.
    pub desired: DesiredState,
}

/// Why there was nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file or folder.
    #[error("there is no {}", path.display())]
    Missing {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// It is there and cannot be read.
    #[error("{message}")]
    Unreadable {
        /// What went wrong; names the path.
        message: String,
    },
    /// A folder without a single YAML file.
    #[error("no .yaml or .yml file lies in {} or below", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl ReadError {
    /// What to do, each a full sentence.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Missing { .. } => {
                vec!["Name the desired state with `-f PATH`, a file or a folder.".to_owned()]
            }
            Self::Unreadable { .. } => vec!["Check the path and your rights to it.".to_owned()],
            Self::Empty { .. } => vec!["Files whose names begin with a dot are passed over.".to_owned()],
        }
    }
}

/// Reads files and folders as one desired state.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let loaded = logpolicy::config::load(&["examples/quickstart".into()])?;
/// assert!(!loaded.diagnostics.has_errors());
/// assert_eq!(loaded.desired.targets[0].target.to_string(), "111122223333/us-east-1");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ReadError`] where a path cannot be read at all; what is wrong inside the files is in the diagnostics.
pub fn load(paths: &[PathBuf]) -> Result<Loaded, ReadError> {
    load_with(paths, &[])
}

/// Reads files and folders, and behind them texts that shall stand in files of these paths, as one desired state.
///
/// # Errors
/// [`ReadError`] where a path cannot be read at all; what is wrong inside the files is in the diagnostics.
pub fn load_with(paths: &[PathBuf], written: &[(PathBuf, String)]) -> Result<Loaded, ReadError> {
    let mut sources = Sources::default();
    let mut findings = Vec::new();
    let mut trees: Vec<(PathBuf, Rc<Node>)> = Vec::new();
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for path in expand(paths)? {
        let text = document_file::text(&path).map_err(|message| ReadError::Unreadable { message })?;
        texts.push((path, text));
    }
    texts.extend_from_slice(written);
    for (path, text) in texts {
        let file = sources.add(path.display().to_string(), text);
        let tree = tree::parse(file, &sources.files[file].text, &mut findings);
        trees.extend(tree.map(|tree| (path, tree)));
    }
    let mut desired = meaning(&trees, &mut sources, &mut Decoder { findings: &mut findings });
    if desired.state == StateLocation::default() {
        let first = paths.first().or(written.first().map(|(path, _)| path));
        desired.state = StateLocation::Local(default_state(first.map_or(Path::new(""), PathBuf::as_path)));
    }
    let diagnostics = Diagnostics::new(findings);
    Ok(Loaded { sources, diagnostics, desired })
}

/// The files that the paths stand for, in order.
fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ReadError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            below(path, &mut files)?;
            files[before..].sort();
            if files.len() == before {
                return Err(ReadError::Empty { path: path.clone() });
            }
        } else if path.exists() {
            files.push(path.clone());
        } else {
            return Err(ReadError::Missing { path: path.clone() });
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(fs_err::canonicalize(file).unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// Every YAML file below a folder; names that begin with a dot are passed over, and links to folders not followed.
fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), ReadError> {
    let unreadable = |error: io::Error| ReadError::Unreadable { message: error.to_string() };
    for entry in fs_err::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if entry.file_type().map_err(unreadable)?.is_dir() {
            below(&path, files)?;
        } else if is_yaml {
            files.push(path);
        }
    }
    Ok(())
}

/// The meaning of all trees together.
fn meaning(trees: &[(PathBuf, Rc<Node>)], sources: &mut Sources, decoder: &mut Decoder<'_>) -> DesiredState {
    let mut variables = Variables::default();
    let mut named = BTreeMap::new();
    let mut found: Vec<FoundPolicy<'_>> = Vec::new();
    let mut once = OnlyOnce::default();
    let mut documents = DocumentFiles::default();
    let mut files = Vec::new();
    let mut tests = Vec::new();
    let mut grants = Vec::new();
    for (path, tree) in trees {
        let Some(fields) = decoder.fields(tree, "The file", FILE_FIELDS) else { continue };
        files.push((path, fields));
        version(fields, decoder);
        if let Some(node) = fields.get("variables") {
            variables.read(node, sources, decoder);
        }
        if let Some(node) = fields.get("targets") {
            target::read(node, &mut named, decoder);
        }
        if let Some(node) = fields.get("policies").filter(|node| !is_empty_list(node)) {
            let folder = path.parent().unwrap_or(Path::new(""));
            found.extend(policy::find(node, folder, &mut documents, sources, decoder));
        }
        tests.extend(fields.get("tests"));
        grants.extend(fields.get("grants").filter(|node| !is_empty_list(node)));
        once.take(path, fields, decoder);
    }
    if let (Some((_, fields)), true) =
        (files.first(), files.iter().all(|(_, fields)| fields.get("targets").is_none()))
    {
        decoder.required(*fields, "The desired state", "targets");
    }
    let limits =
        once.limits.map_or_else(Limits::default, |node| target::limits(node, Limits::default(), decoder));
    let targets = target::lower(&named, limits, (&variables, sources), decoder);
    let context = Context { variables: &variables, named: &named, sources };
    let policies: Vec<_> = found.iter().filter_map(|found| context.lower(found, decoder)).collect();
    let tests = tests.into_iter().flat_map(|node| access_test::read(node, &context, decoder)).collect();
    let grants: Vec<_> = grants.into_iter().flat_map(|node| context.grants(node, decoder)).collect();
    policy::meet(&policies, &targets, decoder);
    let OnlyOnce { lint, unmanaged, guards, state, packing, .. } = once;
    grant::meet(&grants, &packing, &policies, &targets, decoder);
    let state = state.unwrap_or_default();
    DesiredState { targets, policies, grants, packing, tests, lint, unmanaged, guards, state }
}

/// `policies: []` is a way to say "none", and means that everything recorded shall go.
pub(super) fn is_empty_list(node: &Node) -> bool {
    matches!(&node.kind, Kind::List(items) if items.is_empty())
}

fn version(fields: Fields<'_>, decoder: &mut Decoder<'_>) {
    let Some(node) = decoder.required(fields, "The file", "version") else { return };
    let is_one = matches!(&node.kind, Kind::Scalar { text, plain: true } if text == "1");
    if !is_one {
        decoder.report(code::TYPE, node.span, "`version` must be 1, the only version there is.", "");
    }
}

/// `state` in the folder that was named first, or beside the file that was named first: where it lies does not
/// depend on which files a folder holds.
fn default_state(first: &Path) -> PathBuf {
    if first.is_dir() { first.join("state") } else { beside(first, Path::new("state")) }
}

/// A path relative to the folder of a file.
pub(super) fn beside(file: &Path, path: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}
