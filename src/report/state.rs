//! What we recorded, as text and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::model::{
    Claim, Ownership, PolicyAddress, PolicyKey, RecordedApply, RecordedChange, RecordedPolicy, RecordedState,
    Target,
};
use crate::policy::Fingerprint;

use super::count::{counted, thousands};
use super::envelope::{Targets, enveloped};
use super::escape::terminal;
use super::style::Style;

/// The record of one target.
#[derive(Debug)]
pub struct Record {
    /// The account and Region.
    pub target: Target,
    /// What is recorded.
    pub state: RecordedState,
}

#[derive(Serialize)]
struct TargetRecord<T> {
    target: Target,
    lineage: String,
    serial: u64,
    #[serde(flatten)]
    content: T,
}

#[derive(Serialize)]
struct Policies {
    policies: Vec<PolicyFormat>,
}

#[derive(Serialize)]
struct PolicyFormat {
    address: String,
    bytes: usize,
    fingerprint: Fingerprint,
    revision: Option<String>,
    ownership: Ownership,
    statements: Vec<String>,
    prevent_delete: bool,
    applied_at: String,
    plan: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
}

#[derive(Serialize)]
struct Applies {
    applies: Vec<ApplyFormat>,
}

#[derive(Serialize)]
struct ApplyFormat {
    serial: u64,
    applied_at: String,
    plan: String,
    changes: Vec<ChangeFormat>,
}

#[derive(Serialize)]
struct ChangeFormat {
    address: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
struct Forgotten<'a> {
    forgotten: &'a [String],
}

#[derive(Serialize)]
struct Unlocked {
    unlocked: Vec<UnlockedTarget>,
}

#[derive(Serialize)]
struct UnlockedTarget {
    target: String,
    holder: String,
}

fn targets<T: Serialize>(records: &[Record], content: impl Fn(&Record) -> T) -> Targets<TargetRecord<T>> {
    let record = |record: &Record| TargetRecord {
        target: record.target.clone(),
        lineage: record.state.lineage.clone(),
        serial: record.state.serial,
        content: content(record),
    };
    Targets { targets: records.iter().map(record).collect() }
}

impl PolicyFormat {
    fn new(address: String, policy: &RecordedPolicy, with_document: bool) -> Self {
        let RecordedPolicy { document, revision, claim, applied_at, plan } = policy;
        let Claim { ownership, statements, prevent_delete } = claim;
        Self {
            address,
            bytes: document.bytes(),
            fingerprint: document.fingerprint().clone(),
            revision: revision.clone(),
            ownership: *ownership,
            statements: statements.iter().cloned().collect(),
            prevent_delete: *prevent_delete,
            applied_at: applied_at.clone(),
            plan: plan.clone(),
            document: with_document.then(|| document.text().to_owned()),
        }
    }
}

/// `state list`
pub fn list_json(records: &[Record]) -> String {
    let policies = |record: &Record| {
        let format = |(key, policy): (&PolicyKey, &RecordedPolicy)| {
            PolicyFormat::new(key.at(&record.target).to_string(), policy, false)
        };
        Policies { policies: record.state.policies.iter().map(format).collect() }
    };
    enveloped("state_list", targets(records, policies))
}

/// `state show`
pub fn show_json(address: &PolicyAddress, policy: &RecordedPolicy) -> String {
    enveloped("state_show", PolicyFormat::new(address.to_string(), policy, true))
}

/// `state history`
pub fn history_json(records: &[Record]) -> String {
    let applies = |record: &Record| {
        let change = |(key, change): (&PolicyKey, &RecordedChange)| ChangeFormat {
            address: key.at(&record.target).to_string(),
            before: change.before.as_ref().map(|version| version.document.text().to_owned()),
            after: change.after.as_ref().map(|version| version.document.text().to_owned()),
        };
        let apply = |apply: &RecordedApply| ApplyFormat {
            serial: apply.serial,
            applied_at: apply.applied_at.clone(),
            plan: apply.plan.clone(),
            changes: apply.changes.iter().map(change).collect(),
        };
        Applies { applies: record.state.history.iter().map(apply).collect() }
    };
    enveloped("state_history", targets(records, applies))
}

/// `state forget`
pub fn forget_json(addresses: &[String]) -> String {
    enveloped("state_forget", Forgotten { forgotten: addresses })
}

/// `state unlock`: targets, and who held their locks.
pub fn unlock_json(held: &[(String, String)]) -> String {
    let unlocked = |(target, holder): &(String, String)| UnlockedTarget {
        target: target.clone(),
        holder: holder.clone(),
    };
    enveloped("state_unlock", Unlocked { unlocked: held.iter().map(unlocked).collect() })
}

/// One line for each policy: its address, since when it is ours, and its size.
pub fn list_text(records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        for (key, policy) in &record.state.policies {
            let address = terminal(&key.at(&record.target).to_string());
            let bytes = thousands(policy.document.bytes());
            let since = terminal(&policy.applied_at);
            let _ = writeln!(text, "{address}  {}", Style::Faint.paint(format!("{bytes} bytes, {since}")));
        }
    }
    if text.is_empty() { "nothing is recorded\n".to_owned() } else { text }
}

/// A policy's record, its document last.
pub fn show_text(address: &PolicyAddress, policy: &RecordedPolicy) -> String {
    let RecordedPolicy { document, revision, claim, applied_at, plan } = policy;
    let mut text = format!("{}\n", Style::Strong.paint(terminal(&address.to_string())));
    let ours = match claim.ownership {
        Ownership::Document => "the whole document".to_owned(),
        Ownership::Statements => {
            let sids: Vec<&str> = claim.statements.iter().map(String::as_str).collect();
            format!("the statements {}", sids.join(", "))
        }
    };
    for (name, value) in [
        ("ours", ours),
        ("applied", applied_at.clone()),
        ("plan", plan.clone()),
        ("fingerprint", document.fingerprint().to_string()),
        ("revision", revision.clone().unwrap_or_else(|| "none".to_owned())),
        ("protected", if claim.prevent_delete { "yes" } else { "no" }.to_owned()),
        ("bytes", thousands(document.bytes())),
    ] {
        let _ = writeln!(text, "  {name:<12}{}", terminal(&value));
    }
    let _ = writeln!(text, "{}", terminal(document.text()));
    text
}

/// The last applies of each target, oldest first.
pub fn history_text(records: &[Record]) -> String {
    let mut text = String::new();
    for Record { target, state } in records {
        let heading = Style::Strong.paint(target.to_string().replacen('/', " / ", 1));
        let _ = writeln!(text, "{heading} · serial {}\n", state.serial);
        for RecordedApply { serial, applied_at, plan, changes } in &state.history {
            let plan = plan.trim_start_matches("sha256:");
            let plan = terminal(plan.get(..12).unwrap_or(plan));
            let number = counted(changes.len(), "change");
            let _ = writeln!(text, "  serial {serial:<4} {}  plan {plan}  {number}", terminal(applied_at));
            for (key, change) in changes {
                let (symbol, word, style) = match (&change.before, &change.after) {
                    (None, Some(_)) => ('+', "create", Style::Added),
                    (Some(_), None) => ('-', "delete", Style::Removed),
                    (Some(before), Some(after)) if before == after => ('>', "adopt", Style::Added),
                    _ => ('~', "update", Style::Changed),
                };
                let line = format!("    {symbol} {word:<7} {}", terminal(&key.to_string()));
                let _ = writeln!(text, "{}", style.paint(line));
            }
        }
        text.push('\n');
    }
    if text.is_empty() { "nothing is recorded\n".to_owned() } else { text }
}
