//! `organization`: accounts that are found with AWS Organizations.

use crate::model::{AccountId, SourceSpan};

use super::code;
use super::decode::Decoder;
use super::target;
use super::tree::Node;

pub(super) const ORGANIZATION_FIELDS: &[&str] = &["units", "exclude"];

/// Which accounts of an organization a name leads to.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) span: SourceSpan,
    /// Ids of organizational units or roots, each with its place; none means the whole organization.
    pub(super) units: Vec<(String, SourceSpan)>,
    /// Accounts that are left out.
    pub(super) exclude: Vec<(AccountId, SourceSpan)>,
}

/// Reads `{ units: [ID], exclude: [ACCOUNT] }`; `{}` is the whole organization.
pub(super) fn read(node: &Node, decoder: &mut Decoder<'_>) -> Organization {
    let mut organization = Organization { span: node.span, units: Vec::new(), exclude: Vec::new() };
    let Some(fields) = decoder.fields(node, "`organization`", ORGANIZATION_FIELDS) else {
        return organization;
    };
    if let Some(node) = fields.get("units") {
        for item in decoder.list(node, "`units`").unwrap_or_default() {
            let Some(text) = decoder.text(item, "The id of a unit") else { continue };
            if is_unit(text) {
                organization.units.push((text.to_owned(), item.span));
            } else {
                let message = format!("`{}` is not the id of an organizational unit.", text.escape_debug());
                let note = "It looks like ou-ab12-11111111, and that of a root like r-ab12.";
                decoder.report(code::TYPE, item.span, message, note);
            }
        }
    }
    if let Some(node) = fields.get("exclude") {
        organization.exclude = target::accounts(node, "`exclude`", decoder).collect();
    }
    organization
}

/// Whether a text is an id that ListAccountsForParent takes: `r-[0-9a-z]{4,32}` or `ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}`
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>).
fn is_unit(text: &str) -> bool {
    let is_part = |part: &str, least: usize| {
        (least..=32).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        ["r", root] => is_part(root, 4),
        ["ou", root, unit] => is_part(root, 4) && is_part(unit, 8),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_from_other_texts() {
        for (text, expected) in [
            ("r-ab12", true),
            ("ou-ab12-11111111", true),
            ("ou-ab12-abcdefgh01234567", true),
            ("", false),
            ("r-ab1", false),
            ("ou-ab12", false),
            ("ou-ab12-1111111", false),
            ("ou-AB12-11111111", false),
            ("ou-ab12-11111111-x", false),
            ("111122223333", false),
            ("Workloads", false),
        ] {
            assert_eq!(is_unit(text), expected, "{text}");
        }
    }
}
