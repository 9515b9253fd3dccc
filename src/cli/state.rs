//! `logpolicy state`: what we recorded, seen and corrected.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use clap::{Args, Subcommand};

use crate::model::{DesiredState, PolicyAddress, RecordedState, Target};
use crate::report::{
    Record, forget_json, history_json, history_text, list_json, list_text, show_json, show_text, unlock_json,
};
use crate::store::Store;

use super::approval::ask;
use super::arguments::{Format, Global};
use super::choice::TargetPattern;
use super::exit::Exit;
use super::failure::Failure;
use super::lock::Locks;
use super::only::Only;
use super::plan_arguments::Approval;
use super::streams::Streams;
use super::world::open_store;

/// What `state` does.
#[derive(Debug, Subcommand)]
pub(super) enum StateCommand {
    /// List what is recorded
    #[command(after_help = "Example:\n  logpolicy state list --format json")]
    List(Shown),
    /// Show the record of one policy
    #[command(after_help = "Example:\n  logpolicy state show 111122223333/us-east-1/policy:dns")]
    Show {
        /// The policy's address
        address: PolicyAddress,
        #[command(flatten)]
        shown: Shown,
    },
    /// Show the last applies, with their serials
    #[command(after_help = "Example:\n  logpolicy --target network state history")]
    History(Shown),
    /// Strike policies from the record: they stay live and are no longer ours
    #[command(after_help = "Example:\n  logpolicy state forget 111122223333/us-east-1/policy:dns")]
    Forget {
        /// The policies' addresses
        #[arg(required = true)]
        addresses: Vec<PolicyAddress>,
        #[command(flatten)]
        approval: Approval,
        #[command(flatten)]
        shown: Shown,
    },
    /// Take the lock of a dead run away
    #[command(after_help = "Example:\n  logpolicy --target 111122223333/us-east-1 state unlock")]
    Unlock {
        /// Do not ask
        #[arg(long)]
        auto_approve: bool,
        #[command(flatten)]
        shown: Shown,
    },
}

/// How a record is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Shown {
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// Runs one of the commands.
pub(super) async fn state(
    command: &StateCommand,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    // Records tell of themselves; only locks without a record, and names under `targets`, need all targets.
    let knows_all = matches!(command, StateCommand::Unlock { .. }) || !global.target.is_empty();
    let (desired, store) = match open_store(global, knows_all, streams).await? {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    if store.is_none() {
        return Err(Failure::usage("with `state: none` nothing is recorded", "Name a store under `state`."));
    }
    let ledger = Ledger { desired: &desired, store: &store, global, streams };
    match command {
        StateCommand::List(shown) => ledger.list(*shown).await,
        StateCommand::Show { address, shown } => ledger.show(address, *shown).await,
        StateCommand::History(shown) => ledger.history(*shown).await,
        StateCommand::Forget { addresses, approval, shown } => {
            ledger.forget(addresses, approval, *shown).await
        }
        StateCommand::Unlock { auto_approve, shown } => ledger.unlock(*auto_approve, *shown).await,
    }
}

/// The records, and how they are looked at.
struct Ledger<'a> {
    desired: &'a DesiredState,
    store: &'a Store,
    global: &'a Global,
    streams: Streams,
}

impl Ledger<'_> {
    /// The targets among these that `--target` chooses, by name or pattern, and `--shard`.
    fn chosen(&self, mut targets: Vec<Target>) -> Result<Vec<Target>, Failure> {
        targets.retain(|target| self.global.shard.is_none_or(|shard| shard.holds(target)));
        if self.global.target.is_empty() {
            return Ok(targets);
        }
        let mut kept = Vec::new();
        for pattern in &self.global.target {
            let pattern = TargetPattern::new("--target", pattern)?;
            let named = |target: &Target| {
                let mut here = self.desired.targets.iter().filter(|at| at.target == *target);
                here.any(|at| pattern.names(at))
            };
            kept.extend(
                targets.iter().filter(|target| pattern.names_target(target) || named(target)).cloned(),
            );
        }
        kept.sort();
        kept.dedup();
        Ok(kept)
    }

    async fn records(&self) -> Result<Vec<Record>, Failure> {
        let mut records = Vec::new();
        for target in self.chosen(self.store.targets().await?)? {
            let state = self.store.load(&target).await?.unwrap_or_default();
            records.push(Record { target, state });
        }
        Ok(records)
    }

    async fn list(&self, shown: Shown) -> Result<Exit, Failure> {
        let only = Only::new(&self.global.only)?;
        let mut records = self.records().await?;
        for Record { target, state } in &mut records {
            let left_out = only.left_out(target, state.policies.keys());
            state.policies.retain(|key, _| !left_out.contains(key));
        }
        self.streams.data(&match shown.format {
            Format::Text => list_text(&records),
            Format::Json => list_json(&records),
        })?;
        Ok(Exit::Done)
    }

    async fn show(&self, address: &PolicyAddress, shown: Shown) -> Result<Exit, Failure> {
        let state = self.store.load(&address.target).await?.unwrap_or_default();
        let Some(policy) = state.policies.get(&address.key) else {
            return Err(self.unknown(address, &state));
        };
        self.streams.data(&match shown.format {
            Format::Text => show_text(address, policy),
            Format::Json => show_json(address, policy),
        })?;
        Ok(Exit::Done)
    }

    fn unknown(&self, address: &PolicyAddress, state: &RecordedState) -> Failure {
        let known: Vec<String> = state.policies.keys().map(ToString::to_string).collect();
        let hint = if known.is_empty() {
            format!("Nothing is recorded for {}.", address.target)
        } else {
            format!("{} has these: {}.", address.target, known.join(", "))
        };
        Failure::error(format!("{address} is not recorded"), vec![hint])
    }

    async fn history(&self, shown: Shown) -> Result<Exit, Failure> {
        let records = self.records().await?;
        self.streams.data(&match shown.format {
            Format::Text => history_text(&records),
            Format::Json => history_json(&records),
        })?;
        Ok(Exit::Done)
    }

    async fn forget(
        &self,
        addresses: &[PolicyAddress],
        approval: &Approval,
        shown: Shown,
    ) -> Result<Exit, Failure> {
        let mut wanted: BTreeMap<&Target, Vec<&PolicyAddress>> = BTreeMap::new();
        for address in addresses {
            wanted.entry(&address.target).or_default().push(address);
        }
        let never = AtomicBool::new(false);
        let locks = Locks::take(self.store, wanted.keys().copied(), approval.lock_timeout, 8, &never).await;
        let exit = self.forget_locked(&wanted, &locks, approval.auto_approve, shown).await;
        locks.release(self.streams).await;
        exit
    }

    async fn forget_locked(
        &self,
        wanted: &BTreeMap<&Target, Vec<&PolicyAddress>>,
        locks: &Locks,
        approved: bool,
        shown: Shown,
    ) -> Result<Exit, Failure> {
        if let Some(why) = locks.refused.values().next() {
            let exit = if why.locked { Exit::Refused } else { Exit::Error };
            return Err(Failure { exit, message: why.message.clone(), hints: Vec::new() });
        }
        let mut records: Vec<(&Target, RecordedState)> = Vec::new();
        for (target, addresses) in wanted {
            let mut state = self.store.load(target).await?.unwrap_or_default();
            if let Some(address) = addresses.iter().find(|address| !state.policies.contains_key(&address.key))
            {
                return Err(self.unknown(address, &state));
            }
            for address in addresses {
                state.policies.remove(&address.key);
                state.pending.remove(&address.key);
            }
            records.push((*target, state));
        }
        let names: Vec<String> = wanted.values().flatten().map(ToString::to_string).collect();
        let question = format!(
            "Forget {}?\nThey stay live, and are no longer ours. Only `yes` is an approval: ",
            names.join(", ")
        );
        if !approved && !ask(self.streams, &question).await? {
            return Ok(Exit::Refused);
        }
        for (target, mut state) in records {
            self.store.save(target, &mut state).await?;
        }
        match shown.format {
            Format::Text => {
                names.iter().try_for_each(|name| self.streams.data(&format!("forgot {name}\n")))?;
            }
            Format::Json => self.streams.data(&forget_json(&names))?,
        }
        Ok(Exit::Done)
    }

    async fn unlock(&self, approved: bool, shown: Shown) -> Result<Exit, Failure> {
        let mut targets: Vec<Target> = self.desired.targets.iter().map(|at| at.target.clone()).collect();
        targets.extend(self.store.targets().await?);
        targets.sort();
        targets.dedup();
        let mut held = Vec::new();
        for target in self.chosen(targets)? {
            if let Some(holder) = self.store.holder(&target).await? {
                held.push((target, holder));
            }
        }
        for (target, holder) in &held {
            self.streams.report(&format!("{target} is locked by {holder}\n"));
        }
        let question =
            "A run that is alive goes on without its lock. Take it away? Only `yes` is an approval: ";
        if !held.is_empty() && !approved && !ask(self.streams, question).await? {
            return Ok(Exit::Refused);
        }
        for (target, _) in &held {
            self.store.unlock(target).await?;
        }
        match shown.format {
            Format::Json => self.streams.data(&unlock_json(&held_by(&held)))?,
            Format::Text if held.is_empty() => self.streams.data("no lock is held\n")?,
            Format::Text => {
                held.iter().try_for_each(|(target, _)| self.streams.data(&format!("unlocked {target}\n")))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Who held the locks, in words.
fn held_by(held: &[(Target, crate::store::Holder)]) -> Vec<(String, String)> {
    held.iter().map(|(target, holder)| (target.to_string(), holder.to_string())).collect()
}
