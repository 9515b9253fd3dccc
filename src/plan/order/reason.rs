//! Why a step stands where it stands: what must have been done before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{Effect, Json};

use super::search::{Search, Step};
use super::world::World;

/// What a step waits for, by the number of the earlier step, and why, in words.
pub(super) type Waits = BTreeMap<usize, BTreeSet<Reason>>;

/// Why a write must come after another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// Both write the same policy.
    SamePolicy,
    /// The other frees the slot that it takes.
    FreesSlot,
    /// The other keeps what would else be lost, or denies what would else be allowed: in words.
    Keeps(String),
}

impl Reason {
    pub(super) fn words(&self) -> String {
        match self {
            Self::SamePolicy => "the same policy".to_owned(),
            Self::FreesSlot => "waits for the slot".to_owned(),
            Self::Keeps(words) => words.clone(),
        }
    }
}

impl Search<'_> {
    /// What each step of a way waits for. The state is where the way begins, and is there again afterwards.
    pub(super) fn reasons(&mut self, steps: &[Step]) -> Vec<Waits> {
        let start = self.state.clone();
        let mut reasons = Vec::new();
        for (number, &step) in steps.iter().enumerate() {
            let mut waits = Waits::new();
            if let Some(earlier) = steps[..number].iter().rposition(|earlier| earlier.actor == step.actor) {
                waits.entry(earlier).or_default().insert(Reason::SamePolicy);
            }
            for (earlier, done) in
                steps[..number].iter().enumerate().filter(|(_, done)| done.actor != step.actor)
            {
                let why = self.needs(step, *done, &steps[earlier + 1..number]);
                if let Some(why) = why {
                    waits.entry(earlier).or_default().insert(why);
                }
            }
            reasons.push(waits);
            self.state[step.actor] = step.to;
        }
        self.state = start;
        reasons
    }

    /// Adds what the waits of a safe way lack: where one step is not done, and with it none that waits for it, each of the
    /// others must be safe. (Two steps that keep the same thing are each dispensable; the second that fails ends the
    /// apply.)
    pub(super) fn harden(&mut self, steps: &[Step], waits: &mut [Waits]) {
        let start = self.state.clone();
        let mut is_new = true;
        while std::mem::take(&mut is_new) {
            for missing in 0..steps.len() {
                self.state.clone_from(&start);
                let mut undone = BTreeSet::from([missing]);
                for (number, &step) in steps.iter().enumerate() {
                    if number == missing || waits[number].keys().any(|earlier| undone.contains(earlier)) {
                        undone.insert(number);
                    } else if let Some(why) = self.breaks(step).filter(|_| number > missing) {
                        waits[number].entry(missing).or_default().insert(why);
                        undone.insert(number);
                        is_new = true;
                    } else {
                        self.state[step.actor] = step.to;
                    }
                }
            }
        }
        self.state = start;
    }

    /// What a step breaks as things are.
    fn breaks(&mut self, step: Step) -> Option<Reason> {
        if !self.fits(step) {
            return Some(Reason::FreesSlot);
        }
        let broken = self.newly_broken(step).next()?;
        Some(Reason::Keeps(self.sentence(broken)))
    }

    /// Why a step would not be safe had an earlier one not been done; nothing where a later step of the same policy
    /// has done it over.
    fn needs(&mut self, step: Step, done: Step, between: &[Step]) -> Option<Reason> {
        if between.iter().any(|later| later.actor == done.actor) {
            return None;
        }
        let now = std::mem::replace(&mut self.state[done.actor], done.from);
        let slots = !self.fits(step);
        let broken: Vec<usize> = self.newly_broken(step).collect();
        let there = self.there(None);
        let before = broken.into_iter().find(|index| self.requirements.holds(self.world, *index, &there));
        self.state[done.actor] = now;
        if slots && !self.choices[done.actor][done.to].is_there() {
            return Some(Reason::FreesSlot);
        }
        Some(Reason::Keeps(self.sentence(before?)))
    }

    /// A requirement in words.
    pub(super) fn sentence(&self, index: usize) -> String {
        let requirement = &self.requirements.all[index];
        let words = requirement.covers.iter().find_map(|atom| self.world.words(atom));
        let words = words.unwrap_or_else(|| "what is said elsewhere".to_owned());
        match requirement.by {
            Effect::Allow => format!("keeps {words}"),
            Effect::Deny => format!("denies {words} all the while"),
        }
    }
}

impl World {
    /// `PutLogEvents for es.amazonaws.com on /aws/x:*`
    fn words(&self, atom: usize) -> Option<String> {
        let contents = self.actors.iter().flat_map(|actor| actor.old.iter().chain(&actor.new));
        let part = contents.flat_map(|content| &content.parts).find(|part| part.atom == atom)?;
        let action = first(part.json.get("Action")).unwrap_or_else(|| "what it says".to_owned());
        let action = action.strip_prefix("logs:").unwrap_or(&action).to_owned();
        let action = if action == "CreateLogStream" { "PutLogEvents".to_owned() } else { action };
        let principal = part.json.get("Principal").map_or_else(
            || "others".to_owned(),
            |principal| match principal {
                Json::Object(kinds) => first(kinds.first().map(|(_, names)| names)).unwrap_or_default(),
                other => other.as_str().unwrap_or("*").to_owned(),
            },
        );
        let resource = first(part.json.get("Resource")).unwrap_or_else(|| "*".to_owned());
        let resource = resource.split_once(":log-group:").map_or(resource.as_str(), |(_, group)| group);
        Some(format!("{action} for {principal} on {resource}"))
    }
}

/// The first of one or several strings, and how many more there are.
fn first(value: Option<&Json>) -> Option<String> {
    let items = value?.items();
    let name = items.iter().find_map(Json::as_str)?;
    // Both of the two actions that take effect are one thing to say.
    let more = items.len().saturating_sub(1);
    let is_pair = name.starts_with("logs:");
    Some(if more == 0 || is_pair { name.to_owned() } else { format!("{name} and {more} more") })
}
