//! What was imported is recorded as ours, as an apply that adopts would.

use std::collections::BTreeSet;

use crate::config::Loaded;
use crate::model::{PolicyKey, RecordedState};
use crate::pack::{Surroundings, place_grants};
use crate::plan::{Plan, PlanFormat, PlanInput, RefusalName, TargetResult, plan};

use super::super::carry_out::{carry_out_all, outcome_exit};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::wave::Waves;
use super::Import;
use super::look::Seen;

impl Import<'_> {
    /// Records what is live as it was written; nothing else of the plan is carried out.
    pub(super) async fn record(&self, loaded: &Loaded, seen: &mut [Seen]) -> Result<Exit, Failure> {
        let mut planned: Vec<(TargetResult, RecordedState)> = Vec::new();
        for found in seen.iter() {
            let Some(plan) = self.adoption(loaded, found) else { continue };
            let recorded = found.gathered.as_ref().and_then(|gathered| gathered.recorded.clone());
            let result = TargetResult { target: found.target.clone(), plan: Ok(plan) };
            planned.push((result, recorded.unwrap_or_default()));
        }
        let results: Vec<TargetResult> = planned.iter().map(|(result, _)| result.clone()).collect();
        let digest = PlanFormat::new(&results).digest().clone();
        let mut exits = Vec::new();
        let mut work = Vec::new();
        for (result, recorded) in planned {
            let Ok(plan) = result.plan else { continue };
            match plan.approve(digest.as_str()) {
                Ok(approved) if approved.operations().is_empty() => work.push((approved, recorded)),
                _ => {
                    exits.push(Exit::Refused);
                    let why = plan.refusals.first().map_or("", |refusal| refusal.message.as_str());
                    self.streams.report(&format!("{}: not recorded. {why}\n", result.target));
                }
            }
        }
        let outcomes =
            carry_out_all(self.world, &self.interrupt, &Waves::one(), work, &BTreeSet::new(), self.streams)
                .await?;
        for outcome in &outcomes {
            exits.push(outcome_exit(outcome));
            if let Some(error) = &outcome.error {
                self.streams.report(&format!("{}: not recorded: {error}\n", outcome.target));
                continue;
            }
            let found = seen.iter_mut().find(|found| found.target == outcome.target);
            let taken = found.into_iter().flat_map(|found| found.taken.values_mut());
            taken.filter(|taken| taken.differs.is_none()).for_each(|taken| taken.is_recorded = true);
        }
        Ok(Exit::worst(exits))
    }

    /// The plan of a target in which all is left out but what was imported and is live like that.
    fn adoption(&self, loaded: &Loaded, found: &Seen) -> Option<Plan> {
        let gathered = found.gathered.as_ref()?;
        let at = loaded.desired.targets.iter().find(|at| at.target == found.target)?;
        let (live, recorded) = (&gathered.live, gathered.recorded.as_ref());
        let mut desired = loaded.desired.at(at);
        let unmanaged = &loaded.desired.unmanaged;
        place_grants(&mut desired, Some(Surroundings { live, recorded, unmanaged }));
        let is_taken = |key: &PolicyKey| found.taken.get(key).is_some_and(|taken| taken.differs.is_none());
        let ours =
            recorded.iter().flat_map(|recorded| recorded.policies.keys().chain(recorded.pending.keys()));
        let keys = desired.policies.keys().chain(live.policies.keys()).chain(ours);
        let left_out: BTreeSet<PolicyKey> = keys.filter(|key| !is_taken(key)).cloned().collect();
        let allowed: [RefusalName; 0] = [];
        Some(plan(&PlanInput {
            desired: &desired,
            sources: &loaded.sources,
            account: &gathered.account,
            live,
            recorded,
            unmanaged,
            guards: loaded.desired.guards,
            left_out: &left_out,
            allowed: &allowed,
            tests: &[],
            diagnostics: Vec::new(),
        }))
    }
}
