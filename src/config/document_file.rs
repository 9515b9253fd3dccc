//! `document_file`: a document in a file of its own, below the folder of the file that names it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::model::{SourceSpan, Sources};

use super::code;
use super::decode::Decoder;
use super::tree::{self, MOST_BYTES, Node};

/// The document files read so far, each once.
#[derive(Default)]
pub(super) struct DocumentFiles(BTreeMap<PathBuf, Option<Rc<Node>>>);

impl DocumentFiles {
    /// The document in a file; what speaks against it is reported where the file is named.
    pub(super) fn open(
        &mut self,
        path: &Path,
        folder: &Path,
        named: SourceSpan,
        sources: &mut Sources,
        decoder: &mut Decoder<'_>,
    ) -> Option<Rc<Node>> {
        let full = match inside(path, folder) {
            Ok(full) => full,
            Err(message) => {
                let note = "A document file lies in the folder of the file that names it, or below.";
                decoder.report(code::DOCUMENT_FILE, named, message, note);
                return None;
            }
        };
        if let Some(node) = self.0.get(&full) {
            return node.clone();
        }
        let node = match text(&full) {
            Ok(text) => {
                let file = sources.add(folder.join(path).display().to_string(), text);
                let text = &sources.files[file].text;
                tree::parse(file, text, decoder.findings)
            }
            Err(message) => {
                decoder.report(code::DOCUMENT_FILE, named, message, "");
                None
            }
        };
        self.0.insert(full, node.clone());
        node
    }
}

/// The file's real path, which must lie below the real folder: no `..`, and no link that leads out.
fn inside(path: &Path, folder: &Path) -> Result<PathBuf, String> {
    let shown = path.display();
    if path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(format!("The path {shown} leads out of the folder."));
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let real = fs_err::canonicalize(folder.join(path))
        .map_err(|error| format!("The file cannot be read: {error}."))?;
    let root =
        fs_err::canonicalize(folder).map_err(|error| format!("The folder cannot be read: {error}."))?;
    if real.starts_with(&root) {
        Ok(real)
    } else {
        Err(format!("The path {shown} leads out of the folder by a link."))
    }
}

/// The text of a regular file of a bounded size, without a byte order mark.
pub(super) fn text(path: &Path) -> Result<String, String> {
    bounded_text(path, MOST_BYTES)
}

/// The text of a regular file, without a byte order mark; what is longer than `most` bytes is cut off behind one more.
///
/// # Errors
/// A sentence that says why it cannot be read.
pub fn bounded_text(path: &Path, most: usize) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("The file cannot be read: {error}.");
    let file = fs_err::File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(format!("{} is not a file.", path.display()));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    let text =
        String::from_utf8(bytes).map_err(|error| format!("{} is not UTF-8: {error}.", path.display()))?;
    Ok(text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text))
}
