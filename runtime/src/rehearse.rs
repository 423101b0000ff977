//! What if apply dies here, or there? A plan is applied to a simulated world, once in peace and once with a crash around every step.
//!
//! After each crash the next applies must come to the very same world. Opens no socket, reads no file, and says what a crash costs.

mod play;

use crate::{executor::Exit, preflight::Problem};
use mig_plan::{Facts, HostId, Plan, StepId, plan::Address};
use play::{Ending, Moments, Stage};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// At most so many crashes are tried; of more, every second, third, … is.
pub const FAULT_COUNT_MAX: usize = 1_000;
/// At most so many deviations are told.
pub const DEVIATION_COUNT_MAX: usize = 20;
/// A world that differs is told by so many lines at most.
const DIFFERENCE_COUNT_MAX: usize = 6;

/// What a rehearsal found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rehearsal {
    /// Of this format.
    pub version: u32,
    /// Of the simulated world.
    pub seed: u64,
    /// Steps of the plan.
    pub steps: usize,
    /// Crashes that were tried.
    pub faults: usize,
    /// How the apply in peace ended.
    pub exit: Exit,
    /// How long it took, in simulated seconds.
    pub seconds: u64,
    /// What was wrong in peace; then no crash was tried.
    pub problems: Vec<Problem>,
    /// One a service that is down for a while.
    pub downtimes: Vec<Downtime>,
    /// One a move.
    pub moves: Vec<MoveRehearsal>,
    /// Where the plan does not survive; empty if it does.
    pub deviations: Vec<Deviation>,
}

/// How long a service was down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Downtime {
    /// The service.
    pub address: Address,
    /// By the plan's own estimate.
    pub forecast_seconds: Option<u64>,
    /// In peace, in simulated seconds; `None` if it never came up.
    pub seconds: Option<u64>,
    /// With the worst of the crashes, and a minute until somebody applied again.
    pub longest_seconds: Option<u64>,
}

/// Where a move stops being reversible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoveRehearsal {
    /// The move.
    pub address: Address,
    /// The step after which only a reverse move leads back.
    pub point_of_no_return: Option<StepId>,
    /// Its title.
    pub title: Option<String>,
}

/// A crash that the plan does not survive as it should, or something that must never happen and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// The step around which it happened; `None` in peace.
    pub step: Option<StepId>,
    /// What was done to it: "crash after `stop mysql` and before its outcome was written".
    pub fault: String,
    /// What differs or was seen, a line each.
    pub what: Vec<String>,
}

impl Rehearsal {
    /// Version of the JSON form.
    pub const VERSION: u32 = 1;

    /// Is the plan one to apply, as far as this can tell?
    pub fn is_sound(&self) -> bool {
        self.deviations.is_empty() && self.problems.is_empty() && matches!(self.exit, Exit::Done | Exit::NotVerified)
    }
}

/// Rehearses a plan in a world made of facts. The same arguments give the same result.
pub fn rehearse(plan: &Plan, facts: &BTreeMap<HostId, Facts>, seed: u64) -> Rehearsal {
    // The simulated journal is empty, whatever the real one holds.
    let plan = Plan { serial: 0, head: String::new(), ..plan.clone() };
    let stage = Stage { plan: &plan, facts, seed };
    let (calm, moments) = stage.in_peace();
    let mut deviations = vec![];
    if !calm.violations.is_empty() {
        deviations.push(Deviation { step: None, fault: "without any crash".to_owned(), what: calm.violations.clone() });
    }
    let mut longest = calm.downtimes.clone();
    let mut faults = 0;
    if matches!(calm.exit, Exit::Done | Exit::NotVerified) {
        for fault in chosen(moments) {
            faults += 1;
            let ending = stage.with_crash(fault.fault);
            for (address, seconds) in &ending.downtimes {
                let known = longest.entry(address.clone()).or_default();
                *known = (*known).max(*seconds);
            }
            let what = differences(&calm, &ending);
            if !what.is_empty() && deviations.len() < DEVIATION_COUNT_MAX {
                deviations.push(Deviation { step: Some(fault.step), fault: fault.story, what });
            }
        }
    }
    Rehearsal {
        version: Rehearsal::VERSION,
        seed,
        steps: plan.steps.len(),
        faults,
        exit: calm.exit,
        seconds: calm.seconds,
        problems: calm.problems,
        downtimes: downtimes(&plan, &calm.downtimes, &longest),
        moves: moves(&plan),
        deviations,
    }
}

fn chosen(moments: Moments) -> Vec<play::Crash> {
    let stride = moments.len().div_ceil(FAULT_COUNT_MAX).max(1);
    moments.into_iter().step_by(stride).collect()
}

fn differences(calm: &Ending, other: &Ending) -> Vec<String> {
    let mut what: Vec<String> = other.violations.iter().filter(|v| !calm.violations.contains(v)).cloned().collect();
    if other.exit != calm.exit {
        let first = other.problems.first().map(|p| format!(": {}", p.message)).unwrap_or_default();
        what.push(format!("it ended with {} instead of {}{first}", other.exit.code(), calm.exit.code()));
    }
    let keys: BTreeSet<&String> = calm.world.keys().chain(other.world.keys()).collect();
    let missing = "(nothing)".to_owned();
    for key in keys {
        let (was, is) = (calm.world.get(key).unwrap_or(&missing), other.world.get(key).unwrap_or(&missing));
        if was != is && what.len() < DIFFERENCE_COUNT_MAX {
            what.push(format!("{key}: {is}, and without the crash {was}"));
        }
    }
    what
}

fn downtimes(plan: &Plan, calm: &BTreeMap<Address, u64>, longest: &BTreeMap<Address, u64>) -> Vec<Downtime> {
    let of = |forecast: &mig_plan::Forecast| Downtime {
        address: forecast.address.clone(),
        forecast_seconds: forecast.downtime_seconds,
        seconds: calm.get(&forecast.address).copied(),
        longest_seconds: longest.get(&forecast.address).copied(),
    };
    plan.forecasts.iter().map(of).collect()
}

fn moves(plan: &Plan) -> Vec<MoveRehearsal> {
    let of = |summary: &mig_plan::MoveSummary| {
        let step = summary.point_of_no_return.as_ref().and_then(|id| plan.step(id));
        MoveRehearsal {
            address: summary.address.clone(),
            point_of_no_return: step.map(|s| s.id.clone()),
            title: step.map(|s| s.title.clone()),
        }
    };
    plan.moves.iter().map(of).collect()
}
