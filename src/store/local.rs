//! Records in a folder: `<folder>/<account>/<region>.json`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::model::{RecordedState, Target, excerpt};

use super::local_lock::{LocalLock, Taken, remove};
use super::unique::unique;
use super::{Holder, StoreError, format};

/// The records below one folder.
#[derive(Debug, Clone)]
pub(super) struct LocalStore {
    folder: PathBuf,
}

impl LocalStore {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, target: &Target, extension: &str) -> PathBuf {
        self.folder.join(target.account.as_str()).join(format!("{}.{extension}", target.region))
    }

    /// The record of a target; an empty one where there is no file.
    pub(super) fn load(&self, target: &Target) -> Result<RecordedState, StoreError> {
        let path = self.path(target, "json");
        let place = path.display().to_string();
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(RecordedState::default()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(StoreError::Unusable { place, reason: "it is not UTF-8 text".to_owned() });
            }
            Err(source) => return Err(StoreError::File { action: "reading the state", source }),
        };
        let read = format::read(target, &text)
            .map_err(|reason| StoreError::Unusable { place, reason: excerpt(&reason) })?;
        Ok(read.recorded)
    }

    /// Replaces a record: temporary file, fsync, rename, fsync of the folder, so that a crash at any moment
    /// leaves the old record or the new one.
    pub(super) fn save(&self, target: &Target, recorded: &mut RecordedState) -> Result<(), StoreError> {
        let path = self.path(target, "json");
        let found = self.load(target)?.serial;
        if found != recorded.serial {
            let place = path.display().to_string();
            return Err(StoreError::Moved { place, expected: recorded.serial, found });
        }
        let next = next(recorded).map_err(|reason| StoreError::Unusable {
            place: path.display().to_string(),
            reason: reason.to_owned(),
        })?;
        let text = format::write(target, &next, None);
        replace(&path, &text).map_err(|source| StoreError::File { action: "saving the state", source })?;
        *recorded = next;
        Ok(())
    }

    /// Every `<account>/<region>.json` that names a target.
    pub(super) fn targets(&self) -> Result<Vec<Target>, StoreError> {
        let mut targets = Vec::new();
        for account in names(&self.folder)? {
            for file in names(&self.folder.join(&account))? {
                let region = file.strip_suffix(".json").unwrap_or_default();
                targets.extend(format!("{account}/{region}").parse::<Target>());
            }
        }
        targets.sort();
        Ok(targets)
    }

    /// Tries once to take the lock of a target.
    pub(super) fn take(&self, target: &Target, holder: &Holder) -> Result<LocalLock, StoreError> {
        match LocalLock::take(&self.path(target, "lock"), holder).map_err(locking)? {
            Taken::Ours(lock) => Ok(lock),
            Taken::Held(holder) => {
                Err(StoreError::Locked { target: target.clone(), holder: holder.map(Box::new) })
            }
        }
    }

    /// Who holds the lock of a target.
    pub(super) fn holder(&self, target: &Target) -> Result<Option<Holder>, StoreError> {
        LocalLock::holder(&self.path(target, "lock")).map_err(locking)
    }

    /// Takes a lock away, whoever holds it.
    pub(super) fn unlock(&self, target: &Target) -> Result<(), StoreError> {
        remove(&self.path(target, "lock")).map_err(locking)
    }
}

fn locking(source: io::Error) -> StoreError {
    StoreError::File { action: "locking the state", source }
}

/// The record that follows: one serial on, with a name of its own from the first on. The error says in words why none can.
pub(super) fn next(recorded: &RecordedState) -> Result<RecordedState, &'static str> {
    let mut next = recorded.clone();
    if next.serial >= format::MOST_SERIAL {
        return Err("its serial is the last one that is read");
    }
    next.serial += 1;
    if next.lineage.is_empty() {
        next.lineage = unique();
    }
    Ok(next)
}

/// The names in a folder; none where there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let failed = |source| StoreError::File { action: "listing the state", source };
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(failed(source)),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    names.collect::<io::Result<_>>().map_err(failed)
}

/// Replaces a file in one step.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = folder_of(path);
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".state-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    fs_err::File::open(folder)?.sync_all()
}

/// The folder that a file lies in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
