use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time as the service writes it, in milliseconds since 1970.
// door: clock
#[expect(clippy::disallowed_methods, reason = "door: clock")]
pub(super) fn now_in_milliseconds() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
