//! The one reading of the clock: records and locks say when they were made.

/// Now, as RFC 3339 in UTC.
#[expect(clippy::disallowed_methods, reason = "door: clock")]
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Now, in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "door: clock")]
pub(super) fn seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A time in RFC 3339 as milliseconds since 1970; nothing where it is none.
pub(super) fn milliseconds(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// A name for this run, such as `logpolicy-20260131T120000Z-4711`: for sessions of roles, which CloudTrail shows.
pub(super) fn run_name() -> String {
    let time = now().replace(['-', ':'], "");
    format!("logpolicy-{time}-{}", std::process::id())
}
