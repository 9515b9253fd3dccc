//! JSON as policies need it: key order, repeated keys and the exact digits of numbers are kept.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The deepest nesting that is read; IAM documents need six levels.
pub const MAX_DEPTH: usize = 64;

/// A JSON value that keeps what `serde_json::Value` loses.
///
/// Objects are lists of members, so that repeated keys and their order survive; numbers are their text, so
/// that an account id of any length keeps its last digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// A list.
    Array(Vec<Json>),
    /// An object: members in the order written.
    Object(Vec<(String, Json)>),
}

/// Why a text is not JSON that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text breaks JSON's grammar; the message names line and column.
    #[error("{0}")]
    Syntax(String),
    /// The text nests deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Json {
    /// Reads one JSON text.
    ///
    /// # Errors
    /// [`JsonError`] for text that is not JSON or nests deeper than [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        if nests_too_deep(text) {
            return Err(JsonError::TooDeep);
        }
        // In one go where every number fits a machine word; else level by level, so that no digit is lost.
        if let Ok(Quick(json)) = serde_json::from_str(text) {
            return Ok(json);
        }
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| JsonError::Syntax(error.to_string()))?;
        Self::from_raw(raw)
    }

    /// The members of an object; nothing for any other value.
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The value of an object's member; of a repeated key the first.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A scalar or a list as the list that IAM reads in both.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            single => std::slice::from_ref(single),
        }
    }

    fn from_raw(raw: &RawValue) -> Result<Self, JsonError> {
        let text = raw.get();
        let syntax = |error: serde_json::Error| JsonError::Syntax(error.to_string());
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text).map_err(syntax)?;
                let values = members.into_iter().map(|(key, raw)| Ok((key, Self::from_raw(raw)?)));
                Self::Object(values.collect::<Result<_, JsonError>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(syntax)?;
                let values = items.into_iter().map(Self::from_raw);
                Self::Array(values.collect::<Result<_, JsonError>>()?)
            }
            Some(b'"') => Self::String(serde_json::from_str(text).map_err(syntax)?),
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') => Self::Null,
            _ => Self::Number(text.to_owned()),
        })
    }

    /// Minified JSON text, as `to_string` has it.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(text) => out.write_str(text),
            Self::String(text) => write_string(text, out),
            Self::Array(items) => {
                out.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.write_char(',')?;
                    }
                    item.write(out)?;
                }
                out.write_char(']')
            }
            Self::Object(members) => {
                out.write_char('{')?;
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.write_char(',')?;
                    }
                    write_string(key, out)?;
                    out.write_char(':')?;
                    value.write(out)?;
                }
                out.write_char('}')
            }
        }
    }
}

/// Minified JSON text, members in the order held.
impl fmt::Display for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter)
    }
}

/// One look at the brackets before anything recurses; strings are passed over.
fn nests_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' if depth == MAX_DEPTH => return true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// JSON escapes: the two that JSON demands, control characters by number; all else as it stands.
fn write_string(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.write_str(&text[plain..at])?;
        match byte {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            control => write!(out, "\\u{control:04x}")?,
        }
        plain = at + 1;
    }
    out.write_str(&text[plain..])?;
    out.write_char('"')
}

/// A value without numbers beyond 64 bits or with a fraction: what has such is refused here and read the other way.
struct Quick(Json);

impl<'de> Deserialize<'de> for Quick {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Quick;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("JSON without large numbers")
            }

            fn visit_unit<E>(self) -> Result<Quick, E> {
                Ok(Quick(Json::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Quick, E> {
                Ok(Quick(Json::Bool(value)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Quick, E> {
                Ok(Quick(Json::Number(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Quick, E> {
                Ok(Quick(Json::Number(value.to_string())))
            }

            fn visit_str<E>(self, text: &str) -> Result<Quick, E> {
                Ok(Quick(Json::String(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Quick, A::Error> {
                let mut items = Vec::new();
                while let Some(Quick(item)) = sequence.next_element()? {
                    items.push(item);
                }
                Ok(Quick(Json::Array(items)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Quick, A::Error> {
                let mut members = Vec::new();
                while let Some((key, Quick(value))) = map.next_entry::<String, Quick>()? {
                    members.push((key, value));
                }
                Ok(Quick(Json::Object(members)))
            }
        }
        deserializer.deserialize_any(Collect)
    }
}

/// The members of one object, values still raw.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    members.push((key.into_owned(), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_repeats_and_digits() {
        let text = r#"{"b":[1.50,12345678901234567890123],"a":{"x":"\u0041\/\n"},"b":null,"c":true}"#;
        let json = Json::parse(text).expect("JSON");
        let minified = r#"{"b":[1.50,12345678901234567890123],"a":{"x":"A/\n"},"b":null,"c":true}"#;
        assert_eq!(json.to_string(), minified);
        assert_eq!(Json::parse(minified).expect("JSON"), json);
    }

    #[test]
    fn refuses_what_is_not_json() {
        for text in ["", "{", "{]", "nul", "01", "\"\u{1}\"", "{} {}", "{\"a\":1,}", "'a'"] {
            assert!(matches!(Json::parse(text), Err(JsonError::Syntax(_))), "{text}");
        }
    }

    #[test]
    fn refuses_deep_nesting_without_using_the_stack() {
        let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(Json::parse(&deep(MAX_DEPTH)).is_ok());
        assert_eq!(Json::parse(&deep(MAX_DEPTH + 1)), Err(JsonError::TooDeep));
        assert!(Json::parse(&deep(1_000_000)).is_err());
    }
}
