//! Desired state that a command wrote, in files that everybody may read whom the umask lets.

use std::io::{self, Write};
use std::path::Path;

use super::StoreError;
use super::local::folder_of;

/// Writes a file of desired state in one step; one that is there is replaced only where `replaces` says so.
///
/// # Errors
/// [`StoreError`] when the file cannot be written, or is there.
pub fn write_desired(path: &Path, text: &str, replaces: bool) -> Result<(), StoreError> {
    write(path, text, replaces)
        .map_err(|source| StoreError::File { action: "writing the desired state", source })
}

fn write(path: &Path, text: &str, replaces: bool) -> io::Result<()> {
    let folder = folder_of(path);
    fs_err::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".logpolicy-");
    #[cfg(unix)]
    builder.permissions(readable());
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    let kept = if replaces { file.persist(path) } else { file.persist_noclobber(path) };
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    kept.map_err(|error| named(error.error))?;
    fs_err::File::open(folder)?.sync_all()
}

/// What a new file has; the umask takes away from it.
#[cfg(unix)]
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_when_asked_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/out.yaml");
        write_desired(&path, "one", false).expect("written");
        assert!(write_desired(&path, "two", false).is_err());
        assert_eq!(fs_err::read_to_string(&path).expect("the file"), "one");
        write_desired(&path, "two", true).expect("replaced");
        assert_eq!(fs_err::read_to_string(&path).expect("the file"), "two");
        let names: Vec<_> = fs_err::read_dir(folder.path().join("deep")).expect("the folder").collect();
        assert_eq!(names.len(), 1, "nothing else is left");
    }
}
