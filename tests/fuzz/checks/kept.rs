//! Files that we wrote and somebody may have edited: saved plans and states.

use std::fs;

use aws_config::SdkConfig;
use logpolicy::model::{RecordedState, StateLocation, Target};
use logpolicy::plan::SavedPlan;
use logpolicy::store::Store;
use serde_json::Value;

/// A plan as it was saved, of which the corpus has more.
const SAVED: &str = include_str!("../../../fuzz/corpus/saved_plan/plan.json");

pub fn saved_plan(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(read) = SavedPlan::read(text) else { return };
    for target in &read.targets {
        let _ = target.restored(&RecordedState::default(), |_| None);
        let _ = target.keys().count();
    }
    let saved = SavedPlan::read(SAVED).unwrap();
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    if read.digest == saved.digest {
        assert_eq!(value(text), value(SAVED), "a plan was edited, and nobody noticed");
    }
}

pub fn state(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let target: Target = "111122223333/us-east-1".parse().unwrap();
    let path = folder.path().join("111122223333/us-east-1.json");
    fs::create_dir(folder.path().join("111122223333")).unwrap();
    fs::write(&path, data).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let location = StateLocation::Local(folder.path().to_owned());
        let store = Store::open(&location, async || SdkConfig::builder().build()).await;
        let Ok(Some(found)) = store.load(&target).await else {
            return assert_eq!(fs::read(&path).unwrap(), data, "what cannot be used stays");
        };
        for serial in [0, found.serial, found.serial.saturating_add(1)] {
            let _ = found.as_of(serial);
        }
        let mut again = found.clone();
        store.save(&target, &mut again).await.unwrap();
        assert_eq!(store.load(&target).await.unwrap(), Some(again.clone()), "what is written is read");
        let RecordedState { lineage, serial, policies, pending, history } = again;
        assert_eq!(serial, found.serial + 1);
        assert!(lineage == found.lineage || found.lineage.is_empty());
        assert_eq!((policies, pending, history), (found.policies, found.pending, found.history));
    });
}
