use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Says where and how the emulator serves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to bind; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether `listen` may be an address that other machines reach.
    pub allow_remote: bool,
    /// The file the world is kept in; without one the world lives in memory and starts empty.
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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_remote: false,
            world: None,
            latency: Duration::ZERO,
            page_size: 50,
            document_bytes: 51_200,
        }
    }
}
