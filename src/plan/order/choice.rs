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

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "2012-10-17";
    const OLD: &str = "2008-10-17";

    fn part(atom: usize, resource: &str, version: &str) -> Part {
        let text = format!(r#"{{"Sid":"A","Effect":"Allow","Resource":"{resource}"}}"#);
        let document = Document::from_text(format!(r#"{{"Statement":[{text}]}}"#));
        let json = Arc::new(document.statements()[0].json().clone());
        Part { atom, json, bytes: text.len() + 1, version: Arc::from(version), moves: true }
    }

    fn given(text: &str) -> Choice {
        let document = Arc::new(Document::from_text(text));
        Choice::given(Some(&Content { document, atoms: [0].into_iter().collect(), parts: Vec::new() }))
    }

    fn bytes(choice: &Choice) -> (usize, usize) {
        (choice.content.as_ref().unwrap().bytes, choice.document().unwrap().bytes())
    }

    #[test]
    fn what_is_added_is_counted_with_room_for_its_sid() {
        let single =
            given(r#"{"Version":"2012-10-17","Statement":{"Sid":"A","Effect":"Allow","Resource":"x"}}"#);
        for (base, room) in [(single, SLACK), (Choice { content: None }, 64)] {
            let two = base.with(&[part(1, "y", NEW), part(2, "z", NEW)]).unwrap();
            let (counted, real) = bytes(&two);
            assert!(real <= counted && counted <= real + room + 2 * SUFFIX, "{real} {counted}");
            let three = two.with(&[part(3, "u", NEW)]).unwrap();
            let more = bytes(&three);
            assert!(more.1 <= more.0 && more.0 - counted <= more.1 - real + SUFFIX, "{more:?}");
            let look = three.content.as_ref().unwrap();
            assert_eq!(look.parts.iter().map(|part| part.atom).collect::<Vec<_>>(), [1, 2, 3]);
            assert!([1, 2, 3].iter().all(|atom| look.atoms.contains(*atom)));
            let document = three.document().unwrap();
            assert!(
                ["y", "z", "u"].iter().all(|resource| document.text().contains(&format!("\"{resource}\"")))
            );
        }
    }

    #[test]
    fn a_variable_is_carried_by_its_own_version_alone() {
        let base = |version: &str| given(&format!(r#"{{"Version":"{version}","Statement":[]}}"#));
        for (base_version, version, resource, carried) in [
            (NEW, NEW, "${x}", true),
            (NEW, OLD, "x", true),
            (NEW, OLD, "${x}", false),
            (OLD, NEW, "${x}", false),
            (OLD, OLD, "${x}", true),
        ] {
            let found = base(base_version).with(&[part(1, resource, version)]);
            assert_eq!(found.is_some(), carried, "{base_version} {version} {resource}");
            let further = base(base_version).with(&[part(1, "x", NEW)]).unwrap();
            assert_eq!(further.with(&[part(2, resource, version)]).is_some(), carried);
        }
        // One that is not there takes the version of what it carries first.
        let bridge = Choice { content: None }.with(&[part(1, "${x}", OLD)]).unwrap();
        assert_eq!(bridge.document().unwrap().version(), Some(OLD));
        assert!(bridge.with(&[part(2, "${x}", NEW)]).is_none());
        assert!(Choice { content: None }.with(&[]).is_none());
    }
}
