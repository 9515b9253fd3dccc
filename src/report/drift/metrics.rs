//! Drift as metrics in the text format of Prometheus, for node_exporter's textfile collector
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::diff::DriftKind;
use crate::model::{ByOwner, Owner, Target};

use super::{DriftedTarget, FoundDrift};

/// When each target was last read without an error, in seconds since 1970.
pub type LastSuccess = BTreeMap<Target, i64>;

const LAST_SUCCESS: &str = "logpolicy_last_success_timestamp_seconds";

/// The metrics of some targets. `earlier` is the text of the run before, if there is one: a target that could not be read keeps
/// the time of its last success.
pub fn drift_metrics(targets: &[DriftedTarget], now: i64, earlier: Option<&str>) -> String {
    let mut last = earlier.map(last_success).unwrap_or_default();
    let readable = targets.iter().filter(|target| target.error.is_none());
    last.extend(readable.map(|target| (target.target.clone(), now)));
    let mut page = Page::default();
    page.family("logpolicy_drifted_policies", "Policies that are not as expected, by kind.");
    for (target, _) in found(targets) {
        for kind in DriftKind::ALL {
            page.sample(&target.target, &[("kind", kind.as_str())], target.count(kind));
        }
    }
    page.family("logpolicy_pending_changes", "Changes of ours that are not applied yet.");
    for (target, found) in found(targets) {
        page.sample(&target.target, &[], found.drift.pending.len());
    }
    page.family("logpolicy_slots_used", "Account policies, by owner.");
    by_owner(targets, &mut page, |found| found.slots);
    page.family("logpolicy_slots_limit", "Account policies that fit.");
    for (target, found) in found(targets) {
        page.sample(&target.target, &[], found.limits.account_policies);
    }
    page.family("logpolicy_document_bytes", "Bytes of all policy documents, by owner.");
    by_owner(targets, &mut page, |found| found.bytes);
    page.family("logpolicy_largest_document_bytes", "Bytes of the largest policy document.");
    for (target, found) in found(targets) {
        page.sample(&target.target, &[], found.largest);
    }
    page.family("logpolicy_document_bytes_limit", "Bytes that fit into one policy document.");
    for (target, found) in found(targets) {
        page.sample(&target.target, &[], found.limits.document_bytes);
    }
    page.family("logpolicy_errors", "Whether the last run failed to look at the target.");
    for target in targets {
        page.sample(&target.target, &[], usize::from(target.error.is_some()));
    }
    page.family(LAST_SUCCESS, "When the target was last read without an error.");
    for target in targets {
        if let Some(time) = last.get(&target.target) {
            page.sample(&target.target, &[], time);
        }
    }
    page.text
}

fn found(targets: &[DriftedTarget]) -> impl Iterator<Item = (&DriftedTarget, &FoundDrift)> {
    targets.iter().filter_map(|target| Some((target, target.found.as_ref()?)))
}

fn by_owner(targets: &[DriftedTarget], page: &mut Page, of: fn(&FoundDrift) -> ByOwner) {
    for (target, found) in found(targets) {
        for owner in Owner::ALL {
            page.sample(&target.target, &[("owner", owner.as_str())], of(found).of(owner));
        }
    }
}

/// Text that grows family by family.
#[derive(Default)]
struct Page {
    text: String,
    name: &'static str,
}

impl Page {
    fn family(&mut self, name: &'static str, help: &str) {
        self.name = name;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    /// Account and Region hold no letter that would need an escape.
    fn sample(&mut self, target: &Target, more: &[(&str, &str)], value: impl std::fmt::Display) {
        let _ =
            write!(self.text, "{}{{account=\"{}\",region=\"{}\"", self.name, target.account, target.region);
        for (label, text) in more {
            let _ = write!(self.text, ",{label}=\"{text}\"");
        }
        let _ = writeln!(self.text, "}} {value}");
    }
}

/// The times of the last successes in metrics that were written earlier; lines that say something else are read over.
fn last_success(text: &str) -> LastSuccess {
    let one = |line: &str| {
        let (labels, value) =
            line.strip_prefix(LAST_SUCCESS)?.strip_prefix("{account=\"")?.split_once("\"} ")?;
        let (account, region) = labels.split_once("\",region=\"")?;
        Some((format!("{account}/{region}").parse().ok()?, value.parse().ok()?))
    };
    text.lines().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str, error: Option<&str>) -> DriftedTarget {
        DriftedTarget {
            target: name.parse().expect("a target"),
            found: None,
            error: error.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn a_target_that_fails_keeps_the_time_of_its_last_success() {
        let (good, bad) = ("111122223333/us-east-1", "111122223333/eu-west-1");
        let first = drift_metrics(&[target(bad, None), target(good, None)], 1_000, None);
        let times = last_success(&first);
        assert_eq!(times.values().collect::<Vec<_>>(), [&1_000, &1_000]);
        let second = drift_metrics(&[target(bad, Some("denied")), target(good, None)], 2_000, Some(&first));
        let times = last_success(&second);
        assert_eq!(times[&bad.parse().expect("a target")], 1_000);
        assert_eq!(times[&good.parse().expect("a target")], 2_000);
        assert!(
            second.contains("logpolicy_errors{account=\"111122223333\",region=\"eu-west-1\"} 1\n"),
            "{second}"
        );
        let third = drift_metrics(&[target(bad, Some("denied"))], 3_000, Some("odd\n# text {"));
        assert_eq!(last_success(&third).len(), 0, "never read");
    }
}
