//! Fills one policy after the other as full as can be: the subset of the pieces whose lengths add up highest.
//!
//! This is the "minimum bin slack" heuristic (Gupta and Ho, 1999), with a table over all sums in place of its search:
//! a document has at most 51,200 bytes, so that the table is small.

use super::bin::Bin;
use super::placing::Problem;

/// The policy of each piece, in the order of the pieces; nothing where they do not fit into so many policies.
pub(super) fn repacked(problem: &Problem<'_>, pieces: &[usize], bins: &[usize]) -> Option<Vec<usize>> {
    let measures = problem.measures;
    let mut left: Vec<usize> = pieces.to_vec();
    left.sort_by_key(|piece| (std::cmp::Reverse(problem.alone[*piece]), *piece));
    let mut filled: Vec<Vec<usize>> = Vec::new();
    for _ in bins {
        let mut bin = Bin::default();
        let mut inside = fullest(problem, &left);
        inside.iter().for_each(|piece| bin.add(measures, *piece));
        left.retain(|piece| !inside.contains(piece));
        // Statements that are joined are shorter than each alone, so that there may be room for more.
        top_up(problem, &mut bin, &mut inside, &mut left);
        filled.push(inside);
    }
    if !left.is_empty() {
        return None;
    }
    Some(at_home(problem, pieces, &filled, bins))
}

/// The pieces whose lengths together come nearest to the limit, from the longest on.
pub(super) fn fullest(problem: &Problem<'_>, pieces: &[usize]) -> Vec<usize> {
    // A document of pieces is as long as the sum of what each adds, and of what is there without any.
    let frame = problem.frame;
    let room = problem.limit.saturating_sub(frame);
    let words = room / 64 + 1;
    let mut reached: Vec<Vec<u64>> = vec![vec![0; words]];
    reached[0][0] = 1;
    for piece in pieces {
        let before = &reached[reached.len() - 1];
        let mut now = before.clone();
        shift_into(&mut now, before, problem.alone[*piece] - frame, room);
        reached.push(now);
    }
    let full = &reached[pieces.len()];
    let Some(mut sum) = (0..=room).rev().find(|sum| has(full, *sum)) else { return Vec::new() };
    let mut chosen = Vec::new();
    for (index, piece) in pieces.iter().enumerate().rev() {
        if !has(&reached[index], sum) {
            sum -= problem.alone[*piece] - frame;
            chosen.push(*piece);
        }
    }
    chosen
}

fn has(sums: &[u64], sum: usize) -> bool {
    sums[sum / 64] & (1 << (sum % 64)) != 0
}

/// Adds to a set of sums those that are greater by `by`, up to `most`.
fn shift_into(into: &mut [u64], sums: &[u64], by: usize, most: usize) {
    let (words, bits) = (by / 64, by % 64);
    for index in (words..into.len()).rev() {
        let low = sums[index - words] << bits;
        let carried = if bits > 0 && index > words { sums[index - words - 1] >> (64 - bits) } else { 0 };
        into[index] |= low | carried;
    }
    let spare = most % 64 + 1;
    if spare < 64
        && let Some(last) = into.last_mut()
    {
        *last &= (1 << spare) - 1;
    }
}

fn top_up(problem: &Problem<'_>, bin: &mut Bin, inside: &mut Vec<usize>, left: &mut Vec<usize>) {
    left.retain(|piece| {
        let fits = bin.bytes_with(problem.measures, *piece) <= problem.limit;
        if fits {
            bin.add(problem.measures, *piece);
            inside.push(*piece);
        }
        !fits
    });
}

/// Gives each filling the policy in which most of its pieces stand already.
pub(super) fn at_home(
    problem: &Problem<'_>,
    pieces: &[usize],
    filled: &[Vec<usize>],
    bins: &[usize],
) -> Vec<usize> {
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for (filling, inside) in filled.iter().enumerate() {
        for bin in bins {
            let stay = inside.iter().filter(|piece| problem.home[**piece] == Some(*bin)).count();
            pairs.push((stay, filling, *bin));
        }
    }
    pairs.sort_by_key(|(stay, filling, bin)| (std::cmp::Reverse(*stay), *filling, *bin));
    let mut bin_of_filling: Vec<Option<usize>> = vec![None; filled.len()];
    let mut taken: Vec<usize> = Vec::new();
    for (_, filling, bin) in pairs {
        if bin_of_filling[filling].is_none() && !taken.contains(&bin) {
            bin_of_filling[filling] = Some(bin);
            taken.push(bin);
        }
    }
    let bin_of = |piece: &usize| {
        let filling = filled.iter().position(|inside| inside.contains(piece));
        filling.and_then(|filling| bin_of_filling[filling]).unwrap_or_default()
    };
    pieces.iter().map(bin_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_all_sums_up_to_the_most() {
        let lengths = [[3, 64, 70, 5], [30, 40, 50, 7]];
        for (most, lengths) in
            [63, 64, 100, 127, 128, 200].into_iter().flat_map(|most| lengths.map(|of| (most, of)))
        {
            let mut reached = vec![0_u64; most / 64 + 1];
            reached[0] = 1;
            for length in lengths {
                let before = reached.clone();
                shift_into(&mut reached, &before, length, most);
            }
            let found: Vec<usize> = (0..=most).filter(|sum| has(&reached, *sum)).collect();
            let mut expected: Vec<usize> = (0..16)
                .map(|chosen: usize| {
                    let some = lengths.iter().enumerate().filter(|(bit, _)| chosen & (1 << bit) != 0);
                    some.map(|(_, length)| length).sum()
                })
                .filter(|sum| *sum <= most)
                .collect();
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(found, expected, "{most}");
            assert!(reached.last().is_some_and(|last| most % 64 == 63 || last >> (most % 64 + 1) == 0));
        }
    }
}
