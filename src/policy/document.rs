//! A policy document: exact text, parsed form, canonical form, fingerprint.

use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::canonical::canonical;
use super::statement::Statement;
use super::wire::{stable_text, wire_form};
use super::{Json, JsonError};

/// The SHA-256 of a canonical form, shown as `sha256:<64 hex digits>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

/// Takes the fingerprint of bytes as they come.
#[derive(Debug, Clone, Default)]
pub struct Fingerprinter(Sha256);

impl Fingerprinter {
    /// Takes more bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The fingerprint of all bytes so far.
    pub fn fingerprint(self) -> Fingerprint {
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in self.0.finalize() {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Fingerprint(text)
    }
}

impl Fingerprint {
    /// The fingerprint of any bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_parts([bytes])
    }

    /// The fingerprint of bytes that come in parts.
    pub fn of_parts(parts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut digest = Fingerprinter::default();
        parts.into_iter().for_each(|part| digest.add(part.as_ref()));
        digest.fingerprint()
    }

    /// The whole text, `sha256:` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve hex digits: enough for a person to compare.
    pub fn short(&self) -> &str {
        let digits = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
        digits.get(..12).unwrap_or(digits)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.short())
    }
}

/// A policy document, desired, live or recorded.
///
/// The text is what is sent or was read; the canonical form is what is compared. A text that is not JSON is a
/// document too (a live one may be anything): it has no statements and equals only the same text. All but the text is
/// made when it is asked for: of most documents of a fleet nobody asks.
///
/// ```
/// use logpolicy::policy::Document;
///
/// let statement = r#"{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"*"}"#;
/// let one = Document::from_text(format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#));
/// let list = Document::from_text(format!(r#"{{ "Statement": [{statement}], "Version": "2012-10-17" }}"#));
/// // IAM reads both the same; the texts stay as they are.
/// assert_eq!(one, list);
/// assert_eq!(one.fingerprint(), list.fingerprint());
/// assert_ne!(one.text(), list.text());
/// assert_ne!(one, Document::from_text("not JSON"));
/// ```
#[derive(Clone)]
pub struct Document {
    text: String,
    json: OnceLock<Result<Json, JsonError>>,
    statements: OnceLock<Vec<Statement>>,
    canonical: OnceLock<String>,
    fingerprint: OnceLock<Fingerprint>,
}

impl Document {
    /// Takes a text as it was read.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self::new(text.into(), OnceLock::new())
    }

    /// Makes the document that is sent for a desired value: minified, in AWS's key order, and with account ids
    /// where AWS refuses the root ARN that it returns itself.
    pub fn from_json(json: Json) -> Self {
        let sent = wire_form(json);
        Self::new(sent.text(), OnceLock::from(Ok(sent)))
    }

    fn new(text: String, json: OnceLock<Result<Json, JsonError>>) -> Self {
        let (statements, canonical, fingerprint) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { text, json, statements, canonical, fingerprint }
    }

    /// The exact text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with what AWS returns in changing order put in one order, so that reports repeat themselves.
    pub fn stable_text(&self) -> String {
        self.json().map_or_else(|_| self.text.clone(), stable_text)
    }

    /// The length of the text in bytes, as it counts against the limit.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The parsed form, or why there is none.
    pub fn json(&self) -> Result<&Json, &JsonError> {
        self.json.get_or_init(|| Json::parse(&self.text)).as_ref()
    }

    /// The statements, in the order written.
    pub fn statements(&self) -> &[Statement] {
        self.statements.get_or_init(|| self.json().map(Statement::all).unwrap_or_default())
    }

    /// The canonical form: equal texts mean equal policies.
    pub fn canonical(&self) -> &str {
        let make =
            || self.json().map_or_else(|_| self.text.clone(), |json| canonical(json, self.statements()));
        self.canonical.get_or_init(make)
    }

    /// The SHA-256 of the canonical form.
    pub fn fingerprint(&self) -> &Fingerprint {
        self.fingerprint.get_or_init(|| Fingerprint::of(self.canonical().as_bytes()))
    }

    /// The `Version` of the policy language, as written.
    pub fn version(&self) -> Option<&str> {
        self.json().ok()?.get("Version")?.as_str()
    }
}

/// Two documents are equal when IAM reads them the same.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.canonical() == other.canonical()
    }
}

impl Eq for Document {}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Document({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_no_json_is_still_a_document() {
        let broken = Document::from_text("{ not json");
        assert_eq!(broken.text(), "{ not json");
        assert!(broken.json().is_err());
        assert!(broken.statements().is_empty());
        assert_eq!(broken, Document::from_text("{ not json"));
        assert_ne!(broken, Document::from_text("{not json"));
    }

    #[test]
    fn fingerprints_are_the_well_known_ones() {
        let empty = Fingerprint::of(b"");
        let expected = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(empty.as_str(), expected);
        assert_eq!(empty.short(), "e3b0c44298fc");
    }
}
