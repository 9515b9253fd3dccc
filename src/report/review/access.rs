//! How access changes: of a target as a whole, and who gains and loses what by one policy.

use std::collections::BTreeMap;

use crate::diff::{Breadth, Meaning};
use crate::policy::{AccessChange, Found, Grant};
use crate::report::access::request_text;
use crate::report::statement::grant_sentence;
use crate::report::style::Style;

use super::Line;

/// Who gains and who loses something by a change, in words.
#[derive(Debug, Default)]
pub(in crate::report) struct Access {
    pub(in crate::report) gained: Vec<String>,
    pub(in crate::report) lost: Vec<String>,
}

impl Access {
    /// Of a change's grants those that matter; what could not be shown matters.
    pub(in crate::report) fn of(meaning: &Meaning) -> Self {
        let all = || {
            let added = meaning.added.iter().map(|(grant, breadth)| (grant, *breadth, true));
            added.chain(meaning.removed.iter().map(|(grant, breadth)| (grant, *breadth, false)))
        };
        let gains = |(grant, breadth, arrives): &(&Grant, Breadth, bool)| match breadth {
            Breadth::Wider => true,
            Breadth::Unknown | Breadth::Other => *arrives == (grant.effect != "Deny"),
            Breadth::Narrower | Breadth::Same => false,
        };
        let loses = |(grant, breadth, arrives): &(&Grant, Breadth, bool)| match breadth {
            Breadth::Narrower => true,
            Breadth::Unknown | Breadth::Other => *arrives == (grant.effect == "Deny"),
            Breadth::Wider | Breadth::Same => false,
        };
        Self { gained: said(all().filter(gains)), lost: said(all().filter(loses)) }
    }
}

/// One sentence for grants that differ in the action alone.
fn said<'a>(grants: impl Iterator<Item = (&'a Grant, Breadth, bool)>) -> Vec<String> {
    let mut joined: BTreeMap<_, (Vec<&str>, &Grant)> = BTreeMap::new();
    for (grant, breadth, _) in grants {
        let shown = !matches!(breadth, Breadth::Unknown | Breadth::Other);
        let Grant { effect, principal, action, resource, condition } = grant;
        let entry = joined.entry((principal, resource, condition, effect, shown));
        entry.or_insert_with(|| (Vec::new(), grant)).0.push(action);
    }
    let sentence = |((_, _, _, _, shown), (actions, grant)): ((_, _, _, _, bool), (Vec<&str>, &Grant))| {
        let unsure = if shown { "" } else { " (not shown for certain)" };
        format!("{}{unsure}", grant_sentence(grant, &actions))
    };
    joined.into_iter().map(sentence).collect()
}

/// The lines about a target's access; `writes` tells whether anything is written at all.
pub(in crate::report) fn access(access: &AccessChange, writes: bool) -> Vec<Line> {
    if !writes {
        return Vec::new();
    }
    if access.is_none() {
        return vec![Line::new(Style::Plain, "the same before and after: proved")];
    }
    let AccessChange { gained, lost } = access;
    let line = |found: &Found, style, symbol: &str, example: &str, nothing: &str, anything: &str| match found
    {
        Found::None => Line::new(Style::Plain, format!("  {nothing}: proved")),
        Found::NotShown => Line::new(Style::Warning, format!("? whether {anything} could not be shown")),
        Found::Witness(request) => {
            Line::new(style, format!("{symbol} {example}, for example: {}", request_text(request)))
        }
    };
    vec![
        line(
            gained,
            Style::Added,
            "+",
            "newly allowed",
            "nothing is newly allowed",
            "anything is newly allowed",
        ),
        line(lost, Style::Removed, "-", "no longer allowed", "nothing is lost", "anything is lost"),
    ]
}
