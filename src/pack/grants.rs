//! Grants become policies `PREFIX-1` and so on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{
    DesiredGrant, DesiredPolicy, GrantTemplate, LiveState, Overflow, PlacedGrant, PolicyKey, RecordedState,
    TargetDesired, Unmanaged,
};
use crate::policy::Document;

use super::advice::advice;
use super::bin::{Measures, document};
use super::covering::covered;
use super::joining::joined_at_home;
use super::piece::Piece;
use super::placing::{Placing, Problem};
use super::shape::Shape;

/// What is at the target besides the files.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// What AWS has.
    pub live: &'a LiveState,
    /// What we last applied.
    pub recorded: Option<&'a RecordedState>,
    /// What is done about policies that nobody names.
    pub unmanaged: &'a Unmanaged,
}

/// Where a grant's statement stands before anything is joined.
struct Source<'a> {
    grant: &'a GrantTemplate,
    piece: Piece,
    /// The grant that says all it says.
    covered_by: Option<&'a GrantTemplate>,
}

/// Adds the policies of the grants to what is desired: each grant where it stands already, new ones where they change
/// least. Without surroundings all of them are new.
///
/// Where they do not fit, every grant has a policy all the same, so that the plan can be shown, and is refused: the
/// documents that are too long are the ones that say so.
pub fn place_grants(desired: &mut TargetDesired<'_>, surroundings: Option<Surroundings<'_>>) {
    if desired.grants.is_empty() {
        return;
    }
    let standing = standing(desired, surroundings);
    let limit = desired.at.limits.document_bytes;
    let sources = sources(desired, &standing, limit);
    let needed = sources.iter().filter(|source| source.covered_by.is_none());
    let pieces = joined_at_home(needed.map(|source| source.piece.clone()).collect());
    let placing = placing(desired, &pieces, &standing, limit, surroundings);
    let filled = filled(&pieces, &placing);
    desired.overflow = overflow(desired, &pieces, &filled, limit);
    add_policies(desired, &sources, filled);
}

/// The documents of the policies that are packed into, by number from 0.
fn standing(
    desired: &TargetDesired<'_>,
    surroundings: Option<Surroundings<'_>>,
) -> BTreeMap<usize, Arc<Document>> {
    let Some(Surroundings { live, recorded, unmanaged: _ }) = surroundings else { return BTreeMap::new() };
    let mut standing = BTreeMap::new();
    let recorded = recorded.iter().flat_map(|recorded| &recorded.policies);
    let recorded = recorded.map(|(key, policy)| (key, &policy.document));
    let live = live.policies.iter().map(|(key, policy)| (key, &policy.document));
    // What is live counts more than what is recorded.
    for (key, document) in recorded.chain(live) {
        if let Some(number) = desired.packing.number(key) {
            standing.insert(number - 1, Arc::clone(document));
        }
    }
    standing
}

fn sources<'a>(
    desired: &TargetDesired<'a>,
    standing: &BTreeMap<usize, Arc<Document>>,
    limit: usize,
) -> Vec<Source<'a>> {
    let alone = |grant: &DesiredGrant<'a>| {
        let shape = Shape::of(grant.document.statements().first()?);
        Some((grant.grant, Arc::clone(&grant.document), shape))
    };
    let grants: Vec<_> = desired.grants.iter().filter_map(alone).collect();
    let says = grants.iter().map(|(_, document, shape)| (&**document, shape));
    let covered = covered(&desired.at.target.log_group_arn(""), &says.collect::<Vec<_>>());
    let homes: BTreeMap<usize, Vec<(Option<&str>, Shape)>> = standing
        .iter()
        .map(|(number, document)| {
            let shapes =
                document.statements().iter().map(|statement| (statement.sid(), Shape::of(statement)));
            (*number, shapes.collect())
        })
        .collect();
    let mut sources = Vec::new();
    for ((grant, document, shape), covered_by) in grants.iter().zip(covered) {
        let covered_by = covered_by.map(|number| grants[number].0);
        // One that no document can hold is placed resource by resource.
        let parts: Vec<Shape> = if document.bytes() > limit {
            shape.resources().map(|resource| shape.of_resource(resource)).collect()
        } else {
            vec![shape.clone()]
        };
        for shape in parts {
            let home = home(&grant.id, &shape, &homes);
            let piece = Piece { shape, names: [grant.id.clone()].into(), home };
            sources.push(Source { grant, piece, covered_by });
        }
    }
    sources
}

/// The policy in which a statement stands: as it is, by its Sid, or with most of its resources.
fn home(id: &str, shape: &Shape, homes: &BTreeMap<usize, Vec<(Option<&str>, Shape)>>) -> Option<usize> {
    let mut best: Option<((bool, bool, usize, bool), usize)> = None;
    for (number, statements) in homes {
        for (sid, standing) in statements {
            let sid = sid.unwrap_or_default();
            let score = (standing.holds(shape), sid == id, standing.common(shape), sid.contains(id));
            let says_nothing = score == (false, false, 0, false);
            if !says_nothing && best.is_none_or(|(found, _)| score > found) {
                best = Some((score, *number));
            }
        }
    }
    best.map(|(_, number)| number)
}

/// Finds the places: in as many policies as have a slot, else in as many as the files allow, for then it is the slots that
/// are too few.
fn placing(
    desired: &TargetDesired<'_>,
    pieces: &[Piece],
    standing: &BTreeMap<usize, Arc<Document>>,
    limit: usize,
    surroundings: Option<Surroundings<'_>>,
) -> Placing {
    let most = desired.packing.max_policies;
    let measures = Measures::of(pieces);
    let dirty = |bins: usize| (0..bins).map(|bin| is_dirty(bin, pieces, standing)).collect::<Vec<bool>>();
    let tried = |bins: usize| Problem::new(pieces, &measures, limit, bins, dirty(bins)).place();
    let fits = |placing: &Placing| placing.bin_of.iter().all(Option::is_some);
    let highest = standing.keys().max().map_or(0, |highest| highest + 1);
    let free = free_slots(desired, surroundings).max(highest).clamp(1, most);
    let mut placing = tried(free);
    if !fits(&placing) && free < most {
        placing = tried(most);
    }
    if !fits(&placing) {
        squeeze(pieces, &measures, &mut placing, limit, most);
    }
    placing
}

/// A policy with its document.
struct Filled<'p> {
    number: usize,
    /// Its pieces, each with the Sid of the statement that holds it.
    pieces: Vec<(&'p Piece, String)>,
    document: Document,
}

/// The documents of the policies, each made once.
fn filled<'p>(pieces: &'p [Piece], placing: &Placing) -> Vec<Filled<'p>> {
    let numbers: BTreeSet<usize> = placing.bin_of.iter().flatten().copied().collect();
    let one = |number: usize| {
        let inside = inside(pieces, placing, number);
        let (document, sids) = document(&inside);
        Filled { number, pieces: inside.into_iter().zip(sids).collect(), document }
    };
    numbers.into_iter().map(one).collect()
}

/// By how many bytes the documents are too long, and what would help; nothing where they are not.
fn overflow(
    desired: &TargetDesired<'_>,
    pieces: &[Piece],
    filled: &[Filled<'_>],
    limit: usize,
) -> Option<Overflow> {
    let bytes: usize = filled.iter().map(|filled| filled.document.bytes().saturating_sub(limit)).sum();
    let policies = desired.packing.max_policies;
    let help = || advice(pieces, policies, desired.at.limits.account_policies);
    (bytes > 0).then(|| Overflow { bytes, policies, help: help() })
}

/// How many policies of ours have a slot: those that nobody else has.
fn free_slots(desired: &TargetDesired<'_>, surroundings: Option<Surroundings<'_>>) -> usize {
    let ours = |key: &PolicyKey| desired.packing.number(key).is_some();
    let mut others: BTreeSet<&PolicyKey> = desired.policies.keys().filter(|key| key.takes_slot()).collect();
    let replaced: BTreeSet<&PolicyKey> =
        desired.policies.values().flat_map(|policy| &policy.replaces).collect();
    if let Some(Surroundings { live, recorded, unmanaged }) = surroundings {
        let goes = |key: &PolicyKey| {
            let is_left = recorded.is_some_and(|recorded| {
                recorded.policies.contains_key(key) || (unmanaged.delete && !unmanaged.ignores(key))
            });
            is_left || replaced.contains(key)
        };
        others.extend(live.policies.keys().filter(|key| key.takes_slot() && !ours(key) && !goes(key)));
    }
    desired.at.limits.account_policies.saturating_sub(others.len())
}

/// Whether a policy changes even if nothing comes to it. One that does not stand is nobody's home.
fn is_dirty(bin: usize, pieces: &[Piece], standing: &BTreeMap<usize, Arc<Document>>) -> bool {
    let Some(live) = standing.get(&bin) else { return false };
    let inside: Vec<&Piece> = pieces.iter().filter(|piece| piece.home == Some(bin)).collect();
    let canonical = |document: &Document| {
        let mut texts: Vec<String> =
            document.statements().iter().map(|statement| statement.canonical().to_owned()).collect();
        texts.sort();
        texts
    };
    canonical(&document(&inside).0) != canonical(live)
}

/// Puts what has no room where it has some after all, for joined by services or actions as well statements are shorter; else
/// where it is the least too much.
fn squeeze(pieces: &[Piece], measures: &Measures, placing: &mut Placing, limit: usize, bins: usize) {
    let problem = Problem::new(pieces, measures, limit, bins, vec![false; bins]);
    let mut filled = problem.filled(placing);
    for piece in 0..pieces.len() {
        if placing.bin_of[piece].is_some() {
            continue;
        }
        let has_room = |bin: &usize| {
            let mut inside = inside(pieces, placing, *bin);
            inside.push(&pieces[piece]);
            document(&inside).0.bytes() <= limit
        };
        let best = (0..bins).min_by_key(|bin| filled[*bin].bytes_with(measures, piece));
        if let Some(bin) = (0..bins).find(has_room).or(best) {
            filled[bin].add(measures, piece);
            placing.bin_of[piece] = Some(bin);
        }
    }
}

fn inside<'a>(pieces: &'a [Piece], placing: &Placing, bin: usize) -> Vec<&'a Piece> {
    let pairs = pieces.iter().zip(&placing.bin_of);
    pairs.filter(|(_, placed)| **placed == Some(bin)).map(|(piece, _)| piece).collect()
}

fn add_policies<'a>(desired: &mut TargetDesired<'a>, sources: &[Source<'a>], filled: Vec<Filled<'_>>) {
    for Filled { number, pieces, document } in filled {
        let mut grants: Vec<PlacedGrant<'a>> = Vec::new();
        for (piece, sid) in &pieces {
            let here =
                |source: &&Source<'_>| piece.names.contains(&source.covered_by.unwrap_or(source.grant).id);
            grants.extend(
                sources
                    .iter()
                    .filter(here)
                    .map(|source| PlacedGrant { grant: source.grant, sid: sid.clone() }),
            );
        }
        grants.sort_by(|one, other| (&one.grant.id, &one.sid).cmp(&(&other.grant.id, &other.sid)));
        grants.dedup_by(|one, other| one.grant.id == other.grant.id && one.sid == other.sid);
        let Some(first) = grants.iter().map(|placed| placed.grant).min_by_key(|grant| grant.id_span) else {
            continue;
        };
        let policy =
            DesiredPolicy { document: Arc::new(document), entry: &first.entry, grants, replaces: Vec::new() };
        desired.policies.insert(desired.packing.policy(number + 1), policy);
    }
}
