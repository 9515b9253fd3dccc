//! The parsed form of a statement: typed where the tool knows the element, verbatim everywhere.

use std::sync::OnceLock;

use super::Json;
use super::canonical;

/// What a statement does with the requests it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Grants them.
    Allow,
    /// Refuses them, whatever else grants them.
    Deny,
}

impl Effect {
    /// IAM's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// One statement: its JSON as written, and a canonical text to compare it by.
#[derive(Debug, Clone)]
pub struct Statement {
    json: Json,
    /// Made when it is asked for.
    canonical: OnceLock<String>,
}

impl Statement {
    /// The statements of a parsed document; a single one may stand without a list.
    pub(super) fn all(document: &Json) -> Vec<Self> {
        let Some(statements) = document.get("Statement") else { return Vec::new() };
        statements.items().iter().map(Self::new).collect()
    }

    fn new(json: &Json) -> Self {
        Self { json: json.clone(), canonical: OnceLock::new() }
    }

    /// The statement as written.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// Equal texts mean equal statements.
    pub fn canonical(&self) -> &str {
        self.canonical.get_or_init(|| canonical::statement(&self.json).text())
    }

    /// The statement's name; an empty one is none.
    pub fn sid(&self) -> Option<&str> {
        self.json.get("Sid")?.as_str().filter(|sid| !sid.is_empty())
    }

    /// The effect; nothing where it is missing or misspelt.
    pub fn effect(&self) -> Option<Effect> {
        match self.json.get("Effect")?.as_str()? {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            _ => None,
        }
    }

    /// The strings of an element such as `Action` or `Resource`; what is not a string is left out.
    pub fn strings(&self, element: &str) -> Vec<&str> {
        let items = self.json.get(element).map(Json::items).unwrap_or_default();
        items.iter().filter_map(Json::as_str).collect()
    }

    /// The principals as (kind, name); everyone is `("AWS", "*")`.
    pub fn principals(&self) -> Vec<(&str, &str)> {
        match self.json.get("Principal") {
            Some(Json::String(name)) => vec![("AWS", name.as_str())],
            Some(Json::Object(kinds)) => kinds
                .iter()
                .flat_map(|(kind, names)| {
                    names.items().iter().filter_map(move |name| Some((kind.as_str(), name.as_str()?)))
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }
}

impl Eq for Statement {}
