//! The table of recipes, which is part of the program.

use std::sync::LazyLock;

use crate::model::Recipe;

/// The table as it is kept: YAML with a comment on each field. A test reads it, so that it is never empty here.
static TABLE: LazyLock<Vec<Recipe>> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("recipes.yaml")).unwrap_or_default());

/// Every recipe, in the order of the table.
pub fn recipes() -> &'static [Recipe] {
    &TABLE
}

/// The recipe of a name.
pub fn recipe(id: &str) -> Option<&'static Recipe> {
    TABLE.iter().find(|recipe| recipe.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_can_be_read_and_holds_together() {
        let table: Vec<Recipe> = serde_yaml::from_str(include_str!("recipes.yaml")).expect("the table");
        assert!(table.len() >= 24);
        let ids: BTreeSet<&str> = table.iter().map(|recipe| recipe.id.as_str()).collect();
        assert_eq!(ids.len(), table.len(), "each id stands once");
        for recipe in &table {
            let id = &recipe.id;
            assert_eq!(recipe.source_arn_pattern.is_some(), recipe.source_arn_operator.is_some(), "{id}");
            let mut places: Vec<String> = vec!["partition".into(), "region".into(), "account".into()];
            places.push("log_group".into());
            places.extend(recipe.parameters.iter().map(|parameter| parameter.name.clone()));
            for pattern in recipe.resource_patterns.iter().chain(&recipe.source_arn_pattern) {
                for place in pattern.split("${").skip(1) {
                    let name = place.split('}').next().expect("a name").to_owned();
                    assert!(places.contains(&name), "{id}: {name}");
                }
            }
            for parameter in &recipe.parameters {
                assert_eq!(parameter.required, parameter.default.is_none(), "{id}");
                let place = format!("${{{}}}", parameter.name);
                let pattern = recipe.source_arn_pattern.as_deref().unwrap_or_default();
                assert!(pattern.contains(&place), "{id}: a parameter that changes nothing");
            }
        }
    }
}
