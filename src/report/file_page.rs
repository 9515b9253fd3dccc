//! The page of the documentation about the desired-state file, made from its JSON Schema.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use serde_json::{Map, Value};

const HEAD: &str = "\
# The desired-state file

Made from the JSON Schema that `logpolicy schema` prints; an editor that knows YAML schemas completes and checks with it. The
file is YAML, so JSON is fine too. `-f` takes files and folders, and together they are one desired state. Unknown fields,
duplicate keys and wrong types are errors, each with file, line and column.

In every string of `policies`, `grants`, `tests` and `assume_role`, `${account}`, `${region}`, `${partition}`, `${target}` and the names
under `variables` are replaced. IAM's own `${aws:...}` passes through, and `$${` is a literal `${`.

";

const FOOT: &str = "Next: [the rules](rules.md) by which a file is judged, with `logpolicy validate`.\n";

/// How deep a type is followed; a schema that leads back to itself ends there.
const MOST_DEPTH: usize = 8;

/// `docs/file.md`, from the JSON Schema (2020-12) of a file: a section for each object, in the order in which the fields
/// lead to them.
pub fn file_page(schema: &Value) -> String {
    let schema = Schema::new(schema);
    let mut page = String::from(HEAD);
    for section in schema.sections() {
        page.push_str(&schema.section(&section));
    }
    page + FOOT
}

/// An object of the schema and the field that leads to it first, such as `policies[].lint`.
struct Section<'a> {
    path: String,
    object: &'a Map<String, Value>,
}

/// The schema, and at which section each of its definitions is described.
struct Schema<'a> {
    root: &'a Value,
    titles: BTreeMap<&'a str, String>,
}

impl<'a> Schema<'a> {
    fn new(root: &'a Value) -> Self {
        let mut schema = Self { root, titles: BTreeMap::new() };
        let mut open = VecDeque::from([(String::new(), root)]);
        let mut seen = BTreeSet::new();
        while let Some((path, value)) = open.pop_front() {
            for (name, reference) in schema.objects_below(&path, value) {
                if seen.insert(reference) {
                    schema.titles.insert(reference, name.clone());
                    open.push_back((name, schema.resolved(reference)));
                }
            }
        }
        schema
    }

    /// The file itself, then what its fields lead to: fewer steps first.
    fn sections(&self) -> Vec<Section<'a>> {
        let mut sections = Vec::new();
        let mut open = VecDeque::from([(String::new(), self.root)]);
        while let Some((path, value)) = open.pop_front() {
            let below = self.objects_below(&path, value);
            for (name, reference) in below {
                if self.titles.get(reference) == Some(&name) {
                    open.push_back((name, self.resolved(reference)));
                }
            }
            sections.extend(value.as_object().map(|object| Section { path, object }));
        }
        sections
    }

    /// The objects that the fields of an object lead to, each with its path.
    fn objects_below(&self, path: &str, value: &'a Value) -> Vec<(String, &'a str)> {
        let mut found = Vec::new();
        let path = path.split_once(" with ").map_or(path, |(path, _)| path);
        for (name, field) in fields(value) {
            let name = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.objects_of(name, field, MOST_DEPTH, &mut found);
        }
        found
    }

    /// The objects that a type leads to: `[]` stands for an entry of a list, `NAME` for a key of a map.
    fn objects_of(&self, path: String, value: &'a Value, depth: usize, found: &mut Vec<(String, &'a str)>) {
        if depth == 0 {
            return;
        }
        if let Some(reference) = value["$ref"].as_str() {
            let resolved = self.resolved(reference);
            if resolved["properties"].is_object() {
                found.push((path, reference));
            } else {
                self.objects_of(path, resolved, depth - 1, found);
            }
            return;
        }
        if value["items"].is_object() {
            self.objects_of(format!("{path}[]"), &value["items"], depth - 1, found);
        }
        if value["additionalProperties"].is_object() {
            self.objects_of(format!("{path}.NAME"), &value["additionalProperties"], depth - 1, found);
        }
        for choice in choices(value) {
            let resolved = choice["$ref"].as_str().map_or(choice, |reference| self.resolved(reference));
            let needs = names(&resolved["required"]);
            let is_one_of_several = choices(value).filter(|other| !is_null(other)).count() > 1;
            let path = if is_one_of_several { format!("{path} with {needs}") } else { path.clone() };
            self.objects_of(path, choice, depth - 1, found);
        }
    }

    /// What a reference such as `#/$defs/LimitsSchema` names.
    fn resolved(&self, reference: &str) -> &'a Value {
        reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)).unwrap_or(&Value::Null)
    }

    fn section(&self, Section { path, object }: &Section<'a>) -> String {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let title = if path.is_empty() { "The file".to_owned() } else { heading(path) };
        let mut shown = format!("## {title}\n\n{}", sentence(text("description")));
        for rule in exclusive(object) {
            let _ = write!(shown, " Exactly one of {rule} stands here.");
        }
        shown.push_str("\n\n| field | type | default | what it is |\n|---|---|---|---|\n");
        let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let value = Value::Object((*object).clone());
        for (name, field) in fields(&value) {
            let is_required = required.iter().any(|other| other == name);
            let default = match field.get("default") {
                _ if is_required => "required".to_owned(),
                Some(default) => code(&plain(default)),
                None => String::new(),
            };
            let kind = self.kind(field, MOST_DEPTH);
            let _ =
                writeln!(shown, "| {} | {kind} | {default} | {} |", code(name), cell(&self.meaning(field)));
        }
        shown.push('\n');
        shown
    }

    /// What a field is, and what each of its words means.
    fn meaning(&self, field: &Value) -> String {
        let mut shown = sentence(field["description"].as_str().unwrap_or_default());
        let words = self.alternatives(field);
        for choice in words {
            if let (Some(word), Some(meaning)) = (choice["const"].as_str(), choice["description"].as_str()) {
                let _ = write!(shown, " `{word}`: {}", sentence(meaning));
            }
        }
        shown.trim_start().to_owned()
    }

    /// The words that a field may be, through its references.
    fn alternatives<'b>(&'b self, field: &'b Value) -> Vec<&'b Value> {
        let mut open = vec![field];
        let mut found = Vec::new();
        for _ in 0..MOST_DEPTH {
            let mut deeper: Vec<&Value> = Vec::new();
            for value in open {
                deeper.extend(value["$ref"].as_str().map(|reference| self.resolved(reference)));
                deeper.extend(choices(value));
                found.extend(value["const"].is_string().then_some(value));
            }
            open = deeper;
        }
        found
    }

    /// The type of a field, with links to the sections of objects.
    fn kind(&self, value: &Value, depth: usize) -> String {
        if depth == 0 {
            return "anything".to_owned();
        }
        if let Some(reference) = value["$ref"].as_str() {
            return match self.titles.get(reference) {
                Some(path) => format!("[{}](#{})", heading(path), anchor(path)),
                None => self.kind(self.resolved(reference), depth - 1),
            };
        }
        if let Some(word) = value.get("const") {
            return code(&plain(word));
        }
        let several: Vec<String> = choices(value)
            .filter(|choice| !is_null(choice))
            .map(|choice| self.kind(choice, depth - 1))
            .collect();
        if !several.is_empty() {
            return several.join(" or ");
        }
        let kinds = match &value["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect::<Vec<&str>>(),
        };
        let named = kinds.iter().filter(|kind| **kind != "null").map(|kind| self.named(kind, value, depth));
        let named: Vec<String> = named.collect();
        if named.is_empty() { "anything".to_owned() } else { named.join(" or ") }
    }

    fn named(&self, kind: &str, value: &Value, depth: usize) -> String {
        let bound = |name: &str| value.get(name).and_then(Value::as_u64);
        match kind {
            "integer" | "number" => match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) if least == most => format!("number: {least}"),
                (Some(least), Some(most)) => format!("number, {least} to {most}"),
                (Some(least), None) if least > 0 => format!("number, {least} or more"),
                _ => "number".to_owned(),
            },
            "boolean" => "`true` or `false`".to_owned(),
            "array" => format!("list of {}", self.kind(&value["items"], depth - 1)),
            "object" if value["additionalProperties"].is_object() => {
                format!("map of names to {}", self.kind(&value["additionalProperties"], depth - 1))
            }
            "object" => "map".to_owned(),
            "string" => match value["pattern"].as_str() {
                Some(pattern) => format!("text that matches {}", code(pattern)),
                None => "text".to_owned(),
            },
            other => code(other),
        }
    }
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value["properties"].as_object().into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

/// What a value may be, where the schema lists that.
fn choices(value: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"].into_iter().filter_map(|name| value.get(name)?.as_array()).flatten()
}

fn is_null(value: &Value) -> bool {
    value["type"] == "null"
}

/// The fields of which exactly one may stand: `a` and `b` with `c`.
fn exclusive(object: &Map<String, Value>) -> Vec<String> {
    let all = object.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let own = object.get("oneOf").into_iter();
    own.chain(all.filter_map(|part| part.get("oneOf")))
        .filter_map(Value::as_array)
        .map(|rules| rules.iter().map(|rule| names(&rule["required"])).collect::<Vec<_>>().join(" and "))
        .collect()
}

fn names(required: &Value) -> String {
    let names = required.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" with ")
}

/// A path as a heading: `limits`, or `state` with `s3`.
fn heading(path: &str) -> String {
    match path.split_once(" with ") {
        Some((path, needs)) => format!("{} with {needs}", code(path)),
        None => code(path),
    }
}

/// The anchor that GitHub and GitLab give a heading.
fn anchor(path: &str) -> String {
    let kept = path.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' '));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}

/// A default in the words of YAML.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let shown = fields.iter().map(|(name, value)| format!("{name}: {}", plain(value)));
            format!("{{ {} }}", shown.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn code(text: &str) -> String {
    super::escape::markdown(text)
}

/// Text on one line that ends with a full stop.
fn sentence(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() || line.ends_with('.') { line } else { format!("{line}.") }
}

/// Text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_lists_maps_and_choices_are_followed() {
        let schema = json!({
            "description": "All",
            "properties": {
                "many": {"type": ["array", "null"], "items": {"$ref": "#/$defs/One"}},
                "named": {"type": "object", "additionalProperties": {"$ref": "#/$defs/One"}},
                "either": {"anyOf": [{"$ref": "#/$defs/Left"}, {"$ref": "#/$defs/Word"}, {"type": "null"}]},
            },
            "required": ["many"],
            "$defs": {
                "One": {"properties": {"a|b": {"type": "boolean", "default": false, "description": "x | y"}},
                        "oneOf": [{"required": ["a"]}, {"required": ["b", "c"]}]},
                "Left": {"properties": {"left": {"type": "string", "pattern": "^a|b$"}}, "required": ["left"]},
                "Word": {"oneOf": [{"const": "none", "description": "Nothing"}]},
            },
        });
        let page = file_page(&schema);
        for line in [
            "| `many` | list of [`many[]`](#many) | required |  |",
            "| `named` | map of names to [`many[]`](#many) |  |  |",
            "| `either` | [`either` with `left`](#either-with-left) or `none` |  | `none`: Nothing. |",
            "## `many[]`",
            " Exactly one of `a` and `b` with `c` stands here.",
            "| <code>a&#124;b</code> | `true` or `false` | `false` | x \\| y. |",
            "## `either` with `left`",
            "| `left` | text that matches <code>&#94;a&#124;b&#36;</code> | required |  |",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
    }

    #[test]
    fn a_schema_that_leads_back_to_itself_ends() {
        let circle = json!({
            "properties": {"next": {"$ref": "#/$defs/Node"}, "knot": {"$ref": "#/$defs/Knot"}},
            "$defs": {"Node": {"properties": {"next": {"$ref": "#/$defs/Node"}}},
                      "Knot": {"anyOf": [{"$ref": "#/$defs/Knot"}, {"type": "string"}]}},
        });
        assert!(file_page(&circle).contains("## `next`"));
    }

    #[test]
    fn what_is_no_schema_makes_an_empty_page() {
        assert_eq!(file_page(&json!("text")), format!("{HEAD}{FOOT}"));
        assert!(
            file_page(&json!({"properties": {"a": true, "b": {"$ref": "#/nowhere"}}}))
                .contains("| `a` | anything")
        );
    }
}
