//! Shows that two sets of account policies allow and deny the same.
//!
//! By containment: each statement of before lies in one of after with the same effect, and each statement of after, taken
//! apart by service and resource, lies piece by piece in one of before. And by the evaluator, which shares no code with
//! the former, on concrete requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::PolicyKey;
use crate::policy::{Attached, Comparison, Document, Effect, Evaluator, Found, Request, Requests};

use super::shape::Shape;

/// What was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Whether containment holds both ways: proved.
    pub is_contained: bool,
    /// How many requests were put to the evaluator.
    pub sampled: usize,
    /// A request that is judged otherwise afterwards.
    pub differs: Option<Request>,
}

impl Proof {
    /// Whether nothing speaks against equal access.
    pub fn holds(&self) -> bool {
        self.is_contained && self.differs.is_none()
    }
}

/// The most pairs of a request and a statement: some tenths of a second.
const MOST_JUDGED: usize = 60_000;

/// A statement that takes effect, and what it says.
struct Said<'a> {
    shape: &'a Shape,
    effect: Effect,
    requests: Requests,
}

/// Compares statements with the documents that shall stand for them.
pub(super) fn prove(prefix: &str, before: &[Shape], after: &BTreeMap<PolicyKey, Arc<Document>>) -> Proof {
    let mut comparison = Comparison::new(prefix);
    let statements = after.values().flat_map(|document| document.statements());
    let after_shapes: Vec<Shape> = statements.map(Shape::of).collect();
    let old = said(&mut comparison, before);
    let new = said(&mut comparison, &after_shapes);
    let boxes: Vec<Shape> = new.iter().flat_map(|said| said.shape.boxes()).collect();
    let new_boxes = said(&mut comparison, &boxes);
    let is_contained = lie_in(&mut comparison, &old, &new) && lie_in(&mut comparison, &new_boxes, &old);
    let then = [Document::of_statements(
        &before.iter().map(|shape| shape.statement("")).collect::<Vec<_>>(),
        "2012-10-17",
    )];
    let requests = samples(&mut comparison, &old, &new);
    let most = MOST_JUDGED / (before.len() + after_shapes.len()).max(1);
    let step = requests.len().div_ceil(most.max(20)).max(1);
    let sample: Vec<Request> = requests.into_iter().step_by(step).collect();
    let (then, now) = (Evaluator::of(&then), Evaluator::of(after.values().map(|document| &**document)));
    let differs = sample.iter().find(|request| then.judge(request).allowed != now.judge(request).allowed);
    Proof { is_contained, sampled: sample.len(), differs: differs.cloned() }
}

fn said<'a>(comparison: &mut Comparison, shapes: &'a [Shape]) -> Vec<Said<'a>> {
    let statements: Vec<_> = shapes.iter().map(|shape| shape.statement("")).collect();
    let document = Document::of_statements(&statements, "2012-10-17");
    let meanings = comparison.statements(Attached { document: &document, log_group: None });
    let pairs = shapes.iter().zip(meanings);
    pairs
        .filter_map(|(shape, meaning)| meaning.map(|(effect, requests)| Said { shape, effect, requests }))
        .collect()
}

/// Whether each of some statements lies in one of the others.
fn lie_in(comparison: &mut Comparison, inner: &[Said<'_>], outer: &[Said<'_>]) -> bool {
    // The same resource most often stands in the statement that holds it.
    let mut by_resource: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, said) in outer.iter().enumerate() {
        for resource in said.shape.resources() {
            by_resource.entry(resource).or_default().push(index);
        }
    }
    inner.iter().all(|said| {
        let first = said.shape.resources().next();
        let near = first.and_then(|resource| by_resource.get(resource)).into_iter().flatten().copied();
        near.chain(0..outer.len()).any(|index| {
            let other = &outer[index];
            other.effect == said.effect
                && other.shape.may_cover(said.shape)
                && comparison.is_within(&said.requests, &other.requests)
        })
    })
}

/// Requests that each statement speaks about, and their neighbours: without context, by another service, on another log
/// group.
fn samples(comparison: &mut Comparison, old: &[Said<'_>], new: &[Said<'_>]) -> Vec<Request> {
    let mut requests = BTreeSet::new();
    for said in old.iter().chain(new) {
        if let Found::Witness(request) = comparison.example(&said.requests, &[]) {
            requests.insert(Request { context: BTreeMap::new(), ..request.clone() });
            requests.insert(Request { service: "other.amazonaws.com".to_owned(), ..request.clone() });
            if let Some((group, _)) = request.resource.split_once(":log-stream:") {
                requests
                    .insert(Request { resource: format!("{group}-other:log-stream:x"), ..request.clone() });
            }
            requests.insert(request);
        }
    }
    requests.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";

    fn statement(effect: &str, service: &str, group: &str) -> String {
        format!(
            r#"{{"Effect":"{effect}","Principal":{{"Service":"{service}"}},"Action":"logs:PutLogEvents","Resource":"{PREFIX}{group}:*"}}"#
        )
    }

    fn proof(before: &[String], after: &[String]) -> Proof {
        let document = |statements: &[String]| {
            Document::from_text(format!(
                r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
                statements.join(",")
            ))
        };
        let shapes: Vec<Shape> = document(before).statements().iter().map(Shape::of).collect();
        prove(PREFIX, &shapes, &BTreeMap::from([(PolicyKey::account("p"), Arc::new(document(after)))]))
    }

    #[test]
    fn more_less_and_other_effects_are_found_both_ways() {
        let allow = |group: &str| statement("Allow", "es.amazonaws.com", group);
        let (events, deny) =
            (statement("Allow", "events.amazonaws.com", "/a"), statement("Deny", "es.amazonaws.com", "/a"));
        let same = proof(&[allow("/a"), events.clone()], &[events.clone(), allow("/a")]);
        assert_eq!(same, Proof { is_contained: true, sampled: 5, differs: None });
        for (before, after) in [
            (vec![allow("/a")], vec![]),
            (vec![], vec![allow("/a")]),
            (vec![allow("/a")], vec![allow("/a"), events]),
            (vec![allow("/a")], vec![allow("/a*")]),
            (vec![allow("/a*")], vec![allow("/a")]),
            (vec![allow("/a")], vec![allow("/a"), deny.clone()]),
            (vec![allow("/a"), deny.clone()], vec![allow("/a")]),
            (vec![deny], vec![allow("/a")]),
        ] {
            let found = proof(&before, &after);
            assert!(
                !found.is_contained && found.differs.is_some() && !found.holds(),
                "{found:?} {before:?} {after:?}"
            );
        }
    }

    #[test]
    fn both_must_hold() {
        let request = Request {
            service: "es.amazonaws.com".to_owned(),
            action: "logs:PutLogEvents".to_owned(),
            resource: PREFIX.to_owned(),
            context: BTreeMap::new(),
        };
        for (is_contained, differs, holds) in [
            (true, None, true),
            (false, None, false),
            (true, Some(request.clone()), false),
            (false, Some(request), false),
        ] {
            assert_eq!(Proof { is_contained, sampled: 1, differs }.holds(), holds);
        }
    }
}
