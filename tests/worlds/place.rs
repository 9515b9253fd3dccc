//! One target where something is asked for, something stands, and something is recorded, and its plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use logpolicy::model::{
    Access, AccessTest, Claim, DesiredState, DesiredTarget, Diagnostic, DocumentTemplate, Guards, Limits,
    LivePolicy, LiveState, Ownership, PolicyKey, PolicyTemplate, RecordedPolicy, RecordedState, SourceSpan,
    Sources, TargetDesired, Template, Unmanaged,
};
use logpolicy::plan::{Plan, PlanInput, plan};
use logpolicy::policy::Document;

/// A place where something is asked for, something stands, and something is recorded.
#[derive(Default)]
pub struct Place {
    pub desired: Vec<PolicyTemplate>,
    pub live: LiveState,
    pub recorded: RecordedState,
    pub limits: Limits,
    pub guards: Guards,
    pub left_out: BTreeSet<PolicyKey>,
    pub findings: Vec<Diagnostic>,
    pub unmanaged: Unmanaged,
    pub tests: Vec<AccessTest>,
    pub sources: Sources,
}

pub fn document(sid: &str) -> Arc<Document> {
    let statement = format!(
        r#"{{"Sid":"{sid}","Effect":"Allow","Principal":{{"Service":"es.amazonaws.com"}},"Action":"logs:PutLogEvents","Resource":"arn:aws:logs:us-east-1:111122223333:log-group:/{sid}:*"}}"#
    );
    Arc::new(Document::from_text(format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)))
}

impl Place {
    pub fn asks(mut self, name: &str, sid: &str, change: impl Fn(&mut PolicyTemplate)) -> Self {
        let mut entry = PolicyTemplate::new(PolicyKey::account(name), DocumentTemplate::Fixed(document(sid)));
        change(&mut entry);
        self.desired.push(entry);
        self
    }

    pub fn has(mut self, name: &str, sid: &str) -> Self {
        let policy = LivePolicy { document: document(sid), revision: None, last_updated: None };
        self.live.policies.insert(PolicyKey::account(name), policy);
        self
    }

    pub fn wrote(mut self, name: &str, sid: &str, prevent_delete: bool) -> Self {
        let document = document(sid);
        let policy = RecordedPolicy {
            claim: Claim::on(&document, Ownership::Document, prevent_delete),
            document,
            revision: None,
            applied_at: "2026-01-01T00:00:00Z".to_owned(),
            plan: "sha256:1".to_owned(),
        };
        self.recorded.policies.insert(PolicyKey::account(name), policy);
        self
    }

    pub fn plan(&self) -> Plan {
        self.plan_with(|_| {})
    }

    /// The plan once what the files ask for was packed, or changed in another way.
    pub fn plan_with(&self, change: impl FnOnce(&mut TargetDesired<'_>)) -> Plan {
        let at = DesiredTarget {
            target: "111122223333/us-east-1".parse().unwrap(),
            names: BTreeSet::from(["main".to_owned()]),
            access: Access::default(),
            limits: self.limits,
            span: SourceSpan::NOWHERE,
        };
        let desired =
            DesiredState { targets: vec![at], policies: self.desired.clone(), ..DesiredState::default() };
        let mut asked = desired.at(&desired.targets[0]);
        change(&mut asked);
        plan(&PlanInput {
            desired: &asked,
            sources: &self.sources,
            account: &desired.targets[0].target.account,
            live: &self.live,
            recorded: Some(&self.recorded),
            unmanaged: &self.unmanaged,
            guards: self.guards,
            left_out: &self.left_out,
            allowed: &[],
            tests: &self.tests.iter().collect::<Vec<_>>(),
            diagnostics: self.findings.clone(),
        })
    }

    pub fn refused(&self) -> Vec<String> {
        let name = |refusal: &logpolicy::plan::Refusal| {
            let key = refusal.key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
            format!("{}{key}", refusal.name.as_str())
        };
        self.plan().refusals.iter().map(name).collect()
    }
}

/// One of each: adopted, new, as it was, gone, let go, left out.
pub fn mixed() -> Place {
    let mut place = Place::default()
        .asks("adopted", "A", |entry| entry.adopt = true)
        .has("adopted", "A")
        .asks("new", "B", |_| {})
        .asks("same", "C", |_| {})
        .has("same", "C")
        .wrote("same", "C", false)
        .wrote("gone", "D", false)
        .has("old", "E")
        .wrote("old", "E", false)
        .asks("later", "F", |_| {})
        .has("later", "G")
        .wrote("later", "G", false)
        .has("theirs", "T");
    place.left_out.insert(PolicyKey::account("later"));
    place
}

/// A test that Amazon ES may, or may not, write to a log group.
pub fn access_test(must_be_allowed: bool, log_group: &str) -> AccessTest {
    AccessTest {
        must_be_allowed,
        service: Template::text("es.amazonaws.com"),
        action: Template::text("logs:PutLogEvents"),
        log_group: Template::text(log_group),
        source_arn: None,
        source_account: None,
        targets: None,
        regions: None,
        span: SourceSpan::NOWHERE,
    }
}
