//! What a plan says about its order: why each write stands where it stands, what it carries, and in which words.

#![allow(clippy::unwrap_used, reason = "a test")]

mod worlds;

use std::collections::BTreeSet;
use std::sync::Arc;

use logpolicy::model::PolicyKey;
use logpolicy::plan::{Operation, Precondition};
use logpolicy::policy::Document;
use worlds::said::{Case, Cell, Said, X, Y, cell, document, planned, walked};
use worlds::{World, plan_between};

/// Each operation with all that is said about it: number, write, what must stand there, Sids that are ours, slots, reasons.
fn told(case: &Case) -> Vec<String> {
    let plan = planned(case);
    walked(case, &plan).unwrap();
    let line = |operation: &Operation| {
        let precondition = match &operation.precondition {
            Precondition::Absent => "on nothing".to_owned(),
            Precondition::Document(_) => "on a document".to_owned(),
            Precondition::Revision { revision, .. } => format!("on revision {revision}"),
        };
        let claim = operation.claim.as_ref().map(|claim| {
            let statements: Vec<&str> = claim.statements.iter().map(String::as_str).collect();
            format!(", ours {}", statements.join(" "))
        });
        let waits: Vec<String> =
            operation.waits.iter().map(|(earlier, why)| format!("; {earlier}: {}", why.join(", "))).collect();
        let (id, kind, key, slots) = (operation.id, operation.kind.as_str(), &operation.key, operation.slots);
        let (claim, waits) = (claim.unwrap_or_default(), waits.concat());
        format!(
            "{id} {kind} {} {precondition}, {slots} slots{claim}{waits} | {}",
            key.identity,
            operation.because.join(", ")
        )
    };
    plan.operations.iter().map(line).collect()
}

fn on_log_group(mut cell: Cell) -> Cell {
    cell.log_group = true;
    cell
}

/// Two statements on the log group of the third cell.
const A: Said = (true, 0, 4, false);
const B: Said = (true, 1, 4, false);

#[test]
fn what_is_told_about_an_exchange() {
    let cells = vec![cell(Some(&[X]), Some(&[Y])), cell(Some(&[Y]), Some(&[X]))];
    let (es, events) = (
        "keeps PutLogEvents for es.amazonaws.com on /a*:*",
        "keeps PutLogEvents for events.amazonaws.com on /b*:*",
    );
    let carries = "carries statements until their new place is there";
    let told_at = |limit, bytes| told(&Case { cells: cells.clone(), limit, bytes });
    assert_eq!(
        told_at(2, 51_200),
        [
            format!(
                "1 put p0 on a document, 2 slots, ours S1000 S1110 | {carries}, \
                 cuts the knot of policy:p0 and policy:p1, each of which waits for another"
            ),
            format!("2 put p1 on a document, 2 slots, ours S1000; 1: {events} | {events}"),
            format!(
                "3 put p0 on a document, 2 slots, ours S1110; 1: the same policy; 2: {es} | {es}, the same policy"
            ),
        ]
    );
    // Where neither has room, a policy of its own stands in the free slot.
    let bytes = document(&[X, Y]).bytes() - 1;
    assert_eq!(
        told_at(3, bytes),
        [
            format!("1 put logpolicy-bridge on nothing, 3 slots, ours S1000 | {carries}"),
            format!("2 put p0 on a document, 3 slots, ours S1110; 1: {es} | {es}"),
            format!("3 put p1 on a document, 3 slots, ours S1000; 2: {events} | {events}"),
            format!(
                "4 delete logpolicy-bridge on a document, 2 slots; 1: the same policy; 3: {es} | {es}, the same policy"
            ),
        ]
    );
}

#[test]
fn what_is_told_about_a_slot() {
    let cells =
        vec![cell(Some(&[A]), None), cell(None, Some(&[A])), on_log_group(cell(Some(&[B]), Some(&[A])))];
    let keeps = "keeps PutLogEvents for es.amazonaws.com on /app-prod:*";
    assert_eq!(
        told(&Case { cells, limit: 1, bytes: 51_200 }),
        [
            "1 put /app-prod on revision 1, 1 slots, ours S1040 | ".to_owned(),
            format!("2 delete p0 on a document, 0 slots; 1: {keeps} | frees a slot for policy:p1, {keeps}"),
            "3 put p1 on nothing, 1 slots, ours S1040; 2: waits for the slot | waits for the slot".to_owned(),
        ]
    );
}

#[test]
fn a_log_group_that_carries_is_written_at_one_revision_after_the_other() {
    let more = [(true, 0, 1, false), (true, 1, 1, false)];
    let side = |one: Said| [&[one], &more[..]].concat();
    let cells = vec![
        cell(Some(&side(A)), Some(&side(B))),
        cell(None, None),
        on_log_group(cell(Some(&[B]), Some(&[A]))),
    ];
    let bytes = document(&side(A)).bytes().max(document(&side(B)).bytes());
    let (es, events) = ["es.amazonaws.com", "events.amazonaws.com"]
        .map(|service| format!("keeps PutLogEvents for {service} on /app-prod:*"))
        .into();
    assert_eq!(
        told(&Case { cells, limit: 1, bytes }),
        [
            "1 put /app-prod on revision 1, 1 slots, ours S1040 S1140 | carries statements until their new place is there, \
             cuts the knot of policy:p0 and log-group:/app-prod, each of which waits for another"
                .to_owned(),
            format!("2 put p0 on a document, 1 slots, ours S1010 S1110 S1140; 1: {es} | {es}"),
            format!(
                "3 put /app-prod on revision 2, 1 slots, ours S1040; 1: the same policy; 2: {events} | {events}, \
                 the same policy"
            ),
        ]
    );
}

/// What is taken over meanwhile is what is needed.
#[test]
fn what_nobody_needs_is_not_carried() {
    let gone = (true, 1, 4, false);
    let cells = vec![cell(Some(&[X]), Some(&[Y])), cell(Some(&[Y, gone]), Some(&[X]))];
    let told = told(&Case { cells, limit: 2, bytes: 51_200 });
    assert_eq!(told.len(), 3);
    assert!(told[0].starts_with("1 put p0 on a document, 2 slots, ours S1000 S1110 |"), "{told:#?}");
}

#[test]
fn a_knot_of_three_is_named_and_cut_once() {
    let w = (true, 0, 1, false);
    // The last one waits for the second, and nobody for it.
    let cells = vec![
        cell(Some(&[X]), Some(&[Y])),
        cell(Some(&[Y]), Some(&[w, B])),
        cell(Some(&[w]), Some(&[X])),
        cell(Some(&[B]), None),
    ];
    let told = told(&Case { cells, limit: 4, bytes: 51_200 });
    let knot = "cuts the knot of policy:p0 and policy:p1 and policy:p2, each of which waits for another";
    assert!(told[0].starts_with("1 put p0 ") && told[0].ends_with(knot), "{told:#?}");
    assert_eq!(told.iter().filter(|line| line.contains("knot")).count(), 1);
    assert_eq!(told.len(), 5);
}

#[test]
fn who_carries_for_others_cuts_no_knot() {
    let (w, z) = ((true, 0, 1, false), (true, 1, 6, false));
    let cells = vec![cell(Some(&[w]), Some(&[w, z])), cell(Some(&[X]), None), cell(None, Some(&[X]))];
    let told = told(&Case { cells, limit: 2, bytes: 51_200 });
    assert_eq!(told.len(), 4, "{told:#?}");
    assert!(told[0].contains("carries statements") && !told.concat().contains("knot"), "{told:#?}");
}

#[test]
fn what_is_denied_all_the_while_is_said() {
    let (allow_all, deny) = ((true, 0, 5, false), (false, 0, 0, false));
    let cells = vec![cell(None, Some(&[allow_all])), cell(Some(&[Y]), Some(&[Y, deny]))];
    let denies = "denies PutLogEvents for es.amazonaws.com on /a*:* all the while";
    assert_eq!(
        told(&Case { cells, limit: 10, bytes: 51_200 }),
        [
            "1 put p1 on a document, 1 slots, ours S0000 S1110 | ".to_owned(),
            format!("2 put p0 on nothing, 2 slots, ours S1050; 1: {denies} | {denies}"),
        ]
    );
    let cells = vec![cell(Some(&[allow_all]), None), cell(Some(&[Y, deny]), Some(&[Y]))];
    assert_eq!(
        told(&Case { cells, limit: 10, bytes: 51_200 }),
        [
            "1 delete p0 on a document, 1 slots | ".to_owned(),
            format!("2 put p1 on a document, 1 slots, ours S1110; 1: {denies} | {denies}"),
        ]
    );
}

/// Two policies come to deny the same, and the second waits for the first for another reason: without the first there is neither.
#[test]
fn what_two_writes_keep_waits_for_the_one_without_which_there_is_neither() {
    let (allow_all, deny) = ((true, 0, 5, false), (false, 0, 0, false));
    let cells = vec![
        cell(Some(&[Y]), Some(&[Y, B, deny])),
        cell(Some(&[B]), Some(&[deny])),
        cell(None, Some(&[allow_all])),
    ];
    let denies = "denies PutLogEvents for es.amazonaws.com on /a*:* all the while";
    assert_eq!(
        told(&Case { cells, limit: 10, bytes: 51_200 })[2],
        format!("3 put p2 on nothing, 3 slots, ours S1050; 1: {denies} | {denies}")
    );
}

/// What is said of a statement that moves from `a` to `b`.
fn words_of(statement: &str) -> String {
    let document = Arc::new(Document::from_text(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{statement}}}]}}"#
    )));
    let (a, b) = (PolicyKey::account("a"), PolicyKey::account("b"));
    let (before, after) = (World::from([(a, Arc::clone(&document))]), World::from([(b, document)]));
    let plan = plan_between(before, &after, &BTreeSet::new(), 10, 51_200);
    plan.operations[1].waits[&1].join(", ")
}

#[test]
fn a_statement_is_told_in_a_few_words() {
    let who = r#""Principal":{"Service":"es.amazonaws.com"}"#;
    let what = r#""Action":"logs:PutLogEvents""#;
    let whereto = r#""Resource":"arn:aws:logs:us-east-1:111122223333:log-group:/x:*""#;
    let both = r#""Action":["logs:CreateLogStream","logs:PutLogEvents"]"#;
    let arn = "arn:aws:logs:us-east-1:111122223333:log-group:";
    let two = r#""Principal":{"Service":["es.amazonaws.com","events.amazonaws.com"]}"#;
    for (statement, words) in [
        (format!("{who},{what},{whereto}"), "PutLogEvents for es.amazonaws.com on /x:*"),
        (format!("{who},{both},{whereto}"), "PutLogEvents for es.amazonaws.com on /x:*"),
        (format!(r#"{who},"Action":"logs:*",{whereto}"#), "* for es.amazonaws.com on /x:*"),
        (format!(r#"{who},"NotAction":"logs:Get*",{whereto}"#), "what it says for es.amazonaws.com on /x:*"),
        (format!(r#""Principal":"*",{what},{whereto}"#), "PutLogEvents for * on /x:*"),
        (format!("{two},{what},{whereto}"), "PutLogEvents for es.amazonaws.com and 1 more on /x:*"),
        (format!(r#""Not{},{what},{whereto}"#, &who[1..]), "PutLogEvents for others on /x:*"),
        (format!(r#"{who},{what},"Resource":"*""#), "PutLogEvents for es.amazonaws.com on *"),
        (
            format!(r#"{who},{what},"Resource":["{arn}/y:*","{arn}/x:*","*"]"#),
            "PutLogEvents for es.amazonaws.com on /y:* and 2 more",
        ),
        (format!(r#"{who},{what},"NotResource":"{arn}/y:*""#), "PutLogEvents for es.amazonaws.com on *"),
    ] {
        assert_eq!(words_of(&statement), format!("keeps {words}"));
    }
}
