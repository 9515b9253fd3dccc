//! Statements that the tool places into policies itself.

use super::{Diagnostic, PolicyKey, PolicyScope, PolicyTemplate, SourceSpan};

/// One entry under `grants`.
#[derive(Debug, Clone)]
pub struct GrantTemplate {
    /// Its name, which is the Sid of its statement.
    pub id: String,
    /// The place of the name.
    pub id_span: SourceSpan,
    /// Its statement, alone in a document; the identity is that of no policy, for the place is found by packing.
    pub entry: PolicyTemplate,
}

/// Into which policies the grants go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// What their names begin with: `PREFIX-1`, `PREFIX-2` and so on.
    pub prefix: String,
    /// How many there may be.
    pub max_policies: usize,
}

/// Why not all grants of a target fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overflow {
    /// How many bytes are too many.
    pub bytes: usize,
    /// Into how many policies the grants may go.
    pub policies: usize,
    /// What would help, each a full sentence.
    pub help: Vec<String>,
}

impl Default for Packing {
    /// `logpolicy-1` to `logpolicy-10`, for more account policies fit nowhere.
    fn default() -> Self {
        Self { prefix: "logpolicy".to_owned(), max_policies: 10 }
    }
}

impl Packing {
    /// The policy of a number, which counts from 1.
    pub fn policy(&self, number: usize) -> PolicyKey {
        PolicyKey::account(format!("{}-{number}", self.prefix))
    }

    /// The policy that may stand in a free slot while others are written.
    pub fn bridge(&self) -> PolicyKey {
        PolicyKey::account(format!("{}-bridge", self.prefix))
    }

    /// The number of a policy, where it is one of these.
    pub fn number(&self, key: &PolicyKey) -> Option<usize> {
        if key.scope != PolicyScope::Account {
            return None;
        }
        let number = key.identity.strip_prefix(&self.prefix)?.strip_prefix('-')?;
        let value: usize = number.parse().ok()?;
        ((1..=self.max_policies).contains(&value) && number == value.to_string()).then_some(value)
    }
}

impl Overflow {
    /// What is wrong, in one sentence.
    pub fn sentence(&self, limit: usize) -> String {
        let policies =
            if self.policies == 1 { "1 policy".to_owned() } else { format!("{} policies", self.policies) };
        format!(
            "The grants do not fit into {policies} of {limit} bytes each: {} bytes are too many.",
            self.bytes
        )
    }
}

impl GrantTemplate {
    /// Whether a finding is about this grant.
    pub fn is_about(&self, finding: &Diagnostic) -> bool {
        let own = self.entry.span;
        finding
            .span
            .is_some_and(|span| span.file == own.file && own.start <= span.start && span.end <= own.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_its_policies() {
        let packing = Packing { prefix: "team".to_owned(), max_policies: 3 };
        assert_eq!(packing.number(&packing.policy(3)), Some(3));
        for name in ["team-0", "team-4", "team-01", "team-+1", "team", "team-bridge", "other-1"] {
            assert_eq!(packing.number(&PolicyKey::account(name)), None, "{name}");
        }
        assert_eq!(packing.number(&PolicyKey::log_group("team-1")), None);
    }
}
