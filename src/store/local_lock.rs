//! A lock beside the record: `<folder>/<account>/<region>.lock`.
//!
//! The system's own lock on the file is what counts, so the lock of a process that died is free at once; what stands
//! in the file is for people.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Holder;

/// A lock that is held until it is released or the process ends.
#[derive(Debug)]
pub(super) struct LocalLock {
    file: File,
    path: PathBuf,
}

/// What came of trying to take a lock.
pub(super) enum Taken {
    /// It is ours.
    Ours(LocalLock),
    /// Somebody else holds it.
    Held(Option<Holder>),
}

/// How often the file may vanish between opening and locking it.
const MOST_TRIES: usize = 1_000;

impl LocalLock {
    /// Tries once.
    pub(super) fn take(path: &Path, holder: &Holder) -> io::Result<Taken> {
        for _ in 0..MOST_TRIES {
            let mut file = match open(path) {
                // Who held it before took the folder along.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Taken::Held(signed(&mut file)?)),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Who held it before may have removed the file between our opening and our locking it.
            if !is_at(&file, path) {
                continue;
            }
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(holder.text().as_bytes())?;
            file.sync_all()?;
            return Ok(Taken::Ours(Self { file, path: path.to_path_buf() }));
        }
        Err(io::Error::other(format!(
            "{} comes and goes: another run takes it away all the time",
            path.display()
        )))
    }

    /// Who holds a lock; nothing where it is free.
    pub(super) fn holder(path: &Path) -> io::Result<Option<Holder>> {
        let mut file = match fs_err::OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file.into_parts().0,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => signed(&mut file),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Gives it back, and takes the file away unless somebody else put another one there; folders that it was alone
    /// in go with it.
    pub(super) fn release(self) -> io::Result<()> {
        let Self { file, path } = self;
        if is_at(&file, &path) {
            remove(&path)?;
            for folder in path.ancestors().skip(1).take(2) {
                // What is not empty stays.
                let _ = fs_err::remove_dir(folder);
            }
        }
        Ok(())
    }
}

/// Takes the file away, whoever holds it.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    fs_err::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let mut options = fs_err::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // It says who runs what, and whoever can open it can lock it.
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?.into_parts().0)
}

/// Who holds the lock; who took it a moment ago has not signed yet.
fn signed(file: &mut File) -> io::Result<Option<Holder>> {
    for _ in 0..20 {
        if let Some(holder) = read(file)? {
            return Ok(Some(holder));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(None)
}

fn read(file: &mut File) -> io::Result<Option<Holder>> {
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(Holder::read(&text))
}

/// Whether an open file is the one that the path leads to.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let open = file.metadata().map(identity).ok();
    open.is_some() && open == fs_err::metadata(path).map(identity).ok()
}

/// Elsewhere an open file cannot be removed by others.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}
