//! IAM policies that our own commands need, and who may take the role that has them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::{AccountId, Partition, S3Location};

/// What some credentials will ask AWS for.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Whether they assume roles and never touch policies themselves.
    pub only_assumes: bool,
    /// The ARNs of roles that they assume.
    pub roles: BTreeSet<String>,
    /// Whether it writes and deletes policies.
    pub writes: bool,
    /// Whether it walks through all log groups.
    pub discovers: bool,
    /// Whether it asks CloudTrail who wrote what.
    pub attributes: bool,
    /// Whether it asks for the accounts of an organization.
    pub lists_accounts: bool,
    /// Whether it asks for the accounts of units of an organization.
    pub lists_units: bool,
    /// Whether it asks accounts for their Regions.
    pub lists_regions: bool,
    /// Where records lie, if in a bucket.
    pub bucket: Option<S3Location>,
}

/// A GitHub repository whose workflows may take a role.
#[derive(Debug, Clone)]
pub struct Workflow {
    /// `OWNER/NAME`.
    pub repository: String,
    /// The account of the role.
    pub account: AccountId,
    /// The partition of the account.
    pub partition: Partition,
    /// Which of its runs: `ref:refs/heads/main`, `pull_request`, `environment:production`.
    pub subjects: Vec<String>,
}

/// The least policy for some needs.
///
/// The actions of CloudWatch Logs and CloudTrail take neither a resource nor a condition here
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>). Those of
/// Organizations could be narrowed to ARNs with the ids of the organization and of all units below, which are not known here.
pub fn permissions_json(needs: &Needs) -> String {
    let Needs {
        only_assumes,
        roles,
        writes,
        discovers,
        attributes,
        lists_accounts,
        lists_units,
        lists_regions,
        bucket,
    } = needs;
    let mut read = vec!["logs:DescribeResourcePolicies"];
    if *discovers {
        read.push("logs:DescribeLogGroups");
    }
    if *attributes {
        read.push("cloudtrail:LookupEvents");
        read.sort_unstable();
    }
    let mut statements = Vec::new();
    if !only_assumes {
        statements.push(statement("ReadPolicies", &read, "*"));
    }
    if *writes && !only_assumes {
        let write = ["logs:DeleteResourcePolicy", "logs:PutResourcePolicy"];
        statements.push(statement("WritePolicies", &write, "*"));
    }
    let mut find = Vec::new();
    if *lists_regions {
        find.push("account:ListRegions");
    }
    if *lists_accounts {
        find.push("organizations:ListAccounts");
    }
    if *lists_units {
        find.push("organizations:ListAccountsForParent");
        find.push("organizations:ListOrganizationalUnitsForParent");
    }
    if !find.is_empty() {
        statements.push(statement("FindTargets", &find, "*"));
    }
    if !roles.is_empty() {
        let mut assume = statement("AssumeRoles", &["sts:AssumeRole"], "");
        assume["Resource"] = json!(roles);
        statements.push(assume);
    }
    if let Some(bucket) = bucket {
        statements.extend(record(bucket, *writes));
    }
    policy(&statements)
}

/// What the record in a bucket needs: its objects under the prefix, and the key that they are encrypted with.
fn record(location: &S3Location, writes: bool) -> Vec<Value> {
    let S3Location { bucket, prefix, region, kms_key_id, endpoint_url: _ } = location;
    let partition = region.partition();
    let bucket = format!("arn:{partition}:s3:::{bucket}");
    let under = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let mut list = statement("ListRecords", &["s3:ListBucket"], &bucket);
    list["Condition"] = json!({ "StringLike": { "s3:prefix": format!("{under}*") } });
    let actions: &[&str] =
        if writes { &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"] } else { &["s3:GetObject"] };
    let name = if writes { "KeepRecords" } else { "ReadRecords" };
    let mut statements = vec![list, statement(name, actions, &format!("{bucket}/{under}*"))];
    // An alias is no resource of a policy; its key's ARN is not known here.
    if let Some(key) = kms_key_id.as_ref().filter(|key| key.starts_with("arn:") && key.contains(":key/")) {
        let actions: &[&str] =
            if writes { &["kms:Decrypt", "kms:GenerateDataKey"] } else { &["kms:Decrypt"] };
        statements.push(statement("UseRecordKey", actions, key));
    } else if kms_key_id.is_some() {
        let actions: &[&str] =
            if writes { &["kms:Decrypt", "kms:GenerateDataKey"] } else { &["kms:Decrypt"] };
        let mut any = statement("UseRecordKey", actions, &format!("arn:{partition}:kms:{region}:*:key/*"));
        any["Condition"] = json!({ "StringLike": { "kms:ViaService": format!("s3.{region}.*") } });
        statements.push(any);
    }
    statements
}

/// The trust policy of a role that workflows of a GitHub repository take with OIDC
/// (<https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws>).
pub fn trust_json(workflow: &Workflow) -> String {
    let Workflow { repository, account, partition, subjects } = workflow;
    let issuer = "token.actions.githubusercontent.com";
    let subjects: Vec<String> =
        subjects.iter().map(|subject| format!("repo:{repository}:{subject}")).collect();
    let subjects = if let [only] = subjects.as_slice() { json!(only) } else { json!(subjects) };
    policy(&[json!({
        "Sid": "GitHubWorkflow",
        "Effect": "Allow",
        "Principal": { "Federated": format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}") },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": { format!("{issuer}:aud"): "sts.amazonaws.com", format!("{issuer}:sub"): subjects },
        },
    })])
}

fn statement(sid: &str, actions: &[&str], resource: &str) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource })
}

fn policy(statements: &[Value]) -> String {
    format!("{:#}\n", json!({ "Version": "2012-10-17", "Statement": statements }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(needs: &Needs) -> Vec<String> {
        let policy: Value = serde_json::from_str(&permissions_json(needs)).expect("JSON");
        let statements = policy["Statement"].as_array().expect("statements").clone();
        let actions =
            statements.iter().flat_map(|statement| statement["Action"].as_array().expect("a list").clone());
        let actions: Vec<String> = actions.map(|action| action.as_str().expect("text").to_owned()).collect();
        actions
    }

    #[test]
    fn nothing_is_asked_for_that_is_not_needed() {
        let read = Needs::default();
        assert_eq!(actions(&read), ["logs:DescribeResourcePolicies"]);
        let all = Needs { writes: true, discovers: true, attributes: true, ..Needs::default() };
        assert_eq!(
            actions(&all),
            [
                "cloudtrail:LookupEvents",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:DeleteResourcePolicy",
                "logs:PutResourcePolicy"
            ]
        );
    }

    #[test]
    fn who_only_assumes_roles_needs_nothing_else() {
        let roles = BTreeSet::from(["arn:aws:iam::111122223333:role/logpolicy".to_owned()]);
        let caller = Needs { only_assumes: true, roles: roles.clone(), writes: true, ..Needs::default() };
        assert_eq!(actions(&caller), ["sts:AssumeRole"]);
        assert!(permissions_json(&caller).contains("role/logpolicy"));
        let some = Needs { roles, ..Needs::default() };
        assert_eq!(actions(&some), ["logs:DescribeResourcePolicies", "sts:AssumeRole"]);
    }

    #[test]
    fn who_finds_targets_may_ask_for_them() {
        let whole = Needs { lists_accounts: true, lists_regions: true, ..Needs::default() };
        let read = "logs:DescribeResourcePolicies";
        assert_eq!(actions(&whole), [read, "account:ListRegions", "organizations:ListAccounts"]);
        let roles = BTreeSet::from(["arn:aws:iam::*:role/logpolicy".to_owned()]);
        let units = Needs { only_assumes: true, lists_units: true, roles, ..Needs::default() };
        assert_eq!(
            actions(&units),
            [
                "organizations:ListAccountsForParent",
                "organizations:ListOrganizationalUnitsForParent",
                "sts:AssumeRole"
            ]
        );
    }

    #[test]
    fn the_record_is_reached_under_its_prefix_only() {
        let location = S3Location {
            bucket: "records".to_owned(),
            prefix: "logs".to_owned(),
            region: "cn-north-1".parse().expect("a Region"),
            kms_key_id: Some("alias/records".to_owned()),
            endpoint_url: None,
        };
        let reads = Needs { bucket: Some(location.clone()), ..Needs::default() };
        let text = permissions_json(&reads);
        assert!(
            !text.contains("Put") && !text.contains("Delete") && !text.contains("GenerateDataKey"),
            "{text}"
        );
        assert!(text.contains("\"arn:aws-cn:s3:::records/logs/*\""), "{text}");
        assert!(text.contains("\"s3.cn-north-1.*\""), "{text}");
        let writes = Needs { writes: true, bucket: Some(location), ..Needs::default() };
        assert!(permissions_json(&writes).contains("kms:GenerateDataKey"));
    }
}
