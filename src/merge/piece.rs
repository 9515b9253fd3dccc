//! The report of one shard, as JSON or with each target in a line.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::Target;
use crate::plan::{FORMAT_VERSION, TOOL_VERSION};
use crate::report::Part;

use super::Kind;

/// The report of one shard.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub(super) kind: Kind,
    pub(super) part: Part,
    /// What stands around the targets, without versions, kind and shard.
    pub(super) head: Map<String, Value>,
    pub(super) targets: Vec<(Target, Value)>,
    is_lines: bool,
}

#[derive(Deserialize)]
struct Envelope {
    format_version: String,
    kind: String,
    tool_version: String,
    shard: Option<Part>,
    #[serde(flatten)]
    head: Map<String, Value>,
}

impl Piece {
    /// Reads the report of a shard.
    ///
    /// # Errors
    /// In words what is wrong where the text is none, or was made by another version.
    pub fn read(text: &str) -> Result<Self, String> {
        let whole = serde_json::from_str::<Value>(text);
        // A shard without targets is one line.
        let is_lines = !whole.as_ref().is_ok_and(|whole| whole.get("targets").is_some());
        let (envelope, targets) = match whole {
            Ok(mut whole) => {
                let targets = whole.get_mut("targets").map(Value::take).unwrap_or_default();
                (whole, targets.as_array().cloned().unwrap_or_default())
            }
            Err(_) => lines(text)?,
        };
        let not_a_report = |error: serde_json::Error| format!("it is no report of a shard: {error}");
        let Envelope { format_version, kind, tool_version, shard, mut head } =
            serde_json::from_value(envelope).map_err(not_a_report)?;
        head.shift_remove("targets");
        if format_version != FORMAT_VERSION || tool_version != TOOL_VERSION {
            return Err(format!(
                "it was written by version {tool_version} of logpolicy, and this is {TOOL_VERSION}: let one version do both"
            ));
        }
        let kind =
            Kind::named(&kind).ok_or_else(|| format!("reports of the kind {kind:?} are not merged"))?;
        let part = shard.ok_or("it is not the report of a shard: it was made without --shard")?;
        if !(1..=part.of).contains(&part.number) {
            return Err(format!("there is no shard {}/{}", part.number, part.of));
        }
        let targets = targets.into_iter().map(|value| Ok((named(&value)?, value)));
        Ok(Self { kind, part, head, targets: targets.collect::<Result<_, String>>()?, is_lines })
    }

    /// Whether each target is in a line of its own.
    pub fn is_lines(&self) -> bool {
        self.is_lines
    }

    /// The shard, such as `2/5`.
    pub fn shard(&self) -> String {
        format!("{}/{}", self.part.number, self.part.of)
    }
}

/// Reads one target in a line and all else in the last.
fn lines(text: &str) -> Result<(Value, Vec<Value>), String> {
    let wrong = |error: serde_json::Error| format!("it is not JSON, or breaks off: {error}");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut values: Vec<Value> = lines.map(serde_json::from_str).collect::<Result<_, _>>().map_err(wrong)?;
    match values.pop() {
        None => Err("it is empty".to_owned()),
        Some(last) if last.get("format_version").is_none() => {
            Err("it breaks off: its last line, with the versions, is missing".to_owned())
        }
        Some(last) => Ok((last, values)),
    }
}

/// The target that a value is about.
fn named(value: &Value) -> Result<Target, String> {
    let name = value.get("target").and_then(Value::as_str).ok_or("one of its targets has no name")?;
    name.parse().map_err(|_| format!("{name:?} is no target"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_of_a_shard_is_refused() {
        let head = format!(r#""format_version":"{FORMAT_VERSION}","tool_version":"{TOOL_VERSION}""#);
        let part = r#""shard":{"number":1,"of":2,"exit_code":0}"#;
        for (text, why) in [
            (String::new(), "it is empty"),
            ("{\"a\":1}\n{\"b\":".to_owned(), "breaks off"),
            ("{\"target\":\"111122223333/us-east-1\"}\n{\"target\":\"x\"}\n".to_owned(), "its last line"),
            ("{}".to_owned(), "no report of a shard"),
            (format!(r#"{{{head},"kind":"plan"}}"#), "without --shard"),
            (format!(r#"{{{head},"kind":"can",{part}}}"#), "\"can\" are not merged"),
            (
                format!(r#"{{{head},"kind":"plan","shard":{{"number":3,"of":2,"exit_code":0}}}}"#),
                "no shard 3/2",
            ),
            (format!(r#"{{{head},"kind":"plan",{part},"targets":[{{}}]}}"#), "no name"),
            (
                format!(r#"{{{head},"kind":"plan",{part},"targets":[{{"target":"x"}}]}}"#),
                "\"x\" is no target",
            ),
            (format!(r#"{{{head},"kind":"plan",{part}}}"#).replace(TOOL_VERSION, "9.9.9"), "version 9.9.9"),
        ] {
            let error = Piece::read(&text).expect_err("no report");
            assert!(error.contains(why), "{text}: {error}");
        }
        let target = r#"{"target":"111122223333/us-east-1"}"#;
        let whole =
            Piece::read(&format!(r#"{{{head},"kind":"plan",{part},"digest":"d","targets":[{target}]}}"#));
        let lines = Piece::read(&format!("{target}\n{{{head},\"kind\":\"plan\",{part},\"digest\":\"d\"}}\n"));
        assert!(!whole.as_ref().expect("a report").is_lines && lines.as_ref().expect("lines").is_lines);
        assert_eq!(whole.map(|piece| Piece { is_lines: true, ..piece }), lines);
    }
}
