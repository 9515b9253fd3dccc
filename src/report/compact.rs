//! A proposal for fewer policies, as text and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::model::{PolicyAddress, PolicyKey, Target};
use crate::pack::{Compaction, Proof};
use crate::policy::Request;

use super::access::request_text;
use super::count::{counted, thousands};
use super::envelope::{Targets, enveloped};
use super::escape::terminal;
use super::style::Style;

/// What was found for one target, or why nothing was.
pub struct CompactedTarget {
    /// The account and Region.
    pub target: Target,
    /// The proposal.
    pub result: Result<Compaction, String>,
}

impl CompactedTarget {
    /// What to do about policies of which nothing is left: no entry is there that could stand for them.
    pub fn nothing_left(&self) -> Option<String> {
        let compaction = self.result.as_ref().ok().filter(|found| found.after.is_empty())?;
        let names: Vec<String> = compaction.replaced().map(ToString::to_string).collect();
        (!names.is_empty()).then(|| {
            format!(
                "At {} nothing is left of {}, and no entry can stand for them: delete them yourself, or with \
                 `unmanaged: {{ action: delete }}`.",
                self.target,
                names.join(", ")
            )
        })
    }
}

/// Before and after, and the proof, for each target.
pub fn compact_text(results: &[CompactedTarget]) -> String {
    let mut text = String::new();
    for found in results {
        let CompactedTarget { target, result } = found;
        let _ = writeln!(text, "{}", Style::Strong.paint(target.to_string().replacen('/', " / ", 1)));
        match result {
            Ok(compaction) => one(compaction, &mut text),
            Err(error) => {
                let _ = writeln!(text, "  {} {}", Style::Bad.paint("error"), terminal(error));
            }
        }
        if let Some(sentence) = found.nothing_left() {
            let _ = writeln!(text, "  {}", terminal(&sentence));
        }
        text.push('\n');
    }
    text
}

fn one(compaction: &Compaction, text: &mut String) {
    let Compaction { before, after, left_out, dropped, proof } = compaction;
    if before.is_empty() && left_out.is_empty() {
        text.push_str("  no unmanaged account policy takes part\n");
        return;
    }
    let (bytes_before, bytes_after) = compaction.bytes();
    let _ = writeln!(
        text,
        "  {} ({} bytes) → {} ({} bytes)",
        counted(before.len(), "policy"),
        thousands(bytes_before),
        counted(after.len(), "policy"),
        thousands(bytes_after)
    );
    for (key, document) in after {
        let _ = writeln!(
            text,
            "  ~ {}  {}, {} bytes",
            terminal(&key.to_string()),
            counted(document.statements().len(), "statement"),
            thousands(document.bytes())
        );
    }
    for key in compaction.replaced() {
        let _ = writeln!(text, "  - {}", terminal(&key.to_string()));
    }
    for (key, why) in left_out {
        let _ = writeln!(text, "  . {} stays: {why}", terminal(&key.to_string()));
    }
    if !dropped.is_empty() {
        let names: Vec<String> = dropped.iter().map(|name| terminal(name)).collect();
        let _ = writeln!(text, "  dropped, for these log groups do not exist: {}", names.join(", "));
    }
    text.push_str(&proof_text(proof, !dropped.is_empty()));
}

fn proof_text(proof: &Proof, dropped: bool) -> String {
    let Proof { is_contained, sampled, differs } = proof;
    let but = if dropped { " (but for the log groups dropped)" } else { "" };
    let contained = if *is_contained {
        format!("each statement lies in one of the other side, both ways: proved{but}")
    } else {
        Style::Bad.paint("containment was not shown").to_string()
    };
    let judged = match differs {
        None => format!("{} judged the same before and after", counted(*sampled, "sampled request")),
        Some(request) => Style::Bad
            .paint(format!("judged otherwise afterwards: {}", terminal(&request_text(request))))
            .to_string(),
    };
    format!("  same access: {contained}; {judged}\n")
}

#[derive(Serialize)]
struct TargetFormat<'a> {
    target: &'a Target,
    before: Option<Size>,
    after: Option<Size>,
    policies: Vec<PolicyFormat<'a>>,
    replaced: Vec<PolicyAddress>,
    left_out: Vec<LeftOut<'a>>,
    dropped_log_groups: Vec<&'a str>,
    proof: Option<ProofFormat<'a>>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Size {
    policies: usize,
    bytes: usize,
}

#[derive(Serialize)]
struct PolicyFormat<'a> {
    address: PolicyAddress,
    bytes: usize,
    document: &'a str,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    address: PolicyAddress,
    because: &'a str,
}

#[derive(Serialize)]
struct ProofFormat<'a> {
    same_access: bool,
    contained_both_ways: bool,
    sampled_requests: usize,
    differs: Option<&'a Request>,
}

/// The proposals as JSON.
pub fn compact_json(results: &[CompactedTarget]) -> String {
    let targets = results.iter().map(|found| match &found.result {
        Ok(compaction) => target_format(&found.target, compaction),
        Err(error) => TargetFormat {
            target: &found.target,
            before: None,
            after: None,
            policies: Vec::new(),
            replaced: Vec::new(),
            left_out: Vec::new(),
            dropped_log_groups: Vec::new(),
            proof: None,
            error: Some(error),
        },
    });
    enveloped("compact", Targets { targets: targets.collect() })
}

fn target_format<'a>(target: &'a Target, compaction: &'a Compaction) -> TargetFormat<'a> {
    let Compaction { before, after, left_out, dropped, proof } = compaction;
    let (bytes_before, bytes_after) = compaction.bytes();
    let address = |key: &PolicyKey| key.at(target);
    let policy = |(key, document): (&PolicyKey, &'a std::sync::Arc<crate::policy::Document>)| PolicyFormat {
        address: address(key),
        bytes: document.bytes(),
        document: document.text(),
    };
    TargetFormat {
        target,
        before: Some(Size { policies: before.len(), bytes: bytes_before }),
        after: Some(Size { policies: after.len(), bytes: bytes_after }),
        policies: after.iter().map(policy).collect(),
        replaced: compaction.replaced().map(address).collect(),
        left_out: left_out.iter().map(|(key, because)| LeftOut { address: address(key), because }).collect(),
        dropped_log_groups: dropped.iter().map(String::as_str).collect(),
        proof: Some(ProofFormat {
            same_access: proof.holds(),
            contained_both_ways: proof.is_contained,
            sampled_requests: proof.sampled,
            differs: proof.differs.as_ref(),
        }),
        error: None,
    }
}
