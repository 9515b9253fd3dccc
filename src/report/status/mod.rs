//! What stands at each target, and whose it is.

mod json;
mod markdown;
mod review;
mod text;

use std::collections::BTreeSet;

use crate::model::{ByOwner, Meter, MeteredPolicy, Owner, Target};
use crate::plan::{slots_sentence, what_frees_a_slot};

use super::count::{counted, thousands};

pub use json::{status_json, status_lines};
pub use markdown::status_markdown;
pub use review::status_review;
pub use text::status_text;

/// The most names of dead log groups that are shown for one policy, where not all are asked for.
const MOST_NAMES: usize = 10;

/// What stands at one target.
#[derive(Debug, Clone)]
pub struct TargetStatus {
    /// The account and Region.
    pub target: Target,
    /// The meter; nothing where the policies could not be read.
    pub meter: Option<Meter>,
    /// What went wrong and what to do, in one line.
    pub error: Option<String>,
}

/// `3 targets, 1 at its limit, 1 not read`
fn summary(statuses: &[TargetStatus]) -> String {
    let meters: Vec<&Meter> = statuses.iter().filter_map(|status| status.meter.as_ref()).collect();
    let full = meters.iter().filter(|meter| meter.is_full()).count();
    let dead: BTreeSet<(&Target, &String)> = statuses
        .iter()
        .filter_map(|status| Some((&status.target, status.meter.as_ref()?)))
        .flat_map(|(target, meter)| meter.policies.iter().map(move |policy| (target, policy)))
        .flat_map(|(target, policy)| policy.dead_log_groups.iter().map(move |name| (target, name)))
        .collect();
    let mut parts = vec![counted(statuses.len(), "target")];
    for (number, what) in [
        (full, "at the limit".to_owned()),
        (dead.len(), format!("dead log group{} named", if dead.len() == 1 { "" } else { "s" })),
        (statuses.len() - meters.len(), "not read".to_owned()),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", thousands(number)));
        }
    }
    parts.join(", ")
}

/// The policies with the longest documents first.
fn largest(meter: &Meter) -> Vec<&MeteredPolicy> {
    let mut policies: Vec<&MeteredPolicy> = meter.policies.iter().collect();
    policies.sort_by(|left, right| right.bytes.cmp(&left.bytes).then_with(|| left.key.cmp(&right.key)));
    policies
}

/// `10 of 10 slots: 3 ours, 6 unmanaged, 1 written by AWS`
fn sentence(meter: &Meter) -> String {
    slots_sentence(meter.limits.account_policies, meter.slots)
}

/// What could free a slot, where none is free.
fn help(meter: &Meter) -> Option<String> {
    meter.is_full().then(|| what_frees_a_slot(meter.slots)).filter(|help| !help.is_empty())
}

/// A bar of so many cells, of which `share` after `before` of `whole` are full; what is there fills one at least.
fn bar(before: usize, share: usize, whole: usize, cells: usize) -> String {
    let whole = whole.max(before + share).max(1);
    let most = cells.saturating_sub(usize::from(share > 0));
    let from = (before * cells / whole).min(most);
    let to = ((before + share) * cells / whole).clamp(from + usize::from(share > 0), cells.max(1));
    let cell = |at| if (from..to).contains(&at) { '#' } else { '.' };
    (0..cells).map(cell).collect()
}

/// The bar of one owner's slots behind those of the owners before it.
fn slot_bar(meter: &Meter, owner: Option<Owner>) -> String {
    const MOST_CELLS: usize = 20;
    let whole = meter.limits.account_policies.max(meter.used());
    let ByOwner { managed, unmanaged, aws: _ } = meter.slots;
    let (before, share) = match owner {
        Some(Owner::Managed) => (0, meter.slots.of(Owner::Managed)),
        Some(Owner::Unmanaged) => (managed, meter.slots.of(Owner::Unmanaged)),
        Some(Owner::Aws) => (managed + unmanaged, meter.slots.of(Owner::Aws)),
        None => (meter.used(), free(meter)),
    };
    bar(before, share, whole, whole.min(MOST_CELLS))
}

/// The slots that nobody holds.
fn free(meter: &Meter) -> usize {
    meter.limits.account_policies.saturating_sub(meter.used())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Limits, PolicyKey};
    use crate::report::{Coverage, Layout};

    #[test]
    fn what_is_not_known_is_said_in_every_format() {
        let policy = MeteredPolicy {
            key: PolicyKey::account("x"),
            owner: Owner::Aws,
            bytes: 7,
            dead_log_groups: BTreeSet::new(),
            is_all_dead: false,
        };
        let owners = ByOwner { managed: 0, unmanaged: 0, aws: 1 };
        let meter = Meter {
            limits: Limits::default(),
            slots: owners,
            documents: owners,
            bytes: ByOwner { aws: 7, ..owners },
            policies: vec![policy],
            looked_up: Err("denied |\u{1b}".to_owned()),
        };
        let target: Target = "111122223333/us-east-1".parse().expect("a target");
        let status = [TargetStatus { target, meter: Some(meter), error: None }];
        let text = status_text(&status, Layout::default());
        assert!(text.contains("not known\n    denied |\\u{1b}\n"), "{text}");
        assert!(status_json(&status, &Coverage::default()).contains("\"dead_log_groups\": null"));
        let page = status_markdown(&status);
        assert!(page.contains("is not known: <code>denied &#124;&#92;u"), "{page}");
        assert!(page.contains("| `policy:x` | aws | 7 | not known |"), "{page}");
    }

    #[test]
    fn bars_show_what_is_there() {
        for (before, share, whole, cells, shown) in [
            (0, 0, 10, 10, ".........."),
            (0, 3, 10, 10, "###......."),
            (3, 7, 10, 10, "...#######"),
            (10, 0, 10, 10, ".........."),
            (0, 1, 51_200, 10, "#........."),
            (0, 51_200, 51_200, 10, "##########"),
            (0, 60_000, 51_200, 10, "##########"),
            (0, 0, 0, 0, ""),
            (99, 1, 100, 20, "...................#"),
            (995, 1, 1_000, 20, "...................#"),
        ] {
            assert_eq!(bar(before, share, whole, cells), shown, "{share} after {before} of {whole}");
        }
    }
}
