//! Saved plans: the JSON of a plan, what it was made from, and a seal that tells an edited file.
//!
//! A plan is complete data, so what is read back is carried out as it was shown: nothing is decided anew.

mod target;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::Target;
use crate::policy::Fingerprint;

use super::{Base, FORMAT_VERSION, PlanFormat, TOOL_VERSION};

pub use target::SavedTarget;

/// A saved plan as it was read, proved to be as it was written.
#[derive(Debug)]
pub struct SavedPlan {
    /// Names the plan.
    pub digest: Fingerprint,
    /// Its targets, in order.
    pub targets: Vec<SavedTarget>,
}

/// Why a file is no saved plan, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is something else.
    #[error("it is not a saved plan: {0}")]
    NotAPlan(String),
    /// It was written by a newer or older version that writes plans in another way.
    #[error("it has format_version {found:?}, and this version reads {FORMAT_VERSION:?}")]
    Version {
        /// The version that stands in the file.
        found: String,
    },
    /// It was changed after it was saved.
    #[error("it was edited after it was saved: {0}")]
    Edited(&'static str),
}

#[derive(Serialize)]
struct PlanText<'a> {
    #[serde(flatten)]
    plan: &'a PlanFormat,
    base: BaseText<'a>,
}

#[derive(Serialize)]
struct BaseText<'a> {
    targets: Vec<BaseTarget<&'a Target, &'a Base>>,
    seal: Fingerprint,
}

#[derive(Serialize, Deserialize)]
struct BaseTarget<T, B> {
    target: T,
    base: B,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile<'a> {
    format_version: String,
    kind: String,
    tool_version: String,
    digest: Fingerprint,
    #[serde(borrow)]
    summary: &'a RawValue,
    #[serde(borrow)]
    targets: Vec<&'a RawValue>,
    #[serde(borrow)]
    base: BaseFile<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseFile<'a> {
    #[serde(borrow)]
    targets: &'a RawValue,
    seal: Fingerprint,
}

/// Only what tells one kind of file from another.
#[derive(Deserialize)]
struct Kind {
    format_version: String,
    kind: String,
}

/// The text of a saved plan; `bases` holds what each planned target was made from.
pub fn saved_text(plan: &PlanFormat, bases: &[(&Target, &Base)]) -> String {
    let targets: Vec<_> = bases.iter().map(|&(target, base)| BaseTarget { target, base }).collect();
    let json = |value: &dyn Fn() -> serde_json::Result<String>| value().unwrap_or_default();
    let summary = json(&|| serde_json::to_string(plan.summary()));
    let bases = json(&|| serde_json::to_string(&targets));
    let seal = seal([FORMAT_VERSION, "plan", TOOL_VERSION], plan.digest(), &summary, &bases);
    let file = PlanText { plan, base: BaseText { targets, seal } };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

impl SavedPlan {
    /// Reads a saved plan.
    ///
    /// # Errors
    /// [`Unreadable`] where the text is no saved plan, or not as it was saved.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let not_a_plan = |error: serde_json::Error| Unreadable::NotAPlan(error.to_string());
        let kind: Kind = serde_json::from_str(text).map_err(not_a_plan)?;
        if kind.kind != "plan" {
            return Err(Unreadable::NotAPlan(format!("its kind is {:?}", kind.kind)));
        }
        if kind.format_version != FORMAT_VERSION {
            return Err(Unreadable::Version { found: kind.format_version });
        }
        let file: PlanFile<'_> = serde_json::from_str(text).map_err(not_a_plan)?;
        let PlanFile { format_version, kind, tool_version, digest, summary, targets, base } = file;
        let head = [&format_version, &kind, &tool_version].map(String::as_str);
        let lines = targets.iter().map(|target| minified(target.get()) + "\n");
        if Fingerprint::of_parts(lines) != digest {
            return Err(Unreadable::Edited("its targets do not have the digest that stands beside them"));
        }
        if seal(head, &digest, &minified(summary.get()), &minified(base.targets.get())) != base.seal {
            return Err(Unreadable::Edited(
                "what it was made from does not have the seal that stands beside it",
            ));
        }
        let bases: Vec<BaseTarget<Target, Base>> =
            serde_json::from_str(base.targets.get()).map_err(not_a_plan)?;
        let mut bases: BTreeMap<Target, Base> =
            bases.into_iter().map(|BaseTarget { target, base }| (target, base)).collect();
        let targets = targets.into_iter().map(|raw| {
            let mut target: SavedTarget = serde_json::from_str(raw.get()).map_err(not_a_plan)?;
            target.base = bases.remove(&target.target).unwrap_or_default();
            Ok(target)
        });
        Ok(Self { digest, targets: targets.collect::<Result<_, Unreadable>>()? })
    }
}

/// Covers all that the digest does not.
fn seal(head: [&str; 3], digest: &Fingerprint, summary: &str, bases: &str) -> Fingerprint {
    let parts = head.into_iter().chain([digest.as_str(), summary, bases]);
    Fingerprint::of_parts(parts.map(|part| format!("{part}\n")))
}

/// JSON without the white space between its tokens.
fn minified(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |letter: &char| {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            _ => {}
        }
        in_string || !letter.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_and_strings_stay() {
        assert_eq!(minified("{ \"a b\" : [ 1 ,\n \"\\\" x\" ] }"), r#"{"a b":[1,"\" x"]}"#);
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        for (text, why) in [
            ("", "not a saved plan"),
            ("{}", "not a saved plan"),
            (r#"{"format_version":"1.2","terraform_version":"1.9.0","kind":"x"}"#, "its kind is"),
            (r#"{"format_version":"9","kind":"plan"}"#, "format_version"),
            (r#"{"format_version":"1","kind":"plan"}"#, "not a saved plan"),
        ] {
            let error = SavedPlan::read(text).expect_err("no plan").to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
