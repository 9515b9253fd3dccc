//! The query protocol's input: a form, `Name=value&Other=value`, with percent escapes.

/// Reads one field of a form, decoded; the first of that name, as there should be one.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    body.split(|&byte| byte == b'&')
        .filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        .map(decoded)
        .next()
}

/// Decodes `+` and `%XX`. An escape that is none stands for itself: whoever reads the field refuses it.
fn decoded(written: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some((&first, after)) = rest.split_first() {
        let escape = if first == b'%' { after.split_at_checked(2) } else { None };
        let (byte, after) = match escape.and_then(|(digits, after)| Some((hexadecimal(digits)?, after))) {
            Some(read) => read,
            None if first == b'+' => (b' ', after),
            None => (first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    digits.iter().try_fold(0, |value, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(value << 4 | u8::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fields() {
        let body = b"Action=AssumeRole&RoleArn=arn%3Aaws%3aiam::1:role%2Fx&Empty=&Odd=100%&Plus=a+b%2B&Bad=%zz%4&Utf=%C3%A9";
        for (name, value) in [
            ("Action", Some("AssumeRole")),
            ("RoleArn", Some("arn:aws:iam::1:role/x")),
            ("Empty", Some("")),
            ("Odd", Some("100%")),
            ("Plus", Some("a b+")),
            ("Bad", Some("%zz%4")),
            ("Utf", Some("é")),
            ("Arn", None),
            ("Role", None),
        ] {
            assert_eq!(field(body, name).as_deref(), value, "{name}");
        }
    }
}
