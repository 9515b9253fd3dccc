//! An AWS that does as it is told, and a record that cannot always be saved.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test uses what it needs")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use logpolicy::apply::{Recorder, Stamp, apply};
use logpolicy::model::{LivePolicy, LiveState, PolicyKey, PolicyScope, RecordedState};
use logpolicy::plan::{Outcome, Plan, TargetOutcome};
use logpolicy::policy::Document;
use logpolicy::provider::{PolicyReader, PolicyWriter, ProviderError, ProviderErrorKind};

use crate::worlds::place::{Place, document};

/// What happens at a call; without any it goes well.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    Well,
    /// It fails, and nothing comes of it.
    Fails(ProviderErrorKind),
    /// It is done, and no answer comes.
    Lost,
    /// Somebody else writes first, and then it goes well.
    Else(Option<&'static str>),
    /// Somebody else adds a statement, and then it goes well.
    Adds(&'static str),
    /// Somebody else writes, and then it fails.
    ElseAndFails(Option<&'static str>, ProviderErrorKind),
    /// The run is told to stop, and the call fails.
    Stopped(ProviderErrorKind),
}

/// AWS that does as it is told.
#[derive(Default)]
pub struct Script {
    pub live: Mutex<BTreeMap<PolicyKey, LivePolicy>>,
    pub events: Mutex<VecDeque<Event>>,
    pub calls: Mutex<Vec<String>>,
    pub stop: AtomicBool,
}

impl Script {
    fn call(&self, what: &str, key: &PolicyKey, done: impl FnOnce()) -> Result<(), ProviderError> {
        self.calls.lock().unwrap().push(format!("{what} {}", key.identity));
        let event = self.events.lock().unwrap().pop_front().unwrap_or(Event::Well);
        let error = |kind| {
            let (operation, place) = ("PutResourcePolicy", "there".to_owned());
            Err(ProviderError { kind, operation, place, message: "trouble".to_owned() })
        };
        match event {
            Event::Well => done(),
            Event::Fails(kind) => return error(kind),
            Event::Lost => {
                done();
                return error(ProviderErrorKind::Unanswered);
            }
            Event::Else(sid) => {
                self.others_write(key, sid);
                done();
            }
            Event::Adds(sid) => {
                let mut live = self.live.lock().unwrap();
                let policy = live.get_mut(key).unwrap();
                let added = document(sid).statements()[0].json().clone();
                policy.document = Arc::new(policy.document.with_added(&[added]).unwrap());
                drop(live);
                done();
            }
            Event::ElseAndFails(sid, kind) => {
                self.others_write(key, sid);
                return error(kind);
            }
            Event::Stopped(kind) => {
                self.stop.store(true, Ordering::Relaxed);
                return error(kind);
            }
        }
        Ok(())
    }

    fn others_write(&self, key: &PolicyKey, sid: Option<&str>) {
        let mut live = self.live.lock().unwrap();
        let revision = (key.scope == PolicyScope::Resource).then(|| "9".to_owned());
        match sid {
            Some(sid) => {
                live.insert(key.clone(), LivePolicy { document: document(sid), revision, last_updated: None })
            }
            None => live.remove(key),
        };
    }
}

impl PolicyReader for &Script {
    async fn read(&self, _log_groups: &BTreeSet<String>) -> Result<LiveState, ProviderError> {
        Ok(LiveState { policies: self.live.lock().unwrap().clone() })
    }

    async fn read_policy(&self, key: &PolicyKey) -> Result<Option<LivePolicy>, ProviderError> {
        self.call("read", key, || {})?;
        Ok(self.live.lock().unwrap().get(key).cloned())
    }

    async fn log_groups(&self) -> Result<BTreeSet<String>, ProviderError> {
        Ok(BTreeSet::new())
    }

    async fn missing_log_groups(&self, _names: &BTreeSet<String>) -> Result<BTreeSet<String>, ProviderError> {
        Ok(BTreeSet::new())
    }
}

impl PolicyWriter for &Script {
    async fn put(&self, key: &PolicyKey, text: &str, expected: Option<&str>) -> Result<(), ProviderError> {
        let what = expected.map_or("put".to_owned(), |revision| format!("put at {revision}"));
        self.call(&what, key, || {
            let mut live = self.live.lock().unwrap();
            let next = expected.map_or(1, |revision| revision.parse::<u32>().unwrap() + 1).to_string();
            let revision = (key.scope == PolicyScope::Resource).then_some(next);
            let document = Arc::new(Document::from_text(text));
            live.insert(key.clone(), LivePolicy { document, revision, last_updated: None });
        })
    }

    async fn delete(&self, key: &PolicyKey, expected: Option<&str>) -> Result<(), ProviderError> {
        let what = expected.map_or("delete".to_owned(), |revision| format!("delete at {revision}"));
        self.call(&what, key, || drop(self.live.lock().unwrap().remove(key)))
    }
}

/// Every record that was saved; the numbers say which saves fail.
#[derive(Default)]
pub struct Ledger {
    pub saved: Vec<RecordedState>,
    pub calls: usize,
    pub failing: BTreeSet<usize>,
}

impl Recorder for Ledger {
    async fn save(&mut self, recorded: &mut RecordedState) -> Result<(), String> {
        self.calls += 1;
        if self.failing.contains(&self.calls) {
            return Err("the disk is full".to_owned());
        }
        recorded.serial += 1;
        self.saved.push(recorded.clone());
        Ok(())
    }
}

/// A finished run: its outcome, the calls to AWS, the records, and how long it paused.
pub struct Ran {
    pub outcome: TargetOutcome,
    pub calls: Vec<String>,
    pub ledger: Ledger,
    pub milliseconds: u128,
}

impl Ran {
    /// Word and message of each outcome.
    pub fn told(&self) -> Vec<String> {
        let line = |outcome: &Outcome| match outcome.message() {
            None => outcome.as_str().to_owned(),
            Some(message) => format!("{}: {message}", outcome.as_str()),
        };
        self.outcome.outcomes.iter().map(|one| line(&one.outcome)).collect()
    }
}

/// A run of a place's plan.
pub fn ran(place: &Place, events: &[Event]) -> Ran {
    run(&place.plan(), place.live.clone(), events, &[], place.recorded.clone())
}

/// A run of a plan; the numbers say which saves fail.
pub fn run(
    plan: &Plan,
    live: LiveState,
    events: &[Event],
    failing: &[usize],
    recorded: RecordedState,
) -> Ran {
    let script = Script {
        live: Mutex::new(live.policies),
        events: Mutex::new(events.iter().copied().collect()),
        ..Script::default()
    };
    let mut ledger = Ledger { failing: failing.iter().copied().collect(), ..Ledger::default() };
    let approved = plan.approve("sha256:77").unwrap();
    let stamp = Stamp { applied_at: "2026-11-27T00:00:00Z".to_owned() };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (outcome, milliseconds) = runtime.block_on(async {
        let begin = tokio::time::Instant::now();
        let outcome = apply(&approved, recorded, &&script, &&script, &mut ledger, &stamp, &script.stop).await;
        (outcome, begin.elapsed().as_millis())
    });
    Ran { outcome, calls: script.calls.into_inner().unwrap(), ledger, milliseconds }
}
