//! How is one apply played in a simulated world, with a crash or without, and what is left in the end?
//!
//! Compares nothing; that is done by whoever has two endings.

use crate::{
    event::Event,
    executor::{Exit, Options, apply},
    preflight::Problem,
    sim::{Fault, SimWorld},
};
use mig_plan::{Entry, Facts, HostId, Plan, Record, RunEnd, State, StepId, plan::Address};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// After a crash somebody applies again so many times at most.
const APPLY_COUNT_MAX: u32 = 4;
/// And so long after it.
const APPLY_AGAIN_MS: u64 = 60_000;

/// A plan, the facts its world is made of, and the seed.
pub(super) struct Stage<'a> {
    pub(super) plan: &'a Plan,
    pub(super) facts: &'a BTreeMap<HostId, Facts>,
    pub(super) seed: u64,
}

/// What was left.
pub(super) struct Ending {
    pub(super) exit: Exit,
    pub(super) problems: Vec<Problem>,
    /// World and state, line by line.
    pub(super) world: BTreeMap<String, String>,
    pub(super) violations: Vec<String>,
    /// Simulated seconds, by service.
    pub(super) downtimes: BTreeMap<Address, u64>,
    /// All of it, in simulated seconds.
    pub(super) seconds: u64,
}

/// A crash worth trying.
pub(super) struct Crash {
    pub(super) step: StepId,
    pub(super) fault: Fault,
    /// For people.
    pub(super) story: String,
}

/// In the order of an apply in peace.
pub(super) type Moments = Vec<Crash>;

/// What was seen of the steps of an apply.
#[derive(Default)]
struct Seen {
    /// Calls before each step, and the last call of each, in the order they ended.
    begun: BTreeMap<StepId, u64>,
    ended: Vec<(StepId, u64)>,
    /// Milliseconds since 1970 when each step first began, and last ended.
    began_ms: BTreeMap<StepId, u64>,
    ended_ms: BTreeMap<StepId, u64>,
}

impl Seen {
    fn note(&mut self, event: &Event, world: &SimWorld) {
        use crate::World as _;
        match event {
            Event::StepStarted { step, .. } => {
                self.begun.insert(step.clone(), world.calls());
                self.began_ms.entry(step.clone()).or_insert(world.now_ms());
            }
            Event::StepDone { step, .. } => {
                self.ended.push((step.clone(), world.last_effect()));
                self.ended_ms.insert(step.clone(), world.now_ms());
            }
            _ => {}
        }
    }
}

impl Stage<'_> {
    /// One apply without any fault, and all the crashes that it offers.
    pub(super) fn in_peace(&self) -> (Ending, Moments) {
        let world = SimWorld::with_seed(self.facts, self.plan, self.seed);
        let (ending, seen) = self.until_done(&world);
        let moments = self.moments(&world, &seen);
        (ending, moments)
    }

    /// One apply that crashes, and those after it.
    pub(super) fn with_crash(&self, fault: Fault) -> Ending {
        let world = SimWorld::with_seed(self.facts, self.plan, self.seed);
        world.inject(fault);
        self.until_done(&world).0
    }

    fn until_done(&self, world: &SimWorld) -> (Ending, Seen) {
        use crate::World as _;
        let seen = RefCell::new(Seen::default());
        let tell = |event: Event| seen.borrow_mut().note(&event, world);
        // The clock stands inside the window, but a crash may lead out of it.
        let options = Options { by: "rehearsal".to_owned(), ignore_window: true, ..Options::default() };
        let began_ms = world.now_ms();
        let mut result = None;
        for _ in 0..APPLY_COUNT_MAX {
            result = world.drive(apply(world, self.plan, &options, &tell));
            match &result {
                Some(result) if result.exit != Exit::PartWay => break,
                None if is_over(world) => break,
                _ => world.set_now_ms(world.now_ms() + APPLY_AGAIN_MS),
            }
        }
        let seconds = world.now_ms().saturating_sub(began_ms) / 1_000;
        let (exit, problems) = match result {
            Some(result) => (result.exit, result.problems),
            None if is_over(world) => (Exit::Done, vec![]),
            None => (Exit::PartWay, vec![]),
        };
        let seen = seen.into_inner();
        let downtimes = self.downtimes(&seen);
        let ending = Ending { exit, problems, world: self.end_of(world), violations: world.violations(), downtimes, seconds };
        (ending, seen)
    }

    fn downtimes(&self, seen: &Seen) -> BTreeMap<Address, u64> {
        let of = |forecast: &mig_plan::Forecast| {
            let (down, up) = (seen.began_ms.get(&forecast.down)?, seen.ended_ms.get(&forecast.up)?);
            Some((forecast.address.clone(), up.saturating_sub(*down) / 1_000))
        };
        self.plan.forecasts.iter().filter_map(of).collect()
    }

    /// Around each step: before it acted, in its middle, before its outcome was written, after.
    fn moments(&self, world: &SimWorld, seen: &Seen) -> Moments {
        let mut known = BTreeSet::new();
        let mut moments = vec![];
        for (step, last) in &seen.ended {
            let title = self.plan.step(step).map_or("", |s| s.title.as_str());
            let first = seen.begun.get(step).copied().unwrap_or(*last) + 1;
            let mut add = |before: bool, call: u64, story: String| {
                if known.insert((before, call)) {
                    let fault = if before { Fault::CrashBefore(call) } else { Fault::CrashAfter(call) };
                    moments.push(Crash { step: step.clone(), fault, story });
                }
            };
            add(true, first, format!("a crash when `{title}` was about to act"));
            if last.saturating_sub(first) > 1 {
                add(false, first + (last - first) / 2, format!("a crash in the middle of `{title}`"));
            }
            add(false, *last, format!("a crash after `{title}` and before its outcome was written"));
            if let Some(write) = world.next_write_after(*last) {
                add(false, write, format!("a crash right after `{title}`"));
            }
        }
        moments
    }
}

/// Did the crash come when the end was written already?
fn is_over(world: &SimWorld) -> bool {
    let last = (1..).map_while(|number| world.entry(number)).last();
    let entry = last.and_then(|bytes| serde_json::from_slice::<Entry>(&bytes).ok());
    entry.is_some_and(|entry| matches!(entry.records.last(), Some(Record::Ended { end: RunEnd::Done })))
}

impl Stage<'_> {
    /// World and state in the end.
    fn end_of(&self, world: &SimWorld) -> BTreeMap<String, String> {
        let mut lines = world.fingerprint();
        let state = self.state_of(world);
        for (address, resource) in state.resources {
            lines.insert(format!("state: {address}"), format!("{} {} {:?}", resource.kind, resource.digest, resource.attributes));
        }
        lines.insert("state: unfinished run".to_owned(), state.unfinished.map_or_else(|| "none".to_owned(), |_| "one".to_owned()));
        lines
    }

    /// The fold of a journal whose first entry only holds the plan: that entry is not read again, because it is long.
    fn state_of(&self, world: &SimWorld) -> State {
        let mut state = State::default();
        if world.entry(1).is_none() {
            return state;
        }
        let started = Record::Started { plan: Box::new(self.plan.clone()), by: String::new() };
        let first =
            Entry { version: Entry::VERSION, number: 1, previous: String::new(), run: String::new(), time_ms: 0, records: vec![started] };
        state.fold(&first, "");
        for bytes in (2..).map_while(|number| world.entry(number)) {
            if let Ok(entry) = serde_json::from_slice::<Entry>(&bytes) {
                state.fold(&entry, "");
            }
        }
        state
    }
}
