//! Grants for tests and benchmarks, and a target to pack them at.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test uses what it needs")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logpolicy::model::{
    Access, DesiredState, DesiredTarget, DocumentTemplate, GrantTemplate, Limits, LivePolicy, LiveState,
    Overflow, Packing, PolicyKey, PolicyTemplate, RecordedState, SourceSpan, TargetDesired, Unmanaged,
};
use logpolicy::pack::{Surroundings, place_grants};
use logpolicy::policy::{Document, Request};

pub const ACCOUNT: &str = "111122223333";
pub const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";

const SERVICES: [&str; 3] = ["es.amazonaws.com", "events.amazonaws.com", "delivery.logs.amazonaws.com"];
const GROUPS: [&str; 8] = ["/a", "/a*", "/b", "/app-*", "/app-prod", "/*-prod", "/z/1", "/z/2"];
/// One log group in each part that the patterns make of all names.
const NAMES: [&str; 10] =
    ["/a", "/a/b", "/b", "/app-x", "/app-prod", "/x-prod", "/a-prod", "/z/1", "/z/2", "/other"];

/// A grant in short: numbers of service, log groups and condition.
#[derive(Debug, Clone)]
pub struct Grant {
    pub id: String,
    pub service: usize,
    pub groups: Vec<usize>,
    pub source: usize,
    /// Letters that make the statement longer.
    pub padding: usize,
}

impl Grant {
    /// One that cannot be joined with others, and whose document is about as long as that.
    pub fn apart(number: usize, length: usize) -> Self {
        Self {
            id: format!("only{number}"),
            service: 0,
            groups: Vec::new(),
            source: 3 + number,
            padding: length,
        }
    }

    fn statement(&self) -> String {
        let resources: Vec<String> = if self.groups.is_empty() {
            vec![format!(r#""{PREFIX}/only/{}/{}:*""#, self.source, "x".repeat(self.padding))]
        } else {
            self.groups.iter().map(|group| format!(r#""{PREFIX}{}:*""#, GROUPS[*group])).collect()
        };
        let condition = match self.source {
            0 => String::new(),
            number => format!(
                r#","Condition":{{"StringEquals":{{"aws:SourceAccount":"{ACCOUNT}"}},"ArnLike":{{"aws:SourceArn":"arn:aws:x:us-east-1:{ACCOUNT}:r/{number}{}"}}}}"#,
                if self.groups.is_empty() { String::new() } else { "y".repeat(self.padding) }
            ),
        };
        format!(
            r#"{{"Sid":"{}","Effect":"Allow","Principal":{{"Service":"{}"}},"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":[{}]{condition}}}"#,
            self.id,
            SERVICES[self.service],
            resources.join(",")
        )
    }
}

/// The grant's statement alone, in the form in which it is packed: a single value without a list.
pub fn document_of(grant: &Grant) -> Document {
    let text = grant.statement();
    let text = if grant.groups.len() < 2 {
        text.replace("\"Resource\":[", "\"Resource\":").replacen("\"]", "\"", 2)
    } else {
        text
    };
    let text = text.replace("logs:PutLogEvents\",\"Resource", "logs:PutLogEvents\"],\"Resource");
    Document::from_text(format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#))
}

/// Every request that tells the grants apart.
pub fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for service in SERVICES {
        for name in NAMES {
            for source in [None, Some("1"), Some("2"), Some("9")] {
                let mut context = BTreeMap::new();
                if let Some(source) = source {
                    context.insert("aws:sourceaccount".to_owned(), vec![ACCOUNT.to_owned()]);
                    let arn = format!("arn:aws:x:us-east-1:{ACCOUNT}:r/{source}");
                    context.insert("aws:sourcearn".to_owned(), vec![arn]);
                }
                requests.push(Request {
                    service: service.to_owned(),
                    action: "logs:PutLogEvents".to_owned(),
                    resource: format!("{PREFIX}{name}:log-stream:x"),
                    context,
                });
            }
        }
    }
    requests
}

/// A target with grants.
pub struct Shelf {
    pub state: DesiredState,
    pub recorded: Option<RecordedState>,
    pub unmanaged: Unmanaged,
}

/// What was packed.
#[derive(Debug)]
pub struct Packed {
    documents: BTreeMap<PolicyKey, Arc<Document>>,
    /// Id, policy and Sid.
    pub grants: Vec<(String, PolicyKey, String)>,
    pub overflow: Option<Overflow>,
}

impl Packed {
    pub fn documents(&self) -> BTreeMap<PolicyKey, Arc<Document>> {
        self.documents.clone()
    }
}

impl Shelf {
    pub fn new(grants: &[Grant], max_policies: usize, bytes: usize) -> Self {
        Self::of_documents(
            grants.iter().map(|grant| (grant.id.clone(), document_of(grant))),
            max_policies,
            bytes,
        )
    }

    /// A target with statements, each alone in a document.
    pub fn of_documents(
        documents: impl Iterator<Item = (String, Document)>,
        max_policies: usize,
        bytes: usize,
    ) -> Self {
        let grant = |(id, document): (String, Document)| GrantTemplate {
            id_span: SourceSpan::NOWHERE,
            entry: PolicyTemplate::new(
                PolicyKey::account(id.clone()),
                DocumentTemplate::Fixed(Arc::new(document)),
            ),
            id,
        };
        let at = DesiredTarget {
            target: format!("{ACCOUNT}/us-east-1").parse().unwrap(),
            names: BTreeSet::from(["main".to_owned()]),
            access: Access::default(),
            limits: Limits { document_bytes: bytes, ..Limits::default() },
            span: SourceSpan::NOWHERE,
        };
        let state = DesiredState {
            targets: vec![at],
            grants: documents.map(grant).collect(),
            packing: Packing { max_policies, ..Packing::default() },
            ..DesiredState::default()
        };
        Self { state, recorded: None, unmanaged: Unmanaged::default() }
    }

    /// Packs beside what is live.
    pub fn with_packed<T>(
        &self,
        live: &BTreeMap<PolicyKey, Arc<Document>>,
        look: impl FnOnce(&TargetDesired<'_>) -> T,
    ) -> T {
        let policy = |(key, document): (&PolicyKey, &Arc<Document>)| {
            (key.clone(), LivePolicy { document: Arc::clone(document), revision: None, last_updated: None })
        };
        let live = LiveState { policies: live.iter().map(policy).collect() };
        let mut desired = self.state.at(&self.state.targets[0]);
        let (recorded, unmanaged) = (self.recorded.as_ref(), &self.unmanaged);
        place_grants(&mut desired, Some(Surroundings { live: &live, recorded, unmanaged }));
        look(&desired)
    }

    pub fn packed(&self, live: &BTreeMap<PolicyKey, Arc<Document>>) -> Packed {
        self.with_packed(live, |desired| {
            let grants = desired.policies.iter().flat_map(|(key, policy)| {
                policy.grants.iter().map(|placed| (placed.grant.id.clone(), key.clone(), placed.sid.clone()))
            });
            Packed {
                grants: grants.collect(),
                documents: desired
                    .policies
                    .iter()
                    .map(|(key, policy)| (key.clone(), Arc::clone(&policy.document)))
                    .collect(),
                overflow: desired.overflow.clone(),
            }
        })
    }
}
