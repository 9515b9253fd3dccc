//! What must hold at every moment, judged by the evaluator on concrete requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use logpolicy::model::{PolicyKey, PolicyScope};
use logpolicy::plan::Plan;
use logpolicy::policy::{Attached, Document, Request, Statement, is_allowed};

use crate::service::{Held, is_theirs};
use crate::wishes::{PREFIX, SERVICES, STREAMS};

/// An apply that is under way.
#[derive(Debug)]
pub struct Watch {
    /// For each request whether it was allowed before, and will be afterwards.
    sides: Vec<(Request, bool, bool)>,
    /// Whether somebody else wrote since: what then is allowed is not ours to answer for.
    pub disturbed: bool,
}

/// The documents of a target.
type Documents = BTreeMap<PolicyKey, Arc<Document>>;

impl Watch {
    pub fn of(plan: &Plan, disturbed: bool) -> Self {
        let side = |after: bool| -> Documents {
            let document = |change: &logpolicy::diff::Change| {
                if after { change.after().cloned() } else { change.before().cloned() }
            };
            let found = plan
                .changes
                .iter()
                .filter_map(|planned| Some((planned.key.clone(), document(&planned.change)?)));
            found.collect()
        };
        let (before, after) = (side(false), side(true));
        let judged = |request: Request| {
            let (was, will) = (allows(&before, &request), allows(&after, &request));
            (request, was, will)
        };
        Self { sides: requests().map(judged).collect(), disturbed }
    }
}

/// Every request that tells the statements of the simulation apart.
fn requests() -> impl Iterator<Item = Request> {
    SERVICES.into_iter().flat_map(|service| {
        STREAMS.into_iter().map(move |stream| Request {
            service: service.to_owned(),
            action: "logs:PutLogEvents".to_owned(),
            resource: format!("{PREFIX}{stream}:log-stream:x"),
            context: BTreeMap::new(),
        })
    })
}

fn allows(documents: &Documents, request: &Request) -> bool {
    let attached: Vec<Attached<'_>> = documents
        .iter()
        .map(|(key, document)| {
            let log_group = (key.scope == PolicyScope::Resource).then_some(key.identity.as_str());
            Attached { document, log_group }
        })
        .collect();
    is_allowed(PREFIX, &attached, request)
}

/// Judges what stands there after a write of ours.
pub fn judge(held: &mut Held, key: &PolicyKey, before: Option<&Document>) {
    let mut found = Vec::new();
    if held.slots() > held.limit {
        found.push(format!("{} of {} slots", held.slots(), held.limit));
    }
    if is_theirs(key) {
        found.push(format!("{key} is not ours, and was written"));
    }
    let now = held.policies.get(key).map(|policy| &policy.document);
    let of_others = |statement: &&Statement| statement.sid().is_some_and(|sid| sid.starts_with("Theirs"));
    for statement in before.iter().flat_map(|before| before.statements()).filter(of_others) {
        if !now.is_some_and(|now| now.statements().contains(statement)) {
            found.push(format!("{key} lost a statement of others: {:?}", statement.sid()));
        }
    }
    if let Some(watch) = held.watch.as_ref().filter(|watch| !watch.disturbed) {
        let documents: Documents =
            held.policies.iter().map(|(key, policy)| (key.clone(), Arc::clone(&policy.document))).collect();
        for (request, was, will) in &watch.sides {
            let is = allows(&documents, request);
            if *was && *will && !is {
                found.push(format!(
                    "after a write to {key} {} may not write to {}",
                    request.service, request.resource
                ));
            }
            if !*was && !*will && is {
                found.push(format!(
                    "after a write to {key} {} may write to {}",
                    request.service, request.resource
                ));
            }
        }
    }
    held.found.append(&mut found);
}
