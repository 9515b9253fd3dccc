//! Names that no other run makes.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Thirty-two hex digits that nobody else has: the standard library seeds its hashers from the system's randomness.
pub(super) fn unique() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        let names: std::collections::BTreeSet<String> = (0..1000).map(|_| unique()).collect();
        assert_eq!(names.len(), 1000);
        assert!(names.iter().all(|name| name.len() == 32));
    }
}
