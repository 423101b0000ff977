//! What is told while a run acts? A closed list of events; one printer turns them into lines, bars or JSON.
//!
//! Knows neither terminals nor languages. With `--json` each event is one line, as serde writes it.

use mig_plan::{HostId, StepId, plan::Address};
use serde::Serialize;

impl Event {
    /// Version of the JSON form; a field that goes or changes its meaning raises it.
    pub const VERSION: u32 = 1;
}

/// One thing that happened just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The hosts are asked whether all that the plan requires of them holds; nothing is changed yet.
    Preflight {
        /// Which hosts.
        hosts: Vec<HostId>,
        /// How many requirements are looked at, beside those every host has.
        requirements: usize,
    },
    /// A run begins.
    Started {
        /// Its name in the journal.
        run: String,
        /// Steps of its plan.
        steps: usize,
    },
    /// A run that was unfinished goes on, with the plan it began with.
    Resumed {
        /// Its name in the journal.
        run: String,
        /// Who began it: `user@machine`.
        by: String,
        /// Steps of its plan.
        steps: usize,
        /// Steps that are done already.
        done: usize,
        /// Is the plan that was given now the one the run began with?
        same_plan: bool,
        /// Is it going back rather than on?
        undoing: bool,
    },
    /// A step begins.
    StepStarted {
        /// Which.
        step: StepId,
        /// What, in the imperative.
        title: String,
    },
    /// A step has come further.
    Progress {
        /// Which.
        step: StepId,
        /// Bytes that travelled so far.
        bytes: u64,
        /// Of so many, if that is known.
        total: Option<u64>,
        /// What it is doing, for people.
        text: String,
    },
    /// A connection was lost, and the step is done again because it may be.
    Retrying {
        /// Which.
        step: StepId,
        /// What was seen.
        message: String,
        /// Milliseconds until then.
        milliseconds: u64,
    },
    /// A step is done.
    StepDone {
        /// Which.
        step: StepId,
        /// Did it have to do anything?
        changed: bool,
        /// Wall time.
        milliseconds: u64,
    },
    /// A step is not done.
    StepFailed {
        /// Which.
        step: StepId,
        /// What, where and why, in one line.
        message: String,
        /// What to do.
        help: String,
    },
    /// A step is not begun in this run.
    Skipped {
        /// Which.
        step: StepId,
        /// Why, as a clause: "a step it needs failed".
        why: String,
    },
    /// All that these moves did is undone, last step first.
    GoingBack {
        /// Which moves.
        moves: Vec<Address>,
        /// What belongs to no move too?
        everything: bool,
    },
    /// A step is being undone.
    Undoing {
        /// Which.
        step: StepId,
        /// Its title, as planned.
        title: String,
    },
    /// A step was undone.
    Undone {
        /// Which.
        step: StepId,
        /// Was there anything to do?
        changed: bool,
    },
    /// A step could not be undone.
    UndoFailed {
        /// Which.
        step: StepId,
        /// What, where and why, in one line.
        message: String,
        /// What to do.
        help: String,
    },
    /// The run ended or stopped.
    Ended {
        /// The exit status of the program.
        exit: i32,
        /// Steps that are done.
        done: usize,
        /// Of so many.
        steps: usize,
    },
}
