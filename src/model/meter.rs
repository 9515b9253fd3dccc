//! The meter of a target: slots and bytes by owner, and what is named that is not there.

use std::collections::{BTreeMap, BTreeSet};

use super::{ByOwner, Limits, LiveState, NamedLogGroups, Owner, PolicyKey, Target};

/// What stands at a target, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// What fits.
    pub limits: Limits,
    /// Account policies.
    pub slots: ByOwner,
    /// Documents, those of log groups too.
    pub documents: ByOwner,
    /// Bytes of these documents.
    pub bytes: ByOwner,
    /// Each policy that is listed, by key; all count above.
    pub policies: Vec<MeteredPolicy>,
    /// Whether dead log groups are known, or else why not.
    pub looked_up: Result<(), String>,
}

/// One policy of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeteredPolicy {
    /// The policy.
    pub key: PolicyKey,
    /// Whose it is.
    pub owner: Owner,
    /// The length of its document.
    pub bytes: usize,
    /// Log groups that it names exactly and that are not there.
    pub dead_log_groups: BTreeSet<String>,
    /// Whether it speaks about nothing else.
    pub is_all_dead: bool,
}

impl Meter {
    /// Counts what is live. `owners` says whose each policy is; those in `left_out` are counted and not listed.
    /// `missing` holds those of the [`named_log_groups`] that are not there, or why that is not known.
    pub fn new(
        target: &Target,
        limits: Limits,
        live: &LiveState,
        owners: &BTreeMap<PolicyKey, Owner>,
        left_out: &BTreeSet<PolicyKey>,
        missing: Result<&BTreeSet<String>, String>,
    ) -> Self {
        let owner = |key: &PolicyKey| owners.get(key).copied().unwrap_or(Owner::Unmanaged);
        let nothing = BTreeSet::new();
        let dead = missing.as_ref().map_or(&nothing, |missing| missing);
        let listed = live.policies.iter().filter(|(key, _)| !left_out.contains(*key));
        let policies = listed.map(|(key, policy)| {
            let NamedLogGroups { exact, is_all } = NamedLogGroups::of(&policy.document, target);
            MeteredPolicy {
                key: key.clone(),
                owner: owner(key),
                bytes: policy.document.bytes(),
                is_all_dead: is_all && exact.is_subset(dead),
                dead_log_groups: exact.intersection(dead).cloned().collect(),
            }
        });
        Self {
            limits,
            slots: slots_by_owner(live.policies.keys(), owners),
            documents: ByOwner::count(live.policies.keys().map(owner)),
            bytes: ByOwner::sum(
                live.policies.iter().map(|(key, policy)| (owner(key), policy.document.bytes())),
            ),
            policies: policies.collect(),
            looked_up: missing.map(|_| ()),
        }
    }

    /// The slots in use.
    pub fn used(&self) -> usize {
        self.slots.total()
    }

    /// Whether no slot is free.
    pub fn is_full(&self) -> bool {
        self.used() >= self.limits.account_policies
    }
}

/// Every log group that a listed policy names exactly; one that has a policy of its own is there.
pub fn named_log_groups(
    target: &Target,
    live: &LiveState,
    left_out: &BTreeSet<PolicyKey>,
) -> BTreeSet<String> {
    let listed = live.policies.iter().filter(|(key, _)| !left_out.contains(*key));
    let named = listed.flat_map(|(_, policy)| NamedLogGroups::of(&policy.document, target).exact);
    named.filter(|name| !live.policies.contains_key(&PolicyKey::log_group(name))).collect()
}

/// The account policies among some by owner; one that is not live is ours.
pub fn slots_by_owner<'a>(
    keys: impl Iterator<Item = &'a PolicyKey>,
    owners: &BTreeMap<PolicyKey, Owner>,
) -> ByOwner {
    let slots = keys.filter(|key| key.takes_slot());
    ByOwner::count(slots.map(|key| owners.get(key).copied().unwrap_or(Owner::Managed)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::LivePolicy;
    use crate::policy::Document;

    fn live(policies: &[(PolicyKey, &[&str])]) -> LiveState {
        let policy = |(key, names): &(PolicyKey, &[&str])| {
            let arn = |name: &&str| format!("\"arn:aws:logs:us-east-1:111122223333:log-group:{name}\"");
            let resources: Vec<String> = names.iter().map(arn).collect();
            let text =
                format!(r#"{{"Statement":[{{"Effect":"Allow","Resource":[{}]}}]}}"#, resources.join(","));
            let document = Arc::new(Document::from_text(text));
            (key.clone(), LivePolicy { document, revision: None, last_updated: None })
        };
        LiveState { policies: policies.iter().map(policy).collect() }
    }

    #[test]
    fn what_stands_is_counted_and_what_is_dead_is_named() {
        let target: Target = "111122223333/us-east-1".parse().expect("a target");
        let (a, b, group) = (PolicyKey::account("a"), PolicyKey::account("b"), PolicyKey::log_group("/here"));
        let live = live(&[
            (a.clone(), &["/gone:*", "/also-gone:*"]),
            (b.clone(), &["/gone:*", "/there:*", "/here:*", "/wild*"]),
            (group.clone(), &["/here:*"]),
        ]);
        let (nothing, some) = (BTreeSet::new(), BTreeSet::from([a.clone()]));
        let owners = [(a, Owner::Managed), (b, Owner::Aws), (group, Owner::Managed)].into();
        let names = |left_out| named_log_groups(&target, &live, left_out).into_iter().collect::<Vec<_>>();
        assert_eq!(names(&nothing), ["/also-gone", "/gone", "/there"]);
        assert_eq!(names(&some), ["/gone", "/there"]);

        let missing = BTreeSet::from(["/also-gone".to_owned(), "/gone".to_owned()]);
        let meter = Meter::new(&target, Limits::default(), &live, &owners, &nothing, Ok(&missing));
        assert_eq!(meter.slots, ByOwner { managed: 1, unmanaged: 0, aws: 1 });
        assert_eq!(meter.documents, ByOwner { managed: 2, unmanaged: 0, aws: 1 });
        let bytes: usize = live.policies.values().map(|policy| policy.document.bytes()).sum();
        assert_eq!(meter.bytes.total(), bytes);
        let dead = |meter: &Meter| -> Vec<(String, Vec<String>, bool)> {
            let policy = |policy: &MeteredPolicy| {
                let names = policy.dead_log_groups.iter().cloned().collect();
                (policy.key.to_string(), names, policy.is_all_dead)
            };
            meter.policies.iter().map(policy).collect()
        };
        let gone = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            dead(&meter),
            [
                ("policy:a".to_owned(), gone(&["/also-gone", "/gone"]), true),
                ("policy:b".to_owned(), gone(&["/gone"]), false),
                ("log-group:/here".to_owned(), gone(&[]), false),
            ]
        );

        let left = Meter::new(&target, Limits::default(), &live, &owners, &some, Err("denied".to_owned()));
        assert_eq!((left.slots, left.bytes), (meter.slots, meter.bytes), "the meter counts all");
        assert_eq!(left.policies.len(), 2);
        assert!(left.policies.iter().all(|policy| policy.dead_log_groups.is_empty() && !policy.is_all_dead));
        assert_eq!(left.looked_up, Err("denied".to_owned()));
    }
}
