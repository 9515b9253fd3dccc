//! What is placed: a statement, whose it is, and where it stands now.

use std::collections::BTreeSet;

use super::shape::Shape;

/// A statement to be placed, or the part of one that is too long for any document.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) shape: Shape,
    /// Its Sid, or the ids of its grants; sorted.
    pub(super) names: BTreeSet<String>,
    /// The number of the policy that it stands in now.
    pub(super) home: Option<usize>,
}

/// The most letters of a Sid that is made of several names.
const MOST_LETTERS: usize = 64;

/// More names than any Sid shows.
pub(super) const MOST_NAMES: usize = 1 + MOST_LETTERS / (AND.len() + 1);

const AND: &str = "And";

/// The Sid of a statement that several names have made: the names with `And` between them, or the first ones and how
/// many more there are.
pub(super) fn sid<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    let number = names.clone().count();
    let shown = shown(names.clone(), number);
    let mut text = names.take(shown).collect::<Vec<&str>>().join(AND);
    if shown < number {
        text.push_str(&format!("{AND}{}More", number - shown));
    }
    text
}

/// The length of that Sid; `names` may end behind the first [`MOST_NAMES`] of `number`.
pub(super) fn sid_length<'a>(names: impl Iterator<Item = &'a str> + Clone, number: usize) -> usize {
    let shown = shown(names.clone(), number);
    let letters: usize = names.take(shown).map(str::len).sum();
    let more = if shown < number { AND.len() + (number - shown).to_string().len() + "More".len() } else { 0 };
    letters + shown.saturating_sub(1) * AND.len() + more
}

/// How many of the names a Sid shows: all that fit, and one at least.
fn shown<'a>(names: impl Iterator<Item = &'a str> + Clone, number: usize) -> usize {
    let all: usize = names.clone().map(|name| name.len() + AND.len()).sum();
    if number < 2 || (number <= MOST_NAMES && all <= MOST_LETTERS + AND.len()) {
        return number;
    }
    let (mut letters, mut shown) = (0, 0);
    for name in names {
        let with = letters + name.len() + AND.len();
        if shown > 0 && with + "999More".len() > MOST_LETTERS {
            break;
        }
        letters = with;
        shown += 1;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sids_are_made_of_names() {
        assert_eq!(sid(["dns", "es"].into_iter()), "dnsAndes");
        assert_eq!(sid(std::iter::empty()), "");
        let long = "x".repeat(64);
        assert_eq!(sid([long.as_str()].into_iter()), long);
        let names: Vec<String> = (10..60).map(|number| format!("grant{number}")).collect();
        let text = sid(names.iter().map(String::as_str));
        assert!(text.len() <= MOST_LETTERS && text.starts_with("grant10Andgrant11"), "{text}");
        assert!(text.ends_with("And45More"), "{text}");
        for number in 0..40 {
            let some = || names[..number].iter().map(String::as_str);
            assert_eq!(sid_length(some().take(MOST_NAMES), number), sid(some()).len(), "{number}");
        }
    }

    #[test]
    fn a_sid_of_several_names_has_64_letters_at_most() {
        let made = |lengths: &[usize]| {
            let names: Vec<String> = lengths
                .iter()
                .zip('a'..)
                .map(|(length, letter)| letter.to_string().repeat(*length))
                .collect();
            let names = || names.iter().map(String::as_str);
            assert_eq!(sid_length(names().take(MOST_NAMES), lengths.len()), sid(names()).len());
            sid(names())
        };
        let [a, b] = ["a".repeat(30), "b".repeat(31)];
        assert_eq!(made(&[30, 31]), format!("{a}And{b}"), "64 letters");
        assert_eq!(made(&[30, 32]), format!("{a}And1More"));
        // The first is shown however long it is, and another one where the number has room behind it.
        assert_eq!(made(&[64, 1]), format!("{}And1More", "a".repeat(64)));
        assert_eq!(made(&[30, 21, 30]), format!("{a}And{}And1More", "b".repeat(21)));
        assert_eq!(made(&[30, 22, 30]), format!("{a}And2More"));
        let short = made(&[1; 16]);
        assert_eq!((short.len(), short.matches(AND).count()), (61, 15), "all of sixteen: {short}");
        assert!(made(&[1; 17]).ends_with("AndnAnd3More"), "{}", made(&[1; 17]));
    }
}
