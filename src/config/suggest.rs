//! "Did you mean": the nearest of the names that would be right.

/// The nearest name, where one is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance =
        |candidate: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase());
    let ranked = known.into_iter().map(|candidate| (distance(candidate), candidate));
    let (distance, candidate) = ranked.min()?;
    (distance <= 1 + name.chars().count() / 4).then_some(candidate)
}

/// The sentence to go with an unknown name.
pub(super) fn sentence<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(candidate) => format!("Did you mean `{candidate}`?"),
        None => {
            let known: Vec<String> = known.into_iter().take(30).map(|name| format!("`{name}`")).collect();
            if known.is_empty() {
                "There is none.".to_owned()
            } else {
                format!("Known here: {}.", known.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_meant() {
        assert_eq!(sentence("nmae", ["name", "targets"]), "Did you mean `name`?");
        assert_eq!(sentence("Targets", ["name", "targets"]), "Did you mean `targets`?");
        assert_eq!(sentence("zzzz", ["name", "targets"]), "Known here: `name`, `targets`.");
        assert_eq!(sentence("x", []), "There is none.");
    }
}
