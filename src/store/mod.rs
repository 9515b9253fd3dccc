//! Remembers what we wrote, for ourselves: one record for each target.
//!
//! A record says which policies are ours, so that one that leaves the files is deleted, and only such. It is
//! saved after each operation, atomically; a record that cannot be read is an error and never a fresh start.

mod error;
mod format;
mod local;

use std::path::PathBuf;

use crate::model::{RecordedState, StateLocation, Target};

pub use error::StoreError;

use local::LocalStore;

/// Where records lie.
#[derive(Debug, Clone)]
pub enum Store {
    /// In a folder.
    Local(PathBuf),
    /// Nowhere: every policy that the files name is ours, and nothing is ever deleted.
    Nothing,
}

impl Store {
    /// The store of a desired state.
    pub fn open(location: &StateLocation) -> Self {
        match location {
            StateLocation::Local(folder) => Self::Local(folder.clone()),
            StateLocation::None => Self::Nothing,
        }
    }

    /// The record of a target: empty where none was saved yet, nothing where none is kept.
    ///
    /// # Errors
    /// [`StoreError`] when the record is there but cannot be used.
    pub fn load(&self, target: &Target) -> Result<Option<RecordedState>, StoreError> {
        match self {
            Self::Local(folder) => LocalStore::new(folder).load(target).map(Some),
            Self::Nothing => Ok(None),
        }
    }

    /// Replaces the record of a target; `recorded.serial` is the one that was loaded, and goes up by one.
    ///
    /// # Errors
    /// [`StoreError`] when somebody else saved in between, or the record cannot be written.
    pub fn save(&self, target: &Target, recorded: &mut RecordedState) -> Result<(), StoreError> {
        match self {
            Self::Local(folder) => LocalStore::new(folder).save(target, recorded),
            Self::Nothing => Ok(()),
        }
    }

    /// The targets that have a record, sorted.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be listed.
    pub fn targets(&self) -> Result<Vec<Target>, StoreError> {
        match self {
            Self::Local(folder) => LocalStore::new(folder).targets(),
            Self::Nothing => Ok(Vec::new()),
        }
    }
}
