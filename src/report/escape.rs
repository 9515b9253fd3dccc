//! Untrusted text on a terminal.

/// The text with everything written out that a terminal would obey or hide: control characters, and the
/// characters that turn or join text invisibly (Unicode TR 36, "bidirectional text spoofing").
pub(super) fn terminal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || is_invisible(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed() {
        assert_eq!(
            terminal("a\u{1b}[31mred\nline\u{202e}x\u{9b}"),
            "a\\u{1b}[31mred\\nline\\u{202e}x\\u{9b}"
        );
        assert_eq!(terminal("/aws/ä-ß \"quoted\" \\"), "/aws/ä-ß \"quoted\" \\");
    }
}
