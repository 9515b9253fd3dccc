//! What is asked of AWS before targets are known, and what becomes of the answers.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Parsed, parse_with};
use crate::model::{AccountsOf, Directory, Members, Partition, RegionsOf, Severity};

/// A file with these targets.
fn parsed(targets: &str) -> Parsed {
    with_policies(targets, "[]")
}

fn with_policies(targets: &str, policies: &str) -> Parsed {
    let text = format!("version: 1\ntargets:\n{targets}\npolicies: {policies}\n");
    parse_with(&[], &[(PathBuf::from("x.yaml"), text)]).expect("readable")
}

/// `account/Region by role's account or -`, for each target.
fn targets(parsed: Parsed, directory: &Directory) -> Vec<String> {
    let loaded = parsed.loaded(directory);
    assert!(!loaded.diagnostics.has_errors(), "{:?}", loaded.diagnostics);
    let shown = |at: &crate::model::DesiredTarget| {
        let names: Vec<&str> = at.names.iter().map(String::as_str).collect();
        format!("{} {}", at.target, names.join("+"))
    };
    loaded.desired.targets.iter().map(shown).collect()
}

/// The errors, each as `line:column message`.
fn errors(parsed: Parsed, directory: &Directory) -> Vec<String> {
    let loaded = parsed.loaded(directory);
    let errors = loaded.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
    let place = |finding: &crate::model::Diagnostic| {
        let at = finding.span.and_then(|span| loaded.sources.location(span)).expect("a place");
        format!("{}:{} {}", at.line, at.column, finding.message)
    };
    errors.map(place).collect()
}

fn accounts(ids: &[&str]) -> BTreeSet<crate::model::AccountId> {
    ids.iter().map(|id| id.parse().expect("an account")).collect()
}

fn members(active: &[&str], inactive: &[&str]) -> Members {
    Members { active: accounts(active), inactive: accounts(inactive) }
}

fn units(parsed: &Parsed) -> Vec<(Option<String>, Option<String>, &'static str)> {
    let asked = parsed.accounts_asked().into_iter();
    asked.map(|asked| asked.question).map(|of| (of.profile, of.unit, of.partition.as_str())).collect()
}

const A: &str = "111122223333";
const B: &str = "222233334444";
const ROLE: &str = "assume_role: 'arn:${partition}:iam::${account}:role/x'";

/// Answers everything: all questions for accounts with `members`, all for Regions with `regions`.
fn directory(parsed: &Parsed, members: &Members, regions: &[&str]) -> Directory {
    let accounts = parsed.accounts_asked().into_iter().map(|asked| (asked.question, members.clone()));
    let mut directory = Directory { accounts: accounts.collect(), ..Directory::default() };
    let regions: BTreeSet<_> = regions.iter().map(|region| region.parse().expect("a Region")).collect();
    let asked = parsed.regions_asked(&directory).into_iter();
    directory.regions = asked.map(|asked| (asked.question, regions.clone())).collect();
    directory
}

#[test]
fn files_without_open_targets_ask_nothing() {
    let parsed = parsed("  a: { account: '111122223333', regions: [us-east-1] }");
    assert!(parsed.accounts_asked().is_empty() && parsed.regions_asked(&Directory::default()).is_empty());
    assert!(parsed.loaded(&Directory::default()).open.is_empty());
}

#[test]
fn each_question_is_asked_once() {
    let text = format!(
        "  a: {{ organization: {{}}, regions: [us-east-1], {ROLE} }}\n\
         \x20 b: {{ organization: {{ exclude: ['{A}'] }}, regions: [eu-west-1], {ROLE} }}\n\
         \x20 c: {{ organization: {{ units: [ou-ab12-11111111, r-ab12] }}, regions: [us-east-1], {ROLE} }}\n\
         \x20 d: {{ organization: {{ units: [r-ab12] }}, profile: p, regions: [cn-north-1], {ROLE} }}\n\
         \x20 e: {{ organization: {{ units: [r-ab12] }}, regions: [all], assume_role: 'arn:aws-us-gov:iam::${{account}}:role/x' }}"
    );
    let own = |unit: Option<&str>, partition| (None, unit.map(ToOwned::to_owned), partition);
    let expected = [
        own(None, "aws"),
        own(Some("ou-ab12-11111111"), "aws"),
        own(Some("r-ab12"), "aws"),
        own(Some("r-ab12"), "aws-us-gov"),
        (Some("p".to_owned()), Some("r-ab12".to_owned()), "aws-cn"),
    ];
    assert_eq!(units(&parsed(&text)), expected);
    let asked = parsed(&text).accounts_asked();
    let place = asked[1].place.clone().expect("a place");
    assert_eq!((place.line, place.column, asked[1].target.as_str()), (5, 32, "c"));
}

#[test]
fn accounts_are_those_of_all_units_that_are_active_and_not_excluded() {
    let text = format!(
        "  a: {{ organization: {{ units: [r-ab12, ou-ab12-11111111], exclude: ['{B}', '999900001111'] }}, regions: [us-east-1], {ROLE} }}"
    );
    let (mut directory, of) = (Directory::default(), |unit: &str| AccountsOf {
        profile: None,
        partition: Partition::AWS,
        unit: Some(unit.to_owned()),
    });
    directory.accounts.insert(of("r-ab12"), members(&[A, B], &["999900001111"]));
    assert!(parsed(&text).memberships(&directory).is_empty(), "one question is still open");
    directory.accounts.insert(of("ou-ab12-11111111"), members(&[A, "333344445555"], &["444455556666"]));
    let membership = &parsed(&text).memberships(&directory)[0];
    assert_eq!((membership.found, membership.chosen, membership.never_found.len()), (5, 2, 0));
    assert_eq!(
        targets(parsed(&text), &directory),
        [format!("{A}/us-east-1 a"), "333344445555/us-east-1 a".to_owned()]
    );
}

#[test]
fn all_regions_are_asked_for_by_account_and_access() {
    let text = format!(
        "  a: {{ accounts: ['{A}', '{B}'], regions: [all], {ROLE} }}\n\
         \x20 b: {{ account: '{A}', regions: [all], {ROLE} }}\n\
         \x20 c: {{ account: '333344445555', regions: [all], profile: p }}"
    );
    let first = parsed(&text);
    let asked: Vec<RegionsOf> =
        first.regions_asked(&Directory::default()).into_iter().map(|asked| asked.question).collect();
    let shown = |of: &RegionsOf| {
        let role = of.access.role.as_ref().map(|role| role.arn.clone()).unwrap_or_default();
        format!("{} {}{role}", of.account, of.access.profile.clone().unwrap_or_default())
    };
    assert_eq!(
        asked.iter().map(shown).collect::<Vec<_>>(),
        [
            format!("{A} arn:aws:iam::{A}:role/x"),
            format!("{B} arn:aws:iam::{B}:role/x"),
            "333344445555 p".to_owned()
        ]
    );
    let directory = directory(&first, &Members::default(), &["eu-west-1", "us-east-1"]);
    let found = targets(first, &directory);
    assert_eq!(found.len(), 6);
    assert_eq!(found[0], format!("{A}/eu-west-1 a+b"));
}

#[test]
fn what_is_not_known_is_stood_in_for() {
    let text = format!(
        "  a: {{ organization: {{}}, regions: [all], {ROLE} }}\n\
         \x20 b: {{ organization: {{ units: [r-ab12] }}, regions: [eu-west-1], {ROLE}, profile: p }}\n\
         \x20 c: {{ account: '{A}', regions: [all] }}\n\
         \x20 d: {{ account: '{B}', regions: [all], assume_role: 'arn:aws-cn:iam::${{account}}:role/x' }}"
    );
    let parsed = parsed(&text);
    let open = parse_with(&[], &[]).map(|none| none.loaded(&Directory::default()).open);
    assert!(open.expect("nothing").is_empty());
    assert_eq!(
        targets(parsed, &Directory::default()),
        [
            "000000000000/us-east-1 a".to_owned(),
            "000000000001/eu-west-1 b".to_owned(),
            format!("{A}/us-east-1 c"),
            format!("{B}/cn-northwest-1 d"),
        ]
    );
}

#[test]
fn regions_that_entries_name_stand_in_where_regions_are_not_known() {
    let policies = "\n  - { name: x, regions: [eu-west-1], document: { Statement: [] } }";
    let text =
        format!("  a: {{ account: '{A}', regions: [all] }}\n  b: {{ account: '{B}', regions: [eu-west-1] }}");
    let found = targets(with_policies(&text, policies), &Directory::default());
    assert_eq!(found, [format!("{A}/eu-west-1 a"), format!("{A}/us-east-1 a"), format!("{B}/eu-west-1 b")]);
    // Once they are known, a Region that no target has is a slip of the pen.
    let only = format!("  a: {{ account: '{A}', regions: [all] }}");
    let directory = directory(&with_policies(&only, policies), &Members::default(), &["us-east-1"]);
    assert_eq!(
        errors(with_policies(&only, policies), &directory),
        ["5:25 None of its targets has the Region eu-west-1."]
    );
}

#[test]
fn mistakes_are_shown_where_they_stand() {
    for (targets, expected) in [
        (
            "  a: { organization: {}, account: '1', regions: [us-east-1] }",
            "3:8 The target `a` has both `account` and `organization`, and only one may stand.",
        ),
        (
            "  a: { organization: { units: [x] }, regions: [us-east-1] }",
            "3:32 `x` is not the id of an organizational unit.",
        ),
        (
            "  a: { organization: { exclude: [111122223333] }, regions: [us-east-1] }",
            "3:34 An account id must be a string, and this is a bare number, which would lose a leading zero.",
        ),
        ("  a: { organization: {}, regions: [us-east-1, all] }", "3:47 `all` stands beside other Regions."),
        (
            "  a: { account: '111122223333', regions: all }",
            "3:42 `regions` must be a list, and this is a string.",
        ),
        (
            "  a: { organization: r-ab12, regions: [all] }",
            "3:22 `organization` must be a map, and this is a string.",
        ),
    ] {
        let found = errors(parsed(targets), &Directory::default());
        assert!(found.iter().any(|found| found == expected), "{targets}: {found:?}");
        assert!(parsed(targets).has_errors(), "nothing is looked up for {targets}");
    }
}

#[test]
fn one_account_reached_in_two_ways_is_an_error_once_it_is_known() {
    let text = format!(
        "  a: {{ organization: {{}}, regions: [us-east-1], {ROLE} }}\n  b: {{ account: '{A}', regions: [us-east-1] }}"
    );
    assert_eq!(errors(parsed(&text), &Directory::default()), Vec::<String>::new());
    let directory = directory(&parsed(&text), &members(&[A, B], &[]), &[]);
    let message = format!("4:3 {A}/us-east-1 is reached with other settings as well.");
    assert_eq!(errors(parsed(&text), &directory), [message]);
}
