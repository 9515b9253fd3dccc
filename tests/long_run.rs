//! A process that applies a thousand times, as a controller would with the library, keeps its size.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads and writes files")]
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use logpolicy::apply::{Recorder, Stamp, apply};
use logpolicy::model::{RecordedState, StateLocation, Target};
use logpolicy::plan::{PlanFormat, PlanInput, TargetResult, plan};
use logpolicy::provider::{Aws, Credentials, Options, PolicyReader};
use logpolicy::store::{Holder, Store};
use logpolicy::{config, emulator};

/// Applies in which everything that is made once is made: connections, caches, the twenty applies of the history.
const WARM: usize = 100;
const APPLIES: usize = 1_000;

/// What the emulator keeps of the writes, and what the allocator does not give back; 0.1 MiB was measured. A leak of one plan for each
/// apply would be more.
const ROOM: usize = 4 * 1024 * 1024;

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

/// Two desired states with two policies each, of which both differ.
fn write_desired(folder: &Path, odd: bool) {
    let mut text = String::from(
        "version: 1\ntargets: { main: { account: \"111122223333\", regions: [us-east-1] } }\npolicies:\n",
    );
    for number in 0..2 {
        let group = if odd { "odd" } else { "even" };
        text += &format!(
            "  - name: p{number}\n    document:\n      Version: \"2012-10-17\"\n      Statement:\n        - {{ Sid: S, Effect: Allow, \
             Principal: {{ Service: es.amazonaws.com }}, Action: logs:PutLogEvents, \
             Resource: \"arn:aws:logs:us-east-1:111122223333:log-group:/aws/{group}/{number}:*\" }}\n"
        );
    }
    std::fs::write(folder.join("logpolicy.yaml"), text).unwrap();
}

struct Records<'a> {
    store: &'a Store,
    target: &'a Target,
}

impl Recorder for Records<'_> {
    async fn save(&mut self, recorded: &mut RecordedState) -> Result<(), String> {
        self.store.save(self.target, recorded).await.map_err(|error| error.to_string())
    }
}

/// One apply, from the files to the record.
async fn one(folder: &Path, aws: &Aws, number: usize) {
    write_desired(folder, number % 2 == 1);
    let loaded = config::load(&[folder.join("logpolicy.yaml")]).unwrap();
    let at = &loaded.desired.targets[0];
    let store = Store::open(&StateLocation::Local(folder.join("state")), async || aws.config().await).await;
    let holder = Holder::new("ada".to_owned(), "here".to_owned(), "now".to_owned(), "test".to_owned());
    let stop = AtomicBool::new(false);
    let lock = store.lock(&at.target, &holder, Duration::ZERO, &stop).await.unwrap();
    let recorded = store.load(&at.target).await.unwrap();
    let (reader, writer) = (aws.reader(at).await, aws.writer(at).await);
    let live = reader.read(&BTreeSet::new()).await.unwrap();
    let planned = plan(&PlanInput {
        desired: &loaded.desired.at(at),
        sources: &loaded.sources,
        account: &aws.account(at).await.unwrap(),
        live: &live,
        recorded: recorded.as_ref(),
        unmanaged: &loaded.desired.unmanaged,
        guards: loaded.desired.guards,
        left_out: &BTreeSet::new(),
        allowed: &[],
        tests: &[],
        diagnostics: Vec::new(),
    });
    assert_eq!(planned.operations.len(), 2, "apply {number}");
    let digest = PlanFormat::new(&[TargetResult { target: at.target.clone(), plan: Ok(planned.clone()) }]);
    let approved = planned.approve(digest.digest().as_str()).unwrap();
    let mut records = Records { store: &store, target: &at.target };
    let stamp = Stamp { applied_at: "2026-01-01T00:00:00Z".to_owned() };
    let outcome =
        apply(&approved, recorded.unwrap_or_default(), &reader, &writer, &mut records, &stamp, &stop).await;
    assert!(outcome.is_complete(), "apply {number}: {outcome:?}");
    lock.release().await.unwrap();
}

#[tokio::test]
async fn a_thousand_applies_in_one_process_need_no_more_memory_than_a_hundred() {
    // Where nothing waits for a disk: each apply saves its record some times, to the last byte.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let emulator = emulator::start(emulator::Options::default()).await.unwrap();
    let aws = Aws::new(Options::new(Some(emulator.url()), Credentials::Sandbox));
    let mut warm = 0;
    for number in 0..APPLIES {
        one(folder.path(), &aws, number).await;
        if number + 1 == WARM {
            warm = resident();
        }
    }
    let (end, size) = (resident(), |bytes: usize| bytes / 1024 / 1024);
    assert!(end < warm + ROOM, "{} MiB after {WARM} applies, {} MiB after {APPLIES}", size(warm), size(end));
    println!("{} KiB after {WARM} applies, {} KiB after {APPLIES}", warm / 1024, end / 1024);
}
