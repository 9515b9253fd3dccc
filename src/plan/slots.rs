//! The meter: how many of the account's slots are in use, and by whom.

use crate::model::ByOwner;

/// Account policies of a target before, during and after a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// How many fit.
    pub limit: usize,
    /// Now.
    pub before: usize,
    /// Once the plan is applied.
    pub after: usize,
    /// The most at any moment in between.
    pub peak: usize,
}

/// `10 of 10 slots: 3 ours, 6 unmanaged, 1 written by AWS`
pub fn slots_sentence(limit: usize, owners: ByOwner) -> String {
    match owners.total() {
        0 => format!("0 of {limit} slots in use"),
        used => format!("{used} of {limit} slots: {}", owners.words()),
    }
}

/// What could free a slot, in full sentences; empty where nothing holds one.
pub fn what_frees_a_slot(owners: ByOwner) -> String {
    let ByOwner { managed, unmanaged, aws } = owners;
    let ours = match managed {
        0 => "",
        1 => "One of ours can move to its log group (`log_group`), where it takes no slot.",
        _ => "Ours can be joined, or moved to their log groups (`log_group`), where they take no slot.",
    };
    let theirs = if unmanaged > 0 { "An unmanaged one that nobody needs any more can go." } else { "" };
    let services = if aws > 0 && managed + unmanaged == 0 {
        "AWS services write theirs only where no policy grants it yet: one with a wildcard keeps new ones away."
    } else {
        ""
    };
    let sentences = [ours, theirs, services];
    sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helps_depends_on_who_holds_the_slots() {
        let (one, many) = ("One of ours can move", "Ours can be joined");
        let (theirs, services) = ("An unmanaged one that", "AWS services write theirs");
        for (managed, unmanaged, aws, sentence, help) in [
            (3, 6, 1, "10 of 10 slots: 3 ours, 6 unmanaged, 1 written by AWS", vec![many, theirs]),
            (1, 0, 9, "10 of 10 slots: 1 ours, 9 written by AWS", vec![one]),
            (2, 0, 0, "2 of 10 slots: 2 ours", vec![many]),
            (0, 10, 0, "10 of 10 slots: 10 unmanaged", vec![theirs]),
            (0, 0, 10, "10 of 10 slots: 10 written by AWS", vec![services]),
            (0, 0, 0, "0 of 10 slots in use", vec![]),
        ] {
            let owners = ByOwner { managed, unmanaged, aws };
            assert_eq!(slots_sentence(10, owners), sentence);
            let found = what_frees_a_slot(owners);
            let said = [one, many, theirs, services].into_iter().filter(|words| found.contains(words));
            assert_eq!(said.collect::<Vec<_>>(), help, "{sentence}: {found}");
        }
    }
}
