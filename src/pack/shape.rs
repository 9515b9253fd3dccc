//! A statement taken apart into what can be joined and what cannot.

use std::collections::BTreeSet;

use crate::policy::{Document, Json, Statement};

/// The elements whose values are sets of strings; a statement that differs from another in one of them only can be
/// joined with it.
pub(super) const PRINCIPAL: usize = 0;
pub(super) const ACTION: usize = 1;
pub(super) const RESOURCE: usize = 2;
const SETS: [&str; 3] = ["Principal", "Action", "Resource"];

/// A statement: three sets, and all else.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Effect, condition and whatever else stands there, as canonical text: equal texts mean the same.
    rest_text: String,
    /// Services, actions and resources; nothing where the element is written in another way (`NotAction`, a bare star).
    pub(super) sets: [Option<BTreeSet<String>>; 3],
    /// All elements but the Sid and the sets, as written; what they mean is in the canonical text.
    rest: Vec<(String, Json)>,
}

impl Shape {
    pub(super) fn of(statement: &Statement) -> Self {
        let (mut sets, mut rest) = ([const { None }; 3], Vec::new());
        for (name, value) in statement.json().members() {
            let set = SETS.iter().position(|set| set == name);
            match set.and_then(|set| Some((set, values(set, value)?))) {
                Some((set, values)) if sets[set].is_none() => sets[set] = Some(values),
                _ if name == "Sid" => {}
                _ => rest.push((name.clone(), value.clone())),
            }
        }
        let alone = Document::of_statements(&[Json::Object(rest.clone())], "2012-10-17");
        let rest_text =
            alone.statements().first().map(|rest| rest.canonical().to_owned()).unwrap_or_default();
        Self { rest_text, sets, rest }
    }

    /// The statement, its values sorted; a single value stands alone.
    pub(super) fn statement(&self, sid: &str) -> Json {
        let mut members = Vec::new();
        if !sid.is_empty() {
            members.push(("Sid".to_owned(), Json::String(sid.to_owned())));
        }
        for (name, set) in SETS.iter().zip(&self.sets) {
            let Some(set) = set else { continue };
            let value = one_or_several(set);
            let value =
                if *name == "Principal" { Json::Object(vec![("Service".to_owned(), value)]) } else { value };
            members.push(((*name).to_owned(), value));
        }
        members.extend(self.rest.iter().cloned());
        Json::Object(members)
    }

    /// What an order of statements is made of; equal ones mean the same.
    pub(super) fn order(&self) -> (&str, &[Option<BTreeSet<String>>; 3]) {
        (&self.rest_text, &self.sets)
    }

    /// All but one of the sets: statements that are alike in it can be joined by that set.
    pub(super) fn but(&self, set: usize) -> Option<(&str, [Option<&BTreeSet<String>>; 3])> {
        self.sets[set].as_ref()?;
        let mut others = [const { None }; 3];
        for (index, values) in self.sets.iter().enumerate().filter(|(index, _)| *index != set) {
            others[index] = values.as_ref();
        }
        Some((&self.rest_text, others))
    }

    /// Adds the values of another statement that is alike in all else.
    pub(super) fn add(&mut self, other: &Self, set: usize) {
        if let (Some(own), Some(more)) = (&mut self.sets[set], &other.sets[set]) {
            own.extend(more.iter().cloned());
        }
    }

    /// Whether every value of another statement stands in this one, and all else is the same.
    pub(super) fn holds(&self, other: &Self) -> bool {
        let wider = |(own, other): (&Option<BTreeSet<String>>, &Option<BTreeSet<String>>)| match (own, other)
        {
            (Some(own), Some(other)) => own.is_superset(other),
            (None, None) => true,
            _ => false,
        };
        self.rest_text == other.rest_text && self.sets.iter().zip(&other.sets).all(wider)
    }

    /// The services; nothing where they are written in another way.
    pub(super) fn services(&self) -> Option<&BTreeSet<String>> {
        self.sets[PRINCIPAL].as_ref()
    }

    /// Whether a statement about these services may say all that this one says.
    pub(super) fn may_be_served_by(&self, services: Option<&BTreeSet<String>>) -> bool {
        match (services, self.services()) {
            (Some(wider), Some(narrower)) => wider.is_superset(narrower),
            _ => true,
        }
    }

    /// Whether it is worth asking if this one says everything that another says: a quick look at services and at the
    /// beginnings of resources, which never says no wrongly.
    pub(super) fn may_cover(&self, other: &Self) -> bool {
        let [wider, narrower] = [self, other].map(|shape| &shape.sets);
        let plain = |letter: &u8| !b"*?$".contains(letter);
        let near = |one: &str, other: &str| {
            // Most differ where both are plain; the first difference tells.
            let differs = one.bytes().zip(other.bytes()).position(|(one, other)| one != other);
            let common = differs.unwrap_or(usize::MAX).min(one.len()).min(other.len());
            let (left, right) = (one.as_bytes().get(common), other.as_bytes().get(common));
            let is_plain = left.is_some_and(plain) && right.is_some_and(plain);
            !is_plain || !one.as_bytes()[..common].iter().all(plain)
        };
        let resources = match (&wider[RESOURCE], &narrower[RESOURCE]) {
            (Some(wider), Some(narrower)) => {
                narrower.iter().all(|inner| wider.iter().any(|outer| near(outer, inner)))
            }
            _ => true,
        };
        other.may_be_served_by(self.services()) && resources
    }

    /// How many resources it has in common with a statement that says all else the same.
    pub(super) fn common(&self, other: &Self) -> usize {
        let same = self.rest_text == other.rest_text
            && self.sets[PRINCIPAL] == other.sets[PRINCIPAL]
            && self.sets[ACTION] == other.sets[ACTION];
        match (&self.sets[RESOURCE], &other.sets[RESOURCE]) {
            (Some(own), Some(other)) if same => own.intersection(other).count(),
            _ => 0,
        }
    }

    /// What statements have in common that can be joined by their resources.
    pub(super) fn head(&self) -> (&str, &Option<BTreeSet<String>>, &Option<BTreeSet<String>>, bool) {
        (&self.rest_text, &self.sets[PRINCIPAL], &self.sets[ACTION], self.sets[RESOURCE].is_some())
    }

    /// The resources; none where they are written in another way.
    pub(super) fn resources(&self) -> impl Iterator<Item = &str> {
        self.sets[RESOURCE].iter().flatten().map(String::as_str)
    }

    /// This statement with one of its resources alone.
    pub(super) fn of_resource(&self, resource: &str) -> Self {
        let mut alone = self.clone();
        alone.sets[RESOURCE] = Some(BTreeSet::from([resource.to_owned()]));
        alone
    }

    /// This statement without some resources; nothing where none is left.
    pub(super) fn without_resources(&self, gone: impl Fn(&str) -> bool) -> Option<Self> {
        let mut left = self.clone();
        let Some(set) = left.sets[RESOURCE].as_mut() else { return Some(left) };
        set.retain(|resource| !gone(resource));
        (!set.is_empty()).then_some(left)
    }

    /// This statement for each service and resource alone: together they say what it says.
    pub(super) fn boxes(&self) -> Vec<Self> {
        let alone = |shape: &Self, set: usize| -> Vec<Self> {
            let Some(values) = &shape.sets[set] else { return vec![shape.clone()] };
            let one = |value: &String| {
                let mut one = shape.clone();
                one.sets[set] = Some(BTreeSet::from([value.clone()]));
                one
            };
            values.iter().map(one).collect()
        };
        let services = alone(self, PRINCIPAL);
        services.iter().flat_map(|service| alone(service, RESOURCE)).collect()
    }

    /// Whether it grants; what is not an Allow refuses, or is nothing.
    pub(super) fn is_allow(&self) -> bool {
        let effect = self.rest.iter().find(|(name, _)| name == "Effect");
        effect.is_some_and(|(_, value)| value.as_str() == Some("Allow"))
    }
}

/// The strings of an element; nothing where it holds anything else.
fn values(set: usize, value: &Json) -> Option<BTreeSet<String>> {
    let list = |value: &Json| -> Option<BTreeSet<String>> {
        let texts: Option<BTreeSet<String>> =
            value.items().iter().map(|item| item.as_str().map(ToOwned::to_owned)).collect();
        texts.filter(|texts| !texts.is_empty())
    };
    if set != PRINCIPAL {
        return list(value);
    }
    match value {
        Json::Object(kinds) if kinds.len() == 1 && kinds[0].0 == "Service" => list(&kinds[0].1),
        _ => None,
    }
}

fn one_or_several(values: &BTreeSet<String>) -> Json {
    let mut texts = values.iter().map(|value| Json::String(value.clone()));
    match (texts.next(), values.len()) {
        (Some(only), 1) => only,
        (first, _) => Json::Array(first.into_iter().chain(texts).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An Allow of these services on these resources; a star among the services stands for everyone.
    fn shape(services: &[&str], resources: &[&str]) -> Shape {
        let list =
            |texts: &[&str]| texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(",");
        let principal = if services == ["*"] {
            r#""*""#.to_owned()
        } else {
            format!(r#"{{"Service":[{}]}}"#, list(services))
        };
        of(&format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"logs:*","Resource":[{}]}}"#,
            list(resources)
        ))
    }

    fn of(statement: &str) -> Shape {
        Shape::of(&Document::from_text(format!(r#"{{"Statement":[{statement}]}}"#)).statements()[0])
    }

    #[test]
    fn a_wider_one_holds_a_narrower_one_of_its_kind() {
        let wide = shape(&["es", "events"], &["x", "y"]);
        for (services, resources, held) in [
            (&["es"][..], &["x"][..], true),
            (&["es", "events"], &["x", "y"], true),
            (&["es"], &["z"], false),
            (&["dns"], &["x"], false),
            (&["*"], &["x"], false),
        ] {
            let narrow = shape(services, resources);
            assert_eq!(wide.holds(&narrow), held, "{services:?} {resources:?}");
            assert_eq!(narrow.holds(&wide), held && services.len() == 2);
        }
        let deny = of(r#"{"Effect":"Deny","Principal":{"Service":"es"},"Action":"logs:*","Resource":"x"}"#);
        assert!(!wide.holds(&deny) && deny.common(&shape(&["es"], &["x"])) == 0);
        assert!(shape(&["*"], &["x"]).holds(&shape(&["*"], &["x"])));
    }

    #[test]
    fn what_is_common_are_resources_of_like_statements() {
        let one = shape(&["es"], &["x", "y", "z"]);
        assert_eq!(one.common(&shape(&["es"], &["y", "z", "u"])), 2);
        assert_eq!(one.common(&shape(&["es", "events"], &["y"])), 0);
        let action =
            of(r#"{"Effect":"Allow","Principal":{"Service":"es"},"Action":"logs:Put*","Resource":"x"}"#);
        assert_eq!(one.common(&action), 0);
    }

    /// The quick look says no where services or the plain beginnings of resources differ, and nowhere else.
    #[test]
    fn a_quick_look_never_says_no_wrongly() {
        for (wide, narrow, may) in [
            ("/a", "/a", true),
            ("/a*", "/ab", true),
            ("/ab", "/a*", true),
            ("/a?c", "/abc", true),
            ("${x}", "/a", true),
            ("/a", "/b", false),
            ("/ab", "/aa*", false),
            ("/a", "/ab", true),
            ("*a", "/b", true),
            ("/*b", "/cd", true),
        ] {
            let (wider, narrower) = (shape(&["es"], &[wide]), shape(&["es"], &[narrow]));
            assert_eq!(wider.may_cover(&narrower), may, "{wide} {narrow}");
            assert!(!shape(&["dns"], &[wide]).may_cover(&narrower));
            assert_eq!(shape(&["*"], &[wide]).may_cover(&narrower), may, "everyone is also that service");
        }
        let wide = shape(&["es"], &["/a", "/b*"]);
        assert!(wide.may_cover(&shape(&["es"], &["/bx", "/a"])));
        assert!(!wide.may_cover(&shape(&["es"], &["/bx", "/c"])));
        let all =
            of(r#"{"Effect":"Allow","Principal":{"Service":"es"},"Action":"logs:*","NotResource":"/q"}"#);
        assert!(all.may_cover(&wide) && wide.may_cover(&all));
        assert!(wide.may_be_served_by(None) && shape(&["*"], &["x"]).may_be_served_by(wide.services()));
        assert!(!wide.may_be_served_by(shape(&["dns"], &["x"]).services()));
    }

    #[test]
    fn a_statement_is_written_as_it_was_read() {
        let text = r#"{"Sid":"A","Principal":{"Service":["a","b"]},"Action":"logs:*","Resource":["x","y"],"Effect":"Allow"}"#;
        let read = of(text);
        assert_eq!(read.statement("A").to_string(), text);
        assert_eq!(read.resources().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(read.of_resource("y").resources().collect::<Vec<_>>(), ["y"]);
        let left = read.without_resources(|resource| resource == "x");
        assert_eq!(
            left.map(|left| left.resources().map(ToOwned::to_owned).collect()),
            Some(vec!["y".to_owned()])
        );
        assert!(read.without_resources(|_| true).is_none());
        assert_eq!(read.boxes().len(), 4);
        assert!(read.boxes().iter().all(|one| read.holds(one) && one.resources().count() == 1));
        assert!(read.is_allow() && !of(&text.replace("Allow", "Deny")).is_allow());
        assert!(!of(r#"{"Resource":"x"}"#).is_allow());
        // Of a repeated element the first counts.
        let twice = of(r#"{"Action":"logs:*","Action":"x"}"#);
        assert_eq!(twice.sets[ACTION], Some(BTreeSet::from(["logs:*".to_owned()])));
        // What is no plain list stays as it is, whatever it is.
        for odd in [
            r#"{"Principal":{"AWS":"x"}}"#,
            r#"{"Principal":{"Service":"x","AWS":"y"}}"#,
            r#"{"Principal":"*"}"#,
            r#"{"Action":[]}"#,
            r#"{"Resource":["x",1]}"#,
        ] {
            let read = of(odd);
            assert!(read.sets.iter().all(Option::is_none), "{odd}");
            assert_eq!(read.statement("").to_string(), odd);
            assert!(read.without_resources(|_| true).is_some());
        }
    }
}
