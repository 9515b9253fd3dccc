//! A world in which everything happens at once: several targets, two processes that apply commits and crash, AWS and
//! people who write as well, lost answers, throttling, latency and full disks. The clock is paused and all chance comes
//! from one number, so that a failing world replays: `LOGPOLICY_SIMULATION_SEED=N cargo test --test simulation`.
//! `LOGPOLICY_SIMULATION_SEEDS=N` tries more worlds than CI does.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test"
)]

mod judge;
#[path = "../../benches/random/mod.rs"]
mod random;
mod service;
mod wishes;
#[path = "../worlds/mod.rs"]
mod worlds;

use std::collections::BTreeSet;
use std::env;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use logpolicy::apply::{Recorder, Stamp, apply};
use logpolicy::model::{DesiredState, LiveState, PolicyKey, RecordedState};
use logpolicy::plan::{Operation, Outcome, Plan, PlannedChange, RefusalName, TargetOutcome};
use logpolicy::policy::{Document, Statement};
use logpolicy::provider::PolicyReader;
use tokio::time::{sleep, timeout};

use judge::Watch;
use random::Random;
use service::{Hands, Service, Trouble};
use wishes::{commit, meddling};
use worlds::planned;

/// Worlds that are tried where nobody asks for more.
const SEEDS: u64 = 10_000;

/// In milliseconds: how long it goes on before everything heals.
const LENGTH: usize = 2_500;

/// The record of a target, and who holds its lock.
struct Ledger(Mutex<Kept>);

struct Kept {
    saved: RecordedState,
    is_locked: bool,
    random: Random,
    /// How many of a hundred saves fail.
    full: usize,
}

impl Ledger {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }
}

impl Recorder for &Ledger {
    async fn save(&mut self, recorded: &mut RecordedState) -> Result<(), String> {
        sleep(Duration::from_millis(2)).await;
        let mut kept = self.kept();
        assert_eq!(kept.saved.serial, recorded.serial, "two runs never interleave");
        let percent = kept.full;
        if kept.random.below(100) < percent {
            return Err("the disk is full".to_owned());
        }
        recorded.serial += 1;
        recorded.lineage = "lineage".to_owned();
        kept.saved = recorded.clone();
        Ok(())
    }
}

/// One account in one Region, with its record and what is asked for there, commit after commit.
struct Place {
    service: Service,
    ledger: Ledger,
    commits: Vec<DesiredState>,
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Locked,
    Unread,
    Refused(Vec<RefusalName>),
    Applied,
    Crashed,
}

/// What was seen in the worlds, to know that they are worth it.
#[derive(Debug, Default)]
struct Seen {
    writes: usize,
    crashed: usize,
    locked: usize,
    /// Worlds at whose end no safe order exists.
    stuck: usize,
}

impl Place {
    fn new(random: &mut Random, careless: bool) -> Self {
        let limit = 8 + random.below(3);
        let commits = (0..3).map(|_| commit(random, limit)).collect();
        let trouble = Trouble { throttled: 2, unavailable: 2, lost: 4, unanswered: 2, careless };
        let chance = |random: &mut Random| Random::new(random.below(1 << 30) as u64);
        let kept =
            Kept { saved: RecordedState::default(), is_locked: false, random: chance(random), full: 1 };
        Self {
            service: Service::new(limit, chance(random), trouble),
            ledger: Ledger(Mutex::new(kept)),
            commits,
        }
    }

    /// One run, as the program does it: lock, look, plan, apply. It dies after a while where it is to crash.
    async fn run(&self, desired: &DesiredState, crash: Option<Duration>) -> Ended {
        if std::mem::replace(&mut self.ledger.kept().is_locked, true) {
            return Ended::Locked;
        }
        let ended = match crash {
            None => self.work(desired).await,
            Some(after) => timeout(after, self.work(desired)).await.unwrap_or(Ended::Crashed),
        };
        self.service.forget_looks();
        self.ledger.kept().is_locked = false;
        ended
    }

    async fn work(&self, desired: &DesiredState) -> Ended {
        let hands = Hands(&self.service);
        let recorded = self.ledger.kept().saved.clone();
        let Ok(live) = hands.read(&BTreeSet::new()).await else { return Ended::Unread };
        let plan = planned(desired, &desired.targets[0], &live, &recorded, &[]);
        let Ok(approved) = plan.approve("sha256:00") else {
            return Ended::Refused(plan.standing_refusals().collect());
        };
        {
            let mut held = self.service.held();
            let now = LiveState { policies: held.policies.clone() };
            let moved = texts(&now) != texts(&live);
            held.watch = Some(Watch::of(&plan, moved));
        }
        let stamp = Stamp { applied_at: format!("after {}", recorded.serial) };
        let (stop, mut recorder) = (AtomicBool::new(false), &self.ledger);
        let outcome = apply(&approved, recorded, &hands, &hands, &mut recorder, &stamp, &stop).await;
        let is_known = outcome.error.is_none()
            && !outcome.outcomes.iter().any(|one| matches!(one.outcome, Outcome::Failed { .. }));
        if is_known {
            self.the_record_is_true();
        }
        if !self.service.held().found.is_empty() && env::var_os("LOGPOLICY_SIMULATION_SEED").is_some() {
            tell(&plan, &outcome);
        }
        Ended::Applied
    }

    /// What is recorded stands there, but where others wrote.
    fn the_record_is_true(&self) {
        let saved = self.ledger.kept().saved.clone();
        let mut held = self.service.held();
        for (key, policy) in &saved.policies {
            let live = held.policies.get(key).map(|live| live.document.clone());
            let is_there = live.is_some_and(|live| policy.claim.same(&policy.document, &live));
            if !is_there && !held.dirty.contains(key) {
                held.found.push(format!("{key} is recorded as it does not stand there"));
            }
        }
    }

    /// One process: it applies what is committed at its time, or a commit late, and sometimes dies.
    async fn process(&self, mut random: Random) -> Vec<Ended> {
        let (mut ended, mut time) = (Vec::new(), 0);
        while time < LENGTH {
            let pause = random.below(900);
            sleep(Duration::from_millis(pause as u64)).await;
            time += pause + 300;
            let newest = (time * self.commits.len() / LENGTH).min(self.commits.len() - 1);
            let commit = newest.saturating_sub(usize::from(random.below(4) == 0));
            let crash = (random.below(3) == 0).then(|| Duration::from_millis(random.below(600) as u64));
            ended.push(self.run(&self.commits[commit], crash).await);
        }
        ended
    }

    /// AWS, consoles and people.
    async fn others(&self, mut random: Random) {
        let mut time = 0;
        while time < LENGTH {
            let pause = random.below(1_200);
            sleep(Duration::from_millis(pause as u64)).await;
            time += pause;
            let mut held = self.service.held();
            let there =
                held.policies.iter().map(|(key, policy)| (key.clone(), policy.document.clone())).collect();
            let (key, document) = meddling(&mut random, &there);
            held.others_write(&key, document);
        }
    }

    /// Nothing goes wrong any more: a few runs bring about what the last commit asks for.
    async fn heal(&self) -> Result<bool, String> {
        self.service.held().trouble = Trouble { ..Trouble::default() };
        self.ledger.kept().full = 0;
        let desired = self.commits.last().unwrap();
        for _ in 0..4 {
            match self.run(desired, None).await {
                Ended::Applied => {}
                Ended::Refused(names) if names == [RefusalName::AccessGap] => return Ok(false),
                other => return Err(format!("at the end a run is {other:?}")),
            }
        }
        self.is_settled(desired).map(|()| true)
    }

    fn is_settled(&self, desired: &DesiredState) -> Result<(), String> {
        let (held, kept) = (self.service.held(), self.ledger.kept());
        let live = LiveState { policies: held.policies.clone() };
        let last = planned(desired, &desired.targets[0], &live, &kept.saved, &[]);
        let left = last.changes.iter().map(|planned| (planned.key.to_string(), planned.change.action()));
        let left: Vec<_> = left.filter(|(_, action)| !["unchanged", "unmanaged"].contains(action)).collect();
        if !last.operations.is_empty() || !left.is_empty() || !kept.saved.pending.is_empty() {
            return Err(format!("left at the end: {left:?}, pending {:?}", kept.saved.pending.keys()));
        }
        let at = &desired.targets[0];
        let wanted = desired.at(at).policies;
        for (key, wanted) in &wanted {
            let found = held.policies.get(key);
            if !found.is_some_and(|found| wanted.claim().same(&wanted.document, &found.document)) {
                return Err(format!("{key} is not as the last commit asks for"));
            }
        }
        let is_ours = |statement: &Statement| statement.sid().is_some_and(|sid| sid.starts_with("Ours"));
        for (key, policy) in &held.policies {
            let asked = wanted.get(key).into_iter().flat_map(|wanted| wanted.document.statements());
            let asked: Vec<&str> = asked.filter_map(Statement::sid).collect();
            let mut ours = policy.document.statements().iter().filter(|statement| is_ours(statement));
            if let Some(left) = ours.find(|found| found.sid().is_none_or(|sid| !asked.contains(&sid))) {
                return Err(format!(
                    "{:?} of {key} is ours, nobody asks for it, and it was left behind",
                    left.sid()
                ));
            }
        }
        for (key, document) in &held.theirs {
            if held.policies.get(key).is_none_or(|policy| policy.document != *document) {
                return Err(format!("{key} of others is not as they wrote it"));
            }
        }
        Ok(())
    }
}

/// Shows a run after which something is wrong, to whoever replays it.
fn tell(plan: &Plan, outcome: &TargetOutcome) {
    for PlannedChange { key, change, .. } in &plan.changes {
        let text = |document: Option<&Arc<Document>>| document.map(|document| document.text().to_owned());
        eprintln!(
            "{key} {}: {:?}\n    to {:?}",
            change.action(),
            text(change.before()),
            text(change.after())
        );
    }
    for (operation, done) in plan.operations.iter().zip(&outcome.outcomes) {
        let Operation { id, key, kind, waits, .. } = operation;
        eprintln!("{id} {key} {kind:?}\n    waits {waits:?}: {:?}", done.outcome);
    }
}

/// What stands somewhere.
fn texts(live: &LiveState) -> Vec<(&PolicyKey, &str)> {
    live.policies.iter().map(|(key, policy)| (key, policy.document.text())).collect()
}

/// A whole world out of one number.
async fn world(seed: u64, careless: bool) -> Result<Seen, String> {
    let mut random = Random::new(seed);
    let places: Vec<Place> = (0..2).map(|_| Place::new(&mut random, careless)).collect();
    let mut chance = || Random::new(random.below(1 << 30) as u64);
    let lives = places.iter().map(|place| {
        let (one, two, others) = (chance(), chance(), chance());
        async move { tokio::join!(place.process(one), place.process(two), place.others(others)) }
    });
    let lives: Vec<_> = lives.collect();
    let mut seen = Seen::default();
    for (one, two, ()) in join_all(lives).await {
        let count = |wanted: Ended| one.iter().chain(&two).filter(|ended| **ended == wanted).count();
        seen.crashed += count(Ended::Crashed);
        seen.locked += count(Ended::Locked);
    }
    for place in &places {
        seen.stuck += usize::from(!place.heal().await?);
        let held = place.service.held();
        seen.writes += held.writes;
        if let Some(first) = held.found.first() {
            return Err(format!("{first} (and {} more)", held.found.len() - 1));
        }
    }
    Ok(seen)
}

/// Runs a world with a clock that stands still while anybody works.
fn run(seed: u64, careless: bool) -> Result<Seen, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(world(seed, careless))
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn at_every_moment_of_every_world_what_must_hold_holds_and_the_end_converges() {
    if let Some(seed) = number("LOGPOLICY_SIMULATION_SEED") {
        let seen = run(seed, false).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        eprintln!("seed {seed}: {seen:?}");
        return;
    }
    let seeds = number("LOGPOLICY_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    let part = |first: u64| {
        let mut all = Seen::default();
        let mut wrong = Vec::new();
        for seed in (first..seeds).step_by(usize::try_from(threads).unwrap()) {
            match run(seed, false) {
                Ok(Seen { writes, crashed, locked, stuck }) => {
                    all.writes += writes;
                    all.crashed += crashed;
                    all.locked += locked;
                    all.stuck += stuck;
                }
                Err(what) => wrong.push(format!("LOGPOLICY_SIMULATION_SEED={seed}: {what}")),
            }
        }
        (all, wrong)
    };
    let part = &part;
    let parts: Vec<(Seen, Vec<String>)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|first| scope.spawn(move || part(first))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let wrong: Vec<&String> = parts.iter().flat_map(|(_, wrong)| wrong).take(20).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let sum = |of: fn(&Seen) -> usize| parts.iter().map(|(seen, _)| of(seen)).sum::<usize>();
    let (writes, crashed) = (sum(|seen| seen.writes), sum(|seen| seen.crashed));
    let (locked, stuck) = (sum(|seen| seen.locked), sum(|seen| seen.stuck));
    eprintln!(
        "{seeds} worlds: {writes} writes, {crashed} crashes, {locked} runs met a lock, {stuck} ends without a safe order"
    );
    let seeds = usize::try_from(seeds).unwrap();
    assert!(writes > 5 * seeds && 2 * crashed > seeds && 5 * locked > seeds, "the worlds are eventful");
    assert!(stuck * 50 <= seeds, "a safe order nearly always exists");
}

#[test]
fn the_same_number_is_the_same_world() {
    assert_eq!(format!("{:?}", run(7, false)), format!("{:?}", run(7, false)));
}

/// A writer that drops what others said is found out: the judge can see.
#[test]
fn a_careless_writer_is_found_out() {
    let found = (0..50)
        .filter_map(|seed| run(seed, true).err())
        .find(|wrong| wrong.contains("lost a statement of others"));
    assert!(found.is_some());
}
