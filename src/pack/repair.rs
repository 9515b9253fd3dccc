//! Makes room: puts pieces into what is free, and moves a few others where that is not enough.

use super::bin::Bin;
use super::placing::{Placing, Problem};

/// Pieces and their policies.
type Found = Vec<(usize, usize)>;

/// The most steps of one search for room.
const MOST_STEPS: usize = 400;

/// A place for each new piece in one of these policies, with nothing moved.
pub(super) fn into_room(
    problem: &Problem<'_>,
    set: &[usize],
    filled: &[Bin],
    new: &[usize],
    trials: &mut usize,
) -> Option<Found> {
    let mut bins: Vec<(usize, Bin)> = set.iter().map(|bin| (*bin, filled[*bin].clone())).collect();
    let mut order: Vec<usize> = new.to_vec();
    order.sort_by_key(|piece| (std::cmp::Reverse(problem.alone[*piece]), *piece));
    if let Some(found) = tightest_first(problem, &bins, &order) {
        return Some(found);
    }
    let mut steps = MOST_STEPS.min(*trials);
    let before = steps;
    let mut found = Vec::new();
    let is_found = branch(problem, &mut bins, &order, &mut found, &mut steps);
    *trials = trials.saturating_sub(before - steps);
    is_found.then_some(found)
}

/// Each piece where it adds the least, and of such policies where it leaves the least room.
fn tightest_first(problem: &Problem<'_>, bins: &[(usize, Bin)], order: &[usize]) -> Option<Found> {
    let mut bins = bins.to_vec();
    let mut found = Vec::new();
    for &piece in order {
        let best = choices(problem, &bins, piece).into_iter().next()?;
        let (bin, contents) = &mut bins[best];
        contents.add(problem.measures, piece);
        found.push((piece, *bin));
    }
    Some(found)
}

/// The policies that a piece fits into, the best one first.
fn choices(problem: &Problem<'_>, bins: &[(usize, Bin)], piece: usize) -> Vec<usize> {
    let mut choices: Vec<(usize, usize, usize)> = Vec::new();
    for (index, (_, contents)) in bins.iter().enumerate() {
        let bytes = contents.bytes_with(problem.measures, piece);
        if bytes <= problem.limit {
            let added = bytes - contents.bytes();
            choices.push((added, problem.limit - bytes, index));
        }
    }
    choices.sort_unstable();
    choices.into_iter().map(|(_, _, index)| index).collect()
}

/// Branch and bound over the policies of one piece after the other; the longest first.
fn branch(
    problem: &Problem<'_>,
    bins: &mut [(usize, Bin)],
    order: &[usize],
    found: &mut Found,
    steps: &mut usize,
) -> bool {
    let Some((&piece, rest)) = order.split_first() else { return true };
    if *steps == 0 {
        return false;
    }
    *steps -= 1;
    let mut seen_empty = false;
    for choice in choices(problem, bins, piece) {
        // One empty policy is like the other.
        if bins[choice].1.is_empty() && std::mem::replace(&mut seen_empty, true) {
            continue;
        }
        bins[choice].1.add(problem.measures, piece);
        found.push((piece, bins[choice].0));
        if branch(problem, bins, rest, found, steps) {
            return true;
        }
        found.pop();
        bins[choice].1.remove(problem.measures, piece);
    }
    false
}

/// A place for each new piece, with exactly so many others moved to another of these policies.
pub(super) fn with_moves(
    problem: &Problem<'_>,
    set: &[usize],
    filled: &[Bin],
    placing: &Placing,
    new: &[usize],
    moves: usize,
    trials: &mut usize,
) -> Option<Found> {
    let inside: Vec<(usize, usize)> = placing
        .bin_of
        .iter()
        .enumerate()
        .filter_map(|(piece, bin)| Some((piece, bin.filter(|bin| set.contains(bin))?)))
        .collect();
    let mut chosen: Vec<usize> = (0..moves).collect();
    if inside.len() < moves || new.len() > MOST_NEW {
        return None;
    }
    let room = |bin: &usize| problem.limit.saturating_sub(filled[*bin].bytes());
    let rooms: Vec<(usize, usize)> = set.iter().map(|bin| (*bin, room(bin))).collect();
    let lengths: Vec<usize> = new.iter().map(|piece| problem.least[*piece]).collect();
    loop {
        let moved: Vec<(usize, usize)> = chosen.iter().map(|index| inside[*index]).collect();
        if *trials == 0 {
            return None;
        }
        if might_fit(problem, &rooms, &lengths, &moved) {
            *trials -= 1;
            let mut without = filled.to_vec();
            moved.iter().for_each(|(piece, bin)| without[*bin].remove(problem.measures, *piece));
            let pieces: Vec<usize> =
                new.iter().copied().chain(moved.iter().map(|(piece, _)| *piece)).collect();
            if let Some(found) = into_room(problem, set, &without, &pieces, trials) {
                return Some(found);
            }
        }
        if !next_choice(&mut chosen, inside.len()) {
            return None;
        }
    }
}

/// With more new pieces than this, moving single ones is a search in the dark.
const MOST_NEW: usize = 8;

/// Whether the lengths alone leave a way: rooms are taken as large as they can be, pieces as short as they can be.
fn might_fit(
    problem: &Problem<'_>,
    rooms: &[(usize, usize)],
    new: &[usize],
    moved: &[(usize, usize)],
) -> bool {
    let freed = |bin: usize| -> usize {
        let out = moved.iter().filter(|(_, from)| *from == bin);
        out.map(|(piece, _)| problem.alone[*piece] - problem.frame).sum()
    };
    let mut rooms: Vec<usize> = rooms.iter().map(|(bin, room)| room + freed(*bin)).collect();
    let mut lengths: Vec<usize> = new.to_vec();
    lengths.extend(moved.iter().map(|(piece, _)| problem.least[*piece]));
    lengths.sort_unstable_by(|one, other| other.cmp(one));
    fits(&lengths, &mut rooms)
}

fn fits(lengths: &[usize], rooms: &mut [usize]) -> bool {
    let Some((length, rest)) = lengths.split_first() else { return true };
    for index in 0..rooms.len() {
        if rooms[index] >= *length {
            rooms[index] -= length;
            let found = fits(rest, rooms);
            rooms[index] += length;
            if found {
                return true;
            }
        }
    }
    false
}

/// The next choice of as many numbers below `most`, in order.
fn next_choice(chosen: &mut [usize], most: usize) -> bool {
    let number = chosen.len();
    for index in (0..number).rev() {
        if chosen[index] + (number - index) < most {
            chosen[index] += 1;
            for later in index + 1..number {
                chosen[later] = chosen[later - 1] + 1;
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_come_in_order_and_end() {
        let mut chosen = vec![0, 1];
        let mut all = vec![chosen.clone()];
        while next_choice(&mut chosen, 4) {
            all.push(chosen.clone());
        }
        assert_eq!(all, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
    }

    #[test]
    fn lengths_fit_where_some_order_of_the_rooms_takes_them() {
        for (lengths, rooms, expected) in [
            (&[][..], &[][..], true),
            (&[5], &[4], false),
            (&[5], &[4, 5], true),
            (&[5, 4, 3], &[8, 4], true),
            (&[5, 4, 4], &[8, 4], false),
            (&[3, 3], &[5], false),
            (&[6, 5, 4, 3, 3, 3], &[12, 12], true),
            (&[6, 5, 5, 3, 3, 3], &[12, 12], false),
        ] {
            let mut left = rooms.to_vec();
            assert_eq!(fits(lengths, &mut left), expected, "{lengths:?} {rooms:?}");
            assert_eq!(left, rooms, "nothing is taken for good");
        }
    }
}
