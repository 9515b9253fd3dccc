//! What would help where not all grants fit: said, never done, for a wildcard may grant more.

use std::collections::BTreeMap;

use super::piece::Piece;

/// The most suggestions of one kind.
const MOST: usize = 3;

/// Full sentences, the one that saves most first.
pub(super) fn advice(pieces: &[Piece], max_policies: usize, limit: usize) -> Vec<String> {
    let mut advice = wildcards(pieces);
    advice.extend(sources(pieces));
    if max_policies < limit {
        advice.push(format!(
            "`packing.max_policies` is {max_policies}: a higher number takes further slots, of which a Region has {limit}."
        ));
    }
    advice.push(
        "A grant for a single log group can be a `policies` entry with `log_group`, which takes no slot."
            .to_owned(),
    );
    advice
}

/// Log groups of one statement that one pattern would name.
fn wildcards(pieces: &[Piece]) -> Vec<String> {
    let mut folders: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    let mut heads = BTreeMap::new();
    for piece in pieces {
        let next = heads.len();
        let head = *heads.entry(piece.shape.head()).or_insert(next);
        for resource in piece.shape.resources() {
            if let Some(folder) = folder(resource) {
                folders.entry((head, folder.to_owned())).or_default().push(resource);
            }
        }
    }
    let mut found: Vec<(usize, String)> = Vec::new();
    for ((_, folder), mut resources) in folders {
        resources.sort_unstable();
        resources.dedup();
        if resources.len() < 3 {
            continue;
        }
        let bytes: usize = resources.iter().map(|resource| resource.len() + 3).sum();
        let saved = bytes - (folder.len() + 6);
        let group = folder.split_once(":log-group:").map_or(folder.as_str(), |(_, group)| group);
        found.push((saved, format!(
            "The pattern {group}* in place of {} log groups of one statement would save {saved} bytes; it grants every \
             other log group of that beginning as well.",
            resources.len()
        )));
    }
    found.sort_by(|one, other| (other.0, &one.1).cmp(&(one.0, &other.1)));
    found.into_iter().take(MOST).map(|(_, sentence)| sentence).collect()
}

/// The ARN of a log group up to the last slash of its name.
fn folder(resource: &str) -> Option<&str> {
    let (_, group) = resource.split_once(":log-group:")?;
    let name = group.split(':').next()?;
    let slash = name.rfind('/').filter(|slash| *slash > 0)?;
    let is_plain = !name.contains(['*', '?']);
    is_plain.then(|| &resource[..resource.len() - group.len() + slash + 1])
}

/// Statements that differ in nothing but their condition.
fn sources(pieces: &[Piece]) -> Vec<String> {
    let mut same: BTreeMap<_, Vec<&Piece>> = BTreeMap::new();
    for piece in pieces {
        same.entry(&piece.shape.sets).or_default().push(piece);
    }
    let mut groups: Vec<Vec<&Piece>> = same.into_values().filter(|pieces| pieces.len() > 1).collect();
    groups.sort_by_key(|pieces| std::cmp::Reverse(pieces.len()));
    let sentence = |pieces: Vec<&Piece>| {
        let names: Vec<&str> =
            pieces.iter().flat_map(|piece| piece.names.iter().map(String::as_str)).collect();
        let shown = names.iter().take(5).copied().collect::<Vec<&str>>().join(", ");
        format!(
            "The grants {shown}{} differ in their condition only: one grant with all their `source_arns` or `parameters` \
             would be one statement.",
            if names.len() > 5 { " and others" } else { "" }
        )
    };
    groups.into_iter().take(MOST).map(sentence).collect()
}
