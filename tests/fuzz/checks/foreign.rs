//! What other tools declare: whatever is imported from it is written as YAML that says the same when it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use logpolicy::config::parse_with;
use logpolicy::import::{
    Declared, DeclaredPolicy, Found, Joined, cloudformation as read_template, joined, terraform,
};
use logpolicy::model::{Access, Directory, Limits, Severity, Sources, Target};
use logpolicy::policy::Document;
use logpolicy::report::{DeclaredTarget, DesiredEntry, DesiredFile, desired_yaml};
use serde_json::json;

use super::choices::Choices;

pub fn terraform_state(data: &[u8]) {
    std::str::from_utf8(data).into_iter().for_each(state);
    // A state that holds what nobody means.
    let mut choices = Choices::new(data);
    let (name, document) = (*choices.of(&WORDS), odd(&mut choices, 0));
    let attributes = json!({"policy_name": name, "policy_document": document});
    let resource = json!({"mode": "managed", "type": "aws_cloudwatch_log_resource_policy", "name": name,
        "instances": [{"index_key": name, "attributes": attributes}]});
    state(&json!({"version": 4, "resources": [resource]}).to_string());
}

fn state(text: &str) {
    if let Ok(declared) = terraform(text) {
        written_and_read(&declared);
    }
}

pub fn cloudformation(data: &[u8]) {
    std::str::from_utf8(data).into_iter().for_each(template);
    let mut choices = Choices::new(data);
    let (name, document) = (*choices.of(&WORDS), odd(&mut choices, 0));
    let properties = |document: &str| {
        format!(
            r#"{{"Resources":{{"P":{{"Type":"AWS::Logs::ResourcePolicy","Properties":{{"PolicyName":{},
                "PolicyDocument":{document}}}}}}}}}"#,
            json!(name)
        )
    };
    template(&properties(&json!(document).to_string()));
    template(&properties(&json!({ "Fn::Sub": document }).to_string()));
    template(&properties(&document));
}

fn template(text: &str) {
    let mut sources = Sources::default();
    let file = sources.add("template.yaml", text);
    if let Ok(declared) = read_template(&sources, file, &BTreeMap::new(), Some("amazonaws.com")) {
        written_and_read(&declared);
    }
}

/// Texts that mean something to YAML, to JSON, to us or to other tools.
const WORDS: [&str; 40] = [
    "a",
    "",
    " ",
    "- a",
    "-",
    "? a",
    "a: b",
    "a:",
    ": a",
    "a #b",
    "#",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "|",
    ">",
    "'",
    "\"",
    "\\",
    "~",
    "null",
    "true",
    "no",
    "0x1F",
    "1e400",
    "-0",
    "---",
    "a\nb",
    "a\r",
    "\t",
    "a\u{85}b",
    "\u{feff}",
    "\u{202e}\u{e0001}",
    "\u{f8f0}",
    "${account}",
    "$${AWS::Region}${!x}${",
    "{{resolve:x}} ünlü",
];

/// JSON as a text, of the words and of numbers that few can hold.
fn odd(choices: &mut Choices<'_>, depth: usize) -> String {
    let (parts, number) = (choices.below(if depth < 5 { 8 } else { 4 }), choices.below(4));
    let word = |choices: &mut Choices<'_>| json!(choices.of(&WORDS)).to_string();
    match parts {
        0 => (*choices.of(&["null", "false", "1.50", "1E400", "-0", "118446744073709551616", "0.0e-7"]))
            .to_owned(),
        1..4 => word(choices),
        4 => format!("[{}]", (0..number).map(|_| odd(choices, depth + 1)).collect::<Vec<_>>().join(",")),
        _ => {
            let member = |_| format!("{}:{}", word(choices), odd(choices, depth + 1));
            format!("{{{}}}", (0..number).map(member).collect::<Vec<_>>().join(","))
        }
    }
}

/// The targets that it is imported to: documents of both become one where they can.
const TARGETS: [&str; 2] = ["111122223333/us-east-1", "444455556666/eu-west-1"];

/// Every policy by itself, for two of one name would be a finding.
fn written_and_read(declared: &Declared) {
    let targets = TARGETS.map(|target| target.parse::<Target>().unwrap());
    for policy in &declared.policies {
        let _ = policy.places(&targets, false);
        let text = written(policy, &targets);
        let files = [(PathBuf::from("/nowhere/logpolicy.yaml"), text.clone())];
        let loaded = parse_with(&[], &files).unwrap().loaded(&Directory::default());
        let errors = loaded.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
        let codes: BTreeSet<&str> = errors.map(|finding| finding.code.0).collect();
        if !codes.is_empty() {
            // A name that AWS does not take, a document with a repeated key: the import leaves it out and says so.
            let known = BTreeSet::from(["LP104", "LP105"]);
            assert!(codes.is_subset(&known), "{:?} in\n{text}", loaded.diagnostics);
            continue;
        }
        for at in &loaded.desired.targets {
            let (key, read) = (policy.key(&at.target), loaded.desired.at(at).policies);
            assert!(read.contains_key(&key), "{key} is written as\n{text}");
            let document = Document::from_json(policy.document.at(&at.target));
            assert_eq!(*read[&key].document, document, "{:?}\n{text}", document.text());
        }
    }
}

/// The file that an import to these targets writes.
fn written(policy: &DeclaredPolicy, targets: &[Target]) -> String {
    let found = targets.iter().map(|target| Found {
        target: target.clone(),
        key: policy.key(target),
        document: policy.document.clone(),
    });
    let entry = |joined: Joined| DesiredEntry {
        key: joined.key,
        document: joined.document,
        targets: joined.targets.iter().map(|target| target.account.to_string()).collect(),
        regions: Vec::new(),
        adopt: false,
        replaces: Vec::new(),
        accepted: BTreeMap::new(),
        comments: vec![policy.origin.clone()],
    };
    let declared = targets.iter().map(|target| {
        let account = target.account.to_string();
        let regions = vec![target.region.to_string()];
        let (access, limits) = (Access::default(), Limits::default());
        (account.clone(), DeclaredTarget { account, regions, access, limits })
    });
    let (targets, policies) = (declared.collect(), joined(found).into_iter().map(entry).collect());
    desired_yaml(&DesiredFile { targets, policies, ..DesiredFile::default() }).0
}
