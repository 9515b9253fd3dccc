//! CloudFormation's conditions, as far as a template alone can tell whether they hold.

use crate::config::{SourceKind, SourceNode};

use super::intrinsic::{Stack, Unresolved, scalar, unresolved};

impl Stack<'_> {
    /// Whether the condition of a name holds; `place` is where it is asked for.
    pub(super) fn holds(&self, place: &SourceNode, name: &str) -> Result<bool, Unresolved> {
        match self.declared("Conditions", name) {
            Some(condition) => self.deeper(place, || self.is_true(condition)),
            None => unresolved(place, format!("the template has no condition {name}")),
        }
    }

    fn is_true(&self, node: &SourceNode) -> Result<bool, Unresolved> {
        self.deeper(node, || {
            let SourceKind::Map(entries) = &node.kind else {
                return unresolved(node, "a condition is expected here");
            };
            let [entry] = &entries[..] else { return unresolved(node, "a condition is one function") };
            match entry.key.as_str() {
                "Condition" => match scalar(&entry.value) {
                    Some(name) => self.holds(&entry.value, name),
                    None => unresolved(&entry.value, "the name of a condition is expected here"),
                },
                "Fn::Equals" => self.equals(&entry.value),
                "Fn::Not" => match self.list(&entry.value)?[..] {
                    [condition] => Ok(!self.is_true(condition)?),
                    _ => unresolved(&entry.value, "Fn::Not needs one condition"),
                },
                "Fn::And" | "Fn::Or" => {
                    let conditions = self.list(&entry.value)?.into_iter().map(|one| self.is_true(one));
                    let truths = conditions.collect::<Result<Vec<bool>, _>>()?;
                    let is_and = entry.key == "Fn::And";
                    Ok(if is_and { truths.iter().all(|truth| *truth) } else { truths.contains(&true) })
                }
                other => unresolved(&entry.value, format!("{other} is no condition that is read")),
            }
        })
    }

    fn equals(&self, argument: &SourceNode) -> Result<bool, Unresolved> {
        let [left, right] = self.list(argument)?[..] else {
            return unresolved(argument, "Fn::Equals needs two values");
        };
        let (left, right) = (self.text(left)?, self.text(right)?);
        match (left == right, left.fixed(), right.fixed()) {
            (true, ..) => Ok(true),
            (false, Some(_), Some(_)) => Ok(false),
            _ => unresolved(argument, "whether the condition holds depends on the target"),
        }
    }
}
