//! Remembers what we wrote, for ourselves: one record and one lock for each target, and saved plans.
//!
//! A record says which policies are ours, so that one that leaves the files is deleted, and only such. It is
//! saved after each operation, atomically; a record that cannot be read is an error and never a fresh start.

#[cfg(test)]
mod conformance;
mod error;
mod format;
mod holder;
mod local;
mod local_lock;
mod open_files;
mod plan_file;
mod public_file;
mod s3;
mod s3_error;
#[cfg(test)]
mod stub;
mod unique;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;

use crate::model::{RecordedState, StateLocation, Target};

pub use error::StoreError;
pub use holder::Holder;
pub use plan_file::{read_plan, write_plan};
pub use public_file::write_public;

use local::LocalStore;
use local_lock::LocalLock;
use s3::S3Store;

/// Where records lie.
#[derive(Debug, Clone)]
pub struct Store(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// In a folder.
    Local(LocalStore),
    /// In a bucket.
    S3(Box<S3Store>),
    /// Nowhere: every policy that the files name is ours, and nothing is ever deleted.
    Nothing,
}

/// A lock that is held until it is released.
#[derive(Debug)]
pub struct Lock(Held);

#[derive(Debug)]
enum Held {
    Local(LocalLock),
    S3 { store: Box<S3Store>, target: Target, id: String },
    Nothing,
}

/// The pause between two attempts to take a lock.
const PAUSE: Duration = Duration::from_millis(200);

impl Store {
    /// The store of a desired state; `config` is asked for only where AWS is needed.
    pub async fn open(location: &StateLocation, config: impl AsyncFnOnce() -> SdkConfig) -> Self {
        Self(match location {
            StateLocation::Local(folder) => Kind::Local(LocalStore::new(folder.clone())),
            StateLocation::S3(location) => Kind::S3(Box::new(S3Store::new(location, &config().await))),
            StateLocation::None => Kind::Nothing,
        })
    }

    /// Whether nothing is recorded.
    pub fn is_none(&self) -> bool {
        matches!(self.0, Kind::Nothing)
    }

    /// The record of a target: empty where none was saved yet, nothing where none is kept.
    ///
    /// # Errors
    /// [`StoreError`] when the record is there but cannot be used.
    pub async fn load(&self, target: &Target) -> Result<Option<RecordedState>, StoreError> {
        match &self.0 {
            Kind::Local(store) => store.load(target).map(Some),
            Kind::S3(store) => store.load(target).await.map(Some),
            Kind::Nothing => Ok(None),
        }
    }

    /// Replaces the record of a target; `recorded.serial` is the one that was loaded, and goes up by one.
    ///
    /// # Errors
    /// [`StoreError`] when somebody else saved in between, or the record cannot be written.
    pub async fn save(&self, target: &Target, recorded: &mut RecordedState) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Local(store) => store.save(target, recorded),
            Kind::S3(store) => store.save(target, recorded).await,
            Kind::Nothing => Ok(()),
        }
    }

    /// The targets that have a record, sorted.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be listed.
    pub async fn targets(&self) -> Result<Vec<Target>, StoreError> {
        match &self.0 {
            Kind::Local(store) => store.targets(),
            Kind::S3(store) => store.targets().await,
            Kind::Nothing => Ok(Vec::new()),
        }
    }

    /// Makes room for the locks of so many targets.
    ///
    /// # Errors
    /// [`StoreError::TooManyTargets`] when they cannot be held at once.
    pub fn make_room(&self, targets: usize) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Local(_) => {
                open_files::make_room(targets).map_err(|most| StoreError::TooManyTargets { targets, most })
            }
            Kind::S3(_) | Kind::Nothing => Ok(()),
        }
    }

    /// Takes the lock of a target; where somebody else holds it, tries again until `timeout` has passed
    /// or `stop` is set. No attempt is broken off, so that no lock is taken that nobody gives back.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when somebody else holds it all that time; others when the store cannot be written.
    pub async fn lock(
        &self,
        target: &Target,
        holder: &Holder,
        timeout: Duration,
        stop: &AtomicBool,
    ) -> Result<Lock, StoreError> {
        let begun = tokio::time::Instant::now();
        loop {
            let taken = match &self.0 {
                Kind::Local(store) => store.take(target, holder).map(Held::Local),
                Kind::S3(store) => store.take(target, holder).await.map(|()| Held::S3 {
                    store: store.clone(),
                    target: target.clone(),
                    id: holder.id.clone(),
                }),
                Kind::Nothing => Ok(Held::Nothing),
            };
            match taken {
                Err(StoreError::Locked { .. })
                    if begun.elapsed() < timeout && !stop.load(Ordering::Relaxed) =>
                {
                    tokio::time::sleep(PAUSE).await;
                }
                taken => return taken.map(Lock),
            }
        }
    }

    /// Who holds the lock of a target; nothing where it is free.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn holder(&self, target: &Target) -> Result<Option<Holder>, StoreError> {
        match &self.0 {
            Kind::Local(store) => store.holder(target),
            Kind::S3(store) => store.holder(target).await,
            Kind::Nothing => Ok(None),
        }
    }

    /// Takes a lock away, whoever holds it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    pub async fn unlock(&self, target: &Target) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Local(store) => store.unlock(target),
            Kind::S3(store) => store.unlock(target).await,
            Kind::Nothing => Ok(()),
        }
    }
}

impl Lock {
    /// Gives the lock back.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written: then `state unlock` takes it away.
    pub async fn release(self) -> Result<(), StoreError> {
        match self.0 {
            Held::Local(lock) => {
                lock.release().map_err(|source| StoreError::File { action: "unlocking the state", source })
            }
            Held::S3 { store, target, id } => store.release(&target, &id).await,
            Held::Nothing => Ok(()),
        }
    }
}
