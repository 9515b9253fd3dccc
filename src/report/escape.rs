//! Untrusted text on a terminal and on a page.

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

/// The text as code in Markdown, in a table too: nothing of it is markup, a link or a mention. What a code span cannot
/// hold is written as HTML, every special character as a reference.
pub(super) fn markdown(text: &str) -> String {
    let text = terminal(text);
    let is_plain = !text.is_empty() && text.trim() == text && !text.contains(['`', '|', '\\']);
    if is_plain {
        return format!("`{text}`");
    }
    let mut shown = String::from("<code>");
    for letter in text.chars() {
        if letter.is_alphanumeric() || letter == ' ' {
            shown.push(letter);
        } else {
            shown.push_str(&format!("&#{};", u32::from(letter)));
        }
    }
    shown + "</code>"
}

/// Whether a character turns, joins or hides text.
pub(super) fn is_invisible(letter: char) -> bool {
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

    #[test]
    fn nothing_is_markup() {
        for (text, shown) in [
            ("policy:a_b*<b>@x", "`policy:a_b*<b>@x`"),
            ("", "<code></code>"),
            (" x", "<code> x</code>"),
            ("a|b", "<code>a&#124;b</code>"),
            ("`<b>", "<code>&#96;&#60;b&#62;</code>"),
            ("a\n|", "<code>a&#92;n&#124;</code>"),
        ] {
            assert_eq!(markdown(text), shown, "{text:?}");
        }
    }
}
