use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Says where and how the emulator serves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to bind; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether `listen` may be an address that other machines reach, and calls may name any host. Without, only calls are
    /// answered whose Host is a name of this machine with the emulator's port: a web page that reaches the port by a name
    /// of its own (DNS rebinding) gets 403.
    pub allow_remote: bool,
    /// The secret that every call must be signed with; without one no signature is checked. Credentials that AssumeRole
    /// gave are checked with the secret that it gave, whatever stands here.
    pub required_secret: Option<String>,
    /// The file the world is kept in; without one the world lives in memory and starts empty.
    ///
    /// Who wrote and deleted policies is kept there, too, the newest 1,000 writes of each account and Region, and can be
    /// written in by hand. Only `time`, `name`, and one of `policy` and `log_group` must be there; a policy without a time of
    /// its own in `last_updated` was last updated when the newest event says.
    ///
    /// ```json
    /// {"format_version": "1", "accounts": {"111122223333": {"us-east-1": {"policies": {"dns": "..."}, "events": [
    ///   {"time": "2026-01-31T12:00:00Z", "name": "PutResourcePolicy", "policy": "dns",
    ///    "by": "arn:aws:sts::111122223333:assumed-role/deploy/ci-42", "invoked_by": "delivery.logs.amazonaws.com",
    ///    "source_ip": "192.0.2.1"}]}}}}
    /// ```
    pub world: Option<PathBuf>,
    /// How long each answer is held back.
    pub latency: Duration,
    /// The most members a page has, whatever the caller's `limit` says; 0 counts as 1. Fifty is what
    /// [DescribeResourcePolicies](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeResourcePolicies.html)
    /// and DescribeLogGroups allow.
    pub page_size: usize,
    /// The longest document PutResourcePolicy takes. The
    /// [API page](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html)
    /// counts characters, so the emulator does, too: up to U+007F these are bytes.
    pub document_bytes: usize,
    /// A file that says which calls go wrong, and how. It is a JSON list of rules; the first rule that hits counts.
    ///
    /// ```json
    /// [{"operation": "PutResourcePolicy", "call": 3, "times": 1, "fault": "lost-response",
    ///   "account": "111122223333", "region": "us-east-1"}]
    /// ```
    ///
    /// Each rule counts, from 1, the calls of its `operation`, in its `account` and `region` if it names them. It hits
    /// `times` of them (1 unless told), beginning with number `call` (1 unless told). The faults:
    ///
    /// - `throttle`: 400 ThrottlingException "Rate exceeded"; the call is not performed.
    /// - `unavailable`: 503 ServiceUnavailableException; not performed.
    /// - `internal`: 500 InternalFailure; not performed.
    /// - `abort`: 400 OperationAbortedException, as for two writes at once; not performed.
    /// - `denied`: 400 AccessDeniedException; not performed.
    /// - `lost-response`: performed, and the connection closed without a byte of the answer.
    /// - `hang`: not performed and never answered; the connection stays open until the client goes away.
    /// - `truncate`: performed; the answer's head announces the whole body, half of it follows, and the connection is
    ///   closed. An answer without a body has nothing to lose and arrives whole.
    /// - `empty-body`: performed, however that went; the answer is 200 with an empty body.
    /// - `close`: not performed; the connection is closed without an answer.
    ///
    /// A call that a rule hits is not counted against `tps`. A call that cannot be read (not signed, not `POST /`)
    /// matches no rule.
    pub faults: Option<PathBuf>,
    /// The most requests per second for each account, Region and kind (`Describe*` and `List*`, or all others): a
    /// token bucket of this size, filled again all the time. What is above it is answered with 400
    /// ThrottlingException "Rate exceeded" and not performed. 0 counts as 1; STS is not limited. CloudTrail's LookupEvents has a
    /// bucket of its own, of two at most, as AWS's has.
    pub tps: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_remote: false,
            required_secret: None,
            world: None,
            latency: Duration::ZERO,
            page_size: 50,
            document_bytes: 51_200,
            faults: None,
            tps: None,
        }
    }
}
