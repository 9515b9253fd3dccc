//! Languages: what several constraints on one string leave, and a string of it.
//!
//! A constraint is a union of patterns or its complement. Whether a conjunction of constraints is empty is decided by
//! walking all patterns at once: the state is the set of places that each pattern can be at, letters are those that some
//! pattern waits for, and one more that stands for all others. The walk is exact, finds a shortest string, and is
//! bounded.

use std::collections::{BTreeMap, VecDeque};

use super::pattern::{Pattern, Reading, Token};
use super::shortcut::{plainly_apart, plainly_covers, plainly_meet};

/// What a string must be, or must not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Union {
    /// Any of these.
    pub(super) patterns: Vec<Pattern>,
}

/// A constraint and whether it is turned round.
pub(super) type Signed<'a> = (&'a Union, bool);

/// What is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing: proved.
    Nothing,
    /// At least this string.
    Some(String),
    /// More states than the bound; nothing is known.
    Unknown,
}

/// The most states of one walk.
const MOST_STATES: usize = 20_000;

/// How many words of states may be looked at, over all walks that share it. A word is about a nanosecond.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget(pub(super) usize);

impl Budget {
    /// Enough for one question about two patterns, or a few.
    pub(super) const QUESTION: Self = Self(20_000_000);

    /// Takes some of it; false when it is used up.
    fn take(&mut self, words: usize) -> bool {
        let left = self.0.checked_sub(words);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// The places that each pattern of each constraint can be at, as bits.
type State = Vec<u64>;

/// A string that meets every constraint; `others` are tried, in order, where the letter does not matter.
pub(super) fn left(constraints: &[Signed<'_>], others: &str, budget: &mut Budget) -> Left {
    let walk = Walk::new(constraints);
    let mut start = walk.start();
    // What all strings begin with needs no search.
    let Some(beginning) = walk.forced(&mut start, budget) else { return Left::Nothing };
    let mut from: BTreeMap<State, Option<(State, String)>> = BTreeMap::from([(start.clone(), None)]);
    let mut open = VecDeque::from([start]);
    while let Some(state) = open.pop_front() {
        if walk.accepts(&state) {
            return Left::Some(beginning + &spell(&from, state));
        }
        let letters = walk.letters(&state, others);
        if from.len() > MOST_STATES || !budget.take(walk.words * (letters.len() + 1)) {
            return Left::Unknown;
        }
        for letter in letters {
            let mut next = walk.step(&state, letter);
            if !walk.is_alive(&next) {
                continue;
            }
            let Some(more) = walk.forced(&mut next, budget) else { continue };
            if !from.contains_key(&next) {
                from.insert(next.clone(), Some((state.clone(), format!("{letter}{more}"))));
                open.push_back(next);
            }
        }
    }
    Left::Nothing
}

/// The letters on the way to a state.
fn spell(from: &BTreeMap<State, Option<(State, String)>>, mut state: State) -> String {
    let mut parts = Vec::new();
    while let Some(Some((before, letters))) = from.get(&state) {
        parts.push(letters.as_str());
        state = before.clone();
    }
    parts.into_iter().rev().collect()
}

/// A pattern within a state: its words begin at `offset`.
struct Track<'a> {
    tokens: &'a [Token],
    offset: usize,
}

struct Walk<'a> {
    /// For each constraint: its tracks, and whether it is turned round.
    constraints: Vec<(Vec<Track<'a>>, bool)>,
    words: usize,
}

impl<'a> Walk<'a> {
    fn new(constraints: &[Signed<'a>]) -> Self {
        let mut words = 0;
        let mut track = |pattern: &'a Pattern| {
            let track = Track { tokens: pattern.tokens(), offset: words };
            words += pattern.tokens().len() / 64 + 1;
            track
        };
        let constraints = constraints
            .iter()
            .map(|(union, turned)| (union.patterns.iter().map(&mut track).collect(), *turned))
            .collect();
        Self { constraints, words }
    }

    fn start(&self) -> State {
        let mut state = vec![0; self.words];
        for track in self.tracks() {
            track.enter(&mut state, 0);
        }
        state
    }

    fn tracks(&self) -> impl Iterator<Item = &Track<'a>> {
        self.constraints.iter().flat_map(|(tracks, _)| tracks)
    }

    /// Goes on as long as some constraint leaves one letter only; the letters, or nothing where no string is left.
    fn forced(&self, state: &mut State, budget: &mut Budget) -> Option<String> {
        let mut letters = String::new();
        let mut next = vec![0; self.words];
        while let Some(letter) = self.only_letter(state) {
            if !budget.take(self.words) {
                break;
            }
            next.fill(0);
            self.step_into(state, letter, &mut next);
            if !self.is_alive(&next) {
                return None;
            }
            std::mem::swap(state, &mut next);
            letters.push(letter);
        }
        Some(letters)
    }

    /// The letter that must come next, where a constraint that is not turned round waits for one letter and for nothing
    /// else.
    fn only_letter(&self, state: &State) -> Option<char> {
        let only = |tracks: &[Track<'_>]| {
            let (mut only, mut is_one) = (None, true);
            for track in tracks {
                track.each_place(state, |place| match (track.tokens.get(place), only) {
                    (Some(Token::Letter(letter)), None) => only = Some(*letter),
                    (Some(Token::Letter(letter)), Some(known)) if *letter == known => {}
                    _ => is_one = false,
                });
            }
            only.filter(|_| is_one)
        };
        self.constraints.iter().filter(|(_, turned)| !turned).find_map(|(tracks, _)| only(tracks))
    }

    fn step(&self, state: &State, letter: char) -> State {
        let mut next = vec![0; self.words];
        self.step_into(state, letter, &mut next);
        next
    }

    fn step_into(&self, state: &State, letter: char, next: &mut State) {
        for track in self.tracks() {
            track.each_place(state, |place| match track.tokens.get(place) {
                Some(token) if token.takes(letter) => {
                    track.enter(next, if token.is_run() { place } else { place + 1 });
                }
                _ => {}
            });
        }
    }

    /// Whether every constraint is met by the string that led here.
    fn accepts(&self, state: &State) -> bool {
        self.constraints
            .iter()
            .all(|(tracks, turned)| tracks.iter().any(|track| track.is_at_end(state)) != *turned)
    }

    /// Whether a longer string may still meet every constraint that is not turned round.
    fn is_alive(&self, state: &State) -> bool {
        let alive = |(tracks, turned): &(Vec<Track<'_>>, bool)| {
            *turned || tracks.iter().any(|track| track.is_anywhere(state))
        };
        self.constraints.iter().all(alive)
    }

    /// The letters that some pattern tells from the others, and one of the others.
    fn letters(&self, state: &State, others: &str) -> Vec<char> {
        let mut letters = Vec::new();
        for track in self.tracks() {
            track.each_place(state, |place| match track.tokens.get(place) {
                Some(Token::Letter(letter)) => letters.push(*letter),
                Some(Token::AnyCase(letter)) => letters.extend([*letter, letter.to_ascii_uppercase()]),
                Some(Token::OneInPart | Token::RunInPart) => letters.push(':'),
                Some(Token::One | Token::Run) | None => {}
            });
        }
        letters.sort_unstable();
        letters.dedup();
        let spare = ('\u{a1}'..='\u{fffd}').chain(' '..='~');
        let other = others.chars().chain(spare).find(|letter| letters.binary_search(letter).is_err());
        // The other one first: examples are made of it where they can.
        other.into_iter().chain(letters).collect()
    }
}

impl Track<'_> {
    /// Marks a place, and those that runs lead to without a letter.
    fn enter(&self, state: &mut State, mut place: usize) {
        loop {
            state[self.offset + place / 64] |= 1 << (place % 64);
            match self.tokens.get(place) {
                Some(token) if token.is_run() => place += 1,
                _ => return,
            }
        }
    }

    /// Calls back for each place that is marked.
    fn each_place(&self, state: &State, mut found: impl FnMut(usize)) {
        for (index, word) in self.words(state).iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                found(index * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }

    fn is_anywhere(&self, state: &State) -> bool {
        self.words(state).iter().any(|word| *word != 0)
    }

    fn words<'s>(&self, state: &'s State) -> &'s [u64] {
        &state[self.offset..=self.offset + self.tokens.len() / 64]
    }

    fn is_at_end(&self, state: &State) -> bool {
        let end = self.tokens.len();
        state[self.offset + end / 64] >> (end % 64) & 1 == 1
    }
}

/// Whether a conjunction of constraints is plainly empty: what one asks for another forbids, or two ask for what cannot be
/// both. True is a proof, false says nothing.
pub(super) fn is_plainly_empty(constraints: &[Signed<'_>]) -> bool {
    let wanted = || constraints.iter().filter(|(_, turned)| !turned).map(|(union, _)| *union);
    let forbidden = || constraints.iter().filter(|(_, turned)| *turned).map(|(union, _)| *union);
    let is_forbidden = |wanted: &Union| {
        let covered =
            |inner: &Pattern, union: &Union| union.patterns.iter().any(|outer| plainly_covers(outer, inner));
        forbidden().any(|union| wanted.patterns.iter().all(|inner| covered(inner, union)))
    };
    let is_apart = |left: &Union, right: &Union| {
        left.patterns.iter().all(|one| right.patterns.iter().all(|other| plainly_apart(one, other)))
    };
    wanted().enumerate().any(|(index, union)| {
        let few = union.patterns.len() <= MOST_COMPARED;
        few && (is_forbidden(union)
            || wanted()
                .skip(index + 1)
                .any(|other| other.patterns.len() <= MOST_COMPARED && is_apart(union, other)))
    })
}

/// The most patterns of a union that are compared with each other.
const MOST_COMPARED: usize = 50;

/// Whether every string that `inner` matches, `outer` matches too; both with `*` and `?` as in `Resource`. Nothing comes
/// back where the bound of the search was met.
pub fn pattern_covers(outer: &str, inner: &str) -> Option<bool> {
    let read = |text| Pattern::read(text, Reading::Wildcards, false);
    covers(&read(outer)?, &read(inner)?)
}

/// Whether some string matches every one of these patterns, with `*` and `?` as in `Resource`; true where the bound of
/// the search was met.
pub fn patterns_meet(patterns: &[&str]) -> bool {
    let read = |text: &&str| Pattern::read(text, Reading::Wildcards, false);
    let patterns: Vec<Pattern> = patterns.iter().filter_map(read).collect();
    if plainly_meet(&patterns) {
        return true;
    }
    if patterns.iter().skip(1).any(|other| plainly_apart(&patterns[0], other)) {
        return false;
    }
    let unions: Vec<Union> = patterns.into_iter().map(|pattern| Union { patterns: vec![pattern] }).collect();
    let signed: Vec<Signed<'_>> = unions.iter().map(|union| (union, false)).collect();
    left(&signed, "x", &mut Budget::QUESTION.clone()) != Left::Nothing
}

/// Whether every string of one pattern is one of another: exact, for nothing is left of the one without the other.
fn covers(outer: &Pattern, inner: &Pattern) -> Option<bool> {
    let (outer, inner) = trimmed(outer.tokens(), inner.tokens());
    let (outer, inner) = (Pattern::of(outer.to_vec()), Pattern::of(inner.to_vec()));
    if plainly_covers(&outer, &inner) {
        return Some(true);
    }
    // A string of the inner one alone: all of its letters are steps, so that the shortcut is exact for it.
    if plainly_apart(&outer, &inner)
        || ![false, true].iter().all(|long| plainly_covers(&outer, &sample(&inner, *long)))
    {
        return Some(false);
    }
    let (outer, inner) = (Union { patterns: vec![outer] }, Union { patterns: vec![inner] });
    match left(&[(&inner, false), (&outer, true)], "x", &mut Budget::QUESTION.clone()) {
        Left::Nothing => Some(true),
        Left::Some(_) => Some(false),
        Left::Unknown => None,
    }
}

/// A string of a pattern, as a pattern of letters: each run empty, or each a letter that no pattern waits for.
fn sample(pattern: &Pattern, long: bool) -> Pattern {
    let other = Token::Letter('\u{fffe}');
    let letter = |token: &Token| match token {
        Token::Letter(letter) | Token::AnyCase(letter) => Some(Token::Letter(*letter)),
        Token::One | Token::OneInPart => Some(other),
        Token::Run | Token::RunInPart => long.then_some(other),
    };
    Pattern::of(pattern.tokens().iter().filter_map(letter).collect())
}

/// Both without the letters that they begin and end with alike. A pattern that begins with a letter has only strings
/// that begin with it, so `a·X` covers `a·Y` exactly when `X` covers `Y`; and so from the end.
fn trimmed<'a>(mut outer: &'a [Token], mut inner: &'a [Token]) -> (&'a [Token], &'a [Token]) {
    while let ([first @ Token::Letter(_), left @ ..], [other, right @ ..]) = (outer, inner)
        && first == other
    {
        (outer, inner) = (left, right);
    }
    while let ([left @ .., last @ Token::Letter(_)], [right @ .., other]) = (outer, inner)
        && last == other
    {
        (outer, inner) = (left, right);
    }
    (outer, inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::read(text, Reading::Wildcards, false).expect("a pattern")
    }

    #[test]
    fn containment_is_exact() {
        for (outer, inner, expected) in [
            ("*", "abc", true),
            ("a*", "a*b", true),
            ("a*b", "a*", false),
            ("*a*", "*b*", false),
            ("??*", "*??", true),
            ("*?", "?*", true),
            ("a*b*c", "a*c", false),
            ("*ab", "*b", false),
            ("/app-*", "/app-*-prod", true),
            ("**", "", true),
            ("a", "a*", false),
        ] {
            assert_eq!(covers(&pattern(outer), &pattern(inner)), Some(expected), "{outer} {inner}");
        }
    }

    #[test]
    fn a_walk_that_grows_without_end_is_given_up() {
        // The letter before the last forty cannot be both; to find that out, all of the last forty are remembered.
        let sides = ["*a", "*b"]
            .map(|start| Union { patterns: vec![pattern(&format!("{start}{}", "?".repeat(40)))] });
        let signed = [(&sides[0], false), (&sides[1], false)];
        assert_eq!(left(&signed, "x", &mut Budget::QUESTION.clone()), Left::Unknown);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_covers_has_every_string(outer in "[ab*?]{0,6}", inner in "[ab*?]{0,6}", text in "[ab]{0,6}") {
            let (outer, inner) = (pattern(&outer), pattern(&inner));
            if covers(&outer, &inner) == Some(true) && inner.matches(&text) {
                prop_assert!(outer.matches(&text));
            }
        }

        #[test]
        fn what_is_left_is_left(a in "[ab*?]{0,5}", b in "[ab*?]{0,5}", c in "[ab*?]{0,5}", text in "[abx]{0,6}") {
            let unions: Vec<Union> = [a, b, c].iter().map(|text| Union { patterns: vec![pattern(text)] }).collect();
            let meets = |text: &str| {
                let found: Vec<bool> = unions.iter().map(|union| union.patterns[0].matches(text)).collect();
                found == [true, true, false]
            };
            match left(&[(&unions[0], false), (&unions[1], false), (&unions[2], true)], "x", &mut Budget::QUESTION.clone()) {
                Left::Some(found) => prop_assert!(meets(&found), "{}", found),
                Left::Nothing => prop_assert!(!meets(&text), "{}", text),
                Left::Unknown => prop_assert!(false, "such small patterns are decided"),
            }
        }
    }
}
