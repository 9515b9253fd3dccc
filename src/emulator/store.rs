//! Keeps the world: in memory, and in its file if there is one.
//!
//! The file is the truth. It is read again whenever somebody else has changed it, and written after every change;
//! a change that cannot be written has not happened.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::answer::ServiceError;
use super::error::EmulatorError;
use super::world::{Place, Region, World};
use super::world_file;

/// The world and where it is kept.
#[derive(Debug, Default)]
pub(super) struct Store {
    world: World,
    file: Option<PathBuf>,
    seen: Seen,
}

/// What the file looked like when it and the world were last the same.
#[derive(Debug, Default, PartialEq, Eq)]
enum Seen {
    #[default]
    Never,
    Missing,
    /// A write puts another file in place of the old one, so its number tells two writes of one instant apart.
    There {
        modified: Option<SystemTime>,
        length: u64,
        number: u64,
    },
}

impl Store {
    /// Opens the world of a file; a file that does not exist yet is an empty world.
    pub(super) fn open(file: Option<PathBuf>) -> Result<Self, EmulatorError> {
        // The file itself, not a link to it, is what a write replaces.
        let file = file.map(|path| fs_err::canonicalize(&path).unwrap_or(path));
        let mut store = Self { file, ..Self::default() };
        store.refresh()?;
        Ok(store)
    }

    /// Gives the world as it is now.
    pub(super) fn read(&mut self) -> Result<&World, ServiceError> {
        self.refresh()?;
        Ok(&self.world)
    }

    /// Changes one place and writes the world back; a refused change leaves both as they are.
    pub(super) fn change<T>(
        &mut self,
        place: &Place,
        change: impl FnOnce(&mut Region) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let _others_wait = self.file.as_deref().map(lock_folder).transpose()?;
        self.refresh()?;
        let outcome = self.world.change(place, change)?;
        self.write_back()?;
        Ok(outcome)
    }

    fn refresh(&mut self) -> Result<(), EmulatorError> {
        let Some(path) = &self.file else { return Ok(()) };
        // Looked at before it is read: a change in between is found the next time.
        let found = look_at(path)?;
        if found == self.seen {
            return Ok(());
        }
        self.world = match found {
            Seen::There { .. } => {
                let text = fs_err::read_to_string(path)
                    .map_err(|source| EmulatorError::WorldUnreadable { source })?;
                world_file::parse(&text, path)?
            }
            Seen::Missing | Seen::Never => World::default(),
        };
        self.seen = found;
        Ok(())
    }

    fn write_back(&mut self) -> Result<(), EmulatorError> {
        let Some(path) = &self.file else { return Ok(()) };
        // Until the write has succeeded, memory is ahead of the file: if it fails, the file is read again.
        self.seen = Seen::Never;
        let unwritable = |source| EmulatorError::WorldUnwritable { path: path.clone(), source };
        let text = world_file::render(&self.world).map_err(|error| unwritable(error.into()))?;
        replace(path, &text).map_err(unwritable)?;
        self.seen = look_at(path)?;
        Ok(())
    }
}

fn look_at(path: &Path) -> Result<Seen, EmulatorError> {
    match fs_err::metadata(path) {
        Ok(metadata) => Ok(Seen::There {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            #[cfg(unix)]
            number: std::os::unix::fs::MetadataExt::ino(&metadata),
            #[cfg(not(unix))]
            number: 0,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Seen::Missing),
        Err(source) => Err(EmulatorError::WorldUnreadable { source }),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes other emulators on this world wait until the result is dropped. It is the folder that is locked, for the file
/// is replaced with every write; where folders cannot be locked (Windows, some network drives) nobody waits.
fn lock_folder(path: &Path) -> Result<Option<fs_err::File>, EmulatorError> {
    let folder = folder(path);
    fs_err::create_dir_all(folder)
        .map_err(|source| EmulatorError::WorldUnwritable { path: path.to_owned(), source })?;
    Ok(fs_err::File::open(folder).ok().filter(|handle| handle.lock().is_ok()))
}

/// Replaces the file as a whole or not at all.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = folder(path);
    // `create_new` rather than tempfile's own opening, which would hide the world from everyone but its owner.
    let mut file =
        tempfile::Builder::new().prefix(".world-").make_in(folder, |path| fs_err::File::create_new(path))?;
    if let Ok(metadata) = fs_err::metadata(path) {
        fs_err::set_permissions(file.path(), metadata.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name is in the folder; where a folder can be opened, it is made to last, too.
    fs_err::File::open(folder).map_or(Ok(()), |handle| handle.sync_all())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::super::world::LogGroup;
    use super::*;

    fn place() -> Place {
        Place { account: "111122223333".into(), region: "us-east-1".into() }
    }

    fn make(store: &mut Store, name: &str) -> Result<(), ServiceError> {
        store.change(&place(), |region| {
            region.log_groups.insert(name.to_owned(), LogGroup::default());
            Ok(())
        })
    }

    fn names(store: &mut Store) -> Vec<String> {
        let region = store.read().unwrap().region(&place());
        region.map(|region| region.log_groups.keys().cloned().collect()).unwrap_or_default()
    }

    #[test]
    fn a_change_is_in_the_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/world.json");
        let mut store = Store::open(Some(path.clone())).unwrap();
        assert!(names(&mut store).is_empty() && !path.exists(), "reading makes no file");
        make(&mut store, "a").unwrap();
        assert_eq!(names(&mut Store::open(Some(path.clone())).unwrap()), ["a"]);
        let left: Vec<_> = fs_err::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing but the world is left behind");
    }

    #[test]
    fn two_on_one_file_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let mut one = Store::open(Some(path.clone())).unwrap();
        let mut two = Store::open(Some(path)).unwrap();
        for name in ["a", "c"] {
            make(&mut one, name).unwrap();
            make(&mut two, &format!("{name}{name}")).unwrap();
        }
        assert_eq!(names(&mut one), ["a", "aa", "c", "cc"]);
        assert_eq!(names(&mut two), ["a", "aa", "c", "cc"]);
    }

    #[test]
    fn many_at_the_same_time_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let path = path.clone();
                scope.spawn(move || {
                    let mut store = Store::open(Some(path)).unwrap();
                    for count in 0..8 {
                        make(&mut store, &format!("{thread}-{count}")).unwrap();
                    }
                });
            }
        });
        assert_eq!(names(&mut Store::open(Some(path)).unwrap()).len(), 32);
    }

    #[test]
    fn a_refused_change_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let mut store = Store::open(Some(path.clone())).unwrap();
        let refused: Result<(), _> = store.change(&place(), |_| Err(ServiceError::not_found("x")));
        assert!(refused.is_err() && store.read().unwrap().accounts.is_empty() && !path.exists());
    }

    #[test]
    fn a_broken_file_is_reported_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let mut store = Store::open(Some(path.clone())).unwrap();
        make(&mut store, "a").unwrap();
        fs_err::write(&path, "{").unwrap();
        assert!(matches!(Store::open(Some(path.clone())), Err(EmulatorError::WorldMalformed { .. })));
        let error = make(&mut store, "b").unwrap_err();
        assert_eq!((error.code, error.status.as_u16()), ("InternalFailure", 500));
        assert!(error.message.contains("world.json:1:1: not a world file"), "{}", error.message);
        assert!(store.read().is_err());
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "{");
        fs_err::remove_file(&path).unwrap();
        assert!(names(&mut store).is_empty(), "no file, no world");
    }

    #[test]
    fn a_change_that_cannot_be_written_has_not_happened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inner/world.json");
        let mut store = Store::open(Some(path)).unwrap();
        fs_err::write(folder.path().join("inner"), "a file where the folder should be").unwrap();
        let error = make(&mut store, "a").unwrap_err();
        assert!(error.message.contains("cannot"), "{}", error.message);
        fs_err::remove_file(folder.path().join("inner")).unwrap();
        assert!(names(&mut store).is_empty());
        make(&mut store, "b").unwrap();
        assert_eq!(names(&mut store), ["b"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("world.json"), folder.path().join("link.json"));
        fs_err::write(&path, r#"{"format_version":"1"}"#).unwrap();
        let mut permissions = fs_err::metadata(&path).unwrap().permissions();
        permissions.set_mode(0o640);
        fs_err::set_permissions(&path, permissions).unwrap();
        symlink(&path, &link).unwrap();
        make(&mut Store::open(Some(link.clone())).unwrap(), "a").unwrap();
        assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(&mut Store::open(Some(path)).unwrap()), ["a"]);
    }
}
