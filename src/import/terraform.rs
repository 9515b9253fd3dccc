//! A Terraform state, as Terraform keeps it (version 4) or as `terraform show -json` prints it.

use crate::model::{Node, Template};
use crate::policy::{Json, JsonError};

use super::declared::{Declared, DeclaredPolicy, Identity, Unusable, log_group_of};
use super::removed::Block;

/// The resource types that hold resource policies of CloudWatch Logs, of the providers `aws` and `awscc`.
const TYPES: [&str; 2] = ["aws_cloudwatch_log_resource_policy", "awscc_logs_resource_policy"];

/// Why a text is no Terraform state that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TerraformError {
    /// Not JSON.
    #[error("it is no JSON: {0}")]
    Json(#[from] JsonError),
    /// A state of another version.
    #[error("it is a Terraform state of version {0}, and version 4 is read")]
    Version(String),
    /// A plan.
    #[error("it is a Terraform plan, not a state")]
    Plan,
    /// Something else.
    #[error("it is neither a Terraform state nor what `terraform show -json` prints")]
    Other,
}

impl TerraformError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Version(_) => {
                "`terraform state pull` of Terraform 0.12 or later prints version 4; `terraform show -json` is read, too."
            }
            Self::Plan => "Run `terraform show -json` without the name of a plan.",
            Self::Json(_) | Self::Other => {
                "`terraform state pull > terraform.tfstate` and `terraform show -json > state.json` make such a file."
            }
        }
    }
}

/// Whether a text looks like a Terraform state, of whatever version.
pub fn is_terraform(text: &str) -> bool {
    let Ok(json) = Json::parse(text) else { return false };
    json.get("terraform_version").is_some()
        || json.get("format_version").is_some()
        || (json.get("version").is_some()
            && json.get("resources").is_some_and(|value| matches!(value, Json::Array(_))))
}

/// The policies of a state.
///
/// # Errors
/// [`TerraformError`] where the text as a whole cannot be read; what is wrong with one resource is a value.
pub fn terraform(text: &str) -> Result<Declared, TerraformError> {
    let json = Json::parse(text)?;
    let mut found = Declared::default();
    match (json.get("version"), json.get("format_version")) {
        (_, Some(_)) if json.get("planned_values").is_some() => return Err(TerraformError::Plan),
        (_, Some(_)) => {
            // A state without resources has no values.
            let root = json.get("values").and_then(|values| values.get("root_module"));
            root.into_iter().for_each(|root| shown_module(root, &mut found));
        }
        (Some(Json::Number(version)), None) if version == "4" => {
            let resources = json.get("resources").ok_or(TerraformError::Other)?;
            resources.items().iter().for_each(|resource| stored(resource, &mut found));
        }
        (Some(Json::Number(version)), None) => return Err(TerraformError::Version(version.clone())),
        _ => return Err(TerraformError::Other),
    }
    Ok(found)
}

fn text<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    json.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

fn is_ours(resource: &Json) -> bool {
    text(resource, "mode") == Some("managed")
        && text(resource, "type").is_some_and(|kind| TYPES.contains(&kind))
}

/// A resource of a state with all its instances.
fn stored(resource: &Json, found: &mut Declared) {
    if !is_ours(resource) {
        return;
    }
    let (kind, name) =
        (text(resource, "type").unwrap_or_default(), text(resource, "name").unwrap_or_default());
    let module = text(resource, "module").map(|module| format!("{module}.")).unwrap_or_default();
    let address = format!("{module}{kind}.{name}");
    for instance in resource.get("instances").map(Json::items).unwrap_or_default() {
        // What a failed replacement left behind is no longer the resource.
        if instance.get("deposed").is_some() {
            continue;
        }
        let key = instance.get("index_key").filter(|key| **key != Json::Null);
        let key = key.map(|key| format!("[{key}]")).unwrap_or_default();
        policy(format!("{address}{key}"), instance.get("attributes").unwrap_or(&Json::Null), found);
    }
}

/// A module of `terraform show -json`, and those inside of it.
fn shown_module(module: &Json, found: &mut Declared) {
    for resource in module.get("resources").map(Json::items).unwrap_or_default() {
        if is_ours(resource) && resource.get("deposed_key").is_none() {
            let address = text(resource, "address").unwrap_or_default().to_owned();
            policy(address, resource.get("values").unwrap_or(&Json::Null), found);
        }
    }
    let modules = module.get("child_modules").map(Json::items).unwrap_or_default();
    modules.iter().for_each(|module| shown_module(module, found));
}

/// One instance.
fn policy(origin: String, attributes: &Json, found: &mut Declared) {
    let block = Block::of(&origin);
    match read(attributes) {
        Ok((identity, document)) => {
            let arn = log_group(attributes).and_then(log_group_of);
            let region = text(attributes, "region").and_then(|region| region.parse().ok());
            let (region, account) = match arn {
                Some((region, account, _)) => (Some(region), Some(account)),
                None => (region, None),
            };
            let place = None;
            found.policies.push(DeclaredPolicy { origin, place, identity, document, account, region, block });
        }
        Err(because) => found.unusable.push(Unusable { origin, place: None, because, block }),
    }
}

/// The ARN of the log group that a policy hangs on; account policies have none.
fn log_group(attributes: &Json) -> Option<&str> {
    let is_account = text(attributes, "policy_scope") == Some("ACCOUNT");
    text(attributes, "resource_arn").filter(|_| !is_account)
}

fn read(attributes: &Json) -> Result<(Identity, Node), String> {
    let identity = match (log_group(attributes), text(attributes, "policy_name")) {
        (Some(arn), _) => {
            let (_, _, name) = log_group_of(arn).ok_or("its resource_arn is not that of a log group")?;
            Identity::LogGroup(Template::text(name))
        }
        (None, Some(name)) => Identity::Name(Template::text(name)),
        (None, None) => return Err("it has neither a policy_name nor a resource_arn".to_owned()),
    };
    let document = text(attributes, "policy_document").ok_or("it has no policy_document")?;
    let document =
        Json::parse(document).map_err(|error| format!("its policy_document is no JSON: {error}"))?;
    Ok((identity, Node::from(&document)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(found: &Declared) -> Vec<String> {
        let target = "111122223333/us-east-1".parse().expect("a target");
        let one = |policy: &DeclaredPolicy| {
            let block = policy.block.as_ref().map(Block::as_str).unwrap_or_default();
            let region = policy.region.as_ref().map(|region| region.as_str()).unwrap_or_default();
            format!("{} {} {block} {region}", policy.origin, policy.key(&target))
        };
        let left_out = found.unusable.iter().map(|one| format!("{}: {}", one.origin, one.because));
        found.policies.iter().map(one).chain(left_out).collect()
    }

    const DOCUMENT: &str = r#""policy_document":"{\"Version\":\"2012-10-17\",\"Statement\":[]}""#;

    #[test]
    fn a_state_of_version_4() {
        let kind = TYPES[0];
        let text = format!(
            r#"{{"version":4,"terraform_version":"1.9.0","resources":[
            {{"mode":"managed","type":"{kind}","name":"one","instances":[
                {{"schema_version":0,"attributes":{{"policy_name":"a",{DOCUMENT},"region":"eu-west-1","resource_arn":null}}}}]}},
            {{"module":"module.m[\"x.y\"]","mode":"managed","type":"{kind}","name":"many","instances":[
                {{"index_key":0,"attributes":{{"policy_name":"b",{DOCUMENT}}}}},
                {{"index_key":"k\"","attributes":{{"policy_name":"","resource_arn":
                    "arn:aws:logs:us-west-2:111122223333:log-group:/x:*",{DOCUMENT}}}}},
                {{"index_key":"old","deposed":"00","attributes":{{}}}},
                {{"index_key":"bad","attributes":{{"policy_name":"c","policy_document":"{{"}}}}]}},
            {{"mode":"data","type":"{kind}","name":"no","instances":[{{}}]}},
            {{"mode":"managed","type":"aws_instance","name":"no","instances":[{{"attributes":{{"big":1e999}}}}]}},
            {{"mode":"managed","type":"{}","name":"cc","instances":[{{"attributes":{{}}}}]}}]}}"#,
            TYPES[1]
        );
        assert!(is_terraform(&text));
        let found = shown(&terraform(&text).expect("a state"));
        let many = format!("module.m.{kind}.many");
        assert_eq!(
            found[..3],
            [
                format!("{kind}.one policy:a {kind}.one eu-west-1"),
                format!("module.m[\"x.y\"].{kind}.many[0] policy:b {many} "),
                format!("module.m[\"x.y\"].{kind}.many[\"k\\\"\"] log-group:/x {many} us-west-2"),
            ]
        );
        assert!(found[3].contains("many[\"bad\"]: its policy_document is no JSON"), "{found:?}");
        assert_eq!(found[4], format!("{}.cc: it has neither a policy_name nor a resource_arn", TYPES[1]));
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn what_terraform_shows() {
        let kind = TYPES[0];
        let text = format!(
            r#"{{"format_version":"1.0","terraform_version":"1.9.0","values":{{"root_module":{{
            "resources":[{{"address":"{kind}.one","mode":"managed","type":"{kind}","name":"one","values":
                {{"policy_name":"a",{DOCUMENT}}}}}],
            "child_modules":[{{"address":"module.m[0]","child_modules":[{{"address":"module.m[0].module.n","resources":[
                {{"address":"module.m[0].module.n.{kind}.x[\"k\"]","mode":"managed","type":"{kind}","name":"x","index":"k",
                  "values":{{"policy_name":"b",{DOCUMENT}}}}}]}}]}}]}}}}}}"#
        );
        assert_eq!(
            shown(&terraform(&text).expect("a state")),
            [
                format!("{kind}.one policy:a {kind}.one "),
                format!("module.m[0].module.n.{kind}.x[\"k\"] policy:b module.m.module.n.{kind}.x "),
            ]
        );
        assert!(terraform(r#"{"format_version":"1.0"}"#).expect("an empty state").policies.is_empty());
    }

    #[test]
    fn other_files_say_what_they_are() {
        for (text, error) in [
            (r#"{"version":3,"modules":[]}"#, TerraformError::Version("3".to_owned())),
            (r#"{"format_version":"1.2","planned_values":{}}"#, TerraformError::Plan),
            (r#"{"Resources":{}}"#, TerraformError::Other),
            ("[]", TerraformError::Other),
            (r#"{"version":4}"#, TerraformError::Other),
        ] {
            assert_eq!(terraform(text).map(|_| ()), Err(error), "{text}");
        }
        assert!(matches!(terraform("{"), Err(TerraformError::Json(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused(
            text in r#"(\{|\}|\[|\]|,|:|"version"|"format_version"|4|"resources"|"mode"|"managed"|"type"|"name"|"instances"|"values"|"root_module"|"attributes"|"aws_cloudwatch_log_resource_policy"|null|[ -~]){0,40}"#
        ) {
            let _ = terraform(&text);
            let _ = is_terraform(&text);
            let _ = Block::of(&text);
        }
    }
}
