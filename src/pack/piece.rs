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

/// The Sid of a statement that several names have made: the names with `And` between them, or the first ones and how
/// many more there are.
pub(super) fn sid<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    let number = names.clone().count();
    let letters: usize = names.clone().map(|name| name.len() + AND.len()).sum();
    if letters <= MOST_LETTERS + AND.len() || number < 2 {
        return names.collect::<Vec<&str>>().join(AND);
    }
    let (mut text, mut taken) = (String::new(), 0);
    for name in names {
        if taken > 0 && text.len() + name.len() + "AndAnd999More".len() > MOST_LETTERS {
            break;
        }
        if taken > 0 {
            text.push_str(AND);
        }
        text.push_str(name);
        taken += 1;
    }
    format!("{text}{AND}{}More", number - taken)
}

const AND: &str = "And";

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
    }
}
