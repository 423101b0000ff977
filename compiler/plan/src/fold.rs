//! What is the state after these entries? Records are folded one after the other, each in time that does not grow with the plan.
//!
//! Trusts its input: whoever reads a journal has looked at numbers, digests, versions and steps.

use crate::{
    journal::{Entry, Outcome, Record, RunEnd, State, Unfinished},
    plan::{Plan, Step, StepId},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A state that grows by entries.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    state: State,
    /// The places of the steps in the plan of the unfinished run, by the steps' ids.
    places: Vec<usize>,
    /// The entry that holds the newest snapshot; 0 for none.
    snapshot: u64,
}

impl From<State> for Fold {
    fn from(state: State) -> Self {
        let places = state.unfinished.as_ref().map(|run| places(&run.plan)).unwrap_or_default();
        Self { state, places, snapshot: 0 }
    }
}

fn places(plan: &Plan) -> Vec<usize> {
    let mut places: Vec<usize> = (0..plan.steps.len()).collect();
    places.sort_by_key(|&place| id_at(plan, place));
    places
}

fn id_at(plan: &Plan, place: usize) -> Option<&str> {
    plan.steps.get(place).map(|step| step.id.as_str())
}

fn step_of<'p>(plan: &'p Plan, places: &[usize], id: &str) -> Option<&'p Step> {
    let at = places.binary_search_by_key(&Some(id), |&place| id_at(plan, place)).ok()?;
    plan.steps.get(*places.get(at)?)
}

impl Fold {
    /// What the entries so far come to.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The same, for keeps.
    pub fn into_state(self) -> State {
        self.state
    }

    /// The step of the unfinished run.
    pub fn step(&self, id: &str) -> Option<&Step> {
        step_of(&self.state.unfinished.as_ref()?.plan, &self.places, id)
    }

    /// How many entries came since the newest snapshot, that of its own included.
    pub fn since_snapshot(&self) -> u64 {
        self.state.serial + 1 - self.snapshot.max(1)
    }

    /// One more entry, and the digest of its bytes.
    pub fn entry(&mut self, entry: &Entry, digest: &str) {
        self.state.serial = entry.number;
        digest.clone_into(&mut self.state.head);
        for record in &entry.records {
            if matches!(record, Record::Snapshot { .. }) {
                self.snapshot = entry.number;
            }
            self.record(&entry.run, record);
        }
    }

    fn begin(&mut self, run: Unfinished) {
        self.places = places(&run.plan);
        self.state.unfinished = Some(run);
    }

    fn record(&mut self, run: &str, record: &Record) {
        if matches!(record, Record::Started { .. } | Record::Resumed { .. } | Record::Reopened { .. }) {
            self.state.epoch += 1;
        }
        match record {
            Record::Started { plan, by } => {
                self.state.project.clone_from(&plan.project);
                self.begin(Unfinished {
                    run: run.to_owned(),
                    plan: Arc::clone(plan),
                    by: by.clone(),
                    done: BTreeMap::new(),
                    open: BTreeSet::new(),
                    undone: BTreeSet::new(),
                    settled: BTreeMap::new(),
                    undoing: false,
                    going_back: vec![],
                    everything: false,
                    discarded: vec![],
                    before: self.state.resources.clone(),
                });
            }
            // A snapshot is what the state is already.
            Record::Snapshot { .. } | Record::Resumed { .. } | Record::Interrupted { .. } => {}
            Record::Forgotten { addresses, .. } => self.state.resources.retain(|address, _| !addresses.contains(address)),
            Record::Confirmed { moves, .. } => {
                let confirmed = self.state.resources.iter_mut().filter(|(address, _)| moves.contains(address));
                confirmed.for_each(|(_, resource)| resource.confirmed = true);
            }
            Record::Intent { step } => self.intent(step),
            Record::Outcome { step, outcome } => self.outcome(step, outcome),
            Record::Reopened { run, .. } => self.begin((**run).clone()),
            Record::GoingBack { moves, everything, discarded } => {
                let Some(run) = &mut self.state.unfinished else { return };
                run.undoing = true;
                run.going_back.clone_from(moves);
                run.everything = *everything;
                run.discarded.clone_from(discarded);
            }
            Record::Undone { step, outcome } => self.undone(step, outcome),
            Record::Ended { end } => {
                let run = self.state.unfinished.take();
                self.places.clear();
                if let (RunEnd::Done, Some(run)) = (end, run) {
                    self.state.outputs.clone_from(&run.plan.outputs);
                }
            }
        }
    }

    fn intent(&mut self, id: &StepId) {
        let Some(run) = &mut self.state.unfinished else { return };
        // A step is only begun when nothing is left to undo: the run goes forward again.
        run.undoing = false;
        run.going_back.clear();
        run.everything = false;
        run.discarded.clear();
        run.undone.remove(id);
        run.open.insert(id.clone());
    }

    fn undone(&mut self, id: &StepId, outcome: &Outcome) {
        let State { unfinished: Some(run), resources, .. } = &mut self.state else { return };
        *run.settled.entry(id.clone()).or_default() += 1;
        if !matches!(outcome, Outcome::Done { .. }) {
            return;
        }
        run.done.remove(id);
        run.open.remove(id);
        run.undone.insert(id.clone());
        let Some(step) = step_of(&run.plan, &self.places, id) else { return };
        for address in step.sets.iter().map(|(address, _)| address).chain(&step.removes) {
            match run.before.get(address) {
                Some(resource) => resources.insert(address.clone(), resource.clone()),
                None => resources.remove(address),
            };
        }
    }

    fn outcome(&mut self, id: &StepId, outcome: &Outcome) {
        let State { unfinished: Some(run), resources, .. } = &mut self.state else { return };
        *run.settled.entry(id.clone()).or_default() += 1;
        let Outcome::Done { values, .. } = outcome else { return };
        run.open.remove(id);
        run.done.insert(id.clone(), values.clone());
        let Some(step) = step_of(&run.plan, &self.places, id) else { return };
        for address in &step.removes {
            resources.remove(address);
        }
        resources.extend(step.sets.iter().cloned());
    }
}
