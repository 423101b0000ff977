//! Which calls did a run make, and for which step? Kept only where it was asked for: a rehearsal asks once.

use crate::Script;
use mig_plan::{HostId, StepId};

/// One call of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// From 1.
    pub number: u64,
    /// The step it was made for, if for one.
    pub step: Option<StepId>,
    /// The hosts that took part; none, if it was the journal.
    pub hosts: Vec<HostId>,
    /// The scripts that ran.
    pub scripts: Vec<&'static str>,
    /// Did it write an entry of the journal?
    pub writes: bool,
}

/// Calls in their order.
#[derive(Default)]
pub(super) struct Log {
    kept: bool,
    attended: Option<StepId>,
    calls: Vec<Call>,
}

impl Log {
    pub(super) fn attend(&mut self, step: Option<&str>) {
        if self.kept {
            self.attended = step.map(str::to_owned);
        }
    }

    pub(super) fn note(&mut self, number: u64, hosts: &[&str], scripts: &[&Script]) {
        if self.kept {
            self.calls.push(Call {
                number,
                step: self.attended.clone(),
                hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
                scripts: scripts.iter().map(|script| script.name).collect(),
                writes: false,
            });
        }
    }

    pub(super) fn writes(&mut self, number: u64) {
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.number == number) {
            call.writes = true;
        }
    }
}

impl super::SimWorld {
    /// Keeps a log of all calls from now on.
    pub fn keep_log(&self) {
        self.log.borrow_mut().kept = true;
    }

    /// The calls since then.
    pub fn logged(&self) -> Vec<Call> {
        self.log.borrow().calls.clone()
    }
}
