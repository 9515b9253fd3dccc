//! Whose the live policies are, and how much each owner holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{LivePolicy, LiveState, PolicyKey, RecordedState, TargetDesired, Unmanaged};

/// Whose a live policy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The files or the record name it.
    Managed,
    /// Neither does.
    Unmanaged,
    /// Neither does, and its name is one that AWS services write, whatever `unmanaged.ignore` says.
    Aws,
}

impl Owner {
    /// All of them, in the order shown.
    pub const ALL: [Self; 3] = [Self::Managed, Self::Unmanaged, Self::Aws];

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Unmanaged => "unmanaged",
            Self::Aws => "aws",
        }
    }

    /// The owner of a live policy that the files name, or not. A write that a crash kept from the record counts as
    /// recorded.
    fn of(key: &PolicyKey, live: &LivePolicy, is_desired: bool, recorded: Option<&RecordedState>) -> Self {
        let is_recorded = recorded.is_some_and(|recorded| recorded.ours(key, Some(live)).is_some());
        if is_desired || is_recorded {
            Self::Managed
        } else if Unmanaged::default().ignores(key) {
            Self::Aws
        } else {
            Self::Unmanaged
        }
    }
}

/// The owner of each live policy: the one place that says what is managed.
pub fn owners(
    desired: &TargetDesired<'_>,
    live: &LiveState,
    recorded: Option<&RecordedState>,
) -> BTreeMap<PolicyKey, Owner> {
    let owner = |(key, policy): (&PolicyKey, &LivePolicy)| {
        (key.clone(), Owner::of(key, policy, desired.policies.contains_key(key), recorded))
    };
    live.policies.iter().map(owner).collect()
}

/// A number for each owner: of policies, of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByOwner {
    /// What the files or the record name.
    pub managed: usize,
    /// What neither names.
    pub unmanaged: usize,
    /// What AWS services write.
    pub aws: usize,
}

impl ByOwner {
    /// How many policies of each owner.
    pub fn count(owners: impl IntoIterator<Item = Owner>) -> Self {
        Self::sum(owners.into_iter().map(|owner| (owner, 1)))
    }

    /// How much of each owner.
    pub fn sum(shares: impl IntoIterator<Item = (Owner, usize)>) -> Self {
        let mut all = Self::default();
        for (owner, number) in shares {
            *all.share(owner) += number;
        }
        all
    }

    fn share(&mut self, owner: Owner) -> &mut usize {
        match owner {
            Owner::Managed => &mut self.managed,
            Owner::Unmanaged => &mut self.unmanaged,
            Owner::Aws => &mut self.aws,
        }
    }

    /// The number of one owner.
    pub fn of(mut self, owner: Owner) -> usize {
        *self.share(owner)
    }

    /// All together.
    pub fn total(self) -> usize {
        let Self { managed, unmanaged, aws } = self;
        managed + unmanaged + aws
    }

    /// `3 ours, 6 unmanaged, 1 written by AWS`; who has none is left out.
    pub fn words(self) -> String {
        let Self { managed, unmanaged, aws } = self;
        let shares = [(managed, "ours"), (unmanaged, "unmanaged"), (aws, "written by AWS")];
        let words = shares.into_iter().filter(|(number, _)| *number > 0);
        let words: Vec<String> = words.map(|(number, whose)| format!("{number} {whose}")).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Claim, Ownership, RecordedPolicy};
    use crate::policy::Document;

    fn live() -> LivePolicy {
        LivePolicy { document: Arc::new(Document::from_text("live")), revision: None, last_updated: None }
    }

    fn recorded(text: &str) -> RecordedPolicy {
        let document = Arc::new(Document::from_text(text));
        let claim = Claim::on(&document, Ownership::Document, false);
        RecordedPolicy { document, revision: None, claim, applied_at: String::new(), plan: String::new() }
    }

    #[test]
    fn whose_a_policy_is() {
        let key = PolicyKey::account;
        let state = RecordedState {
            policies: [
                (key("recorded"), recorded("older")),
                (key("AWSWAF-LOGS"), recorded("live")),
                (PolicyKey::log_group("/recorded"), recorded("live")),
            ]
            .into(),
            pending: [(key("begun"), recorded("live")), (key("never-done"), recorded("other"))].into(),
            ..RecordedState::default()
        };
        for (key, is_desired, with_record, without_record) in [
            (key("wanted"), true, Owner::Managed, Owner::Managed),
            (key("recorded"), false, Owner::Managed, Owner::Unmanaged),
            (key("begun"), false, Owner::Managed, Owner::Unmanaged),
            (key("never-done"), false, Owner::Unmanaged, Owner::Unmanaged),
            (key("theirs"), false, Owner::Unmanaged, Owner::Unmanaged),
            (key("AWSLogDeliveryWrite20150319"), false, Owner::Aws, Owner::Aws),
            (key("AWSLogDeliveryWrite20150319"), true, Owner::Managed, Owner::Managed),
            (key("AWSWAF-LOGS"), false, Owner::Managed, Owner::Aws),
            (key("AWSWAF-LOGS-2"), false, Owner::Unmanaged, Owner::Unmanaged),
            (key("TrustEventsToStoreLogEvents"), false, Owner::Aws, Owner::Aws),
            (key("DO_NOT_DELETE_x"), false, Owner::Aws, Owner::Aws),
            (key("DON_NOT_DELETE_x"), false, Owner::Aws, Owner::Aws),
            (PolicyKey::log_group("/recorded"), false, Owner::Managed, Owner::Unmanaged),
            (PolicyKey::log_group("AWSWAF-LOGS"), false, Owner::Unmanaged, Owner::Unmanaged),
        ] {
            assert_eq!(Owner::of(&key, &live(), is_desired, Some(&state)), with_record, "{key}");
            assert_eq!(Owner::of(&key, &live(), is_desired, None), without_record, "{key}, no record");
        }
    }

    #[test]
    fn shares_add_up() {
        let owners = [Owner::Aws, Owner::Managed, Owner::Unmanaged, Owner::Unmanaged];
        let count = ByOwner::count(owners);
        assert_eq!(count, ByOwner { managed: 1, unmanaged: 2, aws: 1 });
        assert_eq!(count.total(), 4);
        assert_eq!(Owner::ALL.map(|owner| count.of(owner)), [1, 2, 1]);
        assert_eq!(count.words(), "1 ours, 2 unmanaged, 1 written by AWS");
        assert_eq!(ByOwner::sum([(Owner::Aws, 5_081)]).words(), "5081 written by AWS");
        assert_eq!(ByOwner::default().words(), "none");
    }
}
