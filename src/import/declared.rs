//! What another tool declares, and at which targets it stands.

use std::collections::BTreeSet;

use crate::model::{AccountId, Location, Node, PolicyKey, Region, Target, Template};

use super::removed::Block;
use super::stable::spelled;

/// Everything that a file of another tool declares.
#[derive(Debug, Default)]
pub struct Declared {
    /// Policies that can be used.
    pub policies: Vec<DeclaredPolicy>,
    /// Those that cannot.
    pub unusable: Vec<Unusable>,
}

/// A policy as another tool declares it.
#[derive(Debug, Clone)]
pub struct DeclaredPolicy {
    /// Its address or logical id there.
    pub origin: String,
    /// Where it stands, where that is known.
    pub place: Option<Location>,
    /// What it is called.
    pub identity: Identity,
    /// Its document.
    pub document: Node,
    /// Its account, where that is said.
    pub account: Option<AccountId>,
    /// Its Region, where that is said.
    pub region: Option<Region>,
    /// The Terraform resource that holds it.
    pub block: Option<Block>,
}

/// What a declared policy is called.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The name of an account policy.
    Name(Template),
    /// The log group of a log-group policy.
    LogGroup(Template),
}

/// A declared policy that cannot be used, and why.
#[derive(Debug, Clone)]
pub struct Unusable {
    /// Its address or logical id.
    pub origin: String,
    /// Where it stands, where that is known.
    pub place: Option<Location>,
    /// Why it cannot be used.
    pub because: String,
    /// The Terraform resource that holds it.
    pub block: Option<Block>,
}

impl DeclaredPolicy {
    /// The key at a target.
    pub fn key(&self, target: &Target) -> PolicyKey {
        match &self.identity {
            Identity::Name(name) => PolicyKey::account(name.at(target)),
            Identity::LogGroup(name) => PolicyKey::log_group(name.at(target)),
        }
    }

    /// The targets among these at which it stands. Where account and Region do not tell, the log groups that its document
    /// names do; where they do not either, all of them if the user chose them, else none.
    ///
    /// # Errors
    /// Why no target can be given to it, and what to do.
    pub fn places<'a>(&self, targets: &'a [Target], are_chosen: bool) -> Result<Vec<&'a Target>, String> {
        let could_be = |target: &&Target| {
            self.account.as_ref().is_none_or(|account| *account == target.account)
                && self.region.as_ref().is_none_or(|region| *region == target.region)
        };
        let candidates: Vec<&Target> = targets.iter().filter(could_be).collect();
        if candidates.is_empty() {
            let account = self.account.as_ref().map(|account| format!("account {account}"));
            let region = self.region.as_ref().map(|region| format!("Region {region}"));
            let place: Vec<String> = account.into_iter().chain(region).collect();
            return Err(format!("it stands in {}, and no target does", place.join(" and ")));
        }
        if candidates.len() == 1 {
            return Ok(candidates);
        }
        let mut arns = BTreeSet::new();
        named_places(&self.document, &mut arns);
        let is_named = |target: &&&Target| {
            let fits = |wanted: &str, found: &str| wanted == "*" || wanted.is_empty() || wanted == found;
            arns.iter().any(|(region, account)| {
                fits(region, target.region.as_str()) && fits(account, target.account.as_str())
            })
        };
        let named: Vec<&Target> = candidates.iter().filter(is_named).copied().collect();
        match (named.len(), are_chosen) {
            (1, _) => Ok(named),
            (_, true) => Ok(candidates),
            _ => {
                let words: Vec<String> = candidates.iter().take(3).map(ToString::to_string).collect();
                let more = if candidates.len() > 3 { " and others" } else { "" };
                Err(format!("it could stand at {}{more}: choose with --target", words.join(", ")))
            }
        }
    }
}

/// Region and account of every ARN of CloudWatch Logs in a document that says at least one of them.
fn named_places(node: &Node, places: &mut BTreeSet<(String, String)>) {
    match node {
        Node::Text(template) => {
            let text = spelled(template);
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            let ["arn", _, "logs", region, account, _] = parts[..] else { return };
            if [region, account].iter().any(|part| !part.is_empty() && *part != "*") {
                places.insert((region.to_owned(), account.to_owned()));
            }
        }
        Node::Array(items) => items.iter().for_each(|item| named_places(item, places)),
        Node::Object(members) => members.iter().for_each(|(_, value)| named_places(value, places)),
        Node::Plain(_) => {}
    }
}

/// Region, account and name of a log group's ARN, with or without `:*`.
pub(super) fn log_group_of(arn: &str) -> Option<(Region, AccountId, &str)> {
    let mut parts = arn.splitn(7, ':');
    let (head, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, kind, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = name.strip_suffix(":*").unwrap_or(name);
    let is_log_group = (head, service, kind) == ("arn", "logs", "log-group") && !name.is_empty();
    is_log_group.then_some((region.parse().ok()?, account.parse().ok()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Json;

    fn policy(account: Option<&str>, region: Option<&str>, resource: &str) -> DeclaredPolicy {
        DeclaredPolicy {
            origin: "x".to_owned(),
            place: None,
            identity: Identity::Name(Template::text("p")),
            document: Node::from(&Json::Array(vec![Json::String(resource.to_owned())])),
            account: account.map(|account| account.parse().expect("an account")),
            region: region.map(|region| region.parse().expect("a Region")),
            block: None,
        }
    }

    #[test]
    fn a_policy_finds_its_target() {
        let targets: Vec<Target> =
            ["111122223333/us-east-1", "111122223333/eu-west-1", "222233334444/us-east-1"]
                .map(|target| target.parse().expect("a target"))
                .into();
        let arn = |region: &str, account: &str| format!("arn:aws:logs:{region}:{account}:log-group:/x:*");
        for (account, region, resource, chosen, expected) in [
            (None, Some("eu-west-1"), "*".to_owned(), false, Ok(vec![1])),
            (Some("222233334444"), None, "*".to_owned(), false, Ok(vec![2])),
            (None, None, arn("us-east-1", "222233334444"), false, Ok(vec![2])),
            (None, Some("us-east-1"), arn("*", "111122223333"), false, Ok(vec![0])),
            (None, None, arn("us-east-1", "*"), false, Err("could stand at")),
            (None, None, "*".to_owned(), false, Err("choose with --target")),
            (None, Some("us-east-1"), "*".to_owned(), true, Ok(vec![0, 2])),
            (None, Some("ap-south-1"), "*".to_owned(), true, Err("Region ap-south-1")),
        ] {
            let found = policy(account, region, &resource).places(&targets, chosen);
            match expected {
                Ok(indexes) => {
                    let expected: Vec<&Target> =
                        indexes.into_iter().map(|index: usize| &targets[index]).collect();
                    assert_eq!(found, Ok(expected), "{account:?} {region:?} {resource}");
                }
                Err(words) => assert!(found.expect_err("no target").contains(words)),
            }
        }
    }

    #[test]
    fn log_groups_are_known_by_their_arns() {
        let named = |arn| log_group_of(arn).map(|(_, _, name)| name);
        assert_eq!(named("arn:aws:logs:us-east-1:111122223333:log-group:/aws/x:*"), Some("/aws/x"));
        assert_eq!(named("arn:aws-cn:logs:cn-north-1:111122223333:log-group:x"), Some("x"));
        for other in [
            "",
            "x",
            "arn:aws:logs:us-east-1:1:log-group:x",
            "arn:aws:logs:us-east-1:111122223333:log-group:",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
