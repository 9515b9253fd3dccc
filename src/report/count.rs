//! Numbers in sentences.

/// `51,200`
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 error`, `2 errors`
pub fn counted(number: usize, noun: &str) -> String {
    let noun = match noun.strip_suffix('y') {
        _ if number == 1 => noun.to_owned(),
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!("{} {noun}", thousands(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let shown: Vec<String> = [0, 999, 1_000, 51_200, 1_234_567].map(thousands).into();
        assert_eq!(shown, ["0", "999", "1,000", "51,200", "1,234,567"]);
        assert_eq!(counted(2, "policy"), "2 policies");
        assert_eq!((counted(1, "error"), counted(2, "error")), ("1 error".to_owned(), "2 errors".to_owned()));
    }
}
