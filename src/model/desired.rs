//! What the files ask for.
//!
//! The files speak about many targets at once, so policies are kept as templates and made into documents
//! target by target; what is the same everywhere is made once and shared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::policy::{Document, Json};

use super::{
    AccessTest, AccountId, Claim, GrantTemplate, Guards, Limits, Lint, NodeSpans, Overflow, Ownership,
    Packing, PolicyKey, PolicyScope, Region, SourceSpan, Target, Template, Unmanaged, judge,
};

/// Everything that a set of files asks for.
#[derive(Debug, Clone, Default)]
pub struct DesiredState {
    /// The targets, sorted, each once.
    pub targets: Vec<DesiredTarget>,
    /// The policies, in the order written.
    pub policies: Vec<PolicyTemplate>,
    /// The statements that are packed into policies, in the order written.
    pub grants: Vec<GrantTemplate>,
    /// Into which policies they go.
    pub packing: Packing,
    /// Requests that must be allowed, or must not.
    pub tests: Vec<AccessTest>,
    /// Findings that are raised or accepted everywhere.
    pub lint: Lint,
    /// What is done about policies that nobody names.
    pub unmanaged: Unmanaged,
    /// How much may change at once.
    pub guards: Guards,
    /// Where the record lies.
    pub state: StateLocation,
}

/// One account in one Region, and how to get there.
#[derive(Debug, Clone)]
pub struct DesiredTarget {
    /// The account and Region.
    pub target: Target,
    /// The names under `targets` that lead here.
    pub names: BTreeSet<String>,
    /// Whose credentials are used.
    pub access: Access,
    /// What fits.
    pub limits: Limits,
    /// The place of the (first) entry under `targets`.
    pub span: SourceSpan,
}

/// Whose credentials reach a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// A profile of the AWS configuration files; nothing means the SDK's default chain.
    pub profile: Option<String>,
    /// A role that these credentials assume; nothing means that they are used themselves.
    pub role: Option<AssumedRole>,
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssumedRole {
    /// The role's ARN.
    pub arn: String,
    /// What the role's trust policy may ask for, so that nobody else has it assumed.
    pub external_id: Option<String>,
}

impl AssumedRole {
    /// The account that the role belongs to, where the ARN is one of a role:
    /// `arn:PARTITION:iam::ACCOUNT:role/NAME`.
    pub fn account(&self) -> Option<AccountId> {
        let parts: Vec<&str> = self.arn.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "iam", "", account, role]
                if role.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
            {
                account.parse().ok()
            }
            _ => None,
        }
    }
}

/// Where the record of what we applied lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateLocation {
    /// A folder.
    Local(PathBuf),
    /// A bucket.
    S3(S3Location),
    /// Nothing is recorded: every policy that the files name is ours, and nothing is ever deleted.
    None,
}

/// Where the record lies in Amazon S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with, without a slash at the end; may be empty.
    pub prefix: String,
    /// The bucket's Region.
    pub region: Region,
    /// The KMS key that objects are encrypted with; nothing means the bucket's own setting.
    pub kms_key_id: Option<String>,
    /// Another S3-compatible service.
    pub endpoint_url: Option<String>,
}

impl Default for StateLocation {
    fn default() -> Self {
        Self::Local(PathBuf::from("state"))
    }
}

/// One entry under `policies`.
#[derive(Debug, Clone)]
pub struct PolicyTemplate {
    /// Account policy or log-group policy.
    pub scope: PolicyScope,
    /// The policy's name, or the log group's name or ARN.
    pub identity: Template,
    /// The document.
    pub document: DocumentTemplate,
    /// Names under `targets`; nothing means every target.
    pub targets: Option<BTreeSet<String>>,
    /// Regions; nothing means every Region of the targets.
    pub regions: Option<BTreeSet<Region>>,
    /// A plan that would delete it is refused.
    pub prevent_delete: bool,
    /// May take over a live policy of this identity that we did not write.
    pub adopt: bool,
    /// Names of account policies that this one stands for: unmanaged ones of these names are deleted.
    pub replaces: Vec<Template>,
    /// How much of the policy is ours.
    pub ownership: Ownership,
    /// Findings that are accepted for this policy.
    pub lint: Lint,
    /// The place of the entry.
    pub span: SourceSpan,
    /// The place of `name` or `log_group`.
    pub identity_span: SourceSpan,
    /// The places inside the document.
    pub document_spans: Arc<NodeSpans>,
}

/// A document, made once where it is the same for every target.
#[derive(Debug, Clone)]
pub enum DocumentTemplate {
    /// The same everywhere.
    Fixed(Arc<Document>),
    /// To be filled in for each target.
    PerTarget(Arc<Node>),
}

/// A JSON value whose strings are templates.
#[derive(Debug, Clone)]
pub enum Node {
    /// A string.
    Text(Template),
    /// A list.
    Array(Vec<Node>),
    /// An object; its keys are not templates.
    Object(Vec<(String, Node)>),
    /// Any other value.
    Plain(Json),
}

/// What the files ask for at one target.
#[derive(Debug)]
pub struct TargetDesired<'a> {
    /// The target.
    pub at: &'a DesiredTarget,
    /// Its policies by key; those of the grants are added by packing.
    pub policies: BTreeMap<PolicyKey, DesiredPolicy<'a>>,
    /// Its grants, in the order written.
    pub grants: Vec<DesiredGrant<'a>>,
    /// Into which policies the grants go.
    pub packing: &'a Packing,
    /// Why the grants do not fit, where packing found that they do not.
    pub overflow: Option<Overflow>,
}

/// A statement that shall stand in some policy.
#[derive(Debug, Clone)]
pub struct DesiredGrant<'a> {
    /// The statement, alone in a document.
    pub document: Arc<Document>,
    /// The entry that it comes from.
    pub grant: &'a GrantTemplate,
}

/// A grant that has found its policy.
#[derive(Debug, Clone)]
pub struct PlacedGrant<'a> {
    /// The entry that it comes from.
    pub grant: &'a GrantTemplate,
    /// The Sid of the statement that holds it, or a part of it.
    pub sid: String,
}

/// A policy that shall be there.
#[derive(Debug, Clone)]
pub struct DesiredPolicy<'a> {
    /// The document as it is sent.
    pub document: Arc<Document>,
    /// The entry that it comes from; that of its first grant where it was packed.
    pub entry: &'a PolicyTemplate,
    /// The grants that were packed into it.
    pub grants: Vec<PlacedGrant<'a>>,
    /// Account policies that it stands for.
    pub replaces: Vec<PolicyKey>,
}

impl DesiredPolicy<'_> {
    /// The place of a statement in the files, by its number; that of its grant where it was packed.
    pub fn statement_span(&self, statement: usize) -> Option<SourceSpan> {
        if self.grants.is_empty() {
            return self.entry.document_spans.nearest(&format!("/Statement/{statement}"));
        }
        let sid = self.document.statements().get(statement)?.sid()?;
        self.grants.iter().find(|placed| placed.sid == sid).map(|placed| placed.grant.entry.span)
    }

    /// What of the policy is ours once it is applied.
    pub fn claim(&self) -> Claim {
        Claim::on(&self.document, self.entry.ownership, self.entry.prevent_delete)
    }
}

impl DesiredState {
    /// What is asked for at one of the targets.
    pub fn at<'a>(&'a self, at: &'a DesiredTarget) -> TargetDesired<'a> {
        let here = self.policies.iter().filter(|entry| entry.applies_to(at));
        let policies = here.map(|entry| {
            let document = entry.document.at(&at.target);
            (
                entry.key(&at.target),
                DesiredPolicy { document, entry, grants: Vec::new(), replaces: entry.replaced(&at.target) },
            )
        });
        let policies = policies.collect();
        let here = self.grants.iter().filter(|grant| grant.entry.applies_to(at));
        let grants = here.map(|grant| DesiredGrant { document: grant.entry.document.at(&at.target), grant });
        TargetDesired { at, policies, grants: grants.collect(), packing: &self.packing, overflow: None }
    }
}

impl DesiredState {
    /// The access tests that must hold at one of the targets.
    ///
    /// What must be allowed, and names no Regions, must hold where the files give it; where they give it in no Region of
    /// the account, it must hold in each.
    pub fn tests_at(&self, at: &DesiredTarget) -> Vec<&AccessTest> {
        let must_hold = |test: &&AccessTest| {
            let anywhere = || {
                let others = self.targets.iter().filter(|other| other.target.account == at.target.account);
                others.filter(|other| test.applies_to(other)).any(|other| self.gives(test, other))
            };
            let everywhere = !test.must_be_allowed || test.regions.is_some();
            test.applies_to(at) && (everywhere || self.gives(test, at) || !anywhere())
        };
        self.tests.iter().filter(must_hold).collect()
    }

    /// Whether the files alone allow what a test asks for.
    fn gives(&self, test: &AccessTest, at: &DesiredTarget) -> bool {
        let desired = self.at(at);
        let policies = desired.policies.iter().map(|(key, policy)| (key, &*policy.document));
        // Where a grant stands does not matter for what it allows.
        let anywhere = self.packing.policy(1);
        let grants = desired.grants.iter().map(|grant| (&anywhere, &*grant.document));
        judge(&at.target, policies.chain(grants), test.request(&at.target)).allowed
    }
}

impl PolicyTemplate {
    /// An entry for a policy at every target, with all else left at its default and in no file.
    pub fn new(key: PolicyKey, document: DocumentTemplate) -> Self {
        Self {
            scope: key.scope,
            identity: Template::text(key.identity),
            document,
            targets: None,
            regions: None,
            prevent_delete: false,
            adopt: false,
            replaces: Vec::new(),
            ownership: Ownership::Document,
            lint: Lint::default(),
            span: SourceSpan::NOWHERE,
            identity_span: SourceSpan::NOWHERE,
            document_spans: Arc::new(NodeSpans::default()),
        }
    }

    /// Whether the entry speaks about a target.
    pub fn applies_to(&self, at: &DesiredTarget) -> bool {
        let named = self.targets.as_ref().is_none_or(|names| !names.is_disjoint(&at.names));
        named && self.regions.as_ref().is_none_or(|regions| regions.contains(&at.target.region))
    }

    /// The account policies at a target that this one stands for.
    pub fn replaced(&self, target: &Target) -> Vec<PolicyKey> {
        self.replaces.iter().map(|name| PolicyKey::account(name.at(target))).collect()
    }

    /// The key at a target; a log group's ARN of that target becomes the log group's name.
    pub fn key(&self, target: &Target) -> PolicyKey {
        let identity = self.identity.at(target);
        let name = match self.scope {
            PolicyScope::Account => &*identity,
            PolicyScope::Resource => {
                let prefix = target.log_group_arn("");
                let name = identity.strip_prefix(&prefix);
                name.map_or(&*identity, |name| name.strip_suffix(":*").unwrap_or(name))
            }
        };
        PolicyKey { scope: self.scope, identity: name.to_owned() }
    }
}

impl DocumentTemplate {
    /// Makes the document right away where no target is needed for it.
    pub fn new(node: Node) -> Self {
        match node.fixed() {
            Some(json) => Self::Fixed(Arc::new(Document::from_json(json))),
            None => Self::PerTarget(Arc::new(node)),
        }
    }

    /// The document for a target.
    pub fn at(&self, target: &Target) -> Arc<Document> {
        match self {
            Self::Fixed(document) => Arc::clone(document),
            Self::PerTarget(node) => Arc::new(Document::from_json(node.at(target))),
        }
    }
}

impl From<&Json> for Node {
    /// The value as it stands, without variables.
    fn from(json: &Json) -> Self {
        match json {
            Json::String(text) => Self::Text(Template::text(text)),
            Json::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Json::Object(members) => {
                Self::Object(members.iter().map(|(key, value)| (key.clone(), Self::from(value))).collect())
            }
            plain => Self::Plain(plain.clone()),
        }
    }
}

impl Node {
    /// The value for a target.
    pub fn at(&self, target: &Target) -> Json {
        match self {
            Self::Text(template) => Json::String(template.at(target).into_owned()),
            Self::Array(items) => Json::Array(items.iter().map(|item| item.at(target)).collect()),
            Self::Object(members) => {
                Json::Object(members.iter().map(|(key, value)| (key.clone(), value.at(target))).collect())
            }
            Self::Plain(json) => json.clone(),
        }
    }

    /// The value, where it is the same for every target.
    fn fixed(&self) -> Option<Json> {
        Some(match self {
            Self::Text(template) => Json::String(template.fixed()?.to_owned()),
            Self::Array(items) => Json::Array(items.iter().map(Self::fixed).collect::<Option<_>>()?),
            Self::Object(members) => {
                let members = members.iter().map(|(key, value)| Some((key.clone(), value.fixed()?)));
                Json::Object(members.collect::<Option<_>>()?)
            }
            Self::Plain(json) => json.clone(),
        })
    }
}
