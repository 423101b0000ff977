//! What has happened? Entries of the journal, and the state that is their fold.
//!
//! An entry is one object, created only if its number is free; it names the digest of the one before.

use crate::{
    Call,
    plan::{Address, Plan, StepId},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// One object of the journal: records that were written together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Of this format: [`Entry::VERSION`].
    pub version: u32,
    /// From 1, without gaps.
    pub number: u64,
    /// Digest of the entry before, as bytes; empty for the first.
    pub previous: String,
    /// The run that wrote it: a function of the plan and the entry it began at.
    pub run: String,
    /// Milliseconds since 1970, by the operator's clock.
    pub time_ms: u64,
    /// In order.
    pub records: Vec<Record>,
}

impl Entry {
    /// The version this program reads and writes.
    pub const VERSION: u32 = 1;
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A run begins, and this is its plan.
    Started {
        /// All of it.
        plan: Arc<Plan>,
        /// `user@machine`.
        by: String,
    },
    /// A run was found unfinished, and goes on.
    Resumed {
        /// `user@machine`.
        by: String,
    },
    /// A run that was done is opened again, to be undone.
    Reopened {
        /// As it was when it was done.
        run: Box<Unfinished>,
        /// `user@machine`.
        by: String,
    },
    /// A step is about to act.
    Intent {
        /// Which.
        step: StepId,
    },
    /// It acted.
    Outcome {
        /// Which.
        step: StepId,
        /// How it went.
        outcome: Outcome,
    },
    /// All that these moves did is about to be undone: steps of them failed, or a person wants it.
    GoingBack {
        /// Which moves.
        moves: Vec<Address>,
        /// Do steps of no move go back too, because a person asked to undo the run?
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        everything: bool,
        /// Moves past their point of no return, whose newer writes that person lets go.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discarded: Vec<Address>,
    },
    /// It was undone.
    Undone {
        /// Which.
        step: StepId,
        /// How that went.
        outcome: Outcome,
    },
    /// A person left the run at once, while steps ran.
    Interrupted {
        /// Those that were begun and whose end is not known.
        steps: Vec<StepId>,
    },
    /// The run is over.
    Ended {
        /// How.
        end: RunEnd,
    },
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// As planned.
    Done {
        /// Did it have to do anything?
        changed: bool,
        /// What it learned, for later steps and for people: `was`, `exit_status`, `manifest`, `bytes`.
        values: BTreeMap<String, String>,
        /// Wall time.
        milliseconds: u64,
    },
    /// It did not, and the world is as it was before or can be given to the same step again.
    Failed {
        /// What, where and why, in one line.
        message: String,
        /// What to do.
        help: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// All steps are done.
    Done,
    /// A step failed, and all that was done was undone.
    Undone,
    /// A person closed it.
    Abandoned,
}

/// What the state knows of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ResourceState {
    /// `docker.container`, `copy`, `aliyun.ecs`.
    pub kind: String,
    /// Of what was wished when it was settled.
    pub digest: String,
    /// What is needed to find or remove it without its sources: `host`, `container`, `id`.
    pub attributes: BTreeMap<String, String>,
    /// Fields as they were declared: those that only grow or are fixed, and all of a kind with a lifecycle.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Recorded>,
    /// How it is deleted, for a resource of a kind with a lifecycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal>,
    /// Must no plan replace or destroy it?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

/// What deletes a resource without its sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// To delete it.
    pub call: Call,
    /// What it needed, and what is therefore deleted after it.
    pub needs: Vec<Address>,
}

/// The value of a field that a later plan is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// For people: `50 GiB`; the address of a declaration.
    pub value: String,
    /// Exactly, as a fraction of bits, nanoseconds, millionths of money or ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<(i64, i64)>,
    /// Is it the address of a declaration?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reference: bool,
}

/// The fold of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct State {
    /// Whose it is; empty before the first run.
    pub project: String,
    /// Number of the last entry.
    pub serial: u64,
    /// Digest of the last entry.
    pub head: String,
    /// What is settled.
    pub resources: BTreeMap<Address, ResourceState>,
    /// How often a run was begun or taken up; hosts refuse who has a smaller one.
    #[serde(default)]
    pub epoch: u64,
    /// The run that is not over.
    pub unfinished: Option<Unfinished>,
    /// What the last run that was done gives out, as JSON; `null` where it is not known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, serde_json::Value>,
}

/// A run with no end yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Its name.
    pub run: String,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// Who began it.
    pub by: String,
    /// Steps that are done, with what they learned.
    pub done: BTreeMap<StepId, BTreeMap<String, String>>,
    /// Steps whose intent was written and whose outcome was not, or which failed.
    pub open: Vec<StepId>,
    /// Steps that were undone.
    pub undone: Vec<StepId>,
    /// How often each step came to a known end, forward or back; what a host keeps of a step is named by it.
    #[serde(default)]
    pub settled: BTreeMap<StepId, u32>,
    /// Is it going back?
    pub undoing: bool,
    /// The moves that are being undone, or were; empty once a step was begun again after that.
    #[serde(default)]
    pub going_back: Vec<Address>,
    /// Do steps of no move go back too?
    #[serde(default)]
    pub everything: bool,
    /// Moves whose newer writes a person lets go.
    #[serde(default)]
    pub discarded: Vec<Address>,
    /// Resources as they were when the run began, so that an undone step leaves no trace in the state.
    #[serde(default)]
    pub before: BTreeMap<Address, ResourceState>,
}

impl State {
    /// The state after one more entry. The caller has looked at number, digest and version.
    pub fn fold(&mut self, entry: &Entry, digest: &str) {
        self.serial = entry.number;
        digest.clone_into(&mut self.head);
        for record in &entry.records {
            self.fold_record(&entry.run, record);
        }
    }

    fn fold_record(&mut self, run: &str, record: &Record) {
        if matches!(record, Record::Started { .. } | Record::Resumed { .. } | Record::Reopened { .. }) {
            self.epoch += 1;
        }
        match record {
            Record::Started { plan, by } => {
                self.project.clone_from(&plan.project);
                self.unfinished = Some(Unfinished {
                    run: run.to_owned(),
                    plan: Arc::clone(plan),
                    by: by.clone(),
                    done: BTreeMap::new(),
                    open: vec![],
                    undone: vec![],
                    settled: BTreeMap::new(),
                    undoing: false,
                    going_back: vec![],
                    everything: false,
                    discarded: vec![],
                    before: self.resources.clone(),
                });
            }
            Record::Resumed { .. } | Record::Interrupted { .. } => {}
            Record::Intent { step } => self.fold_intent(step),
            Record::Outcome { step, outcome } => self.fold_outcome(step, outcome),
            Record::Reopened { run, .. } => self.unfinished = Some((**run).clone()),
            Record::GoingBack { moves, everything, discarded } => {
                let Some(run) = &mut self.unfinished else { return };
                run.undoing = true;
                run.going_back.clone_from(moves);
                run.everything = *everything;
                run.discarded.clone_from(discarded);
            }
            Record::Undone { step, outcome } => self.fold_undone(step, outcome),
            Record::Ended { end } => {
                let run = self.unfinished.take();
                if let (RunEnd::Done, Some(run)) = (end, run) {
                    self.outputs.clone_from(&run.plan.outputs);
                }
            }
        }
    }

    fn fold_intent(&mut self, id: &StepId) {
        let Some(run) = &mut self.unfinished else { return };
        // A step is only begun when nothing is left to undo: the run goes forward again.
        run.undoing = false;
        run.going_back.clear();
        run.everything = false;
        run.discarded.clear();
        run.undone.retain(|s| s != id);
        if !run.open.contains(id) {
            run.open.push(id.clone());
        }
    }

    fn fold_undone(&mut self, id: &StepId, outcome: &Outcome) {
        let Some(run) = &mut self.unfinished else { return };
        run.undoing = true;
        *run.settled.entry(id.clone()).or_default() += 1;
        if !matches!(outcome, Outcome::Done { .. }) {
            return;
        }
        run.done.remove(id);
        run.open.retain(|s| s != id);
        if !run.undone.contains(id) {
            run.undone.push(id.clone());
        }
        let Some(step) = run.plan.step(id) else { return };
        for address in step.sets.iter().map(|(address, _)| address).chain(&step.removes) {
            match run.before.get(address) {
                Some(resource) => self.resources.insert(address.clone(), resource.clone()),
                None => self.resources.remove(address),
            };
        }
    }

    fn fold_outcome(&mut self, id: &str, outcome: &Outcome) {
        let Some(run) = &mut self.unfinished else { return };
        *run.settled.entry(id.to_owned()).or_default() += 1;
        let Outcome::Done { values, .. } = outcome else { return };
        run.open.retain(|s| s != id);
        run.done.insert(id.to_owned(), values.clone());
        let Some(step) = run.plan.step(id) else { return };
        for address in &step.removes {
            self.resources.remove(address);
        }
        for (address, resource) in &step.sets {
            self.resources.insert(address.clone(), resource.clone());
        }
    }
}
