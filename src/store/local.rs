//! Records in a folder: `<folder>/<account>/<region>.json`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::model::{RecordedState, Target};
use crate::policy::Fingerprint;

use super::StoreError;
use super::format;

/// The records below one folder.
pub(super) struct LocalStore<'a> {
    folder: &'a Path,
}

impl<'a> LocalStore<'a> {
    pub(super) fn new(folder: &'a Path) -> Self {
        Self { folder }
    }

    fn path(&self, target: &Target) -> PathBuf {
        self.folder.join(target.account.as_str()).join(format!("{}.json", target.region))
    }

    /// The record of a target; an empty one where there is no file.
    pub(super) fn load(&self, target: &Target) -> Result<RecordedState, StoreError> {
        let path = self.path(target);
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(RecordedState::default()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(StoreError::Unusable { path, reason: "it is not UTF-8 text".to_owned() });
            }
            Err(source) => return Err(StoreError::File { action: "reading the state", source }),
        };
        format::read(target, &text).map_err(|reason| StoreError::Unusable { path, reason })
    }

    /// Replaces a record: temporary file, fsync, rename, fsync of the folder, so that a crash at any moment
    /// leaves the old record or the new one.
    pub(super) fn save(&self, target: &Target, recorded: &mut RecordedState) -> Result<(), StoreError> {
        let path = self.path(target);
        let found = self.load(target)?.serial;
        if found != recorded.serial {
            return Err(StoreError::Moved { path, expected: recorded.serial, found });
        }
        let mut next = recorded.clone();
        next.serial += 1;
        if next.lineage.is_empty() {
            next.lineage = new_lineage(target, &path);
        }
        let text = format::write(target, &next);
        replace(&path, &text).map_err(|source| StoreError::File { action: "saving the state", source })?;
        *recorded = next;
        Ok(())
    }

    /// Every `<account>/<region>.json` that names a target.
    pub(super) fn targets(&self) -> Result<Vec<Target>, StoreError> {
        let mut targets = Vec::new();
        for account in names(self.folder)? {
            for file in names(&self.folder.join(&account))? {
                let region = file.strip_suffix(".json").unwrap_or_default();
                targets.extend(format!("{account}/{region}").parse::<Target>());
            }
        }
        targets.sort();
        Ok(targets)
    }
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

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".state-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    fs_err::File::open(folder)?.sync_all()
}

/// A name that no other record has: the temporary name that the system gave us, hashed with the target.
fn new_lineage(target: &Target, path: &Path) -> String {
    let unique = tempfile::Builder::new().rand_bytes(16).tempfile().map(|file| file.path().to_path_buf());
    let seed = format!("{target}\n{}\n{:?}", path.display(), unique.ok());
    Fingerprint::of(seed.as_bytes()).short().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{PolicyKey, RecordedPolicy};
    use crate::policy::Document;

    fn target() -> Target {
        "111122223333/us-east-1".parse().expect("a target")
    }

    fn recorded() -> RecordedState {
        let policy = RecordedPolicy {
            document: Arc::new(Document::from_text(r#"{"Version":"2012-10-17","Statement":[]}"#)),
            revision: Some("3".to_owned()),
            prevent_delete: true,
            applied_at: "2026-03-02T00:00:00Z".to_owned(),
            plan: "sha256:00".to_owned(),
        };
        let policies =
            [(PolicyKey::log_group("/aws/x"), policy.clone()), (PolicyKey::account("a:b"), policy)];
        RecordedState { policies: policies.into_iter().collect(), ..RecordedState::default() }
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LocalStore::new(folder.path());
        assert_eq!(store.load(&target()).expect("nothing yet"), RecordedState::default());
        let mut state = recorded();
        store.save(&target(), &mut state).expect("saved");
        assert_eq!(state.serial, 1);
        store.save(&target(), &mut state).expect("saved again");
        assert_eq!(store.load(&target()).expect("a record"), state);
        assert_eq!(store.targets().expect("a list"), [target()]);
        let left: Vec<_> = names(&folder.path().join("111122223333")).expect("a list");
        assert_eq!(left, ["us-east-1.json"], "no temporary file stays behind");
    }

    #[test]
    fn a_record_that_moved_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LocalStore::new(folder.path());
        let (mut first, mut second) = (recorded(), RecordedState::default());
        store.save(&target(), &mut first).expect("saved");
        assert!(matches!(
            store.save(&target(), &mut second),
            Err(StoreError::Moved { found: 1, expected: 0, .. })
        ));
        assert_eq!(store.load(&target()).expect("a record"), first);
    }

    #[test]
    fn what_is_no_record_is_an_error_and_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LocalStore::new(folder.path());
        let mut state = recorded();
        store.save(&target(), &mut state).expect("saved");
        let path = store.path(&target());
        let good = fs_err::read_to_string(&path).expect("text");
        let half = &good[..good.len() / 2];
        let newer = good.replace(r#""format_version": "1""#, r#""format_version": "2""#);
        let edited = good.replace("2012-10-17", "2008-10-17");
        let foreign = good.replace("111122223333/us-east-1", "111122223333/us-east-2");
        for (text, why) in [
            (half, "no state file"),
            ("", "no state file"),
            ("{}", "no state file"),
            (&newer, "update logpolicy"),
            (&edited, "edited"),
            (&foreign, "belongs to"),
        ] {
            fs_err::write(&path, text).expect("written");
            let error = store.load(&target()).expect_err("unusable").to_string();
            assert!(error.contains(why), "{error}");
            assert!(store.save(&target(), &mut state).is_err());
            assert_eq!(fs_err::read_to_string(&path).expect("text"), text);
        }
    }
}
