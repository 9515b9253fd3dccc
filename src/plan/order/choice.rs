//! What an actor may look like on the way: as before, as after, or with statements of others for a while.

use std::sync::Arc;

use crate::policy::{Document, Json};

use super::bits::Bits;
use super::world::{Actor, Content, Part};

/// One way an actor may look.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// What it says; nothing where it is not there.
    pub(super) content: Option<Look>,
}

/// What a policy says in one of its looks.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) atoms: Bits,
    pub(super) parts: Vec<Part>,
    pub(super) bytes: usize,
    document: Made,
}

/// A document, or how it is made when it is needed.
#[derive(Debug, Clone)]
enum Made {
    Given(Arc<Document>),
    Added { base: Option<Arc<Document>>, added: Vec<Arc<Json>>, version: Arc<str> },
}

/// Room for brackets around a single statement, and for the suffix of a Sid that is taken.
const SLACK: usize = 2;
const SUFFIX: usize = 8;

impl Choice {
    /// As it stands before or after.
    pub(super) fn given(content: Option<&Content>) -> Self {
        let look = |content: &Content| Look {
            atoms: content.atoms.clone(),
            parts: content.parts.clone(),
            bytes: content.document.bytes(),
            document: Made::Given(Arc::clone(&content.document)),
        };
        Self { content: content.map(look) }
    }

    /// This look with further statements; nothing where they speak another version of the language.
    pub(super) fn with(&self, parts: &[Part]) -> Option<Self> {
        let version = match &self.content {
            Some(look) => look.version(),
            None => Arc::clone(&parts.first()?.version),
        };
        // Only policy variables are read in another way by another version.
        let reads_alike = |part: &Part| part.version == version || !part.json.to_string().contains("${");
        if !parts.iter().all(reads_alike) {
            return None;
        }
        let (mut atoms, mut all, mut bytes, base) = match &self.content {
            Some(look) => {
                let Made::Given(document) = &look.document else { return self.with_more(look, parts) };
                (look.atoms.clone(), look.parts.clone(), look.bytes, Some(Arc::clone(document)))
            }
            None => (Bits::default(), Vec::new(), 64, None),
        };
        bytes += SLACK;
        for part in parts {
            atoms.insert(part.atom);
            bytes += part.bytes + SUFFIX;
        }
        all.extend_from_slice(parts);
        let added = parts.iter().map(|part| Arc::clone(&part.json)).collect();
        let document = Made::Added { base, added, version };
        Some(Self { content: Some(Look { atoms, parts: all, bytes, document }) })
    }

    /// A look that carries something already.
    fn with_more(&self, look: &Look, parts: &[Part]) -> Option<Self> {
        let Made::Added { base, added, version } = &look.document else { return None };
        let mut next = look.clone();
        let mut more = added.clone();
        for part in parts {
            next.atoms.insert(part.atom);
            next.bytes += part.bytes + SUFFIX;
            more.push(Arc::clone(&part.json));
        }
        next.parts.extend_from_slice(parts);
        next.document = Made::Added { base: base.clone(), added: more, version: Arc::clone(version) };
        Some(Self { content: Some(next) })
    }

    /// The document; nothing where the policy is not there, or its text cannot be added to.
    pub(super) fn document(&self) -> Option<Arc<Document>> {
        match &self.content.as_ref()?.document {
            Made::Given(document) => Some(Arc::clone(document)),
            Made::Added { base: Some(base), added, .. } => base.with_added(&statements(added)).map(Arc::new),
            Made::Added { base: None, added, version } => {
                Some(Arc::new(Document::of_statements(&statements(added), version)))
            }
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.content.is_some()
    }
}

impl Look {
    fn version(&self) -> Arc<str> {
        match &self.document {
            Made::Given(document) => Arc::from(document.version().unwrap_or("2008-10-17")),
            Made::Added { base: Some(base), .. } => Arc::from(base.version().unwrap_or("2008-10-17")),
            Made::Added { base: None, version, .. } => Arc::clone(version),
        }
    }
}

/// Statements that were added, for a document of them.
fn statements(added: &[Arc<Json>]) -> Vec<Json> {
    added.iter().map(|json| Json::clone(json)).collect()
}

/// The number of the look before, and of the one after, among an actor's choices.
pub(super) const BEFORE: usize = 0;
pub(super) const AFTER: usize = 1;

/// How an actor looks before and after.
pub(super) fn looks(actor: &Actor) -> Vec<Choice> {
    vec![Choice::given(actor.old.as_ref()), Choice::given(actor.new.as_ref())]
}
