//! What others wrote, inside a sentence of ours.

/// More of it explains nothing.
const LONGEST: usize = 1_000;

/// The words of others on one line, control characters written out, and no more of them than a sentence bears.
pub fn excerpt(text: &str) -> String {
    let mut shown = String::new();
    for (number, letter) in text.chars().enumerate() {
        if number == LONGEST {
            shown.push_str(&format!("… ({} bytes in all)", text.len()));
            break;
        }
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_short_line() {
        assert_eq!(excerpt("it's \"ä\" \\ fine"), "it's \"ä\" \\ fine");
        assert_eq!(excerpt("a\u{1b}[2J\r\nb\u{9b}"), "a\\u{1b}[2J\\r\\nb\\u{9b}");
        assert_eq!(excerpt(&"ä".repeat(1_000)), "ä".repeat(1_000));
        let long = excerpt(&"ä".repeat(1_001));
        assert_eq!(long, format!("{}… (2002 bytes in all)", "ä".repeat(1_000)));
    }
}
