//! What there is to import at each target.

use std::collections::{BTreeMap, BTreeSet};

use crate::fleet;
use crate::model::{DesiredTarget, LivePolicy, Node, PolicyKey, Target, Unmanaged};
use crate::pack::{Surroundings, place_grants};
use crate::policy::{Document, matches_wildcards};

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::lock::Locks;
use super::super::only::Only;
use super::super::planning::Gathered;
use super::Import;
use super::source::Origin;

/// Why a declared policy needs no entry.
pub(super) const NAMED: &str = "the files name it already";

/// What was seen at one target.
pub(super) struct Seen {
    pub(super) target: Target,
    /// What AWS and the store say; nothing where it could not be read.
    pub(super) gathered: Option<Gathered>,
    /// What is taken in.
    pub(super) taken: BTreeMap<PolicyKey, Taken>,
    /// What is not.
    pub(super) left_out: BTreeMap<PolicyKey, LeftOut>,
    /// Live policies that the files name already.
    pub(super) named: usize,
    pub(super) failure: Option<Failure>,
}

/// A policy that is taken in.
pub(super) struct Taken {
    pub(super) document: Node,
    /// Where another tool declares it.
    pub(super) origin: Option<String>,
    /// In which way it is not what is live.
    pub(super) differs: Option<String>,
    /// What was found in it.
    pub(super) findings: BTreeSet<String>,
    pub(super) is_recorded: bool,
}

/// Why a policy is not taken in.
pub(super) struct LeftOut {
    pub(super) because: String,
    /// Whether it was meant to be, and could not.
    pub(super) is_unusable: bool,
}

impl LeftOut {
    pub(super) fn unusable(because: impl Into<String>) -> Self {
        Self { because: because.into(), is_unusable: true }
    }

    fn passed_over(because: &str) -> Self {
        Self { because: because.to_owned(), is_unusable: false }
    }
}

impl Seen {
    fn nothing(target: &Target, failure: Option<Failure>) -> Self {
        let (taken, left_out) = (BTreeMap::new(), BTreeMap::new());
        Self { target: target.clone(), gathered: None, taken, left_out, named: 0, failure }
    }
}

impl Import<'_> {
    /// Looks at every target; the failure of one is a value and stops no other.
    pub(super) async fn look(&self, only: &Only, locks: &Locks) -> Result<Vec<Seen>, Failure> {
        let seen = fleet::across(&self.world.desired.targets, self.world.width, |at| async move {
            if let Some(why) = locks.refused.get(&at.target) {
                let exit = if why.locked { Exit::Refused } else { Exit::Error };
                let failure = Failure { exit, message: why.message.clone(), hints: Vec::new() };
                return Seen::nothing(&at.target, Some(failure));
            }
            let seen = self.look_at(at, only).await;
            seen.unwrap_or_else(|failure| Seen::nothing(&at.target, Some(failure)))
        })
        .await;
        if seen.iter().any(|seen| seen.failure.is_none()) {
            only.check()?;
        }
        self.names_something(&seen)?;
        Ok(seen)
    }

    async fn look_at(&self, at: &DesiredTarget, only: &Only) -> Result<Seen, Failure> {
        let recorded = self.world.store.load(&at.target).await?;
        let desired = self.world.desired.at(at);
        let discover = self.origin.is_none() && !self.arguments.no_discover;
        let declared = self.origin.as_ref().map(|origin| origin.keys(&at.target)).unwrap_or_default();
        let keys = desired.policies.keys().chain(&declared);
        let gathered = Gathered::at(self.world, at, recorded, keys, discover).await;
        let gathered = gathered.map_err(|failure| self.with_a_way_out(failure))?;
        Failure::unless_own(&gathered.account, &at.target)?;
        Ok(match &self.origin {
            None => self.choose(at, gathered, only),
            Some(origin) => self.choose_declared(origin, at, gathered, only),
        })
    }

    /// Sorts what is live into what is taken in, what stays out and what the files name.
    fn choose(&self, at: &DesiredTarget, gathered: Gathered, only: &Only) -> Seen {
        let mut seen = Seen::nothing(&at.target, None);
        let mut desired = self.world.desired.at(at);
        let (live, recorded) = (&gathered.live, gathered.recorded.as_ref());
        let unmanaged = &self.world.desired.unmanaged;
        place_grants(&mut desired, Some(Surroundings { live, recorded, unmanaged }));
        let skipped = only.left_out(&at.target, live.policies.keys());
        for (key, policy) in live.policies.iter().filter(|(key, _)| !skipped.contains(key)) {
            if desired.policies.contains_key(key) {
                seen.named += 1;
                continue;
            }
            let is_named = self.arguments.policies.iter().any(|pattern| is_named(pattern, key));
            if !is_named && !self.arguments.policies.is_empty() {
                continue;
            }
            let is_ours = recorded.is_some_and(|recorded| recorded.ours(key, Some(policy)).is_some());
            match self.taken(key, policy, is_named, is_ours) {
                Ok(taken) => drop(seen.taken.insert(key.clone(), taken)),
                Err(why) => drop(seen.left_out.insert(key.clone(), why)),
            }
        }
        seen.gathered = Some(gathered);
        seen
    }

    /// A live policy as it is taken in, or why it stays out.
    fn taken(
        &self,
        key: &PolicyKey,
        policy: &LivePolicy,
        is_named: bool,
        is_ours: bool,
    ) -> Result<Taken, LeftOut> {
        let is_asked_for = is_named || self.arguments.include_aws;
        if self.world.desired.unmanaged.ignores(key) && !is_asked_for && !is_ours {
            return Err(LeftOut::passed_over(if Unmanaged::default().ignores(key) {
                "AWS services write it (--include-aws takes it in)"
            } else {
                "`unmanaged.ignore` names it (as an argument it is taken in)"
            }));
        }
        // With files that say what is ours, a record without an entry is a policy that is about to go.
        if is_ours && !is_named && self.place.declares.is_none() {
            return Err(LeftOut::passed_over(
                "it is recorded as ours and no file names it, so that the next plan deletes it (as an argument it is \
                 taken in)",
            ));
        }
        let json = policy.document.json();
        let json = json.map_err(|error| LeftOut::unusable(format!("its document is no JSON: {error}")))?;
        Ok(Taken {
            // In the form that is sent: AWS refuses the root ARNs that it returns.
            document: Node::from(&Document::from_json(json.clone()).json().cloned().unwrap_or(json.clone())),
            origin: None,
            differs: None,
            findings: BTreeSet::new(),
            is_recorded: false,
        })
    }

    /// Sorts what another tool declares at a target into what is taken in and what the files name.
    fn choose_declared(&self, origin: &Origin, at: &DesiredTarget, gathered: Gathered, only: &Only) -> Seen {
        let mut seen = Seen::nothing(&at.target, None);
        let mut desired = self.world.desired.at(at);
        let (live, recorded) = (&gathered.live, gathered.recorded.as_ref());
        let unmanaged = &self.world.desired.unmanaged;
        place_grants(&mut desired, Some(Surroundings { live, recorded, unmanaged }));
        let skipped = only.left_out(&at.target, origin.keys(&at.target).iter());
        for policy in origin.at(&at.target) {
            let key = policy.key(&at.target);
            let is_wanted = self.arguments.policies.is_empty()
                || self.arguments.policies.iter().any(|pattern| is_named(pattern, &key));
            if skipped.contains(&key) || !is_wanted {
                continue;
            }
            if desired.policies.contains_key(&key) {
                seen.left_out.insert(key, LeftOut::passed_over(NAMED));
                continue;
            }
            let document = Document::from_json(policy.document.at(&at.target));
            if let Some(held) = seen.taken.get_mut(&key) {
                if Document::from_json(held.document.at(&at.target)) != document {
                    let origin = held.origin.clone().unwrap_or_default();
                    let because =
                        format!("{} and {origin} declare it with different documents", policy.origin);
                    seen.taken.remove(&key);
                    seen.left_out.insert(key, LeftOut::unusable(because));
                }
                continue;
            }
            if seen.left_out.contains_key(&key) {
                continue;
            }
            let differs = match live.policies.get(&key) {
                None => Some("AWS has no such policy, and a plan would create it"),
                Some(live) if *live.document != document => {
                    Some("what is live is another document, and a plan would change it")
                }
                Some(_) => None,
            };
            let taken = Taken {
                document: policy.document.clone(),
                origin: Some(policy.origin.clone()),
                differs: differs.map(ToOwned::to_owned),
                findings: BTreeSet::new(),
                is_recorded: false,
            };
            seen.taken.insert(key, taken);
        }
        seen.gathered = Some(gathered);
        seen
    }

    /// Whoever may not list log groups can do without their policies.
    fn with_a_way_out(&self, mut failure: Failure) -> Failure {
        if !self.arguments.no_discover && failure.message.contains("DescribeLogGroups") {
            failure.hints.push(
                "Policies of log groups are found by listing all log groups; --no-discover leaves them out."
                    .to_owned(),
            );
        }
        failure
    }

    /// Refuses patterns that name no policy anywhere: a typing error must not look like an answer.
    fn names_something(&self, seen: &[Seen]) -> Result<(), Failure> {
        let nothing =
            |seen: &Seen| seen.failure.is_none() && seen.taken.is_empty() && seen.left_out.is_empty();
        if self.arguments.policies.is_empty() || !seen.iter().all(nothing) {
            return Ok(());
        }
        let names = self.arguments.policies.join(", ");
        let hint = "`*` stands for any letters and `?` for one; `logpolicy status` lists the policies.";
        Err(Failure::usage(format!("{names} names no policy that could be imported"), hint))
    }
}

/// Whether a pattern names a policy: by its name, its log group's name, or `policy:NAME` and `log-group:NAME`.
fn is_named(pattern: &str, key: &PolicyKey) -> bool {
    matches_wildcards(pattern, &key.identity) || matches_wildcards(pattern, &key.to_string())
}
