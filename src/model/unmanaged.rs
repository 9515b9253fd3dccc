//! What is done about policies that neither the files nor the record name, and how much may change at once.

use crate::policy::matches_wildcards;

use super::{PolicyKey, PolicyScope};

/// What is done about unmanaged policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    /// Whether they are deleted; else they are kept.
    pub delete: bool,
    /// Patterns with `*` and `?` for the names of account policies, or `log-group:NAME`: never deleted, never drift,
    /// always counted.
    pub ignore: Vec<String>,
    /// Whether policies are looked for on every log group, and not only on those that are named.
    pub discover_log_groups: bool,
}

/// Policies that AWS services and consoles write under these names.
const WRITTEN_BY_AWS: [&str; 5] = [
    "AWSLogDeliveryWrite*",
    "AWSWAF-LOGS",
    "TrustEventsToStoreLogEvents",
    "DO_NOT_DELETE_*",
    "DON_NOT_DELETE_*",
];

impl Default for Unmanaged {
    fn default() -> Self {
        let ignore = WRITTEN_BY_AWS.iter().map(|&pattern| pattern.to_owned()).collect();
        Self { delete: false, ignore, discover_log_groups: false }
    }
}

impl Unmanaged {
    /// Whether a pattern names the policy.
    pub fn ignores(&self, key: &PolicyKey) -> bool {
        let text = match key.scope {
            PolicyScope::Account => key.identity.clone(),
            PolicyScope::Resource => key.to_string(),
        };
        self.ignore.iter().any(|pattern| matches_wildcards(pattern, &text))
    }
}

/// How much may change at one target in one plan; more must be allowed by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guards {
    /// Deletions.
    pub max_deletes: usize,
    /// Updates and deletions; creations and adoptions do not count.
    pub max_changes: usize,
}

impl Default for Guards {
    fn default() -> Self {
        Self { max_deletes: 3, max_changes: 10 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_writes_is_ignored_by_default() {
        let unmanaged = Unmanaged::default();
        for (key, ignored) in [
            (PolicyKey::account("AWSLogDeliveryWrite20150319"), true),
            (PolicyKey::account("DO_NOT_DELETE_x"), true),
            (PolicyKey::account("AWSWAF-LOGS"), true),
            (PolicyKey::account("AWSWAF-LOGS-2"), false),
            (PolicyKey::log_group("AWSWAF-LOGS"), false),
        ] {
            assert_eq!(unmanaged.ignores(&key), ignored, "{key}");
        }
        let groups = Unmanaged { ignore: vec!["log-group:/aws/*".to_owned()], ..unmanaged };
        assert!(groups.ignores(&PolicyKey::log_group("/aws/x")));
        assert!(!groups.ignores(&PolicyKey::account("/aws/x")));
    }
}
