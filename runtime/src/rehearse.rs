//! What if apply dies here, or there, or a disk is full, or a host is lost? A plan is applied to a simulated world, once in peace and
//! once with each fault at each step.
//!
//! After each fault the next applies must come to the very same world. Opens no socket, reads no file, and says what a fault costs.

mod fault;
mod judge;
mod ledger;
mod parallel;
mod play;

pub use fault::{Choice, Kind};
#[cfg(test)]
pub(crate) use play::tests;

use crate::{
    executor::Exit,
    preflight::Problem,
    sim::{SimWorld, model},
};
use fault::Place;
use mig_plan::{Facts, HostId, Origin, Plan, StepId, plan::Address};
use parallel::endings;
use play::{Ending, Stage};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// Faults times steps is what a rehearsal costs, and so much of it is done; of more faults, every second, third, … is tried.
pub const WORK_MAX: usize = 2_000_000;
/// At most so many deviations are told.
pub const DEVIATION_COUNT_MAX: usize = 20;

/// What a rehearsal found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rehearsal {
    /// Of this format.
    pub version: u32,
    /// Of the simulated world.
    pub seed: u64,
    /// Steps of the plan.
    pub steps: usize,
    /// Faults that were tried.
    pub faults: usize,
    /// Faults that there are; more than were tried only for a plan that is very long.
    pub possible: usize,
    /// How the apply in peace ended.
    pub exit: Exit,
    /// How long it took, in simulated seconds.
    pub seconds: u64,
    /// What was wrong in peace; then no fault was tried.
    pub problems: Vec<Problem>,
    /// One a kind of fault that was tried.
    pub kinds: Vec<KindRehearsal>,
    /// What a person has to do, and after how many faults; the most frequent first.
    pub chores: Vec<Chore>,
    /// One a service that is down for a while.
    pub downtimes: Vec<Downtime>,
    /// One a move.
    pub moves: Vec<MoveRehearsal>,
    /// Where the plan does not survive; empty if it does.
    pub deviations: Vec<Deviation>,
    /// Deviations in all, told or not.
    pub deviation_count: usize,
    /// What the simulation knows of what this plan does.
    pub models: Vec<model::Model>,
}

/// How the plan fared with faults of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindRehearsal {
    /// Which.
    pub kind: Kind,
    /// How many were tried.
    pub tried: usize,
    /// After so many the same apply went on to the end.
    pub went_on: usize,
    /// After so many another apply did.
    pub resumed: usize,
    /// After so many a move was undone first, and then done.
    pub undone: usize,
    /// After so many a person has to look at a step that may be done only once.
    pub unknown: usize,
    /// After so many it was not as it should be.
    pub failed: usize,
}

/// Something that is left to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chore {
    /// What, in the imperative.
    pub what: String,
    /// After so many faults.
    pub faults: usize,
    /// After which kinds of them.
    pub kinds: Vec<Kind>,
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
    /// At a stretch with the worst of the faults, and a minute until somebody applied again. A host that nobody brings back and a
    /// throttled step do not count: one has no end, the other only scales.
    pub longest_seconds: Option<u64>,
    /// Which fault that was.
    pub longest_with: Option<String>,
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

/// A fault that the plan does not survive as it should, or something that must never happen and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// The step around which it happened; `None` in peace.
    pub step: Option<StepId>,
    /// The kind of fault; `None` in peace.
    pub kind: Option<Kind>,
    /// Where the step comes from.
    pub origin: Option<Origin>,
    /// What happened to it: "migc died after `stop mysql` acted and before its outcome was written".
    pub fault: String,
    /// What came of it, an apply each.
    pub story: Vec<String>,
    /// What differs or was seen, a line each.
    pub what: Vec<String>,
    /// So many more faults came to the very same.
    pub also: usize,
}

impl Rehearsal {
    /// Version of the JSON form.
    pub const VERSION: u32 = 2;

    /// Is the plan one to apply, as far as this can tell?
    pub fn is_sound(&self) -> bool {
        self.deviations.is_empty() && self.problems.is_empty() && matches!(self.exit, Exit::Done | Exit::NotVerified)
    }
}

/// Rehearses a plan in a world made of facts, with these faults. The same arguments give the same result.
pub fn rehearse(plan: &Plan, facts: &BTreeMap<HostId, Facts>, seed: u64, chosen: &[Choice]) -> Rehearsal {
    // The simulated journal is empty, whatever the real one holds.
    let plan = Arc::new(Plan { serial: 0, head: String::new(), ..plan.clone() });
    let world = || SimWorld::with_seed(facts, &plan, seed);
    let (stage, calm) = Stage::with_calm(&plan, &world());
    let is_sound = matches!(calm.ending.exit, Exit::Done | Exit::NotVerified);
    let all = if is_sound { fault::places(&plan, &calm.calls, &calm.ended, chosen) } else { vec![] };
    let possible = all.len();
    let stride = (possible * plan.steps.len()).div_ceil(WORK_MAX).max(1);
    let places: Vec<Place> = all.into_iter().step_by(stride).collect();
    let mut sum = Sum::new(&calm.ending);
    for (place, (ending, what)) in places.iter().zip(endings(&stage, &world, &places, &calm)) {
        sum.add(&plan, place, ending, what);
    }
    Rehearsal {
        version: Rehearsal::VERSION,
        seed,
        steps: plan.steps.len(),
        faults: places.len(),
        possible,
        exit: calm.ending.exit,
        seconds: calm.ending.milliseconds / 1_000,
        problems: calm.ending.problems.clone(),
        kinds: sum.kinds.into_values().collect(),
        chores: chores(sum.chores),
        downtimes: downtimes(&plan, &calm.ending.downtimes, &sum.longest),
        moves: moves(&plan),
        deviation_count: sum.deviation_count,
        deviations: sum.deviations,
        models: model::of_plan(&plan),
    }
}

/// What all endings together say.
struct Sum {
    kinds: BTreeMap<Kind, KindRehearsal>,
    chores: BTreeMap<String, Chore>,
    longest: BTreeMap<Address, (u64, Option<String>)>,
    deviations: Vec<Deviation>,
    deviation_count: usize,
}

impl Sum {
    fn new(calm: &Ending) -> Self {
        let mut sum = Self {
            kinds: BTreeMap::new(),
            chores: BTreeMap::new(),
            longest: calm.downtimes.iter().map(|(address, &ms)| (address.clone(), (ms, None))).collect(),
            deviations: vec![],
            deviation_count: 0,
        };
        if !calm.violations.is_empty() {
            let what = calm.violations.clone();
            let fault = "without any fault".to_owned();
            sum.deviations.push(Deviation { step: None, kind: None, origin: None, fault, story: calm.story.clone(), what, also: 0 });
            sum.deviation_count = 1;
        }
        sum
    }

    fn add(&mut self, plan: &Plan, place: &Place, ending: Ending, what: Vec<String>) {
        let empty = KindRehearsal { kind: place.kind, tried: 0, went_on: 0, resumed: 0, undone: 0, unknown: 0, failed: 0 };
        let row = self.kinds.entry(place.kind).or_insert(empty);
        row.tried += 1;
        let (count, chore) = if !what.is_empty() {
            (&mut row.failed, None)
        } else if !ending.unknown.is_empty() {
            (&mut row.unknown, Some("look whether the step has acted, then `migc apply --abandon RUN` and plan anew"))
        } else if ending.undone {
            (&mut row.undone, Some(place.kind.chore()))
        } else if ending.applies > 1 {
            (&mut row.resumed, Some(place.kind.chore()))
        } else {
            (&mut row.went_on, Some("nothing: the run goes on by itself"))
        };
        *count += 1;
        if let Some(what) = chore {
            self.note_chore(what.to_owned(), place.kind);
        }
        for container in ending.unstarted.iter().filter(|_| what.is_empty()) {
            self.note_chore(format!("start {container}: its restart policy does not after a power cut"), place.kind);
        }
        if place.kind.measures_downtime() {
            for (address, ms) in &ending.downtimes {
                let known = self.longest.entry(address.clone()).or_default();
                if *ms > known.0 {
                    *known = (*ms, Some(place.story.clone()));
                }
            }
        }
        if what.is_empty() {
            return;
        }
        self.deviation_count += 1;
        if let Some(same) = self.deviations.iter_mut().find(|known| known.what == what) {
            same.also += 1;
        } else if self.deviations.len() < DEVIATION_COUNT_MAX {
            let origin = plan.step(&place.step).map(|step| step.origin.clone());
            let (step, kind) = (Some(place.step.clone()), Some(place.kind));
            self.deviations.push(Deviation { step, kind, origin, fault: place.story.clone(), story: ending.story, what, also: 0 });
        }
    }
}

impl Sum {
    fn note_chore(&mut self, what: String, kind: Kind) {
        let chore = self.chores.entry(what.clone()).or_insert(Chore { what, faults: 0, kinds: vec![] });
        chore.faults += 1;
        if !chore.kinds.contains(&kind) {
            chore.kinds.push(kind);
        }
    }
}

fn chores(chores: BTreeMap<String, Chore>) -> Vec<Chore> {
    let mut chores: Vec<Chore> = chores.into_values().collect();
    chores.sort_by_key(|chore| std::cmp::Reverse(chore.faults));
    chores
}

fn downtimes(plan: &Plan, calm: &BTreeMap<Address, u64>, longest: &BTreeMap<Address, (u64, Option<String>)>) -> Vec<Downtime> {
    let of = |forecast: &mig_plan::Forecast| Downtime {
        address: forecast.address.clone(),
        forecast_seconds: forecast.downtime_seconds,
        seconds: calm.get(&forecast.address).map(|ms| ms / 1_000),
        longest_seconds: longest.get(&forecast.address).map(|(ms, _)| ms / 1_000),
        longest_with: longest.get(&forecast.address).and_then(|(_, with)| with.clone()),
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
