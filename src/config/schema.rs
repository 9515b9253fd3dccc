//! The JSON Schema of the file, for editors. A test keeps it and the reader true to each other.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;

use crate::model::{Guards, Limits, Packing, Unmanaged};

/// The desired state of CloudWatch Logs resource policies.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "logpolicy desired state")]
#[expect(dead_code, reason = "only its schema is used")]
struct FileSchema {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// Where: names for accounts and Regions.
    targets: Option<BTreeMap<String, TargetSchema>>,
    /// Texts that `${name}` stands for.
    variables: Option<BTreeMap<String, String>>,
    /// What: whole policies.
    policies: Option<Vec<PolicySchema>>,
    /// What: statements that are packed into as few policies as fit.
    grants: Option<Vec<GrantSchema>>,
    /// Into which policies the grants go.
    packing: Option<PackingSchema>,
    /// How much fits.
    limits: Option<LimitsSchema>,
    /// What is done about policies that neither the files nor the record name.
    unmanaged: Option<UnmanagedSchema>,
    /// How much may change at one target in one plan.
    guards: Option<GuardsSchema>,
    /// Where the record of what was applied lies: `none`, a folder relative to this file, or a bucket.
    #[schemars(extend("default" = {"local": "state"}))]
    state: Option<StateSchema>,
    /// Findings that are raised to errors or accepted, for all files.
    lint: Option<LintSchema>,
    /// Requests that must be allowed, or must not be.
    tests: Option<Vec<TestSchema>>,
}

/// One or several accounts in some Regions, or those of an organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["account"]}, {"required": ["accounts"]}, {"required": ["organization"]}
]))]
#[expect(dead_code, reason = "only its schema is used")]
struct TargetSchema {
    /// An account id: 12 digits, in quotation marks.
    #[schemars(regex(pattern = "^[0-9]{12}$"))]
    account: Option<String>,
    /// Account ids: 12 digits each, in quotation marks.
    accounts: Option<Vec<String>>,
    /// The active accounts of an organization, found with AWS Organizations whenever AWS is asked; `{}` is all of them.
    organization: Option<OrganizationSchema>,
    /// The Regions; or `[all]`: those that each account has enabled, found with its own credentials or its role.
    #[schemars(length(min = 1))]
    regions: Vec<String>,
    /// The ARN of a role to assume, with `${account}` for the account it is assumed in:
    /// `arn:${partition}:iam::${account}:role/logpolicy`.
    assume_role: Option<String>,
    /// What the trust policy of that role asks for.
    external_id: Option<String>,
    /// A profile of the AWS configuration files.
    profile: Option<String>,
    /// How much fits here; what is not named is as under `limits` of the file.
    limits: Option<LimitsSchema>,
}

/// Which accounts of an organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct OrganizationSchema {
    /// Organizational units or roots, by id (`ou-ab12-11111111`, `r-ab12`), each with the units below it; all accounts by
    /// default.
    #[schemars(length(min = 1))]
    units: Option<Vec<String>>,
    /// Account ids that are left out: 12 digits each, in quotation marks.
    #[schemars(length(min = 1))]
    exclude: Option<Vec<String>>,
}

/// A policy of the account, or of one log group.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = [
    {"oneOf": [{"required": ["name"]}, {"required": ["log_group"]}]},
    {"oneOf": [{"required": ["document"]}, {"required": ["document_file"]}]}
]))]
#[expect(dead_code, reason = "only its schema is used")]
struct PolicySchema {
    /// The name of an account policy.
    #[schemars(length(min = 1, max = 255))]
    name: Option<String>,
    /// The log group of a log-group policy: its name, or its ARN at the target.
    log_group: Option<String>,
    /// The policy document, in AWS's own spelling.
    document: Option<serde_json::Map<String, serde_json::Value>>,
    /// A file with the policy document, in the folder of this file or below.
    document_file: Option<String>,
    /// Names under `targets`; every target by default.
    #[schemars(length(min = 1))]
    targets: Option<Vec<String>>,
    /// Regions; every Region of the targets by default.
    #[schemars(length(min = 1))]
    regions: Option<Vec<String>>,
    /// How much of the policy is ours: the whole document, or only the statements whose Sid stands here.
    #[schemars(extend("default" = "document"))]
    ownership: Option<OwnershipSchema>,
    /// A plan that would delete it is refused.
    #[schemars(extend("default" = false))]
    prevent_delete: Option<bool>,
    /// May take over a live policy of this identity that we did not write.
    #[schemars(extend("default" = false))]
    adopt: Option<bool>,
    /// Account policies that this one stands for: those of these names that nobody manages are deleted.
    #[schemars(length(min = 1))]
    replaces: Option<Vec<String>>,
    /// Findings that are accepted for this policy.
    lint: Option<PolicyLintSchema>,
}

/// A statement that is placed into a policy by the tool.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["recipe"]}, {"required": ["service", "log_groups"]}]))]
#[expect(dead_code, reason = "only its schema is used")]
struct GrantSchema {
    /// Its name, which becomes the Sid: letters and digits.
    #[schemars(regex(pattern = "^[A-Za-z0-9]{1,64}$"))]
    id: String,
    /// The documented shape for a service; `logpolicy recipes` lists them.
    recipe: Option<String>,
    /// The service principal, where no recipe is named.
    service: Option<String>,
    /// The actions.
    #[schemars(extend("default" = ["logs:CreateLogStream", "logs:PutLogEvents"]))]
    actions: Option<Vec<String>>,
    /// Names of log groups, or patterns for them.
    #[schemars(length(min = 1))]
    log_groups: Option<Vec<String>>,
    /// The parameters of the recipe: one or several values each.
    parameters: Option<BTreeMap<String, OneOrSeveral>>,
    /// The ARNs that the service may act for (aws:SourceArn).
    source_arns: Option<Vec<String>>,
    /// The accounts that the service may act for (aws:SourceAccount); the target's own by default.
    source_accounts: Option<Vec<String>>,
    /// Names under `targets`; every target by default.
    #[schemars(length(min = 1))]
    targets: Option<Vec<String>>,
    /// Regions; by default every Region of the targets in which the recipe's service delivers.
    #[schemars(length(min = 1))]
    regions: Option<Vec<String>>,
    /// Findings that are accepted for this grant.
    lint: Option<PolicyLintSchema>,
}

/// One value or a list of values.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrSeveral {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// Into which policies the grants go.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct PackingSchema {
    /// What their names begin with; `-1`, `-2` and so on follow it.
    #[schemars(extend("default" = Packing::default().prefix))]
    prefix: Option<String>,
    /// How many there may be.
    #[schemars(range(min = 1, max = 10))]
    #[schemars(extend("default" = Packing::default().max_policies))]
    max_policies: Option<u32>,
}

/// Findings that are raised to errors or accepted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct LintSchema {
    /// Codes that are errors, such as LP401.
    deny: Option<Vec<String>>,
    /// Codes that are accepted, each with the reason.
    allow: Option<BTreeMap<String, String>>,
}

/// Findings that are accepted for one policy.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct PolicyLintSchema {
    /// Codes that are accepted, each with the reason.
    allow: Option<BTreeMap<String, String>>,
}

/// A request that must be allowed, or must not be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["allow"]}, {"required": ["deny"]}]))]
#[expect(dead_code, reason = "only its schema is used")]
struct TestSchema {
    /// A request that must be allowed.
    allow: Option<RequestSchema>,
    /// A request that must not be allowed.
    deny: Option<RequestSchema>,
    /// Names under `targets`; every target by default.
    #[schemars(length(min = 1))]
    targets: Option<Vec<String>>,
    /// Regions. By default, what must not be allowed holds in every Region, and what must be allowed in one Region of
    /// each account at least.
    #[schemars(length(min = 1))]
    regions: Option<Vec<String>>,
}

/// A request.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct RequestSchema {
    /// The service principal, such as es.amazonaws.com.
    service: String,
    /// logs:PutLogEvents or logs:CreateLogStream.
    action: String,
    /// The name of the log group.
    log_group: String,
    /// The ARN that the service acts for (aws:SourceArn).
    source_arn: Option<String>,
    /// The account that the service acts for (aws:SourceAccount).
    source_account: Option<String>,
}

/// How much fits.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct LimitsSchema {
    /// Account policies per account and Region; AWS does not raise ten.
    #[schemars(range(min = 1, max = 10))]
    #[schemars(extend("default" = Limits::default().account_policies))]
    account_policies: Option<u32>,
    /// Bytes of one document.
    #[schemars(range(min = 1, max = 51200))]
    #[schemars(extend("default" = Limits::default().document_bytes))]
    document_bytes: Option<u32>,
    /// Bytes above which a document is worth a warning.
    #[schemars(range(min = 1, max = 51200))]
    #[schemars(extend("default" = Limits::default().warn_document_bytes))]
    warn_document_bytes: Option<u32>,
}

/// Where the record of what was applied lies.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum StateSchema {
    /// Nothing is recorded: every policy that the files name is ours, and nothing is ever deleted.
    Nothing(NoneSchema),
    /// A folder.
    Local(LocalSchema),
    /// A bucket.
    S3(BucketSchema),
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum NoneSchema {
    /// Nothing is recorded.
    None,
}

/// A folder.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct LocalSchema {
    /// The folder, relative to this file.
    local: String,
}

/// A bucket.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct BucketSchema {
    /// Where in Amazon S3.
    s3: S3Schema,
}

/// Where in Amazon S3.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct S3Schema {
    /// The bucket's name.
    bucket: String,
    /// What the keys begin with.
    prefix: Option<String>,
    /// The bucket's Region.
    region: String,
    /// The KMS key that objects are encrypted with.
    kms_key_id: Option<String>,
    /// Another S3-compatible service.
    endpoint_url: Option<String>,
}

/// How much of a policy is ours.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OwnershipSchema {
    /// The whole document.
    Document,
    /// Only the statements whose Sid stands here; those of others stay byte for byte.
    Statements,
}

/// What is done about policies that neither the files nor the record name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct UnmanagedSchema {
    /// Whether they stay.
    #[schemars(extend("default" = "keep"))]
    action: Option<ActionSchema>,
    /// Patterns for names of account policies, or `log-group:NAME`: never deleted, never drift, always counted.
    #[schemars(extend("default" = Unmanaged::default().ignore))]
    ignore: Option<Vec<String>>,
    /// Look for policies on every log group, not only on those named here.
    #[schemars(extend("default" = false))]
    discover_log_groups: Option<bool>,
}

/// What is done about an unmanaged policy.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ActionSchema {
    /// It stays.
    Keep,
    /// It is deleted, unless a pattern under `ignore` names it.
    Delete,
}

/// How much may change at one target in one plan.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct GuardsSchema {
    /// Deletions.
    #[schemars(extend("default" = Guards::default().max_deletes))]
    max_deletes: Option<u32>,
    /// Updates and deletions.
    #[schemars(extend("default" = Guards::default().max_changes))]
    max_changes: Option<u32>,
}

/// The JSON Schema (2020-12) of a desired-state file.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<FileSchema>().to_value()
}
