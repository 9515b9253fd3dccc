//! Documents that several writers share: some statements are replaced, all other text stays byte for byte.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::json::Members;
use super::{Document, Json, Statement};

impl Document {
    /// This document with its statements that are `ours` replaced by those of `new`, in their places where the Sid
    /// stays the same, and behind the others where it is new. All other text stays byte for byte, `Version` included,
    /// for it decides what the statements of others mean. Where no statement of others is left, it is `new` itself.
    ///
    /// Nothing comes back where the text is not a document with statements, so that nothing of it can be kept.
    pub fn with_statements(&self, ours: impl Fn(&Statement) -> bool, new: &Self) -> Option<Self> {
        if self.json().is_err() {
            return None;
        }
        if self.statements().iter().all(&ours) {
            return Some(new.clone());
        }
        let own: Vec<(&Statement, &str)> = new.statements().iter().zip(new.statement_texts()?).collect();
        let mut left: Vec<bool> = vec![true; own.len()];
        let mut texts: Vec<&str> = Vec::new();
        for (statement, text) in self.statements().iter().zip(self.statement_texts()?) {
            if !ours(statement) {
                texts.push(text);
                continue;
            }
            let same = own.iter().position(|(other, _)| other.sid() == statement.sid());
            if let Some(index) = same.filter(|index| std::mem::replace(&mut left[*index], false)) {
                let (replacement, new_text) = own[index];
                texts.push(if replacement == statement { text } else { new_text });
            }
        }
        texts.extend(own.iter().zip(left).filter(|(_, left)| *left).map(|((_, text), _)| *text));
        self.with_statement_texts(&texts)
    }

    /// This document without its statements that are `ours`; nothing where no other statement is left, or the text
    /// is not a document with statements.
    pub fn without_statements(&self, ours: impl Fn(&Statement) -> bool) -> Option<Self> {
        let texts = self.statements().iter().zip(self.statement_texts()?);
        let others: Vec<&str> =
            texts.filter(|(statement, _)| !ours(statement)).map(|(_, text)| text).collect();
        if others.is_empty() { None } else { self.with_statement_texts(&others) }
    }

    /// This document with more statements behind its own, each with a Sid that no other here has. Nothing comes back where the
    /// text is not a document with statements.
    pub fn with_added(&self, added: &[Json]) -> Option<Self> {
        let mut sids: BTreeSet<String> =
            self.statements().iter().filter_map(Statement::sid).map(ToOwned::to_owned).collect();
        let renamed: Vec<Json> = added.iter().map(|statement| with_free_sid(statement, &mut sids)).collect();
        // In the form that AWS takes.
        let version = ("Version".to_owned(), Json::String(self.version().unwrap_or("2008-10-17").to_owned()));
        let carrier = vec![version, ("Statement".to_owned(), Json::Array(renamed))];
        let carrier = Self::from_json(Json::Object(carrier));
        let mut texts = self.statement_texts()?;
        texts.extend(carrier.statement_texts()?);
        self.with_statement_texts(&texts)
    }

    /// A document of just these statements.
    pub fn of_statements(statements: &[Json], version: &str) -> Self {
        let mut sids = BTreeSet::new();
        let renamed = statements.iter().map(|statement| with_free_sid(statement, &mut sids)).collect();
        let version = ("Version".to_owned(), Json::String(version.to_owned()));
        Self::from_json(Json::Object(vec![version, ("Statement".to_owned(), Json::Array(renamed))]))
    }

    /// The text of each statement, as it stands.
    fn statement_texts(&self) -> Option<Vec<&str>> {
        let element = self.statement_element()?;
        let texts: Vec<&RawValue> = match serde_json::from_str(element) {
            Ok(texts) => texts,
            Err(_) => return (self.statements().len() == 1).then(|| vec![element]),
        };
        (texts.len() == self.statements().len()).then(|| texts.into_iter().map(RawValue::get).collect())
    }

    /// The text of the element `Statement`; of a repeated one the first, as it is read.
    fn statement_element(&self) -> Option<&str> {
        let Members(members) = serde_json::from_str(self.text()).ok()?;
        members.into_iter().find(|(key, _)| key == "Statement").map(|(_, raw)| raw.get())
    }

    fn with_statement_texts(&self, texts: &[&str]) -> Option<Self> {
        let element = self.statement_element()?;
        // The element is a part of the text, so the difference of their addresses is its place.
        let start = element.as_ptr() as usize - self.text().as_ptr() as usize;
        let (before, after) = (&self.text()[..start], &self.text()[start + element.len()..]);
        Some(Self::from_text(format!("{before}[{}]{after}", texts.join(","))))
    }
}

/// The statement with a Sid that is not among `taken`: its own, or with a suffix, for Sids are unique in a document.
fn with_free_sid(statement: &Json, taken: &mut BTreeSet<String>) -> Json {
    let Some(sid) = statement.get("Sid").and_then(Json::as_str).filter(|sid| !sid.is_empty()) else {
        return statement.clone();
    };
    let candidates = std::iter::once(sid.to_owned()).chain((1..).map(|number| format!("{sid}Until{number}")));
    let free = candidates.into_iter().find(|candidate| taken.insert(candidate.clone())).unwrap_or_default();
    let rename = |(key, value): &(String, Json)| match key.as_str() {
        "Sid" => (key.clone(), Json::String(free.clone())),
        _ => (key.clone(), value.clone()),
    };
    Json::Object(statement.members().iter().map(rename).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEIRS: &str = r#"{ "Sid" : "Theirs", "Effect":"Allow","Resource":["\u0061"] }"#;

    fn live(statements: &str) -> Document {
        Document::from_text(format!(r#"{{"Version":"2008-10-17","Statement":{statements},"Odd":1}}"#))
    }

    fn ours(statement: &Statement) -> bool {
        statement.sid().is_some_and(|sid| sid.starts_with("Our"))
    }

    #[test]
    fn what_is_not_ours_stays_byte_for_byte() {
        let old = r#"{"Sid":"Our1","Effect":"Deny"}"#;
        let new = Document::from_text(
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"Our1","Effect":"Allow"},{"Sid":"Our2","Effect":"Allow"}]}"#,
        );
        for (statements, expected) in [
            (
                THEIRS.to_owned(),
                format!(r#"[{THEIRS},{{"Sid":"Our1","Effect":"Allow"}},{{"Sid":"Our2","Effect":"Allow"}}]"#),
            ),
            (
                format!("[{old}, {THEIRS}]"),
                format!(r#"[{{"Sid":"Our1","Effect":"Allow"}},{THEIRS},{{"Sid":"Our2","Effect":"Allow"}}]"#),
            ),
            (
                format!(r#"[{{"Sid":"OurGone"}},{THEIRS}]"#),
                format!(r#"[{THEIRS},{{"Sid":"Our1","Effect":"Allow"}},{{"Sid":"Our2","Effect":"Allow"}}]"#),
            ),
        ] {
            let merged = live(&statements).with_statements(ours, &new).expect("a document");
            assert_eq!(merged.text(), live(&expected).text());
            let again = merged.with_statements(ours, &new).expect("a document");
            assert_eq!(again.text(), merged.text(), "the second time nothing changes");
        }
    }

    #[test]
    fn alone_it_is_our_document() {
        let new = Document::from_text(r#"{"Version":"2012-10-17","Statement":[{"Sid":"Our1"}]}"#);
        for statements in ["[]", r#"{"Sid":"Our9"}"#] {
            let merged = live(statements).with_statements(ours, &new).expect("a document");
            assert_eq!(merged.text(), new.text());
        }
        assert!(Document::from_text("no json").with_statements(ours, &new).is_none());
    }

    #[test]
    fn what_is_carried_gets_a_free_sid() {
        let base = live(r#"[{"Sid":"A", "Effect":"Allow"},{"Effect":"Deny"}]"#);
        let added = live(r#"[{"Sid":"A","Effect":"Deny"},{"Effect":"Deny"},{"Sid":"B","Effect":"Deny"}]"#);
        let added: Vec<Json> = added.statements().iter().map(|statement| statement.json().clone()).collect();
        let both = base.with_added(&added).expect("a document");
        assert!(
            both.text().contains(
                r#"{"Sid":"A", "Effect":"Allow"},{"Effect":"Deny"},{"Sid":"AUntil1","Effect":"Deny"}"#
            ),
            "{}",
            both.text()
        );
        let sids: Vec<_> = both.statements().iter().map(Statement::sid).collect();
        assert_eq!(sids, [Some("A"), None, Some("AUntil1"), None, Some("B")]);
        assert_eq!(Document::of_statements(&added, "2012-10-17").statements().len(), 3);
    }

    /// As everywhere, the first of two elements of one name is the one that counts, also for its text.
    #[test]
    fn of_repeated_elements_the_first_is_changed() {
        let old = r#"{"Sid":"Our1","Effect":"Deny"}"#;
        let live = |first: &str| {
            Document::from_text(format!(
                r#"{{"Statement":[{first}],"Statement":[{{"Sid":"A"}},{{"Sid":"B"}}]}}"#
            ))
        };
        let left = live(&format!("{old},{THEIRS}")).without_statements(ours).expect("a document");
        assert_eq!(left.text(), live(THEIRS).text());
    }

    #[test]
    fn letting_go_leaves_the_others() {
        let both = live(&format!(r#"[{{"Sid":"Our1"}},{THEIRS}]"#));
        let rest = both.without_statements(ours).expect("theirs");
        assert_eq!(rest.text(), live(&format!("[{THEIRS}]")).text());
        assert!(live(r#"{"Sid":"Our1"}"#).without_statements(ours).is_none());
        assert_eq!(live(THEIRS).without_statements(ours).expect("theirs"), live(THEIRS));
    }
}
