//! Patterns of strings: literals, `*` and `?`, ARNs part by part.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    /// This character.
    Letter(char),
    /// This character in either case; held in lower case.
    AnyCase(char),
    /// Any one character.
    One,
    /// Any one character but a colon.
    OneInPart,
    /// Any run of characters.
    Run,
    /// Any run of characters without a colon.
    RunInPart,
}

/// A pattern over whole strings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern(Vec<Token>);

/// How the text of a pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Every character stands for itself.
    Literal,
    /// Every character stands for itself, in either case.
    LiteralAnyCase,
    /// `*` is any run, `?` any one character; in resources and `StringLike` they cross colons and slashes
    /// (IAM user guide, "IAM JSON policy elements: Resource").
    Wildcards,
    /// The same for names of actions, which have no case.
    WildcardsAnyCase,
    /// The six colon-separated parts one by one: wildcards stay in their part, the last one holds further colons
    /// (IAM user guide, "Amazon Resource Name (ARN) condition operators").
    Arn,
}

/// Parts of an ARN: `arn:partition:service:region:account:resource`.
const ARN_PARTS: usize = 6;

/// Whether a text matches a pattern in which `*` is any run and `?` any one character.
pub fn matches_wildcards(pattern: &str, text: &str) -> bool {
    Pattern::read(pattern, Reading::Wildcards, false).is_some_and(|pattern| pattern.matches(text))
}

impl Pattern {
    /// Reads a pattern. With `variables`, `${*}`, `${?}` and `${$}` are the characters themselves, and nothing comes
    /// back for a text with another policy variable, for only AWS knows its value (IAM user guide, "IAM policy
    /// elements: variables and tags"; language version 2012-10-17 only).
    pub(super) fn read(text: &str, reading: Reading, variables: bool) -> Option<Self> {
        let mut tokens = Vec::with_capacity(text.len());
        let mut colons = 0;
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if variables && rest.starts_with("${") {
                let (name, after) = rest[2..].split_once('}')?;
                let literal = name.chars().next().filter(|_| matches!(name, "*" | "?" | "$"))?;
                tokens.push(Token::Letter(literal));
                rest = after;
                continue;
            }
            rest = &rest[letter.len_utf8()..];
            let in_part = reading == Reading::Arn && colons < ARN_PARTS - 1;
            colons += usize::from(letter == ':');
            tokens.push(token(letter, reading, in_part));
        }
        tokens.dedup_by(|next, token| next == token && matches!(token, Token::Run | Token::RunInPart));
        let has_too_few_parts = reading == Reading::Arn && colons < ARN_PARTS - 1;
        Some(if has_too_few_parts { Self::nothing() } else { Self(tokens) })
    }

    /// A pattern made of steps.
    pub(super) fn of(tokens: Vec<Token>) -> Self {
        Self(tokens)
    }

    /// The pattern that no string matches.
    fn nothing() -> Self {
        // U+FFFF is a noncharacter; no policy, ARN or context holds it (LP212 refuses it in documents).
        Self(vec![Token::Letter('\u{ffff}')])
    }

    /// The steps.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.0
    }

    /// Whether the pattern matches a whole string: the places that it can be at are followed step by step.
    pub(super) fn matches(&self, text: &str) -> bool {
        // Most patterns begin with letters, and most texts that do not match differ there.
        let mut rest = text.chars();
        let mut tokens = self.0.as_slice();
        while let [Token::Letter(own), behind @ ..] = tokens {
            if rest.next() != Some(*own) {
                return false;
            }
            tokens = behind;
        }
        let letters: Vec<char> = rest.collect();
        let mut reached = vec![false; letters.len() + 1];
        let mut next = reached.clone();
        reached[0] = true;
        let (mut low, mut high) = (0, 0);
        for token in tokens {
            let (mut first, mut last) = (usize::MAX, 0);
            for (at, place) in reached.iter_mut().enumerate().take(high + 1).skip(low) {
                if std::mem::take(place) {
                    last = last.max(step(*token, &letters, at, &mut next));
                    first = first.min(if token.is_run() { at } else { at + 1 });
                }
            }
            if last < first {
                return false;
            }
            std::mem::swap(&mut reached, &mut next);
            (low, high) = (first, last);
        }
        reached[letters.len()]
    }
}

/// Marks every place that a token leads to from one place, and returns the last of them; 0 where there is none.
fn step(token: Token, letters: &[char], at: usize, next: &mut [bool]) -> usize {
    let takes = |place: usize| letters.get(place).is_some_and(|letter| token.takes(*letter));
    if !token.is_run() {
        if takes(at) {
            next[at + 1] = true;
        }
        return if takes(at) { at + 1 } else { 0 };
    }
    let mut end = at;
    // What is marked already was reached from before, and with it all that lies behind.
    while !next[end] {
        next[end] = true;
        if !takes(end) {
            return end;
        }
        end += 1;
    }
    letters.len()
}

fn token(letter: char, reading: Reading, in_part: bool) -> Token {
    match (reading, letter) {
        (Reading::Literal, _) => Token::Letter(letter),
        (Reading::LiteralAnyCase, _) => any_case(letter),
        (_, '*') if in_part => Token::RunInPart,
        (_, '*') => Token::Run,
        (_, '?') if in_part => Token::OneInPart,
        (_, '?') => Token::One,
        (Reading::WildcardsAnyCase, _) => any_case(letter),
        (Reading::Wildcards | Reading::Arn, _) => Token::Letter(letter),
    }
}

fn any_case(letter: char) -> Token {
    let lower = letter.to_ascii_lowercase();
    if lower.is_ascii_alphabetic() { Token::AnyCase(lower) } else { Token::Letter(letter) }
}

impl Token {
    /// Whether the step takes this character.
    pub(super) fn takes(self, letter: char) -> bool {
        match self {
            Self::Letter(own) => own == letter,
            Self::AnyCase(own) => own == letter.to_ascii_lowercase(),
            Self::One | Self::Run => true,
            Self::OneInPart | Self::RunInPart => letter != ':',
        }
    }

    /// Whether the step may be taken any number of times.
    pub(super) fn is_run(self) -> bool {
        matches!(self, Self::Run | Self::RunInPart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, reading: Reading, text: &str) -> bool {
        Pattern::read(pattern, reading, true).is_some_and(|pattern| pattern.matches(text))
    }

    #[test]
    fn wildcards_cross_everything() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("*a*b*", "xxaxxbxx", true),
            ("a?c", "ac", false),
            ("a?c", "a:c", true),
            ("arn:*", "arn:aws:logs", true),
            ("**", "x", true),
            ("A", "a", false),
            ("${*}x", "*x", true),
            ("${*}x", "yx", false),
        ] {
            assert_eq!(matches(pattern, Reading::Wildcards, text), expected, "{pattern} {text}");
        }
        assert!(Pattern::read("${aws:username}", Reading::Wildcards, true).is_none());
        assert!(Pattern::read("${aws:username}", Reading::Wildcards, false).is_some());
    }

    #[test]
    fn arns_match_part_by_part() {
        for (pattern, text, expected) in [
            ("arn:aws:s3:::b*", "arn:aws:s3:::bucket", true),
            ("arn:aws:*:x", "arn:aws:a:b:c:x", false),
            ("arn:*:x:*:*:rule/*", "arn:aws:x:r:1:rule/a/b:c", true),
            ("arn:aws:x:*:rule", "arn:aws:x:r:1:rule", false),
            ("arn:aws:x:?:1:r", "arn:aws:x:::r", false),
            ("*", "arn:aws:x:r:1:rule", false),
        ] {
            assert_eq!(matches(pattern, Reading::Arn, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn names_of_actions_have_no_case() {
        assert!(matches("LOGS:put*", Reading::WildcardsAnyCase, "logs:PutLogEvents"));
        assert!(matches("TRUE", Reading::LiteralAnyCase, "true"));
        assert!(!matches("*", Reading::LiteralAnyCase, "x"));
    }
}
