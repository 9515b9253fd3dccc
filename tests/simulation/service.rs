//! AWS in memory, as one target has it: revisions, ten slots, lost answers, and others who write as well. Every write
//! of ours is judged when it takes effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use logpolicy::model::{LivePolicy, LiveState, PolicyKey, PolicyScope};
use logpolicy::policy::Document;
use logpolicy::provider::{PolicyReader, PolicyWriter, ProviderError, ProviderErrorKind};
use tokio::time::sleep;

use crate::judge::{Watch, judge};
use crate::random::Random;

/// How often calls go wrong, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trouble {
    pub throttled: usize,
    pub unavailable: usize,
    /// The write is done and its answer lost.
    pub lost: usize,
    /// The write is not done, and nobody says so.
    pub unanswered: usize,
    /// A planted fault of ours, to see that the judge finds it: foreign statements are dropped.
    pub careless: bool,
}

/// One account in one Region.
pub struct Service(Mutex<Held>);

/// What stands there.
pub struct Held {
    pub policies: BTreeMap<PolicyKey, LivePolicy>,
    pub limit: usize,
    pub random: Random,
    pub trouble: Trouble,
    /// Account policies between our last look and our write: AWS has no compare-and-swap there, and for these few
    /// milliseconds nobody can promise anything. Others wait.
    hot: BTreeSet<PolicyKey>,
    /// Policies that others wrote since we did.
    pub dirty: BTreeSet<PolicyKey>,
    /// The apply that is under way.
    pub watch: Option<Watch>,
    /// What others wrote into policies of their own, as it must stay.
    pub theirs: BTreeMap<PolicyKey, Arc<Document>>,
    /// What the judge found.
    pub found: Vec<String>,
    pub writes: usize,
}

impl Service {
    pub fn new(limit: usize, random: Random, trouble: Trouble) -> Self {
        Self(Mutex::new(Held {
            policies: BTreeMap::new(),
            limit,
            random,
            trouble,
            hot: BTreeSet::new(),
            dirty: BTreeSet::new(),
            watch: None,
            theirs: BTreeMap::new(),
            found: Vec::new(),
            writes: 0,
        }))
    }

    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }

    /// A process died: what it looked at is nobody's any more.
    pub fn forget_looks(&self) {
        let mut held = self.held();
        held.hot.clear();
        held.watch = None;
    }

    async fn travel(&self) {
        let time = self.held().random.below(40);
        sleep(Duration::from_millis(1 + time as u64)).await;
    }

    fn trips(&self, percent: impl Fn(Trouble) -> usize) -> bool {
        let mut held = self.held();
        let percent = percent(held.trouble);
        held.random.below(100) < percent
    }
}

impl Held {
    pub fn slots(&self) -> usize {
        self.policies.keys().filter(|key| key.takes_slot()).count()
    }

    /// Somebody else writes or deletes; nothing where we are about to, or where no slot is left.
    pub fn others_write(&mut self, key: &PolicyKey, document: Option<Document>) -> bool {
        let is_new = document.is_some() && !self.policies.contains_key(key) && key.takes_slot();
        if self.hot.contains(key) || (is_new && self.slots() >= self.limit) {
            return false;
        }
        self.put(key, document);
        if let Some(policy) = self.policies.get(key).filter(|_| is_theirs(key)) {
            self.theirs.insert(key.clone(), Arc::clone(&policy.document));
        }
        self.dirty.insert(key.clone());
        if let Some(watch) = &mut self.watch {
            watch.disturbed = true;
        }
        true
    }

    fn put(&mut self, key: &PolicyKey, document: Option<Document>) {
        let Some(document) = document else {
            self.policies.remove(key);
            return;
        };
        let before = self.policies.get(key).and_then(|policy| policy.revision.as_ref());
        let next = before.map_or(1, |revision| revision.parse::<u32>().unwrap() + 1);
        let revision = (key.scope == PolicyScope::Resource).then(|| next.to_string());
        let policy = LivePolicy { document: Arc::new(document), revision, last_updated: None };
        self.policies.insert(key.clone(), policy);
    }

    /// We write or delete.
    fn we_write(
        &mut self,
        key: &PolicyKey,
        document: Option<Document>,
        expected: Option<&str>,
    ) -> Result<(), ProviderError> {
        self.hot.remove(key);
        let there = self.policies.get(key);
        if key.scope == PolicyScope::Resource
            && there.and_then(|policy| policy.revision.as_deref()) != expected
        {
            return Err(error(ProviderErrorKind::Conflict, "the revision is another one"));
        }
        if document.is_none() && there.is_none() {
            return Ok(());
        }
        let is_new = document.is_some() && there.is_none() && key.takes_slot();
        if is_new && self.slots() >= self.limit {
            return Err(error(ProviderErrorKind::LimitExceeded, "Resource limit exceeded."));
        }
        let before = self.policies.get(key).map(|policy| Arc::clone(&policy.document));
        self.put(key, document);
        self.dirty.remove(key);
        self.writes += 1;
        judge(self, key, before.as_deref());
        Ok(())
    }
}

/// Whether a policy is named as only others name theirs.
pub fn is_theirs(key: &PolicyKey) -> bool {
    key.identity.starts_with("theirs")
}

pub fn error(kind: ProviderErrorKind, message: &str) -> ProviderError {
    ProviderError {
        kind,
        operation: "a call",
        place: "the simulation".to_owned(),
        message: message.to_owned(),
    }
}

/// The hands of one run: what it does is done at the service.
#[derive(Clone, Copy)]
pub struct Hands<'a>(pub &'a Service);

impl PolicyReader for Hands<'_> {
    async fn read(&self, _log_groups: &BTreeSet<String>) -> Result<LiveState, ProviderError> {
        self.0.travel().await;
        if self.0.trips(|trouble| trouble.throttled) {
            return Err(error(ProviderErrorKind::Throttled, "Rate exceeded"));
        }
        let policies = self.0.held().policies.clone();
        self.0.travel().await;
        Ok(LiveState { policies })
    }

    async fn read_policy(&self, key: &PolicyKey) -> Result<Option<LivePolicy>, ProviderError> {
        self.0.travel().await;
        if self.0.trips(|trouble| trouble.throttled) {
            return Err(error(ProviderErrorKind::Throttled, "Rate exceeded"));
        }
        let mut held = self.0.held();
        if key.scope == PolicyScope::Account {
            held.hot.insert(key.clone());
        }
        Ok(held.policies.get(key).cloned())
    }

    async fn log_groups(&self) -> Result<BTreeSet<String>, ProviderError> {
        Ok(BTreeSet::new())
    }

    async fn missing_log_groups(&self, _names: &BTreeSet<String>) -> Result<BTreeSet<String>, ProviderError> {
        Ok(BTreeSet::new())
    }
}

impl Hands<'_> {
    async fn write(
        &self,
        key: &PolicyKey,
        text: Option<&str>,
        expected: Option<&str>,
    ) -> Result<(), ProviderError> {
        self.0.travel().await;
        for (kind, percent) in [
            (ProviderErrorKind::Throttled, (|trouble| trouble.throttled) as fn(Trouble) -> usize),
            (ProviderErrorKind::Unavailable, |trouble| trouble.unavailable),
            (ProviderErrorKind::Unanswered, |trouble| trouble.unanswered),
        ] {
            if self.0.trips(percent) {
                self.0.held().hot.remove(key);
                return Err(error(kind, "a fault"));
            }
        }
        let careless = self.0.held().trouble.careless;
        let text = text.map(|text| if careless { without_theirs(text) } else { text.to_owned() });
        self.0.held().we_write(key, text.map(Document::from_text), expected)?;
        let is_lost = self.0.trips(|trouble| trouble.lost);
        self.0.travel().await;
        if is_lost { Err(error(ProviderErrorKind::Unanswered, "the answer was lost")) } else { Ok(()) }
    }
}

/// The document without what others said.
fn without_theirs(text: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(text).unwrap();
    if let Some(statements) = json["Statement"].as_array_mut() {
        statements
            .retain(|statement| !statement["Sid"].as_str().is_some_and(|sid| sid.starts_with("Theirs")));
    }
    json.to_string()
}

impl PolicyWriter for Hands<'_> {
    async fn put(&self, key: &PolicyKey, text: &str, expected: Option<&str>) -> Result<(), ProviderError> {
        self.write(key, Some(text), expected).await
    }

    async fn delete(&self, key: &PolicyKey, expected: Option<&str>) -> Result<(), ProviderError> {
        self.write(key, None, expected).await
    }
}
