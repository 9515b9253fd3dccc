//! The world that a plan moves through: who holds which statements before, after and in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Claim, PolicyKey, PolicyScope, Target};
use crate::plan::PlannedChange;
use crate::policy::{Attached, Comparison, Document, Effect, Json, Requests};

use super::bits::Bits;
use super::relation::Relations;

/// A statement as a set of requests that it allows or denies; equal statements are one atom, wherever they stand.
#[derive(Debug)]
pub(super) struct Atom {
    pub(super) effect: Effect,
    pub(super) requests: Requests,
}

/// A statement of an actor that takes effect.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) atom: usize,
    pub(super) json: Arc<Json>,
    pub(super) bytes: usize,
    /// The version of the policy language that it is written in.
    pub(super) version: Arc<str>,
    /// Whether it means the same, or less, in an account policy.
    pub(super) moves: bool,
}

/// A document that an actor may have, and what it says.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) document: Arc<Document>,
    pub(super) atoms: Bits,
    /// Its statements that take effect.
    pub(super) parts: Vec<Part>,
}

/// A policy that the plan writes, or that may carry statements for a while.
#[derive(Debug)]
pub(super) struct Actor {
    pub(super) key: PolicyKey,
    pub(super) old: Option<Content>,
    pub(super) new: Option<Content>,
    /// Whether the plan changes it.
    pub(super) changes: bool,
    /// Whether it may carry statements for a while: an account policy of ours.
    pub(super) carries: bool,
    /// The revision of a log-group policy.
    pub(super) revision: Option<String>,
    /// What of it is ours afterwards.
    pub(super) claim: Option<Claim>,
    /// What of it is ours now, where the files do not name it any more.
    pub(super) until: Option<Claim>,
}

/// Everything that is there on the way.
pub(super) struct World {
    pub(super) comparison: Comparison,
    pub(super) atoms: Vec<Atom>,
    ids: BTreeMap<(Effect, Requests), usize>,
    pub(super) relations: Relations,
    /// In the order of their addresses; the last is the bridge, which stands neither before nor after.
    pub(super) actors: Vec<Actor>,
    /// Atoms that stand somewhere all the way.
    pub(super) always: Bits,
    /// Account policies that are neither written nor carry.
    pub(super) others: usize,
    pub(super) limit: usize,
    pub(super) bytes: usize,
}

impl World {
    pub(super) fn new(
        target: &Target,
        changes: &BTreeMap<PolicyKey, PlannedChange>,
        limit: usize,
        bytes: usize,
        bridge: PolicyKey,
    ) -> Self {
        let mut world = Self {
            comparison: Comparison::new(target.log_group_arn("")),
            atoms: Vec::new(),
            ids: BTreeMap::new(),
            relations: Relations::default(),
            actors: Vec::new(),
            always: Bits::default(),
            others: 0,
            limit,
            bytes,
        };
        for planned in changes.values() {
            world.add(planned);
        }
        let (old, new, revision, claim) = (None, None, None, None);
        // A name that is taken cannot be the bridge's.
        let carries = !changes.contains_key(&bridge);
        let until = Some(Claim {
            ownership: Default::default(),
            statements: Default::default(),
            prevent_delete: false,
        });
        world.actors.push(Actor { key: bridge, old, new, changes: false, carries, revision, claim, until });
        world
    }

    fn add(&mut self, planned: &PlannedChange) {
        let PlannedChange { key, change, claim, left_out, .. } = planned;
        let writes = change.is_write();
        let carries = key.scope == PolicyScope::Account && !*left_out && change.is_ours(claim.is_some());
        if !writes && !carries {
            if let Some(document) = change.before() {
                let content = self.content(key, document);
                self.always.add(&content.atoms);
                self.others += usize::from(key.takes_slot());
            }
            return;
        }
        let old = change.before().map(|document| self.content(key, document));
        let new = change.after().map(|document| self.content(key, document));
        let stays = |one: &Content, other: &Content| -> Bits {
            one.atoms.iter().filter(|atom| other.atoms.contains(*atom)).collect()
        };
        if let (Some(old), Some(new)) = (&old, &new) {
            let stays = stays(old, new);
            self.always.add(&stays);
        }
        self.actors.push(Actor {
            key: key.clone(),
            old,
            new,
            changes: writes,
            carries,
            revision: change.revision().map(ToOwned::to_owned),
            claim: claim.clone(),
            until: change.recorded_claim().cloned(),
        });
    }

    /// What a document says where it hangs.
    pub(super) fn content(&mut self, key: &PolicyKey, document: &Arc<Document>) -> Content {
        let log_group = (key.scope == PolicyScope::Resource).then_some(key.identity.as_str());
        let meanings = self.comparison.statements(Attached { document, log_group });
        let elsewhere = log_group.map(|_| self.comparison.statements(Attached { document, log_group: None }));
        let mut content =
            Content { document: Arc::clone(document), atoms: Bits::default(), parts: Vec::new() };
        for (index, meaning) in meanings.into_iter().enumerate() {
            let Some((effect, requests)) = meaning else { continue };
            let moves = elsewhere.as_ref().is_none_or(|elsewhere| {
                let there = elsewhere.get(index).and_then(Option::as_ref);
                there.is_some_and(|(_, there)| self.comparison.is_within(there, &requests))
            });
            let atom = self.atom(effect, requests);
            content.atoms.insert(atom);
            if let Some(statement) = document.statements().get(index) {
                let json = Arc::new(statement.json().clone());
                let bytes = json.to_string().len() + 1;
                let version = Arc::from(document.version().unwrap_or("2008-10-17"));
                content.parts.push(Part { atom, json, bytes, version, moves });
            }
        }
        content
    }

    fn atom(&mut self, effect: Effect, requests: Requests) -> usize {
        let next = self.atoms.len();
        let id = *self.ids.entry((effect, requests.clone())).or_insert(next);
        if id == next {
            self.atoms.push(Atom { effect, requests });
        }
        id
    }
}
