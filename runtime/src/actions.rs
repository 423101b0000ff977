//! What does an action of a plan do in a world, and how is it told from failure? One function for all; a file each for what is large.
//!
//! Knows neither the order of steps nor the journal, and nothing of how a world is reached.

mod adopt;
mod container;
mod copy;
mod image;
mod probe;
pub mod requirement;
mod verify;

use crate::{Output, World, WorldError, scripts};
use mig_plan::{Action, Digest, Plan, Step, StepId};
use std::collections::BTreeMap;

/// What steps that are done have learned.
pub trait Done {
    /// A value of a step's outcome, by the step's id and the value's name.
    fn value(&self, step: &str, name: &str) -> Option<String>;
}

impl Done for BTreeMap<StepId, BTreeMap<String, String>> {
    fn value(&self, step: &str, name: &str) -> Option<String> {
        self.get(step)?.get(name).cloned()
    }
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub step: StepId,
    /// Bytes that travelled so far.
    pub bytes: u64,
    /// Of so many, if that is known.
    pub total: Option<u64>,
    /// What it is doing, for people: "pass 2: 13 entries of /var/lib/mysql".
    pub text: String,
}

/// A step that did what it should.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Performed {
    /// Did it have to do anything?
    pub changed: bool,
    /// What it learned; never a secret.
    pub values: BTreeMap<String, String>,
}

impl Performed {
    fn new<const N: usize>(changed: bool, values: [(&str, String); N]) -> Self {
        Self { changed, values: values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }
}

/// A step that did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What, where and why, in one line.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Is the effect known? `false`: the connection was lost, and the step may have acted.
    pub certain: bool,
}

impl Failure {
    fn certain(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), certain: true }
    }
}

impl From<WorldError> for Failure {
    fn from(error: WorldError) -> Self {
        let message = error.to_string();
        match error {
            WorldError::Unreachable { help, .. } => Self { message, help, certain: true },
            WorldError::Lost { host, .. } => Self {
                message,
                help: format!("see that {host} is up, then run `migc apply` again: it looks at what happened and goes on"),
                certain: false,
            },
        }
    }
}

/// The name of the mark in a host's record folder that says: this state made what is at the path.
pub fn marker(path: &str) -> String {
    format!("tree-{}", Digest::of_bytes(path.as_bytes()).short(24))
}

/// Does an action of a step: the step's own, or the one that undoes it.
///
/// Every action may be repeated after an interruption. A failure with `certain: false` means that the connection was lost in the
/// middle, and the same action must be performed again to know.
pub async fn perform<W: World>(
    world: &W,
    plan: &Plan,
    step: &Step,
    action: &Action,
    done: &dyn Done,
    progress: &dyn Fn(Progress),
) -> Result<Performed, Failure> {
    let _ = (world, plan, step, action, done, progress);
    todo!()
}
