//! What keeps a report's work from being done, and whom it newly lets write: what every format says first.

use std::collections::BTreeMap;

use crate::model::Target;
use crate::report::count::counted;
use crate::report::style::Style;

use super::{Review, ReviewItem, ReviewTarget};

/// A refusal, an error or a write that did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Problem {
    /// `refused`, `allowed`, `error`, `failed` ...
    pub(in crate::report) word: &'static str,
    /// Its role.
    pub(in crate::report) style: Style,
    /// The name of a refusal, or a step; may be empty.
    pub(in crate::report) name: String,
    /// The policy, or the target.
    pub(in crate::report) place: String,
    /// What it is, why, and what to do.
    pub(in crate::report) message: String,
}

/// A sentence about access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct AccessLine {
    /// As it is at its target; with `${account}` and `${region}` where there are several.
    pub(in crate::report) sentence: String,
    /// The first policy's address.
    place: String,
    /// How many targets it is about.
    pub(in crate::report) targets: usize,
    last: Target,
}

impl Review {
    /// What speaks against it, target by target.
    pub(in crate::report) fn problems(&self) -> Vec<Problem> {
        self.targets.iter().flat_map(problems).collect()
    }

    /// Who gains something, or loses it; what differs in the account and Region alone is said once.
    pub(in crate::report) fn access<'a>(
        &'a self,
        of: impl Fn(&'a ReviewItem) -> &'a [String],
    ) -> Vec<AccessLine> {
        let mut lines: Vec<AccessLine> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for target in &self.targets {
            for item in &target.items {
                for sentence in of(item) {
                    let general = general(sentence, &target.target);
                    if let Some(line) = known.get(&general).and_then(|at| lines.get_mut(*at)) {
                        if line.last != target.target {
                            line.targets += target.number();
                            line.last.clone_from(&target.target);
                            line.sentence = general;
                        }
                        continue;
                    }
                    let targets = target.number();
                    let sentence = if targets == 1 { sentence } else { &general };
                    lines.push(AccessLine {
                        sentence: sentence.clone(),
                        place: item.key.at(&target.target).to_string(),
                        targets,
                        last: target.target.clone(),
                    });
                    known.insert(general, lines.len() - 1);
                }
            }
        }
        lines
    }
}

/// A sentence as it would be at any target.
fn general(sentence: &str, target: &Target) -> String {
    let Target { account, region } = target;
    sentence.replace(&account.to_string(), "${account}").replace(&region.to_string(), "${region}")
}

impl AccessLine {
    /// The policy, or how many targets it is about.
    pub(in crate::report) fn place(&self) -> String {
        if self.targets == 1 { self.place.clone() } else { counted(self.targets, "target") }
    }
}

fn problems(target: &ReviewTarget) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Some((word, message)) = &target.error {
        found.push(Problem {
            word,
            style: Style::Bad,
            name: String::new(),
            place: target.name(),
            message: message.clone(),
        });
    }
    for refusal in &target.refusals {
        let (word, style) = refusal.look();
        let place = place(target, refusal.key.as_deref());
        let (name, message) = (refusal.name.to_owned(), refusal.message.clone());
        found.push(Problem { word, style, name, place, message });
    }
    for step in &target.steps {
        let outcome = step.outcome.as_ref().filter(|outcome| outcome.style != Style::Added);
        found.extend(outcome.map(|outcome| Problem {
            word: outcome.word,
            style: outcome.style,
            name: format!("step {}", step.id),
            place: place(target, Some(&step.key)),
            message: outcome.message.clone(),
        }));
    }
    found
}

/// A policy's address or the target, and how many other targets it is about.
fn place(target: &ReviewTarget, key: Option<&str>) -> String {
    let name = target.name();
    let Some(key) = key else { return name };
    let (first, others) = name.split_once(' ').unwrap_or((&name, ""));
    if others.is_empty() { format!("{first}/{key}") } else { format!("{first}/{key} {others}") }
}
