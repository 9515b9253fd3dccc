//! Statements that another one covers: they need no place of their own.

use crate::policy::{Attached, Comparison, Document};

/// For each document of one statement, the number of another that says everything it says; nothing for those that are
/// needed. `prefix` is the beginning of the ARNs of the target's log groups.
pub(super) fn covered(prefix: &str, documents: &[&Document]) -> Vec<Option<usize>> {
    let mut comparison = Comparison::new(prefix);
    let meanings: Vec<_> = documents
        .iter()
        .map(|document| {
            let policy = Attached { document, log_group: None };
            comparison.statements(policy).into_iter().next().flatten()
        })
        .collect();
    let mut covered: Vec<Option<usize>> = vec![None; documents.len()];
    for (inner, meaning) in meanings.iter().enumerate() {
        let Some((effect, requests)) = meaning else { continue };
        let covering = meanings.iter().enumerate().find(|(outer, meaning)| {
            let Some((other, wider)) = meaning else { return false };
            *outer != inner
                && other == effect
                && comparison.is_within(requests, wider)
                && (*outer < inner || !comparison.is_within(wider, requests))
        });
        covered[inner] = covering.map(|(outer, _)| outer);
    }
    // What covers is covered itself at times; the last of such a chain stays.
    let last = |mut number: usize| {
        while let Some(next) = covered[number] {
            number = next;
        }
        number
    };
    covered.iter().map(|outer| outer.map(last)).collect()
}
