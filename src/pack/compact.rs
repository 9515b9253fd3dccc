//! The fewest policies that say the same as some that are live.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{PolicyKey, Target, exact_log_group};
use crate::policy::{Document, STATEMENT_ELEMENTS, Statement};

use super::bin::{Measures, document};
use super::covering::covered;
use super::joining::joined_at_home;
use super::piece::Piece;
use super::placing::Problem;
use super::proof::{Proof, prove};
use super::shape::Shape;

/// Some policies, and fewer that say the same.
#[derive(Debug, Clone)]
pub struct Compaction {
    /// The policies as they are, those that cannot be looked into left out.
    pub before: BTreeMap<PolicyKey, Arc<Document>>,
    /// The policies that are enough, each under a name that one of them has already.
    pub after: BTreeMap<PolicyKey, Arc<Document>>,
    /// Policies that stay as they are, and why, each a full sentence.
    pub left_out: BTreeMap<PolicyKey, String>,
    /// Log groups that do not exist and were dropped.
    pub dropped: BTreeSet<String>,
    /// What shows that access is the same, but for what was dropped.
    pub proof: Proof,
}

impl Compaction {
    /// The policies whose statements now stand elsewhere.
    pub fn replaced(&self) -> impl Iterator<Item = &PolicyKey> {
        self.before.keys().filter(|key| !self.after.contains_key(*key))
    }

    /// The bytes of the documents before and after.
    pub fn bytes(&self) -> (usize, usize) {
        let sum = |documents: &BTreeMap<PolicyKey, Arc<Document>>| {
            documents.values().map(|document| document.bytes()).sum::<usize>()
        };
        (sum(&self.before), sum(&self.after))
    }
}

/// Finds the fewest documents of at most `limit` bytes that say what these account policies say. Statements that allow
/// something on log groups in `dead` only are dropped.
pub fn compact(
    target: &Target,
    policies: BTreeMap<PolicyKey, Arc<Document>>,
    limit: usize,
    dead: &BTreeSet<String>,
) -> Compaction {
    let (mut before, mut left_out) = (BTreeMap::new(), BTreeMap::new());
    for (key, document) in policies {
        match obstacle(&document) {
            None => {
                before.insert(key, document);
            }
            Some(why) => {
                left_out.insert(key, why);
            }
        }
    }
    let prefix = target.log_group_arn("");
    let mut dropped = BTreeSet::new();
    let living: Vec<Piece> = pieces(&before)
        .into_iter()
        .filter_map(|piece| without_dead(piece, target, dead, &mut dropped))
        .collect();
    let (after, living) = match fewest(&prefix, &before, living.clone(), limit) {
        Some(after) => (fewer_still(&prefix, after, limit), living),
        None => {
            dropped.clear();
            (before.clone(), pieces(&before))
        }
    };
    let shapes: Vec<Shape> = living.into_iter().map(|piece| piece.shape).collect();
    let proof = prove(&prefix, &shapes, &after);
    Compaction { before, after, left_out, dropped, proof }
}

/// Why a policy cannot be taken apart.
fn obstacle(document: &Document) -> Option<String> {
    if document.json().is_err() || document.statements().is_empty() {
        return Some("It is no document with statements.".to_owned());
    }
    let known = |statement: &Statement| {
        statement.json().members().iter().all(|(name, _)| STATEMENT_ELEMENTS.contains(&name.as_str()))
    };
    if !document.statements().iter().all(known) {
        return Some("A statement has an element that IAM does not know.".to_owned());
    }
    let variables = document.version() != Some("2012-10-17") && document.text().contains("${");
    variables.then(|| {
        "It has `${` in an old `Version`, which does not read it as a variable as a new one does.".to_owned()
    })
}

fn pieces(policies: &BTreeMap<PolicyKey, Arc<Document>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (home, document) in policies.values().enumerate() {
        pieces.extend(document.statements().iter().map(|statement| Piece {
            shape: Shape::of(statement),
            names: statement.sid().map(ToOwned::to_owned).into_iter().collect(),
            home: Some(home),
        }));
    }
    pieces
}

/// The piece without log groups that do not exist. A Deny stays: the log group may come back.
fn without_dead(
    piece: Piece,
    target: &Target,
    dead: &BTreeSet<String>,
    dropped: &mut BTreeSet<String>,
) -> Option<Piece> {
    if dead.is_empty() || !piece.shape.is_allow() {
        return Some(piece);
    }
    let gone = piece.shape.resources().filter_map(|resource| dead_log_group(resource, target, dead));
    dropped.extend(gone.map(ToOwned::to_owned));
    let is_gone = |resource: &str| dead_log_group(resource, target, dead).is_some();
    let shape = piece.shape.without_resources(is_gone)?;
    Some(Piece { shape, ..piece })
}

/// The log group of a resource that names just one, where it is dead.
fn dead_log_group<'a>(resource: &'a str, target: &Target, dead: &BTreeSet<String>) -> Option<&'a str> {
    exact_log_group(resource, target).filter(|name| dead.contains(*name))
}

/// Statements that were joined may cover others, and can be joined with others: taken once more, there may be fewer.
fn fewer_still(
    prefix: &str,
    mut after: BTreeMap<PolicyKey, Arc<Document>>,
    limit: usize,
) -> BTreeMap<PolicyKey, Arc<Document>> {
    while after.len() > 1 {
        match fewest(prefix, &after, pieces(&after), limit) {
            Some(fewer) if fewer.len() < after.len() => after = fewer,
            _ => break,
        }
    }
    after
}

/// The fewest documents, in the policies that hold most already; nothing where not even all of them have room.
fn fewest(
    prefix: &str,
    before: &BTreeMap<PolicyKey, Arc<Document>>,
    living: Vec<Piece>,
    limit: usize,
) -> Option<BTreeMap<PolicyKey, Arc<Document>>> {
    let alone = |piece: &Piece| Document::of_statements(&[piece.shape.statement("")], "2012-10-17");
    let alone: Vec<Document> = living.iter().map(alone).collect();
    let says: Vec<(&Document, &Shape)> =
        alone.iter().zip(&living).map(|(document, piece)| (document, &piece.shape)).collect();
    let covered = covered(prefix, &says);
    let needed = living.into_iter().zip(covered).filter(|(_, covered)| covered.is_none());
    let needed: Vec<Piece> = needed.map(|(piece, _)| piece).collect();
    if needed.is_empty() {
        return Some(BTreeMap::new());
    }
    let keys: Vec<&PolicyKey> = before.keys().collect();
    let mut hosts: Vec<usize> = (0..keys.len()).collect();
    hosts.sort_by_key(|host| (std::cmp::Reverse(before[keys[*host]].bytes()), *host));
    let named = |placed: BTreeMap<usize, Document>| {
        placed.into_iter().map(|(host, document)| (keys[host].clone(), Arc::new(document))).collect()
    };
    let all = document(&needed.iter().collect::<Vec<_>>()).0;
    let least = all.bytes().div_ceil(limit).max(1);
    if least == 1 {
        return Some(named(BTreeMap::from([(hosts[0], all)])));
    }
    (least..=hosts.len()).find_map(|number| into_hosts(&needed, &hosts[..number], limit)).map(named)
}

/// Documents for these policies that hold everything; nothing where it does not fit.
fn into_hosts(needed: &[Piece], hosts: &[usize], limit: usize) -> Option<BTreeMap<usize, Document>> {
    let at_host = |piece: &Piece| {
        let home = piece.home.and_then(|home| hosts.iter().position(|host| *host == home));
        Piece { home, ..piece.clone() }
    };
    let pieces = joined_at_home(needed.iter().map(at_host).collect());
    let measures = Measures::of(&pieces);
    let dirty = vec![true; hosts.len()];
    let placing = Problem::new(&pieces, &measures, limit, hosts.len(), dirty).place();
    let mut inside: BTreeMap<usize, Vec<&Piece>> = BTreeMap::new();
    for (piece, bin) in pieces.iter().zip(placing.bin_of) {
        inside.entry(hosts[bin?]).or_default().push(piece);
    }
    let documents = inside.into_iter().map(|(host, inside)| (host, document(&inside).0));
    let documents: BTreeMap<usize, Document> = documents.collect();
    documents.values().all(|document| document.bytes() <= limit).then_some(documents)
}
