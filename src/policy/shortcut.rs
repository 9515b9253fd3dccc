//! Shortcuts for questions about patterns: each answer is proved, and where there is none the walk of `language` decides.

use super::pattern::{Pattern, Token};

impl Token {
    /// Whether this step of an outer pattern takes, once, all that a step of an inner pattern can stand for.
    fn takes_all_of(self, inner: Self) -> bool {
        match (self, inner) {
            (Self::Run, _) => true,
            (Self::One, inner) => !inner.is_run(),
            (Self::RunInPart | Self::OneInPart, Self::Letter(letter)) => letter != ':',
            (Self::RunInPart, inner) => matches!(inner, Self::AnyCase(_) | Self::OneInPart | Self::RunInPart),
            (Self::OneInPart, inner) => matches!(inner, Self::AnyCase(_) | Self::OneInPart),
            (Self::Letter(own), Self::Letter(letter)) => own == letter,
            (Self::AnyCase(own), Self::Letter(letter)) => own == letter.to_ascii_lowercase(),
            (Self::AnyCase(own), Self::AnyCase(letter)) => own == letter,
            (Self::Letter(_) | Self::AnyCase(_), _) => false,
        }
    }
}

/// Whether `outer` plainly covers `inner`: true is a proof, false says nothing.
///
/// The steps of `inner` are read as a text, in which each wildcard is a letter of its own that only wider wildcards of
/// `outer` take. If `outer` matches this text, it matches every string of `inner`: whatever a step of `inner` stands for is
/// taken by the step of `outer` that took it. The places that `outer` can be at are bits, so that a step costs a few words.
pub(super) fn plainly_covers(outer: &Pattern, inner: &Pattern) -> bool {
    let (outer, inner) = (spread(outer.tokens()), inner.tokens());
    let words = inner.len() / 64 + 1;
    let letters = letter_masks(inner, words);
    let mut masks: Vec<(Token, Vec<u64>)> = Vec::new();
    let mut reached = vec![0_u64; words];
    reached[0] = 1;
    for token in outer {
        let mask = match token {
            Token::Letter(letter) if letter.is_ascii() => &letters[letter as usize * words..][..words],
            other => {
                let known = masks.iter().position(|(known, _)| *known == other);
                let index = known.unwrap_or_else(|| {
                    masks.push((other, mask(other, inner, words)));
                    masks.len() - 1
                });
                &masks[index].1
            }
        };
        if token == Token::Run {
            fill_from_lowest(&mut reached);
        } else if token == Token::RunInPart {
            spread_over(&mut reached, mask, inner.len());
        } else {
            shift(&mut reached, mask);
        }
        if reached.iter().all(|word| *word == 0) {
            return false;
        }
    }
    reached[inner.len() / 64] >> (inner.len() % 64) & 1 == 1
}

/// Wildcards that stand together mean the same in any order: a run is put around each single one beside it.
fn spread(tokens: &[Token]) -> Vec<Token> {
    let is_wild = |token: &Token| matches!(token, Token::One | Token::Run);
    let mut spread = Vec::with_capacity(tokens.len());
    for group in tokens.chunk_by(|left, right| is_wild(left) == is_wild(right)) {
        if is_wild(&group[0]) && group.contains(&Token::Run) {
            spread.push(Token::Run);
            for _ in group.iter().filter(|token| **token == Token::One) {
                spread.extend([Token::One, Token::Run]);
            }
        } else {
            spread.extend_from_slice(group);
        }
    }
    spread
}

/// For each ASCII letter, which nearly all steps are, the steps of `inner` that are just this letter, as bits.
fn letter_masks(inner: &[Token], words: usize) -> Vec<u64> {
    let mut masks = vec![0; 128 * words];
    for (place, step) in inner.iter().enumerate() {
        if let Token::Letter(letter) = step
            && letter.is_ascii()
        {
            masks[*letter as usize * words + place / 64] |= 1 << (place % 64);
        }
    }
    masks
}

/// The steps of `inner` that a step of `outer` takes, as bits.
fn mask(token: Token, inner: &[Token], words: usize) -> Vec<u64> {
    let mut mask = vec![0; words];
    for (place, step) in inner.iter().enumerate() {
        if token.takes_all_of(*step) {
            mask[place / 64] |= 1 << (place % 64);
        }
    }
    mask
}

/// Every place from the lowest one on.
fn fill_from_lowest(reached: &mut [u64]) {
    let mut found = false;
    for word in reached {
        if found {
            *word = u64::MAX;
        } else if *word != 0 {
            *word = u64::MAX << word.trailing_zeros();
            found = true;
        }
    }
}

/// One step on, from the places whose step is taken.
fn shift(reached: &mut [u64], mask: &[u64]) {
    let mut carry = 0;
    for (word, mask) in reached.iter_mut().zip(mask) {
        let taken = *word & mask;
        *word = taken << 1 | carry;
        carry = taken >> 63;
    }
}

/// Any number of steps on, as long as they are taken.
fn spread_over(reached: &mut [u64], mask: &[u64], length: usize) {
    let bit = |words: &[u64], place: usize| words[place / 64] >> (place % 64) & 1 == 1;
    for place in 0..length {
        if bit(reached, place) && bit(mask, place) {
            reached[(place + 1) / 64] |= 1 << ((place + 1) % 64);
        }
    }
}

/// Whether two patterns plainly have no string in common, for they begin or end with different letters: true is a proof.
pub(super) fn plainly_apart(left: &Pattern, right: &Pattern) -> bool {
    let differ = |pair: (&Token, &Token)| match pair {
        (Token::Letter(left), Token::Letter(right)) => (left != right).then_some(true),
        _ => Some(false),
    };
    let starts = left.tokens().iter().zip(right.tokens()).find_map(differ);
    let ends = left.tokens().iter().rev().zip(right.tokens().iter().rev()).find_map(differ);
    starts == Some(true) || ends == Some(true)
}

/// Whether one of a few strings of the first pattern matches all others: true is a proof that they have one in common.
pub(super) fn plainly_meet(patterns: &[Pattern]) -> bool {
    let Some((first, others)) = patterns.split_first() else { return true };
    ["x", "", "x:log-stream:x", ":x"].iter().any(|run| {
        let mut sample = String::new();
        for token in first.tokens() {
            match token {
                Token::Letter(letter) | Token::AnyCase(letter) => sample.push(*letter),
                Token::One | Token::OneInPart => sample.push('x'),
                Token::Run => sample.push_str(run),
                Token::RunInPart => {}
            }
        }
        others.iter().all(|other| other.matches(&sample))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pattern::Reading;
    use super::*;

    fn pattern(text: &str, reading: Reading) -> Pattern {
        Pattern::read(text, reading, false).expect("a pattern")
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_shortcut_is_a_proof(outer in "[ab*?]{0,6}", inner in "[ab*?]{0,6}", text in "[ab]{0,6}") {
            let (outer, inner) = (pattern(&outer, Reading::Wildcards), pattern(&inner, Reading::Wildcards));
            if inner.matches(&text) {
                prop_assert!(!plainly_covers(&outer, &inner) || outer.matches(&text));
                prop_assert!(!(outer.matches(&text) && plainly_apart(&outer, &inner)));
            }
        }

        #[test]
        fn a_shortcut_is_a_proof_for_arns(outer in "([ab*?]{0,3}:){5}[ab*?:]{0,3}", inner in "([ab*?]{0,3}:){5}[ab*?:]{0,3}",
                                          text in "([ab]{0,2}:){5}[ab:]{0,2}") {
            let (outer, inner) = (pattern(&outer, Reading::Arn), pattern(&inner, Reading::Arn));
            if inner.matches(&text) {
                prop_assert!(!plainly_covers(&outer, &inner) || outer.matches(&text));
                prop_assert!(!(outer.matches(&text) && plainly_apart(&outer, &inner)));
            }
        }
    }

    #[test]
    fn the_usual_questions_need_no_walk() {
        let covers = |outer, inner| {
            plainly_covers(&pattern(outer, Reading::Wildcards), &pattern(inner, Reading::Wildcards))
        };
        for (outer, inner) in [
            ("*", ""),
            ("a*", "a*b"),
            ("?*", "*?"),
            ("*?", "?*"),
            ("a*c", "a?b*c"),
            ("/x/*:*", "/x/y:log-stream:*"),
        ] {
            assert!(covers(outer, inner), "{outer} {inner}");
        }
        assert!(!covers("a*b", "a*"));
    }
}
