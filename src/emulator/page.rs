//! Pages and the tokens that lead from one to the next.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::answer::ServiceError;

/// One listing: what it lists and of whom. A token of one listing is no token of another.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    /// The operation, the account, the Region and every filter.
    pub(super) of: &'a [&'a str],
    /// The most members the server puts on a page.
    pub(super) page_size: usize,
}

/// Where a page begins and how long it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The last name of the page before.
    pub(super) after: Option<String>,
    pub(super) size: usize,
}

impl Listing<'_> {
    /// Reads `limit` (1 to 50 in DescribeResourcePolicies and in DescribeLogGroups) and `nextToken`.
    pub(super) fn page(&self, limit: Option<i64>, token: Option<&str>) -> Result<Page, ServiceError> {
        let wanted = match limit.unwrap_or(50) {
            limit @ 1..=50 => usize::try_from(limit).unwrap_or(1),
            limit => {
                return Err(ServiceError::invalid_parameter(format!(
                    "Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value between 1 and 50"
                )));
            }
        };
        let invalid = || ServiceError::invalid_parameter("The specified nextToken is invalid.");
        let after = token.map(|token| self.name_in(token).ok_or_else(invalid)).transpose()?;
        Ok(Page { after, size: wanted.min(self.page_size.max(1)) })
    }

    /// Fills a page from members in the order of the listing. A token is given only if something follows.
    pub(super) fn fill<'m, T>(
        &self,
        page: &Page,
        mut members: impl Iterator<Item = (&'m String, T)>,
    ) -> (Vec<T>, Option<String>) {
        let mut last = None;
        let mut taken = Vec::new();
        for (name, member) in members.by_ref().take(page.size) {
            last = Some(name);
            taken.push(member);
        }
        let more = members.next().is_some();
        (taken, last.filter(|_| more).map(|name| self.token(name)))
    }

    /// A token is the name it leads on from, and a seal that only this listing gives.
    fn token(&self, name: &str) -> String {
        let mut token = self.seal(name);
        for byte in name.bytes() {
            // Writing into a String cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        token
    }

    /// Reads the name a token leads on from; nothing where it is not a token of this listing.
    pub(super) fn name_in(&self, token: &str) -> Option<String> {
        let (seal, name) = token.split_at_checked(SEAL_LENGTH)?;
        let bytes: Option<Vec<u8>> = name
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let name = String::from_utf8(bytes?).ok()?;
        (self.seal(&name) == seal).then_some(name)
    }

    fn seal(&self, name: &str) -> String {
        let mut hash = Sha256::new();
        for part in self.of.iter().chain([&name]) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut seal = String::new();
        for byte in hash.finalize().iter().take(SEAL_LENGTH / 2) {
            let _ = write!(seal, "{byte:02x}");
        }
        seal
    }
}

/// In hexadecimal digits.
const SEAL_LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use std::collections::BTreeMap;
    use std::ops::Bound;

    use super::*;

    fn walk(names: &[&str], limit: Option<i64>, page_size: usize) -> Vec<Vec<String>> {
        let listing = Listing { of: &["Describe", "111122223333"], page_size };
        let members: BTreeMap<String, ()> = names.iter().map(|name| ((*name).to_owned(), ())).collect();
        let mut pages = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = listing.page(limit, token.as_deref()).unwrap();
            let start = page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let rest =
                members.range::<str, _>((start, Bound::Unbounded)).map(|(name, ())| (name, name.clone()));
            let (names, next) = listing.fill(&page, rest);
            pages.push(names);
            match next {
                Some(next) => token = Some(next),
                None => return pages,
            }
        }
    }

    #[test]
    fn a_walk_finds_every_member_once() {
        let names = ["a", "b", "c:*", "d/é", "e"];
        for (limit, page_size, sizes) in [
            (None, 50, vec![5]),
            (Some(5), 50, vec![5]),
            (Some(2), 50, vec![2, 2, 1]),
            (Some(50), 3, vec![3, 2]),
            (None, 0, vec![1, 1, 1, 1, 1]),
        ] {
            let pages = walk(&names, limit, page_size);
            assert_eq!(
                pages.iter().map(Vec::len).collect::<Vec<_>>(),
                sizes,
                "limit {limit:?} of {page_size}"
            );
            assert_eq!(pages.concat(), names);
        }
        assert_eq!(walk(&[], None, 50), [Vec::<String>::new()]);
    }

    #[test]
    fn a_token_belongs_to_its_listing() {
        let ours = Listing { of: &["Describe", "111122223333"], page_size: 50 };
        let theirs = Listing { of: &["Describe", "222233334444"], page_size: 50 };
        let token = ours.token("name");
        assert_eq!(ours.page(None, Some(&token)).unwrap().after.as_deref(), Some("name"));
        assert!(theirs.page(None, Some(&token)).is_err());
        for bad in
            ["", "no-such-token", "0123456789abcdef", "0123456789abcdeféé", &token[1..], &format!("{token}0")]
        {
            assert_eq!(ours.page(None, Some(bad)).unwrap_err().code, "InvalidParameterException", "{bad}");
        }
    }

    #[test]
    fn a_limit_lies_between_1_and_50() {
        let listing = Listing { of: &[], page_size: 50 };
        for (limit, sound) in [(-1, false), (0, false), (1, true), (50, true), (51, false)] {
            assert_eq!(listing.page(Some(limit), None).is_ok(), sound, "{limit}");
        }
    }
}
