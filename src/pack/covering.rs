//! Statements that another one covers: they need no place of their own.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{Attached, Comparison, Document, Effect, Requests};

use super::shape::Shape;

/// For each statement, alone in a document, the number of another that says everything it says; nothing for those that
/// are needed. `prefix` is the beginning of the ARNs of the target's log groups.
pub(super) fn covered(prefix: &str, statements: &[(&Document, &Shape)]) -> Vec<Option<usize>> {
    let mut comparison = Comparison::new(prefix);
    // What a statement means is only asked where another may say as much.
    let mut meanings: Vec<Option<Option<(Effect, Requests)>>> = vec![None; statements.len()];
    let mut covered: Vec<Option<usize>> = vec![None; statements.len()];
    let mut by_services: BTreeMap<Option<&BTreeSet<String>>, Vec<usize>> = BTreeMap::new();
    for (number, (_, shape)) in statements.iter().enumerate() {
        by_services.entry(shape.services()).or_default().push(number);
    }
    for inner in 0..statements.len() {
        let shape = statements[inner].1;
        let alike = by_services.iter().filter(|(services, _)| shape.may_be_served_by(**services));
        let mut near: Vec<usize> = alike.flat_map(|(_, numbers)| numbers).copied().collect();
        near.retain(|outer| *outer != inner && statements[*outer].1.may_cover(shape));
        near.sort_unstable();
        for outer in near {
            for number in [inner, outer] {
                meanings[number].get_or_insert_with(|| meaning(&mut comparison, statements[number].0));
            }
            let (Some(Some((effect, requests))), Some(Some((other, wider)))) =
                (&meanings[inner], &meanings[outer])
            else {
                continue;
            };
            let covers = other == effect
                && comparison.is_within(requests, wider)
                && (outer < inner || !comparison.is_within(wider, requests));
            if covers {
                covered[inner] = Some(outer);
                break;
            }
        }
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

/// The requests that a statement speaks about; nothing where it never takes effect.
fn meaning(comparison: &mut Comparison, document: &Document) -> Option<(Effect, Requests)> {
    comparison.statements(Attached { document, log_group: None }).into_iter().next().flatten()
}
