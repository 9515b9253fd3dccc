//! The schema and the reader know the same fields.

use super::schema::schema;

#[test]
fn the_schema_and_the_reader_know_the_same_fields() {
    let schema = schema();
    let fields = |pointer: &str| {
        let properties = schema.pointer(pointer).and_then(serde_json::Value::as_object).expect("properties");
        let mut names: Vec<String> = properties.keys().cloned().collect();
        names.sort();
        names
    };
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(fields("/properties"), sorted(super::file::FILE_FIELDS));
    assert_eq!(fields("/$defs/TargetSchema/properties"), sorted(super::target::TARGET_FIELDS));
    assert_eq!(
        fields("/$defs/OrganizationSchema/properties"),
        sorted(super::organization::ORGANIZATION_FIELDS)
    );
    assert_eq!(fields("/$defs/PolicySchema/properties"), sorted(super::policy::POLICY_FIELDS));
    assert_eq!(fields("/$defs/GrantSchema/properties"), sorted(super::grant::GRANT_FIELDS));
    assert_eq!(fields("/$defs/PackingSchema/properties"), sorted(super::grant::PACKING_FIELDS));
    assert_eq!(fields("/$defs/LimitsSchema/properties"), sorted(super::target::LIMIT_FIELDS));
    assert_eq!(fields("/$defs/UnmanagedSchema/properties"), sorted(super::section::UNMANAGED_FIELDS));
    assert_eq!(fields("/$defs/GuardsSchema/properties"), sorted(super::section::GUARD_FIELDS));
    assert_eq!(fields("/$defs/S3Schema/properties"), sorted(super::section::S3_FIELDS));
    assert_eq!(fields("/$defs/LintSchema/properties"), sorted(super::lint::LINT_FIELDS));
    assert_eq!(fields("/$defs/PolicyLintSchema/properties"), sorted(super::lint::POLICY_LINT_FIELDS));
    assert_eq!(fields("/$defs/TestSchema/properties"), sorted(super::access_test::TEST_FIELDS));
    assert_eq!(fields("/$defs/RequestSchema/properties"), sorted(super::access_test::REQUEST_FIELDS));
}
