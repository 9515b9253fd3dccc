//! The status for a page: the summary first, then a table for each target.

use std::fmt::Write;

use crate::model::{ByOwner, Meter, MeteredPolicy};
use crate::report::count::{counted, thousands};
use crate::report::escape::markdown;

use super::{MOST_NAMES, TargetStatus, free, help, largest, sentence, summary};

/// The most policies in a table.
const MOST_ROWS: usize = 50;

/// The status of some targets.
pub fn status_markdown(statuses: &[TargetStatus]) -> String {
    let mut text = format!("## Status: {}\n\n", summary(statuses));
    text.push_str("| target | slots | ours | unmanaged | written by AWS | free | bytes |\n");
    text.push_str("|---|---|--:|--:|--:|--:|--:|\n");
    for TargetStatus { target, meter, .. } in statuses {
        let target = markdown(&target.to_string());
        let _ = match meter {
            None => writeln!(text, "| {target} | not read | | | | | |"),
            Some(meter) => {
                let ByOwner { managed, unmanaged, aws } = meter.slots;
                let (used, limit, free) = (meter.used(), meter.limits.account_policies, free(meter));
                let bytes = thousands(meter.bytes.total());
                writeln!(
                    text,
                    "| {target} | {used} of {limit} | {managed} | {unmanaged} | {aws} | {free} | {bytes} |"
                )
            }
        };
    }
    for TargetStatus { target, meter, error } in statuses {
        let _ = writeln!(text, "\n### {}", markdown(&target.to_string()));
        if let Some(meter) = meter {
            policies(meter, &mut text);
        }
        if let Some(error) = error {
            let _ = writeln!(text, "\n**Error**: {}", markdown(error));
        }
    }
    text
}

fn policies(meter: &Meter, text: &mut String) {
    let _ = writeln!(text, "\n{}", sentence(meter));
    if let Some(help) = help(meter) {
        let _ = writeln!(text, "\n{help}");
    }
    if let Err(why) = &meter.looked_up {
        let _ = writeln!(text, "\nWhich log groups are dead is not known: {}", markdown(why));
    }
    let policies = largest(meter);
    if policies.is_empty() {
        return;
    }
    let limit = thousands(meter.limits.document_bytes);
    let _ = writeln!(text, "\n| policy | owner | bytes of {limit} | dead log groups |\n|---|---|--:|---|");
    for policy in policies.iter().take(MOST_ROWS) {
        let MeteredPolicy { key, owner, bytes, is_all_dead, .. } = policy;
        let (key, owner, bytes) = (markdown(&key.to_string()), owner.as_str(), thousands(*bytes));
        let dead = if meter.looked_up.is_ok() { dead(policy) } else { "not known".to_owned() };
        let note = if *is_all_dead { " (it names nothing else)" } else { "" };
        let _ = writeln!(text, "| {key} | {owner} | {bytes} | {dead}{note} |");
    }
    let left = policies.len().saturating_sub(MOST_ROWS);
    if left > 0 {
        let _ = writeln!(text, "\nand {} more; `--format json` has all", counted(left, "policy"));
    }
}

fn dead(policy: &MeteredPolicy) -> String {
    let names = policy.dead_log_groups.iter().take(MOST_NAMES).map(|name| markdown(name));
    let mut names: Vec<String> = names.collect();
    let left = policy.dead_log_groups.len().saturating_sub(MOST_NAMES);
    if left > 0 {
        names.push(format!("and {} more", thousands(left)));
    }
    names.join(", ")
}
