//! Saved plans, in files that only their owner can read.

use std::io;
use std::path::Path;

use super::StoreError;
use super::local::replace;

/// The longest plan that is read: room for ten thousand targets with three changed policies each.
const LONGEST: u64 = 512 * 1024 * 1024;

/// Writes a saved plan in one step.
///
/// # Errors
/// [`StoreError`] when the file cannot be written.
pub fn write_plan(path: &Path, text: &str) -> Result<(), StoreError> {
    replace(path, text).map_err(|source| StoreError::File { action: "saving the plan", source })
}

/// The text of a saved plan; what is no text has no digest that fits, and is found out by it.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn read_plan(path: &Path) -> Result<String, StoreError> {
    let failed = |source| StoreError::File { action: "reading the plan", source };
    let length = fs_err::metadata(path).map_err(failed)?.len();
    if length > LONGEST {
        let message = format!("{} is longer than the {LONGEST} bytes that are read", path.display());
        return Err(failed(io::Error::other(message)));
    }
    let bytes = fs_err::read(path).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
