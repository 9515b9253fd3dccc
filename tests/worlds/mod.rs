//! Plans from one world of policies to another, for tests and benchmarks.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test uses what it needs")]

pub mod place;
pub mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logpolicy::model::{
    Access, Claim, DesiredState, DesiredTarget, DocumentTemplate, Limits, LivePolicy, LiveState, Ownership,
    PolicyKey, PolicyScope, PolicyTemplate, RecordedPolicy, RecordedState, SourceSpan, Sources,
};
use logpolicy::plan::{Plan, PlanInput, RefusalName, plan};
use logpolicy::policy::Document;

pub const ACCOUNT: &str = "111122223333";
pub const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";

/// The policies of a target.
pub type World = BTreeMap<PolicyKey, Arc<Document>>;

/// The plan from a world to another. All that is not theirs is recorded as ours; guards are off; what hangs on a log group
/// stands at its first revision.
pub fn plan_between(
    before: World,
    after: &World,
    theirs: &BTreeSet<PolicyKey>,
    account_policies: usize,
    document_bytes: usize,
) -> Plan {
    plan_at_revision("1", before, after, theirs, account_policies, document_bytes)
}

/// The same where log groups stand at a revision.
pub fn plan_at_revision(
    revision: &str,
    before: World,
    after: &World,
    theirs: &BTreeSet<PolicyKey>,
    account_policies: usize,
    document_bytes: usize,
) -> Plan {
    let entry = |(key, document): (&PolicyKey, &Arc<Document>)| {
        let document = DocumentTemplate::Fixed(Arc::clone(document));
        PolicyTemplate { adopt: true, ..PolicyTemplate::new(key.clone(), document) }
    };
    let at = DesiredTarget {
        target: format!("{ACCOUNT}/us-east-1").parse().unwrap(),
        names: BTreeSet::from(["main".to_owned()]),
        access: Access::default(),
        limits: Limits { account_policies, document_bytes, ..Limits::default() },
        span: SourceSpan::NOWHERE,
    };
    let desired = DesiredState { policies: after.iter().map(entry).collect(), ..DesiredState::default() };
    let live = |(key, document): (PolicyKey, Arc<Document>)| {
        let revision = (key.scope == PolicyScope::Resource).then(|| revision.to_owned());
        (key, LivePolicy { document, revision, last_updated: None })
    };
    let recorded = before.iter().filter(|(key, _)| !theirs.contains(key)).map(|(key, document)| {
        let claim = Claim::on(document, Ownership::Document, false);
        let (document, applied_at, plan) = (Arc::clone(document), String::new(), String::new());
        (key.clone(), RecordedPolicy { document, revision: None, claim, applied_at, plan })
    });
    let recorded = RecordedState { policies: recorded.collect(), ..RecordedState::default() };
    let live = LiveState { policies: before.into_iter().map(live).collect() };
    planned(&desired, &at, &live, &recorded, &[])
}

/// The plan of one target; guards are off, and so are the refusals in `allowed`.
pub fn planned(
    desired: &DesiredState,
    at: &DesiredTarget,
    live: &LiveState,
    recorded: &RecordedState,
    allowed: &[RefusalName],
) -> Plan {
    let guards = [RefusalName::TooManyDeletes, RefusalName::TooManyChanges];
    plan(&PlanInput {
        desired: &desired.at(at),
        sources: &Sources::default(),
        account: &at.target.account,
        live,
        recorded: Some(recorded),
        unmanaged: &desired.unmanaged,
        guards: desired.guards,
        left_out: &BTreeSet::new(),
        allowed: &[&guards, allowed].concat(),
        tests: &[],
        diagnostics: Vec::new(),
    })
}
