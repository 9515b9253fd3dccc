//! AWS and a record in memory.

#![allow(unreachable_pub, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use logpolicy::apply::Recorder;
use logpolicy::model::{LivePolicy, LiveState, PolicyKey, PolicyScope, RecordedState};
use logpolicy::policy::Document;
use logpolicy::provider::{PolicyReader, PolicyWriter, ProviderError};

/// AWS in memory: refuses an eleventh policy and a revision that is not the one there.
#[derive(Debug, Default)]
pub struct Memory {
    pub live: Mutex<LiveState>,
    pub writes: Mutex<usize>,
    /// Stops the run after so many writes.
    pub stop_after: Option<usize>,
    pub stop: AtomicBool,
}

impl Memory {
    pub fn of(live: LiveState) -> Self {
        Self { live: Mutex::new(live), ..Self::default() }
    }

    pub fn live(&self) -> LiveState {
        self.live.lock().unwrap().clone()
    }

    pub fn wrote(&self) {
        let mut writes = self.writes.lock().unwrap();
        *writes += 1;
        assert!(self.live.lock().unwrap().slots() <= 10, "never above ten");
        if self.stop_after.is_some_and(|stop| *writes >= stop) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl PolicyReader for &Memory {
    async fn read(&self, _log_groups: &BTreeSet<String>) -> Result<LiveState, ProviderError> {
        Ok(self.live())
    }

    async fn read_policy(&self, key: &PolicyKey) -> Result<Option<LivePolicy>, ProviderError> {
        Ok(self.live().policies.remove(key))
    }

    async fn log_groups(&self) -> Result<BTreeSet<String>, ProviderError> {
        Ok(BTreeSet::new())
    }

    async fn missing_log_groups(&self, _names: &BTreeSet<String>) -> Result<BTreeSet<String>, ProviderError> {
        Ok(BTreeSet::new())
    }
}

impl PolicyWriter for &Memory {
    async fn put(&self, key: &PolicyKey, text: &str, expected: Option<&str>) -> Result<(), ProviderError> {
        {
            let mut live = self.live.lock().unwrap();
            let there = live.policies.get(key).and_then(|policy| policy.revision.clone());
            assert_eq!(there.as_deref(), expected, "the revision is the one there");
            let next = there.map_or(1, |revision| revision.parse::<u32>().unwrap() + 1).to_string();
            let revision = (key.scope == PolicyScope::Resource).then_some(next);
            let document = Arc::new(Document::from_text(text));
            live.policies.insert(key.clone(), LivePolicy { document, revision, last_updated: None });
        }
        self.wrote();
        Ok(())
    }

    async fn delete(&self, key: &PolicyKey, expected: Option<&str>) -> Result<(), ProviderError> {
        let gone = self.live.lock().unwrap().policies.remove(key).unwrap();
        assert_eq!(gone.revision.as_deref(), expected);
        self.wrote();
        Ok(())
    }
}

/// The store in memory; after so many saves it is full.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub saved: RecordedState,
    pub room: usize,
}

impl Recorder for Ledger {
    async fn save(&mut self, recorded: &mut RecordedState) -> Result<(), String> {
        assert_eq!(self.saved.serial, recorded.serial, "nobody else saves");
        if self.room == 0 {
            return Err("the disk is full".to_owned());
        }
        self.room -= 1;
        recorded.serial += 1;
        recorded.lineage = "lineage".to_owned();
        self.saved = recorded.clone();
        Ok(())
    }
}
