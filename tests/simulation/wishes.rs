//! What is asked for, commit after commit, and what others write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logpolicy::model::{
    Access, DesiredState, DesiredTarget, DocumentTemplate, Limits, Ownership, PolicyKey, PolicyTemplate,
    SourceSpan, Unmanaged,
};
use logpolicy::policy::Document;

use crate::random::Random;

pub const TARGET: &str = "111122223333/us-east-1";
pub const PREFIX: &str = "arn:aws:logs:us-east-1:111122223333:log-group:";
pub const SERVICES: [&str; 2] = ["es.amazonaws.com", "events.amazonaws.com"];
const GROUPS: [&str; 5] = ["/a*", "/app-*", "/*-prod", "/app-prod", "*"];
/// One name in each part that the patterns make of all names.
pub const STREAMS: [&str; 5] = ["/a", "/app-x", "/app-prod", "/x-prod", "/z"];

/// A statement of a policy: who, on what, and whether it denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    service: usize,
    group: usize,
    denies: bool,
}

impl Said {
    fn any(random: &mut Random) -> Self {
        Self { service: random.below(2), group: random.below(GROUPS.len()), denies: random.below(20) == 0 }
    }

    fn sid(self, prefix: &str) -> String {
        let Self { service, group, denies } = self;
        format!("{prefix}{service}{group}{}", u8::from(denies))
    }

    fn json(self, prefix: &str) -> String {
        let Self { service, group, denies } = self;
        let (effect, name, pattern) =
            (if denies { "Deny" } else { "Allow" }, SERVICES[service], GROUPS[group]);
        let sid = self.sid(prefix);
        format!(
            r#"{{"Sid":"{sid}","Effect":"{effect}","Principal":{{"Service":"{name}"}},"Action":"logs:PutLogEvents","Resource":"{PREFIX}{pattern}:*"}}"#
        )
    }
}

fn document(statements: &[String]) -> Document {
    Document::from_text(format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")))
}

/// The policies that files can name: four of the account, two of log groups, and one that others write to as well.
fn names() -> Vec<PolicyKey> {
    let account = (0..4).map(|number| PolicyKey::account(format!("p{number}")));
    let log_groups = ["/a", "/app-prod"].into_iter().map(PolicyKey::log_group);
    account.chain(log_groups).chain([shared()]).collect()
}

/// The policy that others write to as well.
pub fn shared() -> PolicyKey {
    PolicyKey::account("shared")
}

/// What one commit asks for: statements of a small pool, so that they move, go and come.
pub fn commit(random: &mut Random, limit: usize) -> DesiredState {
    let pool: Vec<Said> = (0..4).map(|_| Said::any(random)).collect();
    let entry = |key: PolicyKey, random: &mut Random| {
        let said: BTreeSet<Said> = (0..1 + random.below(2)).map(|_| pool[random.below(pool.len())]).collect();
        let statements: Vec<String> = said.into_iter().map(|said| said.json("Ours")).collect();
        let is_shared = key == shared() || key.identity == "p3";
        let ownership = if is_shared { Ownership::Statements } else { Ownership::Document };
        let template = DocumentTemplate::Fixed(Arc::new(document(&statements)));
        PolicyTemplate { adopt: true, ownership, ..PolicyTemplate::new(key, template) }
    };
    let mut policies = Vec::new();
    for key in names() {
        if random.below(3) > 0 {
            policies.push(entry(key, random));
        }
    }
    let target = DesiredTarget {
        target: TARGET.parse().unwrap(),
        names: BTreeSet::from(["main".to_owned()]),
        access: Access::default(),
        limits: Limits { account_policies: limit, ..Limits::default() },
        span: SourceSpan::NOWHERE,
    };
    let unmanaged = Unmanaged { discover_log_groups: true, ..Unmanaged::default() };
    DesiredState { targets: vec![target], policies, unmanaged, ..DesiredState::default() }
}

/// What somebody else does: AWS appends to a document, a console makes one of its own, a hand changes or deletes one of ours.
pub fn meddling(
    random: &mut Random,
    there: &BTreeMap<PolicyKey, Arc<Document>>,
) -> (PolicyKey, Option<Document>) {
    let said = Said::any(random);
    match random.below(6) {
        0 | 1 => {
            let number = random.below(2);
            (PolicyKey::account(format!("theirs{number}")), Some(document(&[said.json("Theirs")])))
        }
        2 | 3 => {
            let there = there.get(&shared());
            let there = there.iter().flat_map(|document| document.statements());
            let others = there.filter(|statement| statement.sid() != Some(&said.sid("Theirs")));
            let mut statements: Vec<String> = others.map(|statement| statement.json().to_string()).collect();
            statements.push(said.json("Theirs"));
            (shared(), Some(document(&statements)))
        }
        4 => {
            let names = names();
            let key = names[random.below(names.len() - 1)].clone();
            (key, Some(document(&[said.json("Hand")])))
        }
        _ => {
            let names = names();
            (names[random.below(names.len() - 1)].clone(), None)
        }
    }
}
