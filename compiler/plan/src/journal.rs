//! What has happened? Entries of the journal, and the state that is their fold, which is made in [`crate::fold`].
//!
//! An entry is one object, created only if its number is free; it names the digest of the one before.

use crate::{
    Call,
    plan::{Address, Plan, StepId},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One object of the journal: records that were written together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Of this format: [`Entry::VERSION`].
    pub version: u32,
    /// From 1, without gaps.
    pub number: u64,
    /// Digest of the entry before, as bytes; empty for the first.
    pub previous: String,
    /// The run that wrote it: a function of the plan and the entry it began at; empty where a person changed the state itself.
    pub run: String,
    /// Milliseconds since 1970, by the operator's clock.
    pub time_ms: u64,
    /// In order.
    pub records: Vec<Record>,
}

impl State {
    /// Moves that are done and whose way back is open.
    pub fn unconfirmed(&self) -> impl Iterator<Item = (&Address, &ResourceState)> {
        self.resources.iter().filter(|(_, resource)| resource.is_move() && !resource.confirmed)
    }

    /// Has a person closed the way back of that move?
    pub fn is_confirmed(&self, address: &str) -> bool {
        self.resources.get(address).is_some_and(|resource| resource.confirmed)
    }
}

impl Entry {
    /// The version this program writes; it reads those before too. 2 brought [`Record::Snapshot`] and [`Record::Forgotten`], 3
    /// [`Record::Confirmed`] and plans that go back over a run.
    pub const VERSION: u32 = 3;
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// What all entries before this one come to, so that nobody has to read them. The first record of its entry, while no run is
    /// unfinished.
    Snapshot {
        /// Before any other record of the entry; its serial and head are those of the entry before.
        state: Box<State>,
    },
    /// A person told the state to forget resources, which stay as they are in the world. Of no run.
    Forgotten {
        /// Which.
        addresses: Vec<Address>,
        /// `user@machine`.
        by: String,
    },
    /// A person has closed the way back of moves that are done. Of no run.
    Confirmed {
        /// Which.
        moves: Vec<Address>,
        /// `user@machine`.
        by: String,
    },
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
    /// Of a move that is done: did a person close the way back?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

impl ResourceState {
    /// Is it a move that is done?
    pub fn is_move(&self) -> bool {
        self.removal.is_none() && ["from", "to"].iter().all(|name| self.attributes.contains_key(*name))
    }
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
    pub open: BTreeSet<StepId>,
    /// Steps that were undone.
    pub undone: BTreeSet<StepId>,
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
