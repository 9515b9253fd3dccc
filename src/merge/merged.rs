//! All shards as one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Code, RecordedState, Target};
use crate::plan::{TargetOutcome, TargetResult};
use crate::policy::Fingerprint;
use crate::report::{Coverage, DriftedTarget, TargetStatus, json_last_line, json_line, json_report};

use super::{Piece, drifted, metered, planned};

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What would be done.
    Plan,
    /// What was done.
    Apply,
    /// What others did.
    Drift,
    /// What stands there.
    Status,
    /// What is wrong with the files.
    Validate,
}

/// The reports of all shards, or of those that are there.
#[derive(Debug)]
pub struct Merged {
    kind: Kind,
    coverage: Coverage,
    /// Digest and summary.
    head: Map<String, Value>,
    targets: Vec<Value>,
    records: BTreeMap<Target, RecordedState>,
    /// How the shards ended.
    pub exit_codes: Vec<u8>,
}

/// The values that a report was made from.
#[derive(Debug)]
pub enum Content {
    /// Plans and their digest; where they were carried out, what became of them.
    Plan(Vec<TargetResult>, Fingerprint, Option<Vec<TargetOutcome>>),
    /// What others did.
    Drift(Vec<DriftedTarget>),
    /// What stands there.
    Status(Vec<TargetStatus>),
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    head: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<&'a [Value]>,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Plan, Self::Apply, Self::Drift, Self::Status, Self::Validate];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Drift => "drift",
            Self::Status => "status",
            Self::Validate => "validate",
        }
    }

    /// The kind of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Merged {
    /// Puts the reports of some shards together.
    ///
    /// # Errors
    /// In words what is wrong where they do not belong together, or one was edited.
    pub fn of(pieces: Vec<Piece>) -> Result<Self, String> {
        let first = pieces.first().ok_or("there is no report")?;
        let (kind, of) = (first.kind, first.part.of);
        let mut numbers = BTreeSet::new();
        for piece in &pieces {
            if (piece.kind, piece.part.of) != (kind, of) {
                let name = |piece: &Piece| format!("the {} of shard {}", piece.kind.as_str(), piece.shard());
                return Err(format!("{} does not belong to {}", name(piece), name(first)));
            }
            if !numbers.insert(piece.part.number) {
                return Err(format!("shard {} is there twice", piece.shard()));
            }
            if !planned::is_as_written(piece) {
                return Err(format!(
                    "the report of shard {} was edited: its targets do not have the digest that stands beside them",
                    piece.shard()
                ));
            }
        }
        let missing = (1..=of).filter(|number| !numbers.contains(number));
        let missing_shards = missing.map(|number| format!("{number}/{of}")).collect();
        let exit_codes = pieces.iter().map(|piece| piece.part.exit_code).collect();
        let records = planned::records(pieces.iter().flat_map(|piece| &piece.part.ours_since));
        let heads: Vec<&Map<String, Value>> = pieces.iter().map(|piece| &piece.head).collect();
        let mut head = if kind == Kind::Validate { same(&heads)? } else { summed(&heads) };
        let targets = in_order(pieces)?;
        if let Some(digest) = head.get_mut("digest") {
            *digest = Value::from(planned::digest(&targets).as_str());
        }
        Ok(Self {
            kind,
            coverage: Coverage { shard: None, missing_shards },
            head,
            targets,
            records,
            exit_codes,
        })
    }

    /// What it is about.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The shards whose report is not there.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Whether it plans to change anything.
    pub fn has_changes(&self) -> bool {
        let number = |name: &str| self.head.get("summary")?.get(name)?.as_u64();
        let changes = ["create", "update", "delete", "adopt", "forget"];
        self.kind == Kind::Plan && changes.into_iter().filter_map(number).any(|number| number > 0)
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let targets = (self.kind != Kind::Validate).then_some(self.targets.as_slice());
        json_report(self.kind.as_str(), &self.coverage, Whole { head: &self.head, targets })
    }

    /// As JSON with each target in a line.
    pub fn lines(&self) -> String {
        if self.kind == Kind::Validate {
            return self.json();
        }
        let mut text: String = self.targets.iter().map(json_line).collect();
        let rest = Whole { head: &self.head, targets: None };
        text.push_str(&json_last_line(self.kind.as_str(), &self.coverage, rest));
        text
    }

    /// The findings in the files, one in a line; empty where they could be understood.
    pub fn findings(&self) -> Vec<String> {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let line = |finding: &Value| {
            let place = finding.get("source").and_then(|source| {
                let number = |name: &str| source.get(name).and_then(Value::as_u64);
                Some(format!("{}:{}:{}: ", text(source, "file")?, number("line")?, number("column")?))
            });
            let part = |name| text(finding, name).unwrap_or_default();
            format!(
                "{}{}[{}]: {}",
                place.unwrap_or_default(),
                part("severity"),
                part("code"),
                part("message")
            )
        };
        let all = self.head.get("diagnostics").and_then(Value::as_array);
        all.into_iter().flatten().map(line).collect()
    }

    /// The values that it was made from. `code` finds a rule's code by its name.
    ///
    /// # Errors
    /// In words what is wrong where a target cannot be read.
    pub fn content(&self, code: impl Fn(&str) -> Option<Code> + Copy) -> Result<Content, String> {
        let wrong = |error: serde_json::Error| format!("a target of the reports cannot be read: {error}");
        match self.kind {
            Kind::Plan | Kind::Apply => {
                let is_applied = self.kind == Kind::Apply;
                let digest = planned::digest(&self.targets);
                let (results, outcomes) = planned::read(&self.targets, &self.records, code).map_err(wrong)?;
                Ok(Content::Plan(results, digest, is_applied.then_some(outcomes)))
            }
            Kind::Drift => drifted::read(&self.targets).map(Content::Drift).map_err(wrong),
            Kind::Status => metered::read(&self.targets).map(Content::Status).map_err(wrong),
            Kind::Validate => Err("the files could not be understood".to_owned()),
        }
    }
}

/// What all say alike.
fn same(heads: &[&Map<String, Value>]) -> Result<Map<String, Value>, String> {
    match heads {
        [first, others @ ..] if others.iter().all(|other| other == first) => Ok((*first).clone()),
        _ => Err("the shards did not read the same files: their findings differ".to_owned()),
    }
}

/// The members of the first, with the sums of all in `summary`.
fn summed(heads: &[&Map<String, Value>]) -> Map<String, Value> {
    let mut head = heads.first().map(|first| (*first).clone()).unwrap_or_default();
    if let Some(Value::Object(summary)) = head.get_mut("summary") {
        for (name, sum) in summary {
            let number = |head: &&Map<String, Value>| head.get("summary")?.get(name)?.as_u64();
            *sum = Value::from(heads.iter().filter_map(number).sum::<u64>());
        }
    }
    head
}

/// The targets of all shards in the order in which one run has them.
fn in_order(pieces: Vec<Piece>) -> Result<Vec<Value>, String> {
    let mut targets: BTreeMap<Target, Value> = BTreeMap::new();
    for (target, value) in pieces.into_iter().flat_map(|piece| piece.targets) {
        if targets.contains_key(&target) {
            return Err(format!("{target} is in the reports of two shards"));
        }
        targets.insert(target, value);
    }
    Ok(targets.into_values().collect())
}
