//! The page `docs/file.md`, which is made from the JSON Schema of the file.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]

use std::fs;

#[test]
fn the_page_of_the_file_is_made_from_the_schema() {
    let made = logpolicy::report::file_page(&logpolicy::config::schema());
    if std::env::var_os("LOGPOLICY_BLESS").is_some() {
        fs::write("docs/file.md", &made).unwrap();
    }
    let page = fs::read_to_string("docs/file.md").unwrap_or_default();
    assert!(page == made, "run `LOGPOLICY_BLESS=1 cargo test --test file_page`");
}

/// Every link within the page leads to one of its headings.
#[test]
fn the_links_within_the_page_lead_somewhere() {
    let page = logpolicy::report::file_page(&logpolicy::config::schema());
    let anchors: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|title| title.to_lowercase().replace(' ', "-"))
        .map(|title| title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect())
        .collect();
    let links: Vec<&str> = page.split("](#").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect();
    assert!(links.len() > 10, "the page has links: {links:?}");
    for link in links {
        assert_eq!(anchors.iter().filter(|anchor| *anchor == link).count(), 1, "{link} in {anchors:?}");
    }
}
