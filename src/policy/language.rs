//! Languages: what several constraints on one string leave, and a string of it.
//!
//! A constraint is a union of patterns or its complement. Whether a conjunction of constraints is empty is decided by
//! walking all patterns at once: the state is the set of places that each pattern can be at, letters are those that some
//! pattern waits for, and one more that stands for all others. The walk is exact, finds a shortest string, and is
//! bounded.

use std::collections::{BTreeMap, VecDeque};

use super::pattern::{Pattern, Reading, Token};
use super::shortcut::{plainly_apart, plainly_covers, plainly_meet};
use super::walk::{State, Walk};

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
    pub(super) fn take(&mut self, words: usize) -> bool {
        let left = self.0.checked_sub(words);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// A string that meets every constraint; `others` are tried, in order, where the letter does not matter.
pub(super) fn left(constraints: &[Signed<'_>], others: &str, budget: &mut Budget) -> Left {
    let walk = Walk::new(constraints);
    let mut start = walk.start();
    if !walk.is_alive(&start) {
        return Left::Nothing;
    }
    // What all strings begin with needs no search.
    let Some(forced) = walk.forced(&mut start, budget) else { return Left::Nothing };
    let beginning = format!("{}{forced}", walk.beginning);
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
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

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

    /// Patterns of every kind of step.
    fn of_any_steps(most: usize) -> impl Strategy<Value = Pattern> {
        let steps = [
            Token::Letter('a'),
            Token::Letter('b'),
            Token::Letter(':'),
            Token::AnyCase('a'),
            Token::One,
            Token::OneInPart,
            Token::Run,
            Token::RunInPart,
        ];
        vec(select(steps.to_vec()), 0..most).prop_map(Pattern::of)
    }

    /// A pattern in which each `b` stands `times` times, so that it is longer than a word of the walk has bits.
    fn stretched(pattern: &Pattern, times: usize) -> Pattern {
        let again = |token: &Token| vec![*token; if *token == Token::Letter('b') { times } else { 1 }];
        Pattern::of(pattern.tokens().iter().flat_map(again).collect())
    }

    /// Every text of up to four letters.
    fn texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut from = 0;
        for _ in 0..4 {
            let longer = |text: &String| ["a", "A", "b", ":"].map(|letter| format!("{text}{letter}"));
            let next: Vec<String> = texts[from..].iter().flat_map(longer).collect();
            from = texts.len();
            texts.extend(next);
        }
        texts
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is said to be empty has no text, what is said to be left meets everything, and no shortcut says otherwise.
        #[test]
        fn every_kind_of_constraint_is_decided(
            constraints in vec((vec(of_any_steps(5), 0..3), any::<bool>()), 1..4), times in select(vec![1, 1, 31, 64]),
        ) {
            let unions: Vec<(Union, bool)> = constraints
                .iter()
                .map(|(patterns, turned)| {
                    let patterns = patterns.iter().map(|pattern| stretched(pattern, times)).collect();
                    (Union { patterns }, *turned)
                })
                .collect();
            let signed: Vec<Signed<'_>> = unions.iter().map(|(union, turned)| (union, *turned)).collect();
            let meets = |text: &str| {
                signed.iter().all(|(union, turned)| union.patterns.iter().any(|pattern| pattern.matches(text)) != *turned)
            };
            let found = left(&signed, "x", &mut Budget::QUESTION.clone());
            match &found {
                Left::Some(text) => prop_assert!(meets(text), "{:?}", text),
                Left::Nothing => {
                    let missed = texts().into_iter().map(|text| text.replace('b', &"b".repeat(times))).find(|text| meets(text));
                    prop_assert_eq!(missed, None);
                }
                Left::Unknown => prop_assert!(false, "such small patterns are decided"),
            }
            prop_assert!(!is_plainly_empty(&signed) || found == Left::Nothing);
        }

        /// Two patterns: whether one covers the other, and whether they meet, is what the walk alone says.
        #[test]
        fn shortcuts_say_what_the_walk_says(one in of_any_steps(7), two in of_any_steps(7), times in select(vec![1, 1, 31, 64])) {
            let (one, two) = (stretched(&one, times), stretched(&two, times));
            let unions = [&one, &two].map(|pattern| Union { patterns: vec![pattern.clone()] });
            let is_nothing = |turned: bool| {
                left(&[(&unions[0], false), (&unions[1], turned)], "x", &mut Budget::QUESTION.clone()) == Left::Nothing
            };
            let (is_covered, are_apart) = (is_nothing(true), is_nothing(false));
            prop_assert_eq!(covers(&two, &one), Some(is_covered));
            prop_assert!(!plainly_covers(&two, &one) || is_covered);
            prop_assert!(!plainly_apart(&one, &two) || are_apart);
            prop_assert!(!plainly_meet(&[one, two]) || !are_apart);
        }
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
