//! What changes mean for access: of a whole target, of each policy, and of each grant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{PolicyKey, PolicyScope, Target};
use crate::policy::{
    AccessChange, Attached, Comparison, Document, Effect, Found, Grant, Json, Rights, Statement,
};

use super::Change;

/// How much a policy, a statement or a grant lets be done, against what was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// More.
    Wider,
    /// Less.
    Narrower,
    /// Just as much: proved.
    Same,
    /// Something more and something less.
    Other,
    /// It could not be shown.
    Unknown,
}

/// What becomes of a statement that is added or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Access changes by it.
    Counts,
    /// All that it says is allowed without it, before and after.
    CoveredAnyway,
    /// It stands in another policy of the same plan: there from now on, or there until now.
    Moved(PolicyKey),
}

/// What one change means.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// The policy's own access, after against before.
    pub breadth: Breadth,
    /// Grants that only the new document has; wider where they were not allowed before.
    pub added: Vec<(Grant, Breadth)>,
    /// Grants that only the old document has; narrower where they are no longer allowed.
    pub removed: Vec<(Grant, Breadth)>,
    /// Added statements, by canonical form.
    pub arriving: BTreeMap<String, Mark>,
    /// Removed statements, by canonical form.
    pub leaving: BTreeMap<String, Mark>,
}

/// What all changes of a target mean.
#[derive(Debug, Clone)]
pub struct Meanings {
    /// The target as a whole.
    pub access: AccessChange,
    /// Each policy that is written or deleted.
    pub changes: BTreeMap<PolicyKey, Meaning>,
}

/// The most grants of a change that are judged one by one.
const MOST_JUDGED: usize = 200;

/// Compares a target before and after, as a whole and change by change.
pub fn meanings<'a>(
    target: &Target,
    changes: impl IntoIterator<Item = (&'a PolicyKey, &'a Change)>,
) -> Meanings {
    let changes: Vec<(&PolicyKey, &Change)> = changes.into_iter().collect();
    let written: Vec<_> = changes.iter().filter(|(_, change)| is_written(change)).collect();
    if written.is_empty() {
        let access = AccessChange { gained: Found::None, lost: Found::None };
        return Meanings { access, changes: BTreeMap::new() };
    }
    let prefix = target.log_group_arn("");
    let before: Vec<Attached<'_>> =
        changes.iter().filter_map(|(key, change)| attached(key, change.before())).collect();
    let after: Vec<Attached<'_>> =
        changes.iter().filter_map(|(key, change)| attached(key, change.after())).collect();
    let mut comparison = Comparison::new(prefix);
    let access = AccessChange::of(&mut comparison, &before, &after);
    let (old, new) = (comparison.rights(before), comparison.rights(after));
    let grants: Vec<Grants> = written.iter().map(|(_, change)| Grants::of(change)).collect();
    let account = || written.iter().zip(&grants).filter(|((key, _), _)| key.takes_slot());
    let had = account().filter(|((_, change), _)| change.before().is_some_and(reads_as_now));
    let has = account().filter(|((_, change), _)| change.after().is_some_and(reads_as_now));
    let mut judge = Judge {
        comparison,
        old,
        new,
        standing: standing(&written),
        granted_before: had.flat_map(|(_, grants)| &grants.had).collect(),
        granted_after: has.flat_map(|(_, grants)| &grants.has).collect(),
    };
    let judged = written
        .iter()
        .zip(&grants)
        .map(|((key, change), grants)| ((*key).clone(), judge.meaning(key, change, grants)));
    Meanings { access, changes: judged.collect() }
}

/// What a policy grants before and after.
struct Grants {
    had: BTreeSet<Grant>,
    has: BTreeSet<Grant>,
}

impl Grants {
    fn of(change: &Change) -> Self {
        let grants =
            |document: Option<&Arc<Document>>| document.map(|found| found.grants()).unwrap_or_default();
        Self { had: grants(change.before()), has: grants(change.after()) }
    }
}

/// Whether a document's grants mean the same in the version of the language that a single grant is judged in.
fn reads_as_now(document: &Arc<Document>) -> bool {
    document.version() == Some("2012-10-17") || !document.text().contains("${")
}

fn is_written(change: &Change) -> bool {
    matches!(change, Change::Create { .. } | Change::Update { .. } | Change::Delete { .. })
}

fn attached<'a>(key: &'a PolicyKey, document: Option<&'a Arc<Document>>) -> Option<Attached<'a>> {
    let log_group = (key.scope == PolicyScope::Resource).then_some(key.identity.as_str());
    Some(Attached { document: document?, log_group })
}

/// The statements of the changed policies by canonical form: where they stood, and where they will stand.
type Standing = BTreeMap<String, (Vec<PolicyKey>, Vec<PolicyKey>)>;

fn standing(written: &[&(&PolicyKey, &Change)]) -> Standing {
    let mut standing = Standing::new();
    for (key, change) in written {
        for statement in change.before().into_iter().flat_map(|document| document.statements()) {
            standing.entry(statement.canonical().to_owned()).or_default().0.push((*key).clone());
        }
        for statement in change.after().into_iter().flat_map(|document| document.statements()) {
            standing.entry(statement.canonical().to_owned()).or_default().1.push((*key).clone());
        }
    }
    standing
}

struct Judge<'a> {
    comparison: Comparison,
    old: Rights,
    new: Rights,
    standing: Standing,
    /// Grants of the account policies that are written, as they were and as they will be.
    granted_before: BTreeSet<&'a Grant>,
    granted_after: BTreeSet<&'a Grant>,
}

impl Judge<'_> {
    fn meaning(&mut self, key: &PolicyKey, change: &Change, grants: &Grants) -> Meaning {
        let (before, after) = (change.before(), change.after());
        let statements = |document: Option<&Arc<Document>>| -> BTreeMap<String, Statement> {
            let statements = document.map(|document| document.statements()).unwrap_or_default();
            statements.iter().map(|statement| (statement.canonical().to_owned(), statement.clone())).collect()
        };
        let (old, new) = (statements(before), statements(after));
        let arriving = new.iter().filter(|(text, _)| !old.contains_key(*text));
        let leaving = old.iter().filter(|(text, _)| !new.contains_key(*text));
        let arriving =
            arriving.map(|(text, statement)| (text.clone(), self.mark(key, statement, after, true)));
        let arriving = arriving.collect();
        let leaving =
            leaving.map(|(text, statement)| (text.clone(), self.mark(key, statement, before, false)));
        let leaving = leaving.collect();
        let Grants { had, has } = grants;
        Meaning {
            breadth: self.breadth(key, before, after),
            added: self.judged(key, has.difference(had), true),
            removed: self.judged(key, had.difference(has), false),
            arriving,
            leaving,
        }
    }

    fn mark(
        &mut self,
        key: &PolicyKey,
        statement: &Statement,
        of: Option<&Arc<Document>>,
        arrives: bool,
    ) -> Mark {
        if let Some((from, to)) = self.standing.get(statement.canonical()) {
            let elsewhere = if arrives { from } else { to };
            if let Some(other) = elsewhere.iter().find(|other| *other != key) {
                return Mark::Moved(other.clone());
            }
        }
        let version = of.and_then(|document| document.version());
        let alone = alone(statement.json().clone(), version);
        let is_allow = statement.effect() == Some(Effect::Allow);
        if is_allow && self.is_allowed_anyway(key, &alone, arrives) {
            Mark::CoveredAnyway
        } else {
            Mark::Counts
        }
    }

    /// Whether the other side of the plan allows all that a document says.
    fn is_allowed_anyway(&mut self, key: &PolicyKey, document: &Document, arrives: bool) -> bool {
        let log_group = (key.scope == PolicyScope::Resource).then_some(key.identity.as_str());
        let own = self.comparison.rights([Attached { document, log_group }]);
        let other = if arrives { &self.old } else { &self.new };
        self.comparison.gains_nothing(other, &own)
    }

    /// Whether the other side of the plan grants just this, too, and denies nothing.
    fn stands_elsewhere(&self, grant: &Grant, arrives: bool) -> bool {
        let (granted, rights) =
            if arrives { (&self.granted_before, &self.old) } else { (&self.granted_after, &self.new) };
        rights.denies_nothing() && granted.contains(grant)
    }

    fn judged<'g>(
        &mut self,
        key: &PolicyKey,
        grants: impl Iterator<Item = &'g Grant>,
        arrives: bool,
    ) -> Vec<(Grant, Breadth)> {
        let changed = if arrives { Breadth::Wider } else { Breadth::Narrower };
        let mut judged = Vec::new();
        for (index, grant) in grants.enumerate() {
            let breadth = match grant.document() {
                _ if index >= MOST_JUDGED => Breadth::Unknown,
                // A Deny that comes takes access away, and one that goes gives it.
                Some(_) if grant.effect == "Deny" && arrives => Breadth::Narrower,
                Some(_) if grant.effect == "Deny" => Breadth::Wider,
                Some(_) if self.stands_elsewhere(grant, arrives) => Breadth::Same,
                Some(document) if self.is_allowed_anyway(key, &document, arrives) => Breadth::Same,
                Some(_) => changed,
                None => Breadth::Unknown,
            };
            judged.push((grant.clone(), breadth));
        }
        judged
    }

    /// One policy's own access, after against before.
    fn breadth(
        &mut self,
        key: &PolicyKey,
        before: Option<&Arc<Document>>,
        after: Option<&Arc<Document>>,
    ) -> Breadth {
        let (old, new) = (attached(key, before), attached(key, after));
        let (old, new) = (self.comparison.rights(old), self.comparison.rights(new));
        match (self.comparison.gained(&old, &new), self.comparison.gained(&new, &old)) {
            (Found::None, Found::None) => Breadth::Same,
            (Found::Witness(_), Found::None) => Breadth::Wider,
            (Found::None, Found::Witness(_)) => Breadth::Narrower,
            (Found::Witness(_), Found::Witness(_)) => Breadth::Other,
            (Found::NotShown, _) | (_, Found::NotShown) => Breadth::Unknown,
        }
    }
}

/// A document of one statement.
fn alone(statement: Json, version: Option<&str>) -> Document {
    let version = Json::String(version.unwrap_or("2008-10-17").to_owned());
    let members =
        vec![("Version".to_owned(), version), ("Statement".to_owned(), Json::Array(vec![statement]))];
    Document::from_json(Json::Object(members))
}

impl Breadth {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Wider, Self::Narrower, Self::Same, Self::Other, Self::Unknown];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Same => "same",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}
