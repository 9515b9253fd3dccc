//! The locks of a run: taken before it looks, given back when it has recorded.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::fleet;
use crate::model::Target;
use crate::plan::Unplanned;
use crate::store::{Holder, Lock, Store, StoreError};

use super::clock::now;
use super::failure::Failure;
use super::streams::Streams;

/// The locks of some targets.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: Vec<Lock>,
    /// The targets that others work on, or whose lock could not be taken.
    pub(super) refused: BTreeMap<Target, Unplanned>,
}

impl Locks {
    /// Takes the lock of each target, and waits no longer once `stop` is set; one that cannot be taken is a value and stops no other.
    pub(super) async fn take<'a>(
        store: &Store,
        targets: impl IntoIterator<Item = &'a Target>,
        timeout: Duration,
        width: usize,
        stop: &AtomicBool,
    ) -> Self {
        let holder = &holder();
        let targets: Vec<&Target> = targets.into_iter().collect();
        if let Err(error) = store.make_room(targets.len()) {
            let why = Unplanned::failed(Failure::from(error).sentence());
            let refused = targets.into_iter().map(|target| (target.clone(), why.clone())).collect();
            return Self { held: Vec::new(), refused };
        }
        let taken = fleet::across(targets, width, |target| async move {
            (target, store.lock(target, holder, timeout, stop).await)
        });
        let mut locks = Self::default();
        for (target, lock) in taken.await {
            match lock {
                Ok(lock) => locks.held.push(lock),
                Err(error) => {
                    let locked = matches!(error, StoreError::Locked { .. });
                    let message = Failure::from(error).sentence();
                    let why = if locked { Unplanned::locked(message) } else { Unplanned::failed(message) };
                    locks.refused.insert(target.clone(), why);
                }
            }
        }
        locks
    }

    /// Gives all of them back.
    pub(super) async fn release(self, streams: Streams) {
        for lock in self.held {
            if let Err(error) = lock.release().await {
                streams.report(&format!("warning: {}\n", Failure::from(error).sentence()));
            }
        }
    }
}

/// This run, for whoever meets its lock.
#[expect(clippy::disallowed_methods, reason = "door: environment")]
fn holder() -> Holder {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let who = variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_else(|| "somebody".to_owned());
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    let command: Vec<String> =
        std::env::args_os().skip(1).map(|word| without_password(&word.to_string_lossy())).collect();
    Holder::new(who, host, now(), format!("logpolicy {}", command.join(" ")))
}

/// A word of the command line without the name and the password of a URL in it: others read the lock.
fn without_password(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match host.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn passwords_are_left_out() {
        for (word, shown) in [
            ("plan", "plan"),
            ("http://127.0.0.1:4599", "http://127.0.0.1:4599"),
            ("--endpoint-url=https://ada:p@ss@example.com:1/x@y", "--endpoint-url=https://example.com:1/x@y"),
            ("https://ada@example.com?a@b", "https://example.com?a@b"),
            ("a@b", "a@b"),
        ] {
            assert_eq!(without_password(word), shown, "{word}");
        }
    }
}
