//! Reports, in files that others may read.

use std::io::{self, Write};
use std::path::Path;

use super::StoreError;

/// Writes a report in one step; what is there and no file, such as a pipe, is written to as it stands.
///
/// # Errors
/// [`StoreError`] when the file cannot be written.
pub fn write_report(path: &Path, text: &str) -> Result<(), StoreError> {
    write(path, text).map_err(|source| StoreError::File { action: "writing a report", source })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    // A link stays one: what it leads to is replaced.
    let place = if path.is_symlink() { fs_err::canonicalize(path)? } else { path.to_path_buf() };
    if fs_err::metadata(&place).is_ok_and(|there| !there.is_file()) {
        return fs_err::OpenOptions::new().write(true).open(&place)?.write_all(text.as_bytes());
    }
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".report-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&place).map_err(|error| {
        io::Error::new(error.error.kind(), format!("{}: {}", place.display(), error.error))
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/report.md");
        for text in ["one", "two"] {
            write_report(&path, text).expect("written");
            assert_eq!(fs_err::read_to_string(&path).expect("read"), text);
        }
        let error = write_report(folder.path(), "x").expect_err("a folder is no file");
        assert!(error.to_string().starts_with("writing a report"), "{error}");
        let error = write_report(&path.join("below"), "x").expect_err("a file is no folder");
        assert!(error.to_string().contains("report.md"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("report.md"), folder.path().join("link.md"));
        write_report(&path, "one").expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        write_report(&link, "two").expect("written");
        assert!(link.is_symlink());
        assert_eq!(fs_err::read_to_string(&path).expect("read"), "two");
    }
}
