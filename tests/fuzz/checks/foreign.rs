//! What other tools declare: whatever is imported from it is written as YAML that says the same when it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use logpolicy::config::parse_with;
use logpolicy::import::{Declared, DeclaredPolicy, cloudformation as read_template, terraform};
use logpolicy::model::{Access, Directory, Limits, PolicyKey, Severity, Sources, Target};
use logpolicy::policy::Document;
use logpolicy::report::{DeclaredTarget, DesiredEntry, DesiredFile, desired_yaml};

pub fn terraform_state(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(declared) = terraform(text) {
        written_and_read(&declared);
    }
}

pub fn cloudformation(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut sources = Sources::default();
    let file = sources.add("template.yaml", text);
    if let Ok(declared) = read_template(&sources, file, &BTreeMap::new(), Some("amazonaws.com")) {
        written_and_read(&declared);
    }
}

/// Every policy by itself, for two of one name would be a finding.
fn written_and_read(declared: &Declared) {
    let target: Target = "111122223333/us-east-1".parse().unwrap();
    for policy in &declared.policies {
        let _ = policy.places(std::slice::from_ref(&target), false);
        let (key, text) = written(policy, &target);
        let files = [(PathBuf::from("/nowhere/logpolicy.yaml"), text.clone())];
        let loaded = parse_with(&[], &files).unwrap().loaded(&Directory::default());
        let errors = loaded.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
        let codes: BTreeSet<&str> = errors.map(|finding| finding.code.0).collect();
        if !codes.is_empty() {
            eprintln!(
                "CODES {codes:?} {:?}",
                loaded.diagnostics.iter().map(|f| f.message.clone()).collect::<Vec<_>>()
            );
            // A name that AWS does not take, a document that is too odd: the import leaves it out and says so.
            continue;
        }
        let at = &loaded.desired.targets[0];
        let read = loaded.desired.at(at).policies;
        assert!(read.contains_key(&key), "{key} is written as\n{text}");
        let document = Document::from_json(policy.document.at(&target));
        assert_eq!(*read[&key].document, document, "{:?}\n{text}", document.text());
    }
}

fn written(policy: &DeclaredPolicy, target: &Target) -> (PolicyKey, String) {
    let key = policy.key(target);
    let declared = DeclaredTarget {
        account: target.account.to_string(),
        regions: vec![target.region.to_string()],
        access: Access::default(),
        limits: Limits::default(),
    };
    let entry = DesiredEntry {
        key: key.clone(),
        document: policy.document.clone(),
        targets: Vec::new(),
        regions: Vec::new(),
        adopt: false,
        replaces: Vec::new(),
        accepted: BTreeMap::new(),
        comments: vec![policy.origin.clone()],
    };
    let file = DesiredFile {
        targets: BTreeMap::from([("main".to_owned(), declared)]),
        policies: vec![entry],
        ..DesiredFile::default()
    };
    (key, desired_yaml(&file).0)
}
