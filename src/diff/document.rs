//! Two documents, statement by statement and field by field, as sets.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{Document, Json, Statement, account_of_root};

use super::segment::{Marked, Piece, mark};

/// How two documents differ.
#[derive(Debug, Clone, Default)]
pub struct DocumentDiff {
    /// Elements beside the statements, such as `Version`.
    pub fields: Vec<FieldDiff>,
    /// The statements that differ.
    pub statements: Vec<StatementDiff>,
}

/// How a statement differs.
#[derive(Debug, Clone)]
pub enum StatementDiff {
    /// Only after.
    Added(Statement),
    /// Only before.
    Removed(Statement),
    /// On both sides, with differences.
    Changed {
        /// The statement's Sid, or its number as `#1`.
        name: String,
        /// The fields that differ.
        fields: Vec<FieldDiff>,
    },
}

/// The values of one field that are on one side only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDiff {
    /// `Resource`, `Principal · Service`, `Condition · ArnLike · aws:SourceArn`.
    pub path: String,
    /// Pairs of likely counterparts first, then what has none.
    pub values: Vec<(Option<Marked>, Option<Marked>)>,
}

/// Fields by what IAM reads of their name.
type Fields = BTreeMap<String, Field>;

/// A field: its name as written, and its values as written by what IAM reads of them.
#[derive(Debug, Default)]
struct Field {
    name: String,
    values: BTreeMap<String, String>,
}

/// Compares two documents; equal ones have no differences.
pub fn compare(before: &Document, after: &Document) -> DocumentDiff {
    if before == after {
        return DocumentDiff::default();
    }
    let fields = field_diffs(&top_fields(before), &top_fields(after));
    DocumentDiff { fields, statements: statement_diffs(before.statements(), after.statements()) }
}

/// Elements beside `Statement`; a text that is no JSON is one value.
fn top_fields(document: &Document) -> Fields {
    let mut fields = Fields::new();
    match document.json() {
        Ok(json @ Json::Object(members)) => {
            for (key, value) in members.iter().filter(|(key, _)| key != "Statement") {
                collect(key, value, &mut fields);
            }
            if json.get("Version").is_none() {
                collect("Version", &Json::String("2008-10-17".to_owned()), &mut fields);
            }
        }
        _ => {
            insert("document", document.text().to_owned(), &mut fields);
        }
    }
    fields
}

fn statement_diffs(before: &[Statement], after: &[Statement]) -> Vec<StatementDiff> {
    let same: BTreeSet<&str> = {
        let right: BTreeSet<&str> = after.iter().map(Statement::canonical).collect();
        before.iter().map(Statement::canonical).filter(|text| right.contains(text)).collect()
    };
    let differing = |statements: &'_ [Statement]| -> Vec<usize> {
        let differs = |index: &usize| !same.contains(statements[*index].canonical());
        (0..statements.len()).filter(differs).collect()
    };
    let (mut left, mut right) = (differing(before), differing(after));
    let mut result = Vec::new();
    for (old, new) in matches(before, after, &left, &right) {
        left.retain(|index| *index != old);
        right.retain(|index| *index != new);
        let name = after[new].sid().map_or_else(|| format!("#{}", new + 1), ToOwned::to_owned);
        let fields = field_diffs(&statement_fields(&before[old]), &statement_fields(&after[new]));
        result.push((new, StatementDiff::Changed { name, fields }));
    }
    result.extend(right.into_iter().map(|new| (new, StatementDiff::Added(after[new].clone()))));
    result.sort_by_key(|(index, _)| *index);
    let removed = left.into_iter().map(|old| StatementDiff::Removed(before[old].clone()));
    result.into_iter().map(|(_, diff)| diff).chain(removed).collect()
}

/// The most pairs of statements whose likeness is compared; beyond it statements match by Sid only.
const LIKENESS_PAIRS: usize = 10_000;

/// Counterparts: by Sid first, then the likeliest by the number of values in common.
fn matches(
    before: &[Statement],
    after: &[Statement],
    left: &[usize],
    right: &[usize],
) -> Vec<(usize, usize)> {
    let by_sid: BTreeMap<&str, usize> =
        right.iter().filter_map(|new| Some((after[*new].sid()?, *new))).collect();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let (mut old_done, mut new_done) = (BTreeSet::new(), BTreeSet::new());
    for old in left {
        if let Some(new) = before[*old].sid().and_then(|sid| by_sid.get(sid))
            && new_done.insert(*new)
        {
            old_done.insert(*old);
            pairs.push((*old, *new));
        }
    }
    let old_rest: Vec<usize> = left.iter().copied().filter(|old| !old_done.contains(old)).collect();
    let new_rest: Vec<usize> = right.iter().copied().filter(|new| !new_done.contains(new)).collect();
    if old_rest.len().saturating_mul(new_rest.len()) > LIKENESS_PAIRS {
        return pairs;
    }
    let (old_fields, new_fields) = (all_values(before, &old_rest), all_values(after, &new_rest));
    let mut ranked: Vec<(usize, usize, usize)> = Vec::new();
    for (old, old_values) in &old_fields {
        for (new, new_values) in &new_fields {
            let common = old_values.intersection(new_values).count();
            let all = old_values.union(new_values).count();
            if common * 2 >= all {
                ranked.push((common, *old, *new));
            }
        }
    }
    ranked.sort_by_key(|(common, old, new)| (std::cmp::Reverse(*common), *old, *new));
    for (_, old, new) in ranked {
        if !old_done.contains(&old) && !new_done.contains(&new) {
            old_done.insert(old);
            new_done.insert(new);
            pairs.push((old, new));
        }
    }
    pairs
}

/// Every (field, value) of the chosen statements.
fn all_values(statements: &[Statement], chosen: &[usize]) -> Vec<(usize, BTreeSet<(String, String)>)> {
    let values = |index: &usize| {
        let fields = statement_fields(&statements[*index]);
        let flat = fields.into_iter().flat_map(|(path, field)| {
            field.values.into_keys().map(move |value| (path.clone(), value)).collect::<Vec<_>>()
        });
        (*index, flat.collect())
    };
    chosen.iter().map(values).collect()
}

/// The fields of a statement.
fn statement_fields(statement: &Statement) -> Fields {
    let mut fields = Fields::new();
    for (key, value) in statement.json().members() {
        match (key.as_str(), value) {
            ("Sid", Json::String(sid)) if sid.is_empty() => {}
            ("Principal" | "NotPrincipal", Json::String(name)) => {
                insert(&format!("{key} · AWS"), name.clone(), &mut fields);
            }
            _ => collect(key, value, &mut fields),
        }
    }
    fields
}

fn collect(path: &str, value: &Json, fields: &mut Fields) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                collect(&format!("{path} · {key}"), value, fields);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                insert(path, shown(item), fields);
            }
        }
        scalar => insert(path, shown(scalar), fields),
    }
}

/// Keys of conditions and names of actions have no case, and an account's root ARN is its id.
fn insert(path: &str, value: String, fields: &mut Fields) {
    let read_path = if path.starts_with("Condition") { path.to_ascii_lowercase() } else { path.to_owned() };
    let read_value = match path {
        "Action" | "NotAction" => value.to_ascii_lowercase(),
        "Principal · AWS" | "NotPrincipal · AWS" => account_of_root(&value).unwrap_or(&value).to_owned(),
        _ => value.clone(),
    };
    let field = fields.entry(read_path).or_default();
    path.clone_into(&mut field.name);
    field.values.insert(read_value, value);
}

/// A value for people: strings without quotation marks.
fn shown(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn field_diffs(before: &Fields, after: &Fields) -> Vec<FieldDiff> {
    let nothing = Field::default();
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut diffs = Vec::new();
    for path in paths {
        let (old, new) = (before.get(path).unwrap_or(&nothing), after.get(path).unwrap_or(&nothing));
        let only = |here: &'_ Field, there: &Field| -> Vec<String> {
            let missing = here.values.iter().filter(|(value, _)| !there.values.contains_key(*value));
            missing.map(|(_, shown)| shown.clone()).collect()
        };
        let (removed, added) = (only(old, new), only(new, old));
        if !removed.is_empty() || !added.is_empty() {
            let name = if new.values.is_empty() { &old.name } else { &new.name };
            diffs.push(FieldDiff { path: name.clone(), values: paired(&removed, added) });
        }
    }
    diffs
}

/// The most values of a field that are paired with their counterparts.
const PAIRED_VALUES: usize = 50;

/// Each removed value beside the added one that it most likely became.
fn paired(removed: &[String], mut added: Vec<String>) -> Vec<(Option<Marked>, Option<Marked>)> {
    let mut result = Vec::new();
    let mut alone = Vec::new();
    for old in removed {
        let comparable = removed.len().max(added.len()) <= PAIRED_VALUES;
        let best = (0..added.len())
            .filter(|_| comparable)
            .map(|index| (mark(old, &added[index]), index))
            .max_by_key(|((marked, _), index)| (kept(marked, |_| true), std::cmp::Reverse(*index)));
        match best {
            Some(((old, new), index)) if kept(&old, char::is_alphanumeric) > 0 => {
                added.remove(index);
                result.push((Some(old), Some(new)));
            }
            _ => alone.push((Some(plain(old)), None)),
        }
    }
    result.extend(alone);
    result.extend(added.into_iter().map(|new| (None, Some(plain(&new)))));
    result
}

/// How many characters of a value stayed, of those that count.
fn kept(pieces: &Marked, counts: impl Fn(char) -> bool) -> usize {
    let unchanged = pieces.iter().filter(|piece| !piece.changed);
    unchanged.map(|piece| piece.text.chars().filter(|letter| counts(*letter)).count()).sum()
}

fn plain(value: &str) -> Marked {
    vec![Piece { text: value.to_owned(), changed: false }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statements: &str) -> Document {
        Document::from_text(format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}"))
    }

    fn lines(before: &str, after: &str) -> Vec<String> {
        let text = |pieces: &Option<Marked>| {
            let shown = |piece: &Piece| {
                if piece.changed { format!("[{}]", piece.text) } else { piece.text.clone() }
            };
            pieces.as_ref().map_or("nothing".to_owned(), |pieces| pieces.iter().map(shown).collect())
        };
        let diff = compare(&document(before), &document(after));
        let mut lines = Vec::new();
        for statement in &diff.statements {
            match statement {
                StatementDiff::Added(statement) => lines.push(format!("added {:?}", statement.sid())),
                StatementDiff::Removed(statement) => lines.push(format!("removed {:?}", statement.sid())),
                StatementDiff::Changed { name, fields } => {
                    for field in fields {
                        for (old, new) in &field.values {
                            lines.push(format!("{name} {}: {} > {}", field.path, text(old), text(new)));
                        }
                    }
                }
            }
        }
        lines
    }

    #[test]
    fn statements_meet_by_sid() {
        let found = lines(
            r#"{"Sid":"A","Effect":"Allow","Resource":["x:a","x:b"]},{"Sid":"B","Effect":"Allow"}"#,
            r#"{"Sid":"C","Effect":"Deny"},{"Sid":"A","Effect":"Allow","Resource":["x:b","x:c"]}"#,
        );
        assert_eq!(found, ["added Some(\"C\")", "A Resource: x:[a] > x:[c]", "removed Some(\"B\")"]);
    }

    #[test]
    fn statements_without_sid_meet_by_likeness() {
        let found = lines(
            r#"{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"one"},
               {"Effect":"Allow","Action":"logs:CreateLogStream","Resource":"two","Principal":{"Service":"x"}}"#,
            r#"{"Effect":"Allow","Action":"logs:CreateLogStream","Resource":"two","Principal":{"Service":"y"}},
               {"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"one","Condition":{"Bool":{"k":true}}}"#,
        );
        assert_eq!(
            found,
            [
                "#1 Principal · Service: x > nothing",
                "#1 Principal · Service: nothing > y",
                "#2 Condition · Bool · k: nothing > true"
            ]
        );
    }

    #[test]
    fn what_means_nothing_is_no_difference() {
        let diff = compare(
            &document(r#"{"Effect":"Allow","Action":["b","a"],"Sid":""}"#),
            &document(r#"{"Action":["A","b","b"],"Effect":"Allow"}"#),
        );
        assert!(diff.fields.is_empty() && diff.statements.is_empty());
    }

    #[test]
    fn a_changed_statement_shows_only_what_counts() {
        let found = lines(
            r#"{"Sid":"A","Action":"logs:putlogevents","Resource":"a","Condition":{"StringEquals":{"AWS:SourceAccount":1}},
                "Principal":"*"}"#,
            r#"{"Sid":"A","Action":["logs:PutLogEvents"],"Resource":["b"],"Condition":{"stringequals":{"aws:SourceAccount":["1"]}},
                "Principal":{"AWS":"*"}}"#,
        );
        assert_eq!(found, ["A Resource: a > nothing", "A Resource: nothing > b"]);
    }

    #[test]
    fn what_is_no_policy_is_compared_as_text() {
        let diff = compare(&Document::from_text("not json"), &document(""));
        assert_eq!(
            diff.fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(),
            ["Version", "document"]
        );
    }
}
