//! One walk through all patterns of some constraints, letter by letter.

use super::language::{Budget, Signed};
use super::pattern::{Pattern, Token};

/// The places that each pattern of each constraint can be at, as bits.
pub(super) type State = Vec<u64>;

/// A pattern within a state: its words begin at `offset`.
struct Track<'a> {
    tokens: &'a [Token],
    offset: usize,
}

/// All patterns of some constraints, walked at once.
pub(super) struct Walk<'a> {
    /// For each constraint: its tracks, and whether it is turned round.
    constraints: Vec<(Vec<Track<'a>>, bool)>,
    pub(super) words: usize,
    /// What all strings begin with; the tracks begin behind it.
    pub(super) beginning: String,
}

impl<'a> Walk<'a> {
    pub(super) fn new(constraints: &[Signed<'a>]) -> Self {
        let beginning = beginning(constraints);
        let mut words = 0;
        let mut track = |pattern: &'a Pattern| {
            let tokens = behind(pattern, beginning)?;
            let track = Track { tokens, offset: words };
            words += tokens.len() / 64 + 1;
            Some(track)
        };
        let constraints = constraints
            .iter()
            .map(|(union, turned)| (union.patterns.iter().filter_map(&mut track).collect(), *turned))
            .collect();
        let letter = |token: &Token| if let Token::Letter(letter) = token { Some(*letter) } else { None };
        Self { constraints, words, beginning: beginning.iter().filter_map(letter).collect() }
    }

    pub(super) fn start(&self) -> State {
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
    pub(super) fn forced(&self, state: &mut State, budget: &mut Budget) -> Option<String> {
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

    pub(super) fn step(&self, state: &State, letter: char) -> State {
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
    pub(super) fn accepts(&self, state: &State) -> bool {
        self.constraints
            .iter()
            .all(|(tracks, turned)| tracks.iter().any(|track| track.is_at_end(state)) != *turned)
    }

    /// Whether a longer string may still meet every constraint that is not turned round.
    pub(super) fn is_alive(&self, state: &State) -> bool {
        let alive = |(tracks, turned): &(Vec<Track<'_>>, bool)| {
            *turned || tracks.iter().any(|track| track.is_anywhere(state))
        };
        self.constraints.iter().all(alive)
    }

    /// The letters that some pattern tells from the others, and one of the others.
    pub(super) fn letters(&self, state: &State, others: &str) -> Vec<char> {
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

/// Letters that every string begins with, for a constraint that is not turned round has one pattern, which begins so; as
/// many of them as no pattern reads as anything but letters.
fn beginning<'a>(constraints: &[Signed<'a>]) -> &'a [Token] {
    let alone = constraints.iter().find_map(|(union, turned)| match union.patterns.as_slice() {
        [alone] if !turned => Some(alone.tokens()),
        _ => None,
    });
    let Some(alone) = alone else { return &[] };
    let letters = alone.iter().take_while(|token| matches!(token, Token::Letter(_))).count();
    let patterns = constraints.iter().flat_map(|(union, _)| &union.patterns);
    let common = patterns.map(|pattern| {
        let mut pairs = pattern.tokens().iter().zip(alone).enumerate();
        let end = pairs.find(|(_, (token, other))| token != other);
        match end {
            // A pattern that waits for another letter is out of the walk, however long the beginning is.
            Some((_, (Token::Letter(_), _))) => letters,
            Some((place, _)) => place,
            None => pattern.tokens().len(),
        }
    });
    &alone[..common.min().unwrap_or(0).min(letters)]
}

/// The steps of a pattern behind a beginning; nothing where it begins with other letters, and so matches no string.
fn behind<'a>(pattern: &'a Pattern, beginning: &[Token]) -> Option<&'a [Token]> {
    pattern.tokens().strip_prefix(beginning)
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
