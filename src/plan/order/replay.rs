//! The replay: a way is walked once more on the documents that would be sent, and must keep every rule at each step.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::Document;

use super::bits::Bits;
use super::search::{Search, Step};

impl Search<'_> {
    /// Whether each step keeps the slots, the sizes and every requirement, and the end is what was asked for. The documents are
    /// read anew: what a policy says on the way is what its text says, not what the search took it for.
    pub(super) fn replays(&mut self, steps: &[Step]) -> bool {
        let actors = self.world.actors.len();
        let mut standing: Vec<Option<Arc<Document>>> =
            (0..actors).map(|actor| self.choices[actor][self.state[actor]].document()).collect();
        let goal: Vec<Option<Arc<Document>>> =
            (0..actors).map(|actor| self.choices[actor][super::AFTER].document()).collect();
        let mut said: BTreeMap<String, Bits> = BTreeMap::new();
        let most = self.world.limit.max(self.slots());
        for step in steps {
            let look = &self.choices[step.actor][step.to];
            let document = look.document();
            if look.is_there() != document.is_some() {
                return false;
            }
            // What is ours to write must fit; what merely loses statements may be as large as it is.
            let grown = document.as_ref().is_some_and(|document| {
                let before = standing[step.actor].as_ref().map_or(0, |before| before.bytes());
                document.bytes() > self.world.bytes && document.bytes() > before && step.to != super::AFTER
            });
            standing[step.actor] = document;
            let mut there = Bits::default();
            for (actor, document) in standing.iter().enumerate() {
                let Some(document) = document else { continue };
                let key = self.world.actors[actor].key.clone();
                let name = format!("{key} {}", document.text());
                let atoms = said.entry(name).or_insert_with(|| self.world.content(&key, document).atoms);
                there.add(atoms);
            }
            let used = standing
                .iter()
                .enumerate()
                .filter(|(actor, document)| self.world.actors[*actor].key.takes_slot() && document.is_some());
            let slots = self.world.others + used.count();
            let holds = (0..self.requirements.all.len())
                .all(|index| self.requirements.holds(self.world, index, &there));
            if grown || slots > most || !holds {
                return false;
            }
        }
        standing == goal
    }
}
