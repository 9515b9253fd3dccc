//! Documents inside of strings whose parts are variables.

use crate::model::{Node, Segment, Template};
use crate::policy::Json;

/// Letters for private use (Unicode 15, section 23.5) that stand for variables while a text is read as JSON.
const MARKS: [(char, Segment); 4] = [
    ('\u{f8f0}', Segment::Account),
    ('\u{f8f1}', Segment::Region),
    ('\u{f8f2}', Segment::Partition),
    ('\u{f8f3}', Segment::Target),
];

/// The document that stands in a text.
///
/// # Errors
/// Why there is none.
pub(super) fn embedded(template: &Template) -> Result<Node, String> {
    let mut text = String::new();
    for segment in template.segments() {
        match segment {
            Segment::Text(part) if part.contains(is_mark) || escapes_a_mark(part) => {
                return Err("it holds letters for private use".to_owned());
            }
            Segment::Text(part) => text.push_str(part),
            variable => text.extend(MARKS.iter().find(|(_, known)| known == variable).map(|(mark, _)| mark)),
        }
    }
    let json = Json::parse(&text).map_err(|error| format!("it is no JSON: {error}"))?;
    unmarked(&json)
}

fn is_mark(letter: char) -> bool {
    MARKS.iter().any(|(mark, _)| *mark == letter)
}

/// Whether an escape of JSON could bring a mark about.
fn escapes_a_mark(part: &str) -> bool {
    part.to_ascii_lowercase().contains("\\uf8f")
}

fn unmarked(json: &Json) -> Result<Node, String> {
    Ok(match json {
        Json::String(text) => Node::Text(with_variables(text)),
        Json::Array(items) => Node::Array(items.iter().map(unmarked).collect::<Result<_, _>>()?),
        Json::Object(members) => {
            let member = |(key, value): &(String, Json)| {
                if key.contains(is_mark) {
                    return Err("a variable stands in the name of a member".to_owned());
                }
                Ok((key.clone(), unmarked(value)?))
            };
            Node::Object(members.iter().map(member).collect::<Result<_, String>>()?)
        }
        plain => Node::Plain(plain.clone()),
    })
}

fn with_variables(text: &str) -> Template {
    let mut segments = Vec::new();
    let mut plain = String::new();
    for letter in text.chars() {
        match MARKS.iter().find(|(mark, _)| *mark == letter) {
            Some((_, variable)) => {
                segments.extend([Segment::Text(std::mem::take(&mut plain)), variable.clone()]);
            }
            None => plain.push(letter),
        }
    }
    segments.push(Segment::Text(plain));
    segments.retain(|segment| *segment != Segment::Text(String::new()));
    Template::new(segments)
}

/// A value as minified JSON text; its variables stay variables.
pub(super) fn json_text(node: &Node) -> Vec<Segment> {
    let mut segments = Vec::new();
    write(node, &mut segments);
    segments
}

fn write(node: &Node, segments: &mut Vec<Segment>) {
    let mut text = |text: &str| segments.push(Segment::Text(text.to_owned()));
    match node {
        Node::Plain(json) => text(&json.to_string()),
        Node::Text(template) => {
            text("\"");
            for segment in template.segments() {
                segments.push(match segment {
                    Segment::Text(part) => {
                        let quoted = Json::String(part.clone()).to_string();
                        Segment::Text(quoted[1..quoted.len() - 1].to_owned())
                    }
                    variable => variable.clone(),
                });
            }
            segments.push(Segment::Text("\"".to_owned()));
        }
        Node::Array(items) => {
            text("[");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    segments.push(Segment::Text(",".to_owned()));
                }
                write(item, segments);
            }
            segments.push(Segment::Text("]".to_owned()));
        }
        Node::Object(members) => {
            text("{");
            for (index, (key, value)) in members.iter().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                segments.push(Segment::Text(format!("{comma}{}:", Json::String(key.clone()))));
                write(value, segments);
            }
            segments.push(Segment::Text("}".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_survive_the_way_through_a_text() {
        let text = |text: &str| Segment::Text(text.to_owned());
        let resource = Template::new([text("arn:\"\\"), Segment::Partition, text(":logs:"), Segment::Region]);
        let account = Node::Text(Template::new([Segment::Account]));
        let node = Node::Object(vec![
            ("a\"".to_owned(), Node::Array(vec![Node::Text(resource), account])),
            ("b".to_owned(), Node::Plain(Json::Number("1.50".to_owned()))),
        ]);
        let again = embedded(&Template::new(json_text(&node))).expect("a document");
        let target = "111122223333/us-east-1".parse().expect("a target");
        assert_eq!(again.at(&target), node.at(&target));
        assert!(matches!(&again, Node::Object(members) if matches!(&members[0].1, Node::Array(items)
            if matches!(&items[0], Node::Text(template) if template.fixed().is_none()))));
    }

    #[test]
    fn what_is_no_document_says_so() {
        for (segments, words) in [
            (vec![Segment::Text("{".to_owned())], "no JSON"),
            (
                vec![Segment::Text("{\"a\":".to_owned()), Segment::Account, Segment::Text("}".to_owned())],
                "no JSON",
            ),
            (
                vec![Segment::Text("{\"".to_owned()), Segment::Account, Segment::Text("\":1}".to_owned())],
                "name of a member",
            ),
            (vec![Segment::Text("\"\u{f8f0}\"".to_owned())], "private use"),
            (vec![Segment::Text("\"\\uF8f0\"".to_owned())], "private use"),
        ] {
            let error = embedded(&Template::new(segments)).expect_err("no document");
            assert!(error.contains(words), "{error}");
        }
    }
}
