//! Untrusted text on a terminal and on a page.

/// The text with everything written out that a terminal would obey or hide: control characters, and the
/// characters that turn or join text invisibly (Unicode TR 36, "bidirectional text spoofing").
pub fn terminal(text: &str) -> String {
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
    code_element(&text)
}

/// The text as an element of HTML within Markdown, where code spans are not read.
pub(super) fn code_element(text: &str) -> String {
    let mut shown = String::from("<code>");
    for letter in terminal(text).chars() {
        if letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '/' | ',') {
            shown.push(letter);
        } else {
            shown.push_str(&format!("&#{};", u32::from(letter)));
        }
    }
    shown + "</code>"
}

/// A sentence of ours with untrusted words in it: what stands between backticks and every word that is more than
/// letters or a number is code, so that nothing of it is markup, a link or a mention.
pub(super) fn prose(text: &str) -> String {
    let text = terminal(text);
    let parts: Vec<&str> = text.split('`').collect();
    let mut shown = String::new();
    for (index, part) in parts.iter().enumerate() {
        // A backtick without a partner opens nothing.
        let is_code = index % 2 == 1 && index + 1 < parts.len();
        if is_code && !part.is_empty() {
            shown.push_str(&markdown(part));
            continue;
        }
        let words: Vec<String> = part.split(' ').map(word).collect();
        shown.push_str(&words.join(" "));
    }
    shown
}

fn word(word: &str) -> String {
    let start = word.trim_start_matches(['(', '"', '\'']);
    let bare = start.trim_end_matches([',', '.', ';', ':', '?', '!', ')', '"', '\'']);
    let is_word = bare.chars().all(|letter| letter.is_ascii_alphabetic());
    let is_number = bare.starts_with(|letter: char| letter.is_ascii_digit())
        && bare.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, ',' | '.' | '-' | '%'));
    let is_joined = bare
        .split(['-', '\''])
        .all(|part| part.len() > 1 && part.chars().all(|letter| letter.is_ascii_lowercase()));
    if is_word || is_number || is_joined {
        return word.to_owned();
    }
    let before = &word[..word.len() - start.len()];
    let after = &start[bare.len()..];
    format!("{before}{}{after}", markdown(bare))
}

/// Lines as a block of code that nothing within it can end; a line feed within a line is written out.
pub(super) fn fenced(language: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| terminal(line)).collect();
    let runs = lines.iter().flat_map(|line| line.split(|letter| letter != '`')).map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
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
    #[test]
    fn a_sentence_stays_a_sentence() {
        for (text, shown) in [
            ("policy:x is not ours, and \"y\" is.", "`policy:x` is not ours, and \"y\" is."),
            ("ask @team, see #12 or GH-12.", "ask `@team`, see `#12` or `GH-12`."),
            ("set `adopt: true` at the well-known entry", "set `adopt: true` at the well-known entry"),
            ("a `b", "a b"),
            ("`</details>` <img onerror=x>", "`</details>` `<img` `onerror=x>`"),
            ("</details>`<b>`", "`</details>``<b>`"),
            ("**x** _y_ [z](w) $a$ ~b~", "`**x**` `_y_` `[z](w`) `$a$` `~b~`"),
            ("www.example.com https://x", "`www.example.com` `https://x`"),
            ("51,200 bytes (80%) since 2026-03-02", "51,200 bytes (80%) since 2026-03-02"),
            ("a\nb", "`a\\nb`"),
        ] {
            let found = prose(text);
            assert_eq!(found.replace("<code>a&#92;nb</code>", "`a\\nb`"), shown, "{text:?}");
        }
    }

    #[test]
    fn nothing_ends_its_fence() {
        let text = fenced("diff", &["+ ``` x".to_owned(), "- a\n```".to_owned()]);
        assert_eq!(text, "````diff\n+ ``` x\n- a\\n```\n````\n");
        assert_eq!(fenced("text", &[]), "```text\n\n```\n");
    }
}
