//! Files that a command writes for others to read: reports, metrics, desired state.

use std::io::{self, Write};
use std::path::Path;

use super::StoreError;
use super::local::folder_of;

/// Writes a file in one step, so that nobody ever reads a half of it; everybody may read it whom the umask lets. One that is
/// there is replaced only where `replaces` says so; what is there and no file, such as a pipe, is then written to as it
/// stands. `action` says what is being done, such as `writing the metrics`.
///
/// # Errors
/// [`StoreError`] when the file cannot be written, or is there and must stay.
pub fn write_public(path: &Path, text: &str, replaces: bool, action: &'static str) -> Result<(), StoreError> {
    write(path, text, replaces).map_err(|source| StoreError::File { action, source })
}

fn write(path: &Path, text: &str, replaces: bool) -> io::Result<()> {
    // A link stays one: what it leads to is replaced.
    let place = if path.is_symlink() { fs_err::canonicalize(path)? } else { path.to_path_buf() };
    if replaces && fs_err::metadata(&place).is_ok_and(|there| !there.is_file()) {
        return fs_err::OpenOptions::new().write(true).open(&place)?.write_all(text.as_bytes());
    }
    let folder = folder_of(&place);
    fs_err::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".logpolicy-");
    #[cfg(unix)]
    builder.permissions(readable());
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    let kept = if replaces { file.persist(&place) } else { file.persist_noclobber(&place) };
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", place.display()));
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
        let path = folder.path().join("deep/out.txt");
        write_public(&path, "one", false, "writing").expect("written");
        assert!(write_public(&path, "two", false, "writing").is_err());
        assert_eq!(fs_err::read_to_string(&path).expect("the file"), "one");
        write_public(&path, "two", true, "writing").expect("replaced");
        assert_eq!(fs_err::read_to_string(&path).expect("the file"), "two");
        let names: Vec<_> = fs_err::read_dir(folder.path().join("deep")).expect("the folder").collect();
        assert_eq!(names.len(), 1, "nothing else is left");
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.md");
        write_public(&path, "one", true, "writing a report").expect("written");
        let error =
            write_public(folder.path(), "x", true, "writing a report").expect_err("a folder is no file");
        assert!(error.to_string().starts_with("writing a report"), "{error}");
        let error = write_public(&path.join("below"), "x", true, "writing").expect_err("a file is no folder");
        assert!(error.to_string().contains("report.md"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("report.md"), folder.path().join("link.md"));
        write_public(&path, "one", true, "writing").expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        write_public(&link, "two", true, "writing").expect("written");
        assert!(link.is_symlink());
        assert_eq!(fs_err::read_to_string(&path).expect("read"), "two");
    }
}
