//! Lets JSON that is indented with tabs stand inside YAML that is indented with spaces.
//!
//! Inside of `{}` and `[]` indentation means nothing, but the YAML parser refuses a tab at the start of such a line
//! all the same. So a tab there becomes a space, which has the same length in bytes: every place stays true.

use std::ops::Range;

use granit_parser::{Event, Parser};

/// The text with spaces for the tabs that begin lines inside of flow collections; nothing where there are none.
pub(super) fn flow_tabs_as_spaces(text: &str) -> Option<String> {
    let tabs = leading_tabs(text);
    if tabs.is_empty() {
        return None;
    }
    let everywhere = with_spaces(text, tabs.iter().copied());
    let flows = outermost_flows(&everywhere)?;
    let inside = tabs.into_iter().filter(|tab| {
        let before = flows.partition_point(|flow| flow.end <= *tab);
        flows.get(before).is_some_and(|flow| flow.contains(tab))
    });
    Some(with_spaces(text, inside))
}

/// The tabs with nothing but white space before them on their line.
fn leading_tabs(text: &str) -> Vec<usize> {
    let mut tabs = Vec::new();
    let mut at_start = true;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'\n' | b'\r' => at_start = true,
            b'\t' if at_start => tabs.push(index),
            b' ' => {}
            _ => at_start = false,
        }
    }
    tabs
}

fn with_spaces(text: &str, tabs: impl Iterator<Item = usize>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for tab in tabs {
        result.push_str(&text[copied..tab]);
        result.push(' ');
        copied = tab + 1;
    }
    result.push_str(&text[copied..]);
    result
}

/// The byte ranges of flow collections that lie in no other; nothing for text that is no YAML.
fn outermost_flows(text: &str) -> Option<Vec<Range<usize>>> {
    let mut flows = Vec::new();
    let (mut open, mut start): (Vec<bool>, usize) = (Vec::new(), 0);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let range = span.byte_range()?;
        match event {
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                let flow = style == granit_parser::StructureStyle::Flow;
                if flow && open.last() != Some(&true) {
                    start = range.start;
                }
                open.push(flow);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let flow = open.pop() == Some(true);
                if flow && open.last() != Some(&true) {
                    flows.push(start..range.end);
                }
            }
            _ => {}
        }
    }
    Some(flows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tabs_between_brackets_change() {
        let text = "a:\n  b: {\n\t\"c\": [\n \t\t1,\t2\n\t]\n}\nd: |\n  x\n  \ty\ne: [\n\t1]\n";
        let spaced = flow_tabs_as_spaces(text).expect("a change");
        assert_eq!(spaced, "a:\n  b: {\n \"c\": [\n   1,\t2\n ]\n}\nd: |\n  x\n  \ty\ne: [\n 1]\n");
        assert_eq!(flow_tabs_as_spaces("a:\t1\n"), None);
        assert_eq!(flow_tabs_as_spaces("a:\n\tb: 1\n").as_deref(), Some("a:\n\tb: 1\n"));
        assert_eq!(flow_tabs_as_spaces("\t}"), None);
    }
}
