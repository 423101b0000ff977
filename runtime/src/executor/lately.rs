//! What did hosts say a moment ago, when they were asked for the plan? Then nobody asks them the same again before the first change.
//!
//! An answer counts once, for a short while, and only until something was done that it may be about. Afterwards, in a run that is taken up, and
//! on the way back, hosts are asked anew.

use crate::Output;
use mig_plan::{Action, HostId, Step, StepId};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So old an answer may be. A person may read the plan for longer than that, and then it counts no more.
const AGE_MAX_MS: u64 = 30_000;

/// What hosts said; see [`crate::observe::observe_to_act`].
#[derive(Debug, Clone, Default)]
pub struct Lately {
    /// By the host, or name server, and [`mig_plan::Ask::key`].
    answers: BTreeMap<(String, String), Said<Value>>,
    /// What `scripts/who.sh` answered.
    hosts: BTreeMap<HostId, Said<Who>>,
    /// Steps that have changed something, or need one that has.
    touched: BTreeSet<StepId>,
}

#[derive(Debug, Clone)]
struct Said<T> {
    what: T,
    /// When it was asked, as [`crate::World::elapsed_ms`].
    asked_ms: u64,
}

/// Who we are on a host, and what its clock shows.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) output: Output,
    /// By the operator's clock: before it was asked, and after it answered.
    pub(crate) between_ms: (u64, u64),
}

impl Lately {
    /// Keeps an answer.
    pub(crate) fn note(&mut self, host: &str, key: String, answer: Value, asked_ms: u64) {
        self.answers.insert((host.to_owned(), key), Said { what: answer, asked_ms });
    }

    /// Keeps who we are on a host.
    pub(crate) fn note_who(&mut self, host: &str, who: Who, asked_ms: u64) {
        self.hosts.insert(host.to_owned(), Said { what: who, asked_ms });
    }

    /// Who we are on a host.
    pub(crate) fn who(&self, host: &str, now_ms: u64) -> Option<&Who> {
        self.hosts.get(host).filter(|said| said.is_new(now_ms)).map(|said| &said.what)
    }

    /// What the host answered to the question of that key, which a step asks before it acts. The second time nothing is known.
    pub(super) fn take(&mut self, step: &Step, host: &str, key: String, now_ms: u64) -> Option<Value> {
        let said = self.answers.remove(&(host.to_owned(), key))?;
        (said.is_new(now_ms) && !self.is_touched(step)).then_some(said.what)
    }

    /// A step has come to an end, and `acted` unless it is certain that it changed nothing.
    pub(super) fn ended(&mut self, step: &Step, acted: bool) {
        if acted {
            let hosts = step.action.hosts();
            let place = if let Action::Call(call) = &step.action { Some(call.look.request.place()) } else { None };
            self.answers.retain(|(host, _), _| !hosts.contains(&host) && place != Some(host.as_str()));
        }
        // What only looked may have found what one before it has changed.
        if acted || self.is_touched(step) {
            self.touched.insert(step.id.clone());
        }
    }

    /// Nothing counts any more.
    pub(super) fn forget(&mut self) {
        self.answers.clear();
    }

    fn is_touched(&self, step: &Step) -> bool {
        step.needs.iter().any(|need| self.touched.contains(need))
    }
}

impl<T> Said<T> {
    fn is_new(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.asked_ms) < AGE_MAX_MS
    }
}
