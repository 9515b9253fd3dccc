//! Files and folders, which together are one desired state.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::{DesiredState, Diagnostics, Directory, OpenTarget, Sources};

use super::document_file;
use super::parsed::Parsed;
use super::tree::{Kind, Node};

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
    /// Names under `targets` whose accounts or Regions are not known, and what stands in for them.
    pub open: Vec<OpenTarget>,
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
                vec![
                    "Name the desired state with `-f PATH`, a file or a folder; `logpolicy init` writes one to begin with."
                        .to_owned(),
                ]
            }
            Self::Unreadable { .. } => vec!["Check the path and your rights to it.".to_owned()],
            Self::Empty { .. } => vec!["Files whose names begin with a dot are passed over.".to_owned()],
        }
    }
}

/// Reads files and folders as one desired state, offline: what only AWS knows is stood in for.
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
    Ok(parse(paths)?.loaded(&Directory::default()))
}

/// Reads files and folders, up to what only AWS knows about their targets.
///
/// # Errors
/// [`ReadError`] where a path cannot be read at all; what is wrong inside the files is kept for [`Parsed::loaded`].
pub fn parse(paths: &[PathBuf]) -> Result<Parsed, ReadError> {
    parse_with(paths, &[])
}

/// Reads files and folders, and behind them texts that shall stand in files of these paths, as [`parse`] does.
///
/// # Errors
/// [`ReadError`] where a path cannot be read at all; what is wrong inside the files is kept for [`Parsed::loaded`].
pub fn parse_with(paths: &[PathBuf], written: &[(PathBuf, String)]) -> Result<Parsed, ReadError> {
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for path in expand(paths)? {
        let text = document_file::text(&path).map_err(|message| ReadError::Unreadable { message })?;
        texts.push((path, text));
    }
    texts.extend_from_slice(written);
    let first = paths.first().or(written.first().map(|(path, _)| path));
    Ok(Parsed::new(texts, default_state(first.map_or(Path::new(""), PathBuf::as_path))))
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

/// `policies: []` is a way to say "none", and means that everything recorded shall go.
pub(super) fn is_empty_list(node: &Node) -> bool {
    matches!(&node.kind, Kind::List(items) if items.is_empty())
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
