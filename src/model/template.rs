//! Text with places for what only a target knows.

use std::borrow::Cow;

use super::Target;

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Text that stays.
    Text(String),
    /// `${account}`
    Account,
    /// `${region}`
    Region,
    /// `${partition}`
    Partition,
    /// `${target}`, as `account/region`
    Target,
}

/// A string of the desired state whose variables are resolved, all but those of the target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template(Vec<Segment>);

impl Template {
    /// Joins segments; neighbouring texts become one.
    pub fn new(segments: impl IntoIterator<Item = Segment>) -> Self {
        let mut joined: Vec<Segment> = Vec::new();
        for segment in segments {
            match (joined.last_mut(), segment) {
                (Some(Segment::Text(before)), Segment::Text(text)) => before.push_str(&text),
                (_, segment) => joined.push(segment),
            }
        }
        Self(joined)
    }

    /// A template without places.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Segment::Text(text.into())])
    }

    /// The segments, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The text, where it is the same for every target.
    pub fn fixed(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Segment::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text for a target.
    pub fn at(&self, target: &Target) -> Cow<'_, str> {
        if let Some(text) = self.fixed() {
            return Cow::Borrowed(text);
        }
        let mut result = String::new();
        for segment in &self.0 {
            match segment {
                Segment::Text(text) => result.push_str(text),
                Segment::Account => result.push_str(target.account.as_str()),
                Segment::Region => result.push_str(target.region.as_str()),
                Segment::Partition => result.push_str(target.region.partition().as_str()),
                Segment::Target => result.push_str(&target.to_string()),
            }
        }
        Cow::Owned(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_in_what_the_target_knows() {
        let text = |text: &str| Segment::Text(text.to_owned());
        let template = Template::new([
            text("arn:"),
            Segment::Partition,
            text(":logs:"),
            Segment::Region,
            text(":"),
            Segment::Account,
            text(" at "),
            Segment::Target,
        ]);
        let target: Target = "111122223333/cn-north-1".parse().expect("a target");
        assert_eq!(
            template.at(&target),
            "arn:aws-cn:logs:cn-north-1:111122223333 at 111122223333/cn-north-1"
        );
        assert_eq!(template.fixed(), None);
        assert_eq!(Template::new([text("a"), text("b")]).fixed(), Some("ab"));
    }
}
