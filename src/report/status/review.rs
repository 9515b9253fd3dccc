//! The status as a value for a page.

use crate::model::{Meter, MeteredPolicy, Owner};
use crate::plan::Slots;
use crate::report::count::thousands;
use crate::report::review::{Count, Line, Review, ReviewItem, ReviewTarget};
use crate::report::style::Style;

use super::{TargetStatus, help, largest, sentence, summary};

/// The status of some targets: nothing changes, and every policy is an item of its owner.
pub fn status_review(statuses: &[TargetStatus]) -> Review {
    let not_read = |status: &TargetStatus| status.meter.is_none();
    let style = if statuses.iter().any(not_read) { Style::Bad } else { Style::Plain };
    Review {
        kind: "status",
        title: "Status",
        lead: String::new(),
        digest: None,
        counts: vec![Count { text: summary(statuses), style }],
        command: "logpolicy status",
        folds_calm: false,
        findings: Vec::new(),
        targets: statuses.iter().map(target).collect(),
    }
}

fn target(status: &TargetStatus) -> ReviewTarget {
    let TargetStatus { target, meter, error } = status;
    let mut shown = ReviewTarget::new(target.clone());
    shown.error = error.as_ref().map(|error| ("error", error.clone()));
    let Some(meter) = meter else { return shown };
    let used = meter.used();
    shown.slots = Some(Slots { limit: meter.limits.account_policies, before: used, after: used, peak: used });
    shown.notes.push(Line::new(Style::Plain, sentence(meter)));
    shown.notes.extend(help(meter).map(|help| Line::new(Style::Faint, help)));
    if let Err(why) = &meter.looked_up {
        let text = format!("Which log groups are dead is not known: {why}");
        shown.notes.push(Line::new(Style::Warning, text));
    }
    shown.items = largest(meter).into_iter().map(|policy| item(meter, policy)).collect();
    shown
}

fn item(meter: &Meter, policy: &MeteredPolicy) -> ReviewItem {
    let MeteredPolicy { key, owner, bytes, dead_log_groups, is_all_dead } = policy;
    let style = if *owner == Owner::Managed { Style::Plain } else { Style::Faint };
    let mut item = ReviewItem::new(owner.as_str(), owner.as_str(), '·', style, key);
    item.is_change = false;
    item.aside = format!("{} of {} bytes", thousands(*bytes), thousands(meter.limits.document_bytes));
    let dead = dead_log_groups.iter().map(|name| format!("This log group does not exist: {name}"));
    item.notes = dead.collect();
    if *is_all_dead {
        item.notes.push("The policy names no other log group.".to_owned());
    }
    item
}
