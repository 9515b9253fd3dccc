//! Placing on lengths alone: pieces that cannot be joined, in units of 300 bytes.

use crate::policy::Document;

use super::bin::Measures;
use super::piece::Piece;
use super::placing::{Placing, Problem};
use super::repair::{into_room, with_moves};
use super::shape::Shape;
use super::subset_sum::{at_home, fullest, repacked};

const UNIT: usize = 300;

/// The length of a document with nothing in it, less the comma that the first statement does not need.
const FRAME: usize = 38;

/// A piece that is so many units long with its comma; its condition is its own.
fn piece(number: usize, units: usize, home: Option<usize>) -> Piece {
    let shape = |filler: usize| {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"logs:*","Condition":{{"StringEquals":{{"x":"{number:02}{}"}}}}}}"#,
            "x".repeat(filler)
        );
        Shape::of(&Document::from_text(format!(r#"{{"Statement":[{statement}]}}"#)).statements()[0])
    };
    let names = || [format!("p{number:02}")].into();
    let short = Piece { shape: shape(0), names: names(), home };
    let bare = Measures::of(std::slice::from_ref(&short)).alone(0) - FRAME;
    Piece { shape: shape(units * UNIT - bare), names: names(), home }
}

/// Looks at pieces of these units in policies of so many; given with the policy of each now.
fn with_problem<T>(
    pieces: &[(usize, Option<usize>)],
    capacity: usize,
    bins: usize,
    dirty: &[usize],
    look: impl FnOnce(&Problem<'_>) -> T,
) -> T {
    let pieces: Vec<Piece> =
        pieces.iter().enumerate().map(|(number, (units, home))| piece(number, *units, *home)).collect();
    let measures = Measures::of(&pieces);
    let dirty = (0..bins).map(|bin| dirty.contains(&bin)).collect();
    look(&Problem::new(&pieces, &measures, FRAME + capacity * UNIT, bins, dirty))
}

/// Where they come to stand.
fn placed(
    pieces: &[(usize, Option<usize>)],
    capacity: usize,
    bins: usize,
    dirty: &[usize],
) -> Vec<Option<usize>> {
    with_problem(pieces, capacity, bins, dirty, |problem| problem.place().bin_of)
}

/// The same, of pieces by policy and of new ones; as the policies of the former, one after the other, and of the latter.
fn with_new(standing: &[&[usize]], new: &[usize], capacity: usize, bins: usize) -> Vec<usize> {
    let homes = standing.iter().enumerate();
    let mut pieces: Vec<(usize, Option<usize>)> =
        homes.flat_map(|(home, pieces)| pieces.iter().map(move |units| (*units, Some(home)))).collect();
    pieces.extend(new.iter().map(|units| (*units, None)));
    placed(&pieces, capacity, bins, &[]).into_iter().map(|bin| bin.unwrap_or(usize::MAX)).collect()
}

const NOWHERE: usize = usize::MAX;

#[test]
fn pieces_are_as_long_as_they_are_said_to_be() {
    let pieces = [piece(1, 2, None), piece(2, 3, None)];
    let measures = Measures::of(&pieces);
    assert_eq!([0, 1].map(|piece| measures.alone(piece)), [FRAME + 2 * UNIT, FRAME + 3 * UNIT]);
}

#[test]
fn what_the_tightest_fit_cannot_do_a_search_can() {
    // 6 and 5 into one policy leave no room for the last 3: they go with 3 and 3, and with 4 and 3.
    let found = with_new(&[], &[6, 5, 4, 3, 3, 3], 12, 2);
    assert!(!found.contains(&NOWHERE), "{found:?}");
    let sum = |bin: usize| -> usize {
        found.iter().zip([6, 5, 4, 3, 3, 3]).filter(|(found, _)| **found == bin).map(|(_, units)| units).sum()
    };
    assert_eq!((sum(0), sum(1)), (12, 12));
    // Without a way as much as possible is placed.
    let found = with_new(&[], &[7, 7, 7], 12, 2);
    assert_eq!(found.iter().filter(|found| **found == NOWHERE).count(), 1);
}

#[test]
fn no_more_is_moved_than_must_be() {
    // One is enough, and the first that is.
    assert_eq!(with_new(&[&[2, 1], &[2, 1]], &[2], 4, 2), [0, 1, 1, 1, 0]);
    // Two must change places, or two must go the same way.
    assert_eq!(moved(&[&[1, 1, 1], &[1, 1, 1]], &[4], 5, 2), (2, true));
    assert_eq!(moved(&[&[1, 1, 1, 1], &[1, 1, 1, 1]], &[6], 7, 2), (3, true));
    // Of four all are placed anew, and each filling takes the policy that most of it stands in.
    assert_eq!(moved(&[&[1; 8], &[1; 8]], &[8], 12, 2), (4, true));
    // A third policy is opened before anything moves.
    assert_eq!(with_new(&[&[2, 1], &[2, 1]], &[2], 4, 3), [0, 0, 1, 1, 2]);
}

/// How many pieces leave their policy, and whether all have a place that is not too full.
fn moved(standing: &[&[usize]], new: &[usize], capacity: usize, bins: usize) -> (usize, bool) {
    let found = with_new(standing, new, capacity, bins);
    let homes = standing.iter().enumerate().flat_map(|(home, pieces)| pieces.iter().map(move |_| home));
    let units = standing.iter().flat_map(|pieces| pieces.iter()).chain(new);
    let mut sums = vec![0; bins];
    for (bin, units) in found.iter().zip(units) {
        match sums.get_mut(*bin) {
            Some(sum) => *sum += units,
            None => return (0, false),
        }
    }
    let moved = found.iter().zip(homes).filter(|(bin, home)| **bin != *home).count();
    (moved, sums.into_iter().all(|sum| sum <= capacity))
}

#[test]
fn the_fewest_policies_change_and_of_those_the_fewest_stand() {
    // It fits into the second only; into the first by a move, which would change both.
    assert_eq!(with_new(&[&[3], &[1]], &[2], 4, 4), [0, 1, 1]);
    // Two of them: both into one policy that changes, where it has room for both.
    assert_eq!(with_new(&[&[2], &[1]], &[1, 2], 4, 4), [0, 1, 1, 1]);
    assert_eq!(with_new(&[&[], &[1]], &[1], 4, 4), [1, 1], "no new policy where an old one has room");
    // What changes anyway takes what is new, even if another one is nearer to full.
    assert_eq!(placed(&[(1, Some(0)), (1, Some(1)), (1, None)], 4, 4, &[1]), [Some(0), Some(1), Some(1)]);
    assert_eq!(placed(&[(1, Some(0)), (1, Some(1)), (1, None)], 4, 4, &[]), [Some(0), Some(1), Some(0)]);
    // Where one policy is not enough two change, and no third.
    assert_eq!(with_new(&[&[1], &[2], &[3]], &[3, 2], 4, 3), [0, 1, 2, 0, 1]);
    // A home that is no longer among the policies is none.
    assert_eq!(placed(&[(1, Some(5))], 4, 2, &[]), [Some(0)]);
}

/// Each way of making room finds what it is there for, whatever the others would find.
#[test]
fn each_way_finds_its_own() {
    let new = |units: &[usize]| units.iter().map(|units| (*units, None)).collect::<Vec<_>>();
    let found = |units: &[usize], capacity: usize, trials: usize| {
        with_problem(&new(units), capacity, 2, &[], |problem| {
            let all: Vec<usize> = (0..units.len()).collect();
            let empty = problem.filled(&Placing { bin_of: vec![None; units.len()] });
            let mut left = trials;
            let room = into_room(problem, &[0, 1], &empty, &all, &mut left).is_some();
            (room, left, repacked(problem, &all, &[0, 1]).is_some())
        })
    };
    let (room, left, _) = found(&[6, 5, 4, 3, 3, 3], 12, 1000);
    assert!(room && (980..1000).contains(&left), "a short search: {left}");
    assert!(!found(&[6, 5, 4, 3, 3, 3], 12, 3).0, "which ends where no trial is left");
    assert!(found(&[5, 4, 4, 3, 3, 3], 11, 1000).2, "5 and 3 and 3, 4 and 4 and 3");
    assert_eq!(found(&[6, 6, 6], 12, 1000), (true, 1000, true), "at once");
    assert!(!found(&[7, 7, 7], 12, 1000).2);
}

#[test]
fn the_fullest_choice_is_the_one_that_leaves_least() {
    for (units, capacity, most) in [
        (&[5, 4, 4, 3, 3, 3][..], 11, 11),
        (&[7, 6, 2], 12, 9),
        (&[9, 8], 7, 0),
        (&[6, 5, 5], 10, 10),
        (&[1, 1, 9, 4], 14, 14),
    ] {
        let pieces: Vec<(usize, Option<usize>)> = units.iter().map(|units| (*units, None)).collect();
        let chosen = with_problem(&pieces, capacity, 1, &[], |problem| {
            fullest(problem, &(0..units.len()).collect::<Vec<usize>>())
        });
        assert_eq!(chosen.iter().map(|piece| units[*piece]).sum::<usize>(), most, "{units:?} in {capacity}");
    }
}

#[test]
fn so_many_are_moved_as_are_asked_for() {
    let pieces = [(2, Some(0)), (1, Some(0)), (2, Some(1)), (1, Some(1)), (2, None)];
    let with = |moves: usize, new: &[usize]| {
        with_problem(&pieces, 4, 2, &[], |problem| {
            let bin_of: Vec<Option<usize>> = pieces.iter().map(|(_, home)| *home).collect();
            let placing = Placing { bin_of };
            let filled = problem.filled(&placing);
            let mut found = with_moves(problem, &[0, 1], &filled, &placing, new, moves, &mut 1000)?;
            found.sort_unstable();
            Some(found)
        })
    };
    assert_eq!(with(1, &[4]), Some(vec![(1, 1), (4, 0)]), "the first that is enough");
    assert!(with(4, &[4]).is_some(), "all of them");
    assert_eq!(with(5, &[4]), None, "more than there are");
}

#[test]
fn two_fillings_do_not_share_a_policy() {
    let pieces = [(2, Some(0)), (1, Some(0))];
    let homes =
        with_problem(&pieces, 4, 2, &[], |problem| at_home(problem, &[0, 1], &[vec![0], vec![1]], &[0, 1]));
    assert_eq!(homes, [0, 1]);
}

/// Joined they are shorter than each alone, which the sum of the lengths does not know.
#[test]
fn what_is_joined_fits_where_the_sum_does_not() {
    let shape = |resource: &str| {
        let text =
            format!(r#"{{"Statement":[{{"Effect":"Allow","Action":"logs:*","Resource":"{resource}"}}]}}"#);
        Shape::of(&Document::from_text(text).statements()[0])
    };
    let of =
        |resource: &str| Piece { shape: shape(resource), names: [resource.to_owned()].into(), home: None };
    let pieces = [of("a"), of("b")];
    let measures = Measures::of(&pieces);
    let both = super::bin::document(&[&pieces[0], &pieces[1]]).0.bytes();
    let fits = |limit: usize| {
        repacked(&Problem::new(&pieces, &measures, limit, 1, vec![false]), &[0, 1], &[0]).is_some()
    };
    assert!(fits(both) && !fits(both - 1));
}
