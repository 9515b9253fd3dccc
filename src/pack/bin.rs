//! A policy that is being filled, and its exact length.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{Document, Json};

use super::joining::joined;
use super::piece::{MOST_NAMES, Piece, sid, sid_length};

/// `{"Version":"2012-10-17","Statement":[]}`
const FRAME: usize = 39;

/// What the lengths of documents are made of: the pieces measured once.
#[derive(Debug)]
pub(super) struct Measures {
    measures: Vec<Measure>,
    /// All names, sorted.
    names: Vec<String>,
    /// How many pieces have a head.
    pieces_of_head: Vec<usize>,
}

#[derive(Debug)]
struct Measure {
    /// Statements with the same head become one, whose resources are joined.
    head: usize,
    /// Its length without Sid and resources.
    fixed: usize,
    /// Numbers and lengths of its resources, quotation marks included.
    resources: Vec<(usize, usize)>,
    /// Numbers of its names, in order.
    names: Vec<usize>,
}

impl Measures {
    pub(super) fn of(pieces: &[Piece]) -> Self {
        let (mut heads, mut resources) = (BTreeMap::new(), BTreeMap::new());
        let names: BTreeSet<&String> = pieces.iter().flat_map(|piece| &piece.names).collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        let mut measures = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let next = heads.len();
            let head = *heads.entry(piece.shape.head()).or_insert(next);
            let mut own: Vec<(usize, usize)> = Vec::new();
            for resource in piece.shape.resources() {
                let next = resources.len();
                let number = *resources.entry(resource).or_insert(next);
                own.push((number, Json::String(resource.to_owned()).to_string().len()));
            }
            let length = piece.shape.statement("").to_string().len();
            let fixed = length - list_length(own.len(), own.iter().map(|(_, length)| length).sum());
            let own_names = piece.names.iter().filter_map(|name| names.binary_search(name).ok()).collect();
            measures.push(Measure { head, fixed, resources: own, names: own_names });
        }
        let mut pieces_of_head = vec![0; heads.len()];
        measures.iter().for_each(|measure: &Measure| pieces_of_head[measure.head] += 1);
        Self { measures, names, pieces_of_head }
    }

    /// The length of a document with one piece alone.
    pub(super) fn alone(&self, piece: usize) -> usize {
        let mut bin = Bin::default();
        bin.add(self, piece);
        bin.bytes()
    }

    /// The least that some pieces add to documents: what no other piece can say with them.
    pub(super) fn least(&self, pieces: &[usize]) -> usize {
        let mut resources: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut alone = 0;
        for piece in pieces {
            let measure = &self.measures[*piece];
            if self.pieces_of_head[measure.head] == 1 {
                let sum = measure.resources.iter().map(|(_, length)| length).sum();
                alone += measure.fixed + list_length(measure.resources.len(), sum);
            } else {
                let own = measure.resources.iter();
                resources.extend(own.map(|(number, length)| ((measure.head, *number), *length)));
            }
        }
        alone + resources.values().sum::<usize>()
    }
}

/// The length of a list of strings; a single one stands alone.
fn list_length(number: usize, sum: usize) -> usize {
    if number > 1 { sum + number + 1 } else { sum }
}

/// The pieces of one policy.
#[derive(Debug, Clone, Default)]
pub(super) struct Bin {
    heads: BTreeMap<usize, Head>,
    /// Of all statements.
    length: usize,
    number: usize,
}

/// Pieces that are one statement.
#[derive(Debug, Clone, Default)]
struct Head {
    pieces: Vec<usize>,
    /// How many pieces name a resource.
    resources: BTreeMap<usize, usize>,
    /// How many pieces have a name.
    names: BTreeMap<usize, usize>,
    sum: usize,
    length: usize,
}

impl Bin {
    pub(super) fn add(&mut self, measures: &Measures, piece: usize) {
        let measure = &measures.measures[piece];
        let head = self.heads.entry(measure.head).or_default();
        self.length -= head.length;
        for (resource, length) in &measure.resources {
            let held = head.resources.entry(*resource).or_insert(0);
            *held += 1;
            if *held == 1 {
                head.sum += length;
            }
        }
        for name in &measure.names {
            *head.names.entry(*name).or_insert(0) += 1;
        }
        head.pieces.push(piece);
        head.length = head.measured(measures, measure.fixed, None);
        self.length += head.length;
        self.number += 1;
    }

    pub(super) fn remove(&mut self, measures: &Measures, piece: usize) {
        let measure = &measures.measures[piece];
        let Some(head) = self.heads.get_mut(&measure.head) else { return };
        self.length -= head.length;
        for (resource, length) in &measure.resources {
            if let Some(held) = head.resources.get_mut(resource) {
                *held -= 1;
                if *held == 0 {
                    head.resources.remove(resource);
                    head.sum -= length;
                }
            }
        }
        for name in &measure.names {
            if let Some(held) = head.names.get_mut(name) {
                *held -= 1;
                if *held == 0 {
                    head.names.remove(name);
                }
            }
        }
        head.pieces.retain(|held| *held != piece);
        self.number -= 1;
        if head.pieces.is_empty() {
            self.heads.remove(&measure.head);
        } else {
            head.length = head.measured(measures, measure.fixed, None);
            self.length += head.length;
        }
    }

    /// The length of the document; an upper bound where statements can be joined by their principals or actions.
    pub(super) fn bytes(&self) -> usize {
        if self.number == 0 { 0 } else { FRAME + self.length + self.heads.len() - 1 }
    }

    /// The length with one piece more.
    pub(super) fn bytes_with(&self, measures: &Measures, piece: usize) -> usize {
        let measure = &measures.measures[piece];
        let empty = Head::default();
        let head = self.heads.get(&measure.head).unwrap_or(&empty);
        let grown = head.measured(measures, measure.fixed, Some(measure));
        let comma = usize::from(head.pieces.is_empty() && self.number > 0);
        let frame = if self.number == 0 { FRAME } else { self.bytes() };
        frame - head.length + grown + comma
    }

    pub(super) fn is_empty(&self) -> bool {
        self.number == 0
    }
}

impl Head {
    /// The length of the statement, with one piece more; `fixed` is that of every piece here.
    fn measured(&self, measures: &Measures, fixed: usize, more: Option<&Measure>) -> usize {
        let new = more.iter().flat_map(|more| &more.resources);
        let (mut number, mut sum) = (self.resources.len(), self.sum);
        for (_, length) in new.filter(|(resource, _)| !self.resources.contains_key(resource)) {
            number += 1;
            sum += length;
        }
        let new: Vec<usize> = more.iter().flat_map(|more| &more.names).copied().collect();
        let new = new.iter().filter(|name| !self.names.contains_key(name));
        let count = self.names.len() + new.clone().count();
        // Names that a Sid has no room for do not change its length.
        let mut first: Vec<usize> =
            self.names.keys().take(MOST_NAMES).copied().chain(new.take(MOST_NAMES).copied()).collect();
        first.sort_unstable();
        let sid = sid_length(first.iter().map(|name| measures.names[*name].as_str()), count);
        let sid = if sid == 0 { 0 } else { r#""Sid":"","#.len() + sid };
        fixed + sid + list_length(number, sum)
    }
}

/// The document of some pieces, joined; with the Sid of each piece's statement.
pub(super) fn document(pieces: &[&Piece]) -> (Document, Vec<String>) {
    let mut numbered: Vec<Piece> = pieces.iter().map(|piece| (*piece).clone()).collect();
    // The order of the statements depends on their names alone, so that documents differ little.
    numbered.sort_by(|one, other| (&one.names, one.shape.order()).cmp(&(&other.names, other.shape.order())));
    let statements = joined(numbered);
    let mut taken = std::collections::BTreeSet::new();
    let mut sids = Vec::new();
    for statement in &statements {
        let own = sid(statement.names.iter().map(String::as_str));
        let candidates = std::iter::once(own.clone()).chain((2..).map(|number| format!("{own}{number}")));
        let free = candidates.into_iter().find(|sid| own.is_empty() || taken.insert(sid.clone()));
        sids.push(free.unwrap_or_default());
    }
    let json: Vec<Json> =
        statements.iter().zip(&sids).map(|(statement, sid)| statement.shape.statement(sid)).collect();
    let held = |piece: &&Piece| {
        let found = statements.iter().position(|statement| statement.shape.holds(&piece.shape));
        found.map(|index| sids[index].clone()).unwrap_or_default()
    };
    (Document::of_statements(&json, "2012-10-17"), pieces.iter().map(held).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::shape::Shape;

    fn piece(id: &str, service: &str, resources: &[&str]) -> Piece {
        let resources: Vec<String> = resources.iter().map(|resource| format!("\"{resource}\"")).collect();
        let document = Document::from_text(format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"logs:PutLogEvents","Resource":[{}]}}]}}"#,
            resources.join(",")
        ));
        Piece { shape: Shape::of(&document.statements()[0]), names: [id.to_owned()].into(), home: None }
    }

    #[test]
    fn lengths_are_those_of_the_text_that_is_sent() {
        let pieces = [
            piece("a", "es.amazonaws.com", &["x"]),
            piece("b", "es.amazonaws.com", &["x", "y\\\"\\u00e4"]),
            piece("c", "events.amazonaws.com", &["z", "q"]),
            piece("averylongnamewithmanylettersthatfillsmorethanhalfofasid", "es.amazonaws.com", &["u"]),
            piece("anotherlongname", "es.amazonaws.com", &["v"]),
        ];
        let measures = Measures::of(&pieces);
        let mut bin = Bin::default();
        assert!(bin.is_empty());
        for number in 0..pieces.len() {
            let expected = bin.bytes_with(&measures, number);
            bin.add(&measures, number);
            let inside: Vec<&Piece> = pieces[..=number].iter().collect();
            assert_eq!(bin.bytes(), document(&inside).0.bytes(), "{number}");
            assert_eq!(bin.bytes(), expected);
            assert!(!bin.is_empty());
        }
        for number in (0..pieces.len()).rev() {
            bin.remove(&measures, number);
            let inside: Vec<&Piece> = pieces[..number].iter().collect();
            let expected = if number == 0 { 0 } else { document(&inside).0.bytes() };
            assert_eq!(bin.bytes(), expected, "{number}");
        }
    }

    /// A resource that a piece shares with others of its head may come for nothing; all else cannot.
    #[test]
    fn the_least_that_pieces_add_is_what_no_other_says() {
        let pieces = [
            piece("a", "es.amazonaws.com", &["x", "yy"]),
            piece("b", "es.amazonaws.com", &["x"]),
            piece("c", "events.amazonaws.com", &["z"]),
            piece("d", "delivery.logs.amazonaws.com", &["z", "qq"]),
        ];
        let measures = Measures::of(&pieces);
        let alone = |piece: usize| measures.alone(piece) - FRAME - r#""Sid":"a","#.len();
        assert_eq!(measures.least(&[0]), r#""x""yy""#.len());
        assert_eq!(measures.least(&[0, 1]), r#""x""yy""#.len());
        assert_eq!(measures.least(&[1]), r#""x""#.len());
        assert_eq!(measures.least(&[2]), alone(2));
        assert_eq!(measures.least(&[2, 3, 1]), alone(2) + alone(3) + r#""x""#.len());
        assert_eq!(measures.least(&[]), 0);
    }
}
