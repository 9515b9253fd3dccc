//! Stands at the door: only calls that mean this machine come in and, if it is told so, only those that are signed.

use std::net::SocketAddr;

use hyper::StatusCode;
use hyper::http::request::Parts;

use super::answer::{Answer, ServiceError};
use super::request::Api;
use super::signature;

/// Whom the emulator answers.
#[derive(Debug)]
pub(super) struct Guard {
    address: SocketAddr,
    any_host: bool,
    required_secret: Option<String>,
}

impl Guard {
    pub(super) fn new(address: SocketAddr, any_host: bool, required_secret: Option<String>) -> Self {
        Self { address, any_host, required_secret }
    }

    /// Lets calls in by the host they name: a web page whose name was made to lead here names that.
    pub(super) fn admit(&self, host: Option<&str>) -> Result<(), Answer> {
        if self.any_host || host.is_some_and(|host| self.is_own(host)) {
            return Ok(());
        }
        let (host, port) = (host.unwrap_or_default(), self.address.port());
        let body = format!(
            "logpolicy emulator: will not answer to the host {host:?}: a web page that reaches this port by a name of its \
             own could play with the world; call localhost:{port}, 127.0.0.1:{port} or [::1]:{port}, or start the \
             emulator with --allow-remote\n"
        );
        Err(Answer { status: StatusCode::FORBIDDEN, content_type: "text/plain; charset=utf-8", body })
    }

    fn is_own(&self, host: &str) -> bool {
        let bound = self.address.ip();
        let bound = if bound.is_ipv6() { format!("[{bound}]") } else { bound.to_string() };
        // A client leaves the port of HTTP out.
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        port == Some(self.address.port())
            && ["localhost", "127.0.0.1", "[::1]", &bound].iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Checks the signature of a call, if one is required.
    pub(super) fn check(
        &self,
        api: Api,
        access_key: &str,
        head: &Parts,
        body: &[u8],
    ) -> Result<(), ServiceError> {
        let Some(secret) = &self.required_secret else { return Ok(()) };
        signature::check(secret, api, access_key, head, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_names() {
        for (address, host, own) in [
            ("127.0.0.1:4566", "127.0.0.1:4566", true),
            ("127.0.0.1:4566", "LocalHost:4566", true),
            ("127.0.0.1:4566", "[::1]:4566", true),
            ("[::1]:4566", "[::1]:4566", true),
            ("127.0.0.2:4566", "127.0.0.2:4566", true),
            ("127.0.0.1:80", "localhost", true),
            ("[::1]:80", "[::1]", true),
            ("127.0.0.1:4566", "localhost", false),
            ("127.0.0.1:4566", "localhost:4567", false),
            ("127.0.0.1:4566", "127.0.0.2:4566", false),
            ("127.0.0.1:4566", "evil.example:4566", false),
            ("127.0.0.1:4566", "localhost.evil.example:4566", false),
            ("127.0.0.1:4566", "localhost:4566:4566", false),
            ("127.0.0.1:4566", "", false),
        ] {
            let address = address.parse().unwrap_or_else(|_| panic!("{address}"));
            let guard = Guard::new(address, false, None);
            assert_eq!(guard.admit(Some(host)).is_ok(), own, "{host} at {address}");
            assert!(Guard::new(address, true, None).admit(Some(host)).is_ok(), "{host} at {address}");
        }
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        assert!(Guard::new(address, false, None).admit(None).is_err());
    }
}
