//! The documented shapes of statements that AWS services need.

use serde::{Deserialize, Serialize};

/// What a service needs to write to log groups: one entry of the table that comes with the program.
///
/// Patterns have the places `${partition}`, `${region}`, `${account}` and `${log_group}`; that of the source ARN has
/// the names of the parameters besides.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The stable name that grants use.
    pub id: String,
    /// The service as AWS calls it.
    pub service: String,
    /// What is delivered, in one sentence.
    pub summary: String,
    /// The service principals.
    pub principals: Vec<String>,
    /// The actions.
    pub actions: Vec<String>,
    /// What the names of the log groups usually begin with.
    pub log_group_prefix: Option<String>,
    /// Whether delivery fails with another beginning.
    pub log_group_prefix_required: bool,
    /// The resources; written once for each log group where they hold `${log_group}`.
    pub resource_patterns: Vec<String>,
    /// The value of `aws:SourceArn`; nothing where AWS's page has no such condition.
    pub source_arn_pattern: Option<String>,
    /// The condition operator for it.
    pub source_arn_operator: Option<String>,
    /// Whether the statement asks for `aws:SourceAccount`.
    pub source_account: bool,
    /// The only Regions in which the service delivers; nothing means all.
    pub regions: Option<Vec<String>>,
    /// Which kind of policy is the better home.
    pub scope_hint: ScopeHint,
    /// The places of the source ARN that the user fills.
    pub parameters: Vec<RecipeParameter>,
    /// How well the shape is known.
    pub evidence: Evidence,
    /// AWS's page on it.
    pub docs: String,
    /// Traps.
    pub notes: Vec<String>,
}

/// A place of a source ARN that the user fills with one or several values.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeParameter {
    /// The name under `parameters`.
    pub name: String,
    /// What the values are.
    pub meaning: String,
    /// A value.
    pub example: String,
    /// Whether the user must give one.
    pub required: bool,
    /// What stands in where the user gives none.
    pub default: Option<String>,
}

/// Which kind of policy is the better home of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScopeHint {
    /// A policy of the account.
    Account,
    /// The log group's own policy.
    LogGroup,
    /// Either.
    Either,
}

/// How well the shape of a statement is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// AWS's page shows it.
    Documented,
    /// It was seen to deliver.
    Recorded,
    /// A part of it is concluded from sibling services.
    Inferred,
}

impl Recipe {
    /// Whether the user names the log groups; else they are fixed.
    pub fn takes_log_groups(&self) -> bool {
        self.resource_patterns.iter().any(|pattern| pattern.contains("${log_group}"))
    }

    /// The parameter of a name.
    pub fn parameter(&self, name: &str) -> Option<&RecipeParameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

impl ScopeHint {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "a policy of the account",
            Self::LogGroup => "the log group's own policy",
            Self::Either => "a policy of the account, or the log group's own",
        }
    }
}

impl Evidence {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented by AWS",
            Self::Recorded => "seen to deliver (2026)",
            Self::Inferred => "inferred in part; see the notes",
        }
    }
}
