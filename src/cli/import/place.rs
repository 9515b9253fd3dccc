//! Where an import looks, and where it writes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::{self, Parsed, ReadError, parse_with};
use crate::model::{Access, Limits, Target};
use crate::report::{DeclaredTarget, DesiredFile, desired_yaml};
use crate::store::write_public;

use super::super::arguments::Global;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::world::{DEFAULT_FILE, World, paths};
use super::ImportArguments;
use super::draft::Written;

/// Where an import looks and writes.
pub(super) struct Place {
    /// The global arguments, as if the files to be written were named by `-f` where nothing else is.
    pub(super) global: Global,
    /// The files and folders that are read, and stay.
    pub(super) base: Vec<PathBuf>,
    /// The targets that the output declares, where no file does.
    pub(super) declares: Option<BTreeMap<String, DeclaredTarget>>,
    /// Where the output goes.
    pub(super) output: Output,
    force: bool,
}

/// Where the output goes.
pub(super) enum Output {
    /// One text on stdout.
    Stdout,
    /// One file.
    File(PathBuf),
    /// A file for each target.
    Folder(PathBuf),
}

impl Place {
    /// The place that the arguments name, and the files that say which targets there are.
    pub(super) fn of(arguments: &ImportArguments, global: &Global) -> Result<(Self, Parsed), Failure> {
        let output = Output::of(arguments);
        let (mut global, force) = (global.clone(), arguments.force);
        if arguments.account.is_empty() {
            let base = paths(&global);
            let parsed =
                config::parse(&base).map_err(|error| nothing_to_read(error, global.files.is_empty()))?;
            let place = Self { global, base, declares: None, output, force };
            return Ok((place, parsed));
        }
        if !global.files.is_empty() {
            return Err(Failure::usage(
                "--account declares targets where no file does, and -f names a file",
                "Leave --account and --region out, and declare the targets in the file.",
            ));
        }
        let declares = declared(arguments);
        let (text, _) = desired_yaml(&DesiredFile { targets: declares.clone(), ..DesiredFile::default() });
        let head = output.head();
        let parsed = parse_with(&[], &[(head.clone(), text)])?;
        global.files = vec![head];
        let place = Self { global, base: Vec::new(), declares: Some(declares), output, force };
        Ok((place, parsed))
    }

    /// Refuses where a file is there already, before anything is looked at; one that is read is never replaced, for its
    /// entries would be lost. `removed` is the file of Terraform's blocks.
    pub(super) fn refuse_to_replace(&self, world: &World, removed: Option<&Path>) -> Result<(), Failure> {
        let mut written: Vec<PathBuf> = Vec::new();
        if !matches!(self.output, Output::Stdout) {
            written.extend(world.desired.targets.iter().map(|at| self.output.path(&at.target)));
            written.extend(self.declares.iter().map(|_| self.output.head()));
        }
        if let Some(removed) = removed {
            if written.iter().any(|path| path == removed) {
                let message = format!("-o and --removed both name {}", removed.display());
                return Err(Failure::usage(message, "Terraform's blocks go into a file of their own."));
            }
            written.push(removed.to_path_buf());
        }
        for path in written.iter().filter(|path| path.exists()) {
            let real = |path: &Path| fs_err::canonicalize(path).ok();
            let is_read = || {
                let mut read = world.sources.files.iter().map(|file| real(Path::new(&file.path)));
                read.any(|file| file.is_some() && file == real(path))
            };
            let hint = if self.declares.is_none() && is_read() {
                "It is read as desired state, and its entries would be lost: name another file, and read both with `-f`."
            } else if self.force {
                continue;
            } else {
                "Name another file, or replace this one with --force."
            };
            let message = format!("{} exists already, and nothing was written", path.display());
            return Err(Failure { exit: Exit::Refused, message, hints: vec![hint.to_owned()] });
        }
        Ok(())
    }

    /// Writes files; their names come back.
    pub(super) fn write(&self, texts: &[Written], force: bool) -> Result<Vec<String>, Failure> {
        if matches!(self.output, Output::Stdout) {
            return Ok(Vec::new());
        }
        texts.iter().try_for_each(|written| {
            write_public(&written.path, &written.text, force, "writing the desired state")
        })?;
        Ok(texts.iter().map(|written| written.path.display().to_string()).collect())
    }

    /// The arguments that name all files for the next command.
    pub(super) fn next_files(&self) -> String {
        let mut named = self.base.clone();
        let new = match &self.output {
            Output::Stdout => return String::new(),
            Output::File(path) | Output::Folder(path) => path.clone(),
        };
        // A folder that is read is read with what is new in it.
        if !named.iter().any(|path| path.is_dir() && new.starts_with(path)) {
            named.push(new);
        }
        if named == [PathBuf::from(DEFAULT_FILE)] {
            return String::new();
        }
        named.iter().map(|path| format!("-f {} ", path.display())).collect()
    }
}

impl Output {
    fn of(arguments: &ImportArguments) -> Self {
        let Some(path) = &arguments.out else { return Self::Stdout };
        let is_folder = arguments.per_target || path.is_dir() || path.to_string_lossy().ends_with('/');
        if is_folder { Self::Folder(path.clone()) } else { Self::File(path.clone()) }
    }

    /// The file that declares the targets.
    pub(super) fn head(&self) -> PathBuf {
        match self {
            Self::Stdout => PathBuf::from(DEFAULT_FILE),
            Self::File(path) => path.clone(),
            Self::Folder(folder) => folder.join(DEFAULT_FILE),
        }
    }

    /// The file of a target's policies.
    pub(super) fn path(&self, target: &Target) -> PathBuf {
        match self {
            Self::Stdout => PathBuf::from("imported.yaml"),
            Self::File(path) => path.clone(),
            Self::Folder(folder) => folder.join(format!("{}-{}.yaml", target.account, target.region)),
        }
    }
}

/// The targets of `--account` and `--region`, a name for each account.
fn declared(arguments: &ImportArguments) -> BTreeMap<String, DeclaredTarget> {
    let mut regions: Vec<String> = arguments.region.iter().map(ToString::to_string).collect();
    regions.sort();
    regions.dedup();
    let declared = arguments.account.iter().map(|account| {
        let target = DeclaredTarget {
            account: account.to_string(),
            regions: regions.clone(),
            access: Access::default(),
            limits: Limits::default(),
        };
        (format!("account-{account}"), target)
    });
    declared.collect()
}

/// Who has no file yet can begin without one.
fn nothing_to_read(error: ReadError, is_default: bool) -> Failure {
    let is_missing = matches!(error, ReadError::Missing { .. });
    let mut failure = Failure::from(error);
    if is_missing && is_default {
        failure.hints.push(
            "Or begin with nothing: `logpolicy import --account 111122223333 --region us-east-1 -o logpolicy.yaml`."
                .to_owned(),
        );
    }
    failure
}
