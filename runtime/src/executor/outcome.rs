//! What did an apply come to? An exit status, what is wrong, and a summary for people.
//!
//! Prints nothing; the same value is what `--json` ends with.

use crate::{journal::JournalError, preflight::Problem};
use mig_plan::{Plan, journal::Unfinished};
use serde::Serialize;

/// How it ended; the numbers are the program's exit statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// 0: all is done.
    Done,
    /// 1: refused, and nothing was done.
    Refused,
    /// 3: somebody else holds the state.
    Held,
    /// 4: stopped part-way; the next `migc apply` goes on.
    PartWay,
    /// 5: done, and something could not be verified.
    NotVerified,
    /// 6: a step failed, and all that was done was undone.
    Undone,
    /// 130: interrupted before anything was started.
    Interrupted,
}

impl Exit {
    /// The exit status of the program.
    pub fn code(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Held => 3,
            Self::PartWay => 4,
            Self::NotVerified => 5,
            Self::Undone => 6,
            Self::Interrupted => 130,
        }
    }
}

/// What an apply came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApplyResult {
    /// How it ended.
    pub exit: Exit,
    /// The run in the journal, if one began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Is the plan that was applied the one that was given? `false`: an unfinished run went on with its own.
    pub same_plan: bool,
    /// Steps of the plan.
    pub steps: usize,
    /// Steps that are done now.
    pub done: usize,
    /// Steps that were undone.
    pub undone: usize,
    /// What is wrong, failed steps first.
    pub problems: Vec<Problem>,
    /// For people, a line each: what was done, what was not, and what to type next.
    pub summary: Vec<String>,
}

impl ApplyResult {
    /// Of a plan of which nothing was done.
    pub fn new(exit: Exit, plan: &Plan, problems: Vec<Problem>, summary: Vec<String>) -> Self {
        Self { exit, run: None, same_plan: true, steps: plan.steps.len(), done: 0, undone: 0, problems, summary }
    }

    pub(super) fn nothing_to_do(plan: &Plan) -> Self {
        Self::new(Exit::Done, plan, vec![], vec!["nothing to do".to_owned()])
    }

    pub(super) fn interrupted(plan: &Plan) -> Self {
        Self::new(Exit::Interrupted, plan, vec![], vec!["interrupted; nothing was changed".to_owned()])
    }

    pub(crate) fn refused(plan: &Plan, problems: Vec<Problem>) -> Self {
        let summary = format!("refused: {}; nothing was changed", count(problems.len(), "problem"));
        Self::new(Exit::Refused, plan, problems, vec![summary])
    }

    /// The journal could not be read, or its first entry not be written.
    pub(super) fn no_journal(plan: &Plan, error: &JournalError) -> Self {
        let exit = if error.is_of_another() { Exit::Held } else { Exit::Refused };
        let problem = Problem::new(error.to_string(), error.help());
        Self::new(exit, plan, vec![problem], vec!["nothing was changed".to_owned()])
    }

    /// An unfinished run that could not go on; nothing was written.
    pub(super) fn stopped(plan: &Plan, unfinished: &Unfinished, problems: Vec<Problem>, same_plan: bool) -> Self {
        let done = format!("run {} is unfinished: {} of {} done", unfinished.run, unfinished.done.len(), count(plan.steps.len(), "step"));
        let when = if problems.is_empty() { "goes on from here" } else { "goes on when that is mended" };
        let summary = vec![done, format!("nothing more was changed; `migc apply` {when}")];
        Self {
            run: Some(unfinished.run.clone()),
            done: unfinished.done.len(),
            undone: unfinished.undone.len(),
            same_plan,
            ..Self::new(Exit::PartWay, plan, problems, summary)
        }
    }
}

/// `1 step`, `2 steps`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
