//! What keeps a report's work from being done, and whom it newly lets write: what every format says first.

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

impl Review {
    /// What speaks against it, target by target.
    pub(in crate::report) fn problems(&self) -> Vec<Problem> {
        self.targets.iter().flat_map(problems).collect()
    }

    /// Who gains something, or loses it, each with the policy's address.
    pub(in crate::report) fn access<'a>(
        &'a self,
        of: impl Fn(&'a ReviewItem) -> &'a [String] + Copy,
    ) -> impl Iterator<Item = (&'a ReviewTarget, &'a ReviewItem, &'a str)> {
        let items =
            self.targets.iter().flat_map(|target| target.items.iter().map(move |item| (target, item)));
        items.flat_map(move |(target, item)| {
            of(item).iter().map(move |sentence| (target, item, sentence.as_str()))
        })
    }
}

fn problems(target: &ReviewTarget) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Some((word, message)) = &target.error {
        found.push(Problem {
            word,
            style: Style::Bad,
            name: String::new(),
            place: target.target.to_string(),
            message: message.clone(),
        });
    }
    for refusal in &target.refusals {
        let (word, style) = refusal.look();
        let place = match &refusal.key {
            Some(key) => format!("{}/{key}", target.target),
            None => target.target.to_string(),
        };
        let (name, message) = (refusal.name.to_owned(), refusal.message.clone());
        found.push(Problem { word, style, name, place, message });
    }
    for step in &target.steps {
        let outcome = step.outcome.as_ref().filter(|outcome| outcome.style != Style::Added);
        found.extend(outcome.map(|outcome| Problem {
            word: outcome.word,
            style: outcome.style,
            name: format!("step {}", step.id),
            place: format!("{}/{}", target.target, step.key),
            message: outcome.message.clone(),
        }));
    }
    found
}
