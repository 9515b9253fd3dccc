//! Writes of policies as AWS has recorded them, and which of them are looked for.

use super::PolicyKey;

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WriteKind {
    /// PutResourcePolicy.
    Put,
    /// DeleteResourcePolicy.
    Delete,
}

impl WriteKind {
    /// The API operation, which is also the name of its events.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Put => "PutResourcePolicy",
            Self::Delete => "DeleteResourcePolicy",
        }
    }
}

/// A successful write. All texts are from elsewhere, and to be escaped where they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteEvent {
    /// What it did.
    pub kind: WriteKind,
    /// The policy, where the event names one.
    pub key: Option<PolicyKey>,
    /// When it was, in milliseconds since 1970; exact to the second.
    pub time: i64,
    /// The same as text, `2026-01-31T12:00:00Z`.
    pub at: String,
    /// CloudTrail's id of the event.
    pub event_id: Option<String>,
    /// Whose credentials were used: an ARN, or else the id of the principal.
    pub principal: Option<String>,
    /// The ARN of the role behind a session.
    pub session_issuer: Option<String>,
    /// The AWS service that made the call, in the name of the principal if there is one.
    pub invoked_by: Option<String>,
    /// Where the call came from: an address, or the name of a service.
    pub source_ip: Option<String>,
}

/// The writes that were found, the newest first for each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteEvents {
    /// The writes.
    pub events: Vec<WriteEvent>,
    /// Whether there are no more of those that were asked for; the older ones are missing otherwise.
    pub is_complete: bool,
}

/// A write whose author is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteQuery {
    /// The policy.
    pub key: PolicyKey,
    /// What was done to it.
    pub kind: WriteKind,
    /// When the live policy was last written, in milliseconds since 1970; nothing where AWS does not say, or where the policy
    /// is gone.
    pub last_updated: Option<i64>,
    /// When the policy was last known to be as expected, in milliseconds since 1970: an older write is not the one.
    pub since: Option<i64>,
}

/// How far the time of an event may be from `lastUpdatedTime`, in milliseconds.
const TOLERANCE: i64 = 5_000;

impl WriteQuery {
    /// Whether the event can be the write.
    pub fn is_answered_by(&self, event: &WriteEvent) -> bool {
        let is_about_it = event.kind == self.kind && event.key.as_ref() == Some(&self.key);
        let (since, until) = self.range();
        is_about_it
            && since.is_none_or(|since| since <= event.time)
            && until.is_none_or(|until| event.time <= until)
    }

    /// The times between which the write was, both included. Where `lastUpdatedTime` is known, it alone counts.
    fn range(&self) -> (Option<i64>, Option<i64>) {
        match self.last_updated {
            Some(time) => (Some(time.saturating_sub(TOLERANCE)), Some(time.saturating_add(TOLERANCE))),
            // The clocks of two services may differ.
            None => (self.since.map(|since| since.saturating_sub(TOLERANCE)), None),
        }
    }
}

/// What CloudTrail is asked for: the writes of one kind within some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupWindow {
    /// The kind.
    pub kind: WriteKind,
    /// The earliest time, in milliseconds since 1970; nothing for all that is kept.
    pub since: Option<i64>,
    /// The latest time.
    pub until: Option<i64>,
}

impl LookupWindow {
    /// The fewest windows in which every write is that is looked for: one for each kind at most.
    pub fn of(queries: &[WriteQuery]) -> Vec<Self> {
        let window = |kind| {
            let ranges: Vec<_> =
                queries.iter().filter(|query| query.kind == kind).map(WriteQuery::range).collect();
            (!ranges.is_empty()).then(|| Self {
                kind,
                since: ranges.iter().map(|range| range.0).collect::<Option<Vec<_>>>().and_then(least),
                until: ranges.iter().map(|range| range.1).collect::<Option<Vec<_>>>().and_then(most),
            })
        };
        [WriteKind::Put, WriteKind::Delete].into_iter().filter_map(window).collect()
    }
}

fn least(times: Vec<i64>) -> Option<i64> {
    times.into_iter().min()
}

fn most(times: Vec<i64>) -> Option<i64> {
    times.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(kind: WriteKind, last_updated: Option<i64>, since: Option<i64>) -> WriteQuery {
        WriteQuery { key: PolicyKey::account("p"), kind, last_updated, since }
    }

    #[test]
    fn windows_hold_all_that_is_looked_for() {
        let put = |last_updated, since| query(WriteKind::Put, last_updated, since);
        let delete = |since| query(WriteKind::Delete, None, since);
        let window = |kind, since, until| LookupWindow { kind, since, until };
        for (queries, windows) in [
            (vec![], vec![]),
            (
                vec![put(Some(60_000), None), put(Some(20_000), Some(0))],
                vec![window(WriteKind::Put, Some(15_000), Some(65_000))],
            ),
            (
                vec![put(Some(60_000), None), put(None, Some(30_000))],
                vec![window(WriteKind::Put, Some(25_000), None)],
            ),
            (vec![put(Some(60_000), None), put(None, None)], vec![window(WriteKind::Put, None, None)]),
            (
                vec![delete(Some(9_000)), put(Some(60_000), None)],
                vec![
                    window(WriteKind::Put, Some(55_000), Some(65_000)),
                    window(WriteKind::Delete, Some(4_000), None),
                ],
            ),
            (vec![delete(Some(9_000)), delete(None)], vec![window(WriteKind::Delete, None, None)]),
            (
                vec![put(Some(i64::MIN), None), put(Some(i64::MAX), None)],
                vec![window(WriteKind::Put, Some(i64::MIN), Some(i64::MAX))],
            ),
        ] {
            assert_eq!(LookupWindow::of(&queries), windows, "{queries:?}");
        }
    }
}
