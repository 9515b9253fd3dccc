//! One entry where the same document stands in several targets, with variables for what only the target knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Node, PolicyKey, Segment, Target, Template};
use crate::policy::{Document, Json};

use super::stable::{spelled, stable};

/// A policy at one target.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where.
    pub target: Target,
    /// Which.
    pub key: PolicyKey,
    /// Its document; with variables where whoever declares it has them.
    pub document: Node,
}

/// A policy at all the targets where its document is the same.
#[derive(Debug, Clone)]
pub struct Joined {
    /// Which.
    pub key: PolicyKey,
    /// Its document, with lists in order; with variables where it needs them.
    pub document: Node,
    /// Where.
    pub targets: BTreeSet<Target>,
}

/// Joins policies of one identity whose documents are the same, or are once account, Region and partition have become
/// variables: the largest group first. Sorted by key, then by target.
pub fn joined(found: impl IntoIterator<Item = Found>) -> Vec<Joined> {
    let mut by_key: BTreeMap<PolicyKey, BTreeMap<Target, Node>> = BTreeMap::new();
    for Found { target, key, document } in found {
        by_key.entry(key).or_default().insert(target, stable(document));
    }
    by_key.into_iter().flat_map(|(key, places)| groups(&key, places)).collect()
}

/// The groups of one identity.
fn groups(key: &PolicyKey, places: BTreeMap<Target, Node>) -> Vec<Joined> {
    let mut alike: BTreeMap<String, (Node, BTreeSet<Target>)> = BTreeMap::new();
    if places.len() > 1 {
        for (target, written) in &places {
            // As it is written, and with variables in the place of what the target knows.
            let general = generalised(written, target);
            let general = stable(general);
            for node in [written, &general].into_iter().filter(|node| is_writable(node)) {
                let group = alike.entry(shape(node)).or_insert_with(|| (node.clone(), BTreeSet::new()));
                group.1.insert(target.clone());
            }
        }
    }
    let mut places = places;
    let mut result = Vec::new();
    loop {
        let still = |targets: &BTreeSet<Target>| -> BTreeSet<Target> {
            targets.iter().filter(|target| places.contains_key(target)).cloned().collect()
        };
        let sizes = alike.values().map(|(node, targets)| (still(targets), node));
        // Of groups of one size, the one with the first target; its members then are the same.
        let best = sizes.max_by(|(left, _), (right, _)| {
            left.len().cmp(&right.len()).then_with(|| right.first().cmp(&left.first()))
        });
        let Some((targets, document)) = best.filter(|(targets, _)| targets.len() > 1) else { break };
        places.retain(|target, _| !targets.contains(target));
        result.push(Joined { key: key.clone(), document: document.clone(), targets });
    }
    let alone = places.into_iter().map(|(target, document)| {
        let document = if is_writable(&document) { document } else { Node::from(&document.at(&target)) };
        Joined { key: key.clone(), document, targets: BTreeSet::from([target]) }
    });
    result.extend(alone);
    result.sort_by(|left, right| left.targets.first().cmp(&right.targets.first()));
    result
}

/// Equal for documents that IAM reads the same at every target.
fn shape(node: &Node) -> String {
    fn with_marks(node: &Node) -> Json {
        match node {
            Node::Text(template) => Json::String(spelled(template)),
            Node::Array(items) => Json::Array(items.iter().map(with_marks).collect()),
            Node::Object(members) => {
                Json::Object(members.iter().map(|(key, value)| (key.clone(), with_marks(value))).collect())
            }
            Node::Plain(json) => json.clone(),
        }
    }
    Document::from_json(with_marks(node)).canonical().to_owned()
}

/// Whether the files can say it: `$` in front of a variable would make it a text there.
fn is_writable(node: &Node) -> bool {
    match node {
        Node::Text(template) => {
            let pairs = template.segments().windows(2);
            !pairs.into_iter().any(|pair| match pair {
                [Segment::Text(before), Segment::Text(_)] => before.ends_with('$'),
                [Segment::Text(before), _] => before.ends_with('$'),
                _ => false,
            })
        }
        Node::Array(items) => items.iter().all(is_writable),
        Node::Object(members) => members.iter().all(|(_, value)| is_writable(value)),
        Node::Plain(_) => true,
    }
}

/// The document with variables for the target's account, Region and partition.
fn generalised(node: &Node, target: &Target) -> Node {
    match node {
        Node::Text(template) => {
            let segments = template.segments().iter().flat_map(|segment| match segment {
                Segment::Text(text) => with_variables(text, target),
                known => vec![known.clone()],
            });
            Node::Text(Template::new(segments))
        }
        Node::Array(items) => Node::Array(items.iter().map(|item| generalised(item, target)).collect()),
        Node::Object(members) => Node::Object(
            members.iter().map(|(key, value)| (key.clone(), generalised(value, target))).collect(),
        ),
        Node::Plain(json) => Node::Plain(json.clone()),
    }
}

/// A text with variables; account ids and Regions count as whole words, the partition behind `arn:` only.
fn with_variables(text: &str, target: &Target) -> Vec<Segment> {
    let partition = format!("arn:{}:", target.region.partition());
    let words = [
        (target.account.as_str(), Segment::Account),
        (target.region.as_str(), Segment::Region),
        (partition.as_str(), Segment::Partition),
    ];
    let mut segments = Vec::new();
    let (mut plain, mut at) = (String::new(), 0);
    while let Some(letter) = text[at..].chars().next() {
        let here = &text[at..];
        let before = text[..at].chars().next_back();
        let starts = !before.is_some_and(is_of_a_word) && !plain.ends_with('$');
        let found = words.iter().find(|(word, variable)| {
            let ends = || !here[word.len()..].chars().next().is_some_and(is_of_a_word);
            starts && here.starts_with(word) && (*variable == Segment::Partition || ends())
        });
        match found {
            Some((word, Segment::Partition)) => {
                plain.push_str("arn:");
                segments.extend([Segment::Text(std::mem::take(&mut plain)), Segment::Partition]);
                plain.push(':');
                at += word.len();
            }
            Some((word, variable)) => {
                segments.extend([Segment::Text(std::mem::take(&mut plain)), variable.clone()]);
                at += word.len();
            }
            None => {
                plain.push(letter);
                at += letter.len_utf8();
            }
        }
    }
    segments.push(Segment::Text(plain));
    segments.retain(|segment| *segment != Segment::Text(String::new()));
    segments
}

/// Letters that would make an account id or a Region part of another name; a name may hold it behind a dash.
fn is_of_a_word(letter: char) -> bool {
    letter.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        Node::from(&Json::parse(text).expect("JSON"))
    }

    fn found(target: &str, document: &str) -> Found {
        let target: Target = target.parse().expect("a target");
        Found { target, key: PolicyKey::account("p"), document: node(document) }
    }

    /// The targets of each group and the spelling of its document.
    fn shown(found: Vec<Found>) -> Vec<(Vec<String>, String)> {
        let one = |group: &Joined| {
            let Node::Array(items) = &group.document else { panic!("a list") };
            let texts: Vec<String> = items
                .iter()
                .map(|item| match item {
                    Node::Text(template) => spelled(template).replace('\u{1}', "%"),
                    _ => String::new(),
                })
                .collect();
            (group.targets.iter().map(ToString::to_string).collect(), texts.join(" "))
        };
        joined(found).iter().map(one).collect()
    }

    const ONE: &str = "111122223333/us-east-1";
    const TWO: &str = "222233334444/eu-west-1";
    const CHINA: &str = "444455556666/cn-north-1";

    #[test]
    fn the_same_in_several_targets_gets_variables() {
        let resource = |partition: &str, target: &str| {
            let (account, region) = target.split_once('/').expect("a target");
            format!(r#"["arn:{partition}:logs:{region}:{account}:log-group:/x-{region}/1{account}:*"]"#)
        };
        let places = vec![
            found(ONE, &resource("aws", ONE)),
            found(TWO, &resource("aws", TWO)),
            found(CHINA, &resource("aws-cn", CHINA)),
        ];
        // A longer number is no account id, and keeps them apart.
        assert_eq!(shown(places.clone()).len(), 3);
        let places = places.into_iter().map(|place| {
            let text = place.document.at(&place.target).to_string();
            let account = format!("/1{}:", place.target.account);
            Found { document: node(&text.replace(&account, ":")), ..place }
        });
        assert_eq!(
            shown(places.collect()),
            [(
                vec![ONE.to_owned(), TWO.to_owned(), CHINA.to_owned()],
                "arn:%partition%:logs:%region%:%account%:log-group:/x-%region%:*".to_owned()
            )]
        );
    }

    #[test]
    fn what_is_literally_the_same_stays_literal() {
        let central = r#"["arn:aws:logs:us-east-1:111122223333:*"]"#;
        assert_eq!(
            shown(vec![found(ONE, central), found(TWO, central)]),
            [(vec![ONE.to_owned(), TWO.to_owned()], "arn:aws:logs:us-east-1:111122223333:*".to_owned())]
        );
        assert_eq!(
            shown(vec![found(ONE, central)]),
            [(vec![ONE.to_owned()], "arn:aws:logs:us-east-1:111122223333:*".to_owned())]
        );
        // Behind a `$` a variable could not be written.
        let paid = |account: &str| format!(r#"["${account}"]"#);
        assert_eq!(
            shown(vec![found(ONE, &paid("111122223333")), found(TWO, &paid("222233334444"))]).len(),
            2
        );
    }

    #[test]
    fn the_largest_group_comes_first() {
        let other = "333344445555/us-east-1";
        let own = |target: &str| format!(r#"["{}"]"#, &target[..12]);
        let places = vec![found(ONE, &own(ONE)), found(TWO, &own(TWO)), found(other, &own(ONE))];
        assert_eq!(
            shown(places),
            [
                (vec![ONE.to_owned(), TWO.to_owned()], "%account%".to_owned()),
                (vec![other.to_owned()], "111122223333".to_owned())
            ]
        );
    }
}
