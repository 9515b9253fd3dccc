//! What a rule looks at.

use std::sync::Arc;

use crate::model::{
    DesiredPolicy, DesiredState, DesiredTarget, Diagnostic, Overflow, PlacedGrant, PolicyKey, PolicyScope,
    PolicyTemplate, SourceSpan, TargetDesired,
};
use crate::policy::{Document, Json, Statement};

use super::Rule;

/// One policy at one target.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The target.
    pub at: &'a DesiredTarget,
    /// The policy's key there.
    pub key: PolicyKey,
    /// The document as it is sent there.
    pub document: Arc<Document>,
    /// The entry that it comes from.
    pub entry: &'a PolicyTemplate,
    /// Whether this is the first target at which the entry is looked at.
    pub is_first: bool,
    /// The grants that were packed into it; none for a policy of the files.
    pub grants: Vec<PlacedGrant<'a>>,
}

/// All policies at one target.
#[derive(Debug)]
pub struct TargetSubject<'a> {
    /// The target.
    pub at: &'a DesiredTarget,
    /// Its policies: in the order written, and those of the grants behind them.
    pub policies: &'a [Subject<'a>],
    /// Why the grants do not fit.
    pub overflow: Option<&'a Overflow>,
}

/// The policies of the files at a target; `seen` remembers which entries were looked at before.
pub(super) fn subjects<'a>(
    desired: &'a DesiredState,
    at: &'a DesiredTarget,
    seen: &mut [bool],
) -> Vec<Subject<'a>> {
    let mut subjects = Vec::new();
    for (entry, seen) in desired.policies.iter().zip(seen) {
        if entry.applies_to(at) {
            let is_first = !std::mem::replace(seen, true);
            let (key, document) = (entry.key(&at.target), entry.document.at(&at.target));
            subjects.push(Subject { at, key, document, entry, is_first, grants: Vec::new() });
        }
    }
    subjects
}

/// The policies of the grants, as they would be packed where nothing stands yet.
pub(super) fn packed<'a>(desired: &TargetDesired<'a>) -> Vec<Subject<'a>> {
    let packed = desired.policies.iter().filter(|(_, policy)| !policy.grants.is_empty());
    let subject = |(key, policy): (&PolicyKey, &DesiredPolicy<'a>)| Subject {
        at: desired.at,
        key: key.clone(),
        document: Arc::clone(&policy.document),
        entry: policy.entry,
        is_first: false,
        grants: policy.grants.clone(),
    };
    packed.map(subject).collect()
}

/// The statements of the grants, each alone, under the policy that holds it.
pub(super) fn granted<'a>(
    desired: &'a DesiredState,
    at: &TargetDesired<'a>,
    seen: &mut [bool],
) -> Vec<Subject<'a>> {
    let mut subjects = Vec::new();
    for (grant, seen) in desired.grants.iter().zip(seen) {
        let document =
            at.grants.iter().find(|here| std::ptr::eq(here.grant, grant)).map(|here| &here.document);
        let holds =
            |policy: &DesiredPolicy<'_>| policy.grants.iter().any(|placed| placed.grant.id == grant.id);
        let key = at.policies.iter().find(|(_, policy)| holds(policy)).map(|(key, _)| key.clone());
        if let (Some(document), Some(key)) = (document, key) {
            let is_first = !std::mem::replace(seen, true);
            let (document, entry) = (Arc::clone(document), &grant.entry);
            subjects.push(Subject { at: at.at, key, document, entry, is_first, grants: Vec::new() });
        }
    }
    subjects
}

impl Subject<'_> {
    /// The place of a node of the document, by JSON pointer.
    pub fn place(&self, pointer: &str) -> SourceSpan {
        if self.grants.is_empty() {
            return self.entry.document_spans.nearest(pointer).unwrap_or(self.entry.span);
        }
        let number =
            pointer.strip_prefix("/Statement/").and_then(|rest| rest.split('/').next()?.parse().ok());
        let sid = number.and_then(|number: usize| self.document.statements().get(number)?.sid());
        let placed = self.grants.iter().find(|placed| Some(placed.sid.as_str()) == sid);
        placed.map_or(self.entry.span, |placed| placed.grant.entry.span)
    }

    /// The statements, each with its JSON pointer; a single one may stand without a list.
    pub(super) fn statements(&self) -> Vec<(String, &Statement)> {
        let element = self.document.json().ok().and_then(|json| json.get("Statement"));
        let is_list = matches!(element, Some(Json::Array(_)));
        let pointer =
            |index: usize| if is_list { format!("/Statement/{index}") } else { "/Statement".to_owned() };
        self.document
            .statements()
            .iter()
            .enumerate()
            .map(|(index, statement)| (pointer(index), statement))
            .collect()
    }

    /// The strings of an element of every statement, each with its pointer and its statement.
    pub(super) fn values(&self, element: &str) -> Vec<(String, &Statement, &str)> {
        let mut values = Vec::new();
        for (pointer, statement) in self.statements() {
            let Some(value) = statement.json().get(element) else { continue };
            let pointer = format!("{pointer}/{element}");
            values.extend(strings(&pointer, value).into_iter().map(|(place, text)| (place, statement, text)));
        }
        values
    }

    /// The service, account and other principals of every statement: pointer, statement, kind and name.
    pub(super) fn principals(&self) -> Vec<(String, &Statement, &str, &str)> {
        let mut principals = Vec::new();
        for (pointer, statement) in self.statements() {
            let pointer = format!("{pointer}/Principal");
            match statement.json().get("Principal") {
                Some(Json::String(name)) => principals.push((pointer, statement, "AWS", name.as_str())),
                Some(Json::Object(kinds)) => {
                    for (kind, names) in kinds {
                        let names = strings(&format!("{pointer}/{kind}"), names);
                        principals.extend(
                            names.into_iter().map(|(place, name)| (place, statement, kind.as_str(), name)),
                        );
                    }
                }
                _ => {}
            }
        }
        principals
    }

    /// The log group of a log-group policy.
    pub(super) fn log_group(&self) -> Option<&str> {
        (self.key.scope == PolicyScope::Resource).then_some(self.key.identity.as_str())
    }

    /// The beginning of the ARNs of the target's log groups.
    pub(super) fn prefix(&self) -> String {
        self.at.target.log_group_arn("")
    }

    /// A finding of a rule about a node of the document.
    pub(super) fn finding(&self, rule: &Rule, pointer: &str, message: impl Into<String>) -> Diagnostic {
        self.finding_at(rule, self.place(pointer), message)
    }

    /// A finding of a rule about a place.
    pub(super) fn finding_at(
        &self,
        rule: &Rule,
        place: SourceSpan,
        message: impl Into<String>,
    ) -> Diagnostic {
        let finding = Diagnostic::error(rule.code, place, message).about(self.key.at(&self.at.target));
        Diagnostic { severity: rule.severity, ..finding }.note(rule.help)
    }
}

/// The strings of a scalar or a list, each with its pointer.
fn strings<'a>(pointer: &str, value: &'a Json) -> Vec<(String, &'a str)> {
    match value {
        Json::String(text) => vec![(pointer.to_owned(), text.as_str())],
        Json::Array(items) => {
            let texts = items.iter().enumerate();
            texts.filter_map(|(index, item)| Some((format!("{pointer}/{index}"), item.as_str()?))).collect()
        }
        _ => Vec::new(),
    }
}
