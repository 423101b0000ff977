//! How is one apply played in a simulated world, with a fault or without, and what is left in the end?
//!
//! Somebody applies again as long as there is something to do, and mends between two applies what only a person can. Compares
//! nothing; that is done by whoever has two endings.

use super::{fault::Place, judge};
use crate::{
    downtime::Downtimes,
    event::Event,
    executor::{Exit, Options, apply},
    preflight::Problem,
    sim::{Call, SimWorld},
};
use mig_plan::{Class, Digest, Entry, Facts, Fold, HostId, Outcome, Plan, Record, RunEnd, State, Step, StepId, plan::Address};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// After a fault somebody applies again so many times at most.
const APPLY_COUNT_MAX: usize = 12;
/// And so long after it.
const APPLY_AGAIN_MS: u64 = 60_000;
/// What only a person mends is mended after so many applies, so that one is tried without.
const MENDED_AFTER_APPLIES: usize = 2;
/// Whatever goes wrong, an apply is over so long after the time it takes in peace, times what is throttled.
const APPLY_MAX_MS: u64 = 6 * 3_600_000;
const THROTTLE: u64 = 101;

/// A plan, the facts its world is made of, and the seed.
pub(super) struct Stage<'a> {
    pub(super) plan: &'a Arc<Plan>,
    pub(super) facts: &'a BTreeMap<HostId, Facts>,
    pub(super) seed: u64,
}

/// What was left.
pub(super) struct Ending {
    pub(super) exit: Exit,
    pub(super) problems: Vec<Problem>,
    /// One an apply: how far it came and how it ended.
    pub(super) story: Vec<String>,
    pub(super) applies: usize,
    /// Was a move undone, or all of it, before it was done?
    pub(super) undone: bool,
    /// Steps that nobody may do again and nobody knows of; then a person has to look.
    pub(super) unknown: Vec<StepId>,
    /// Containers that a person has to start, as their restart policy says.
    pub(super) unstarted: Vec<String>,
    /// World and state, line by line.
    pub(super) world: BTreeMap<String, String>,
    pub(super) violations: Vec<String>,
    /// The longest wait in simulated milliseconds, by service.
    pub(super) downtimes: BTreeMap<Address, u64>,
    /// All of it, in simulated milliseconds.
    pub(super) milliseconds: u64,
}

/// What an apply in peace did.
pub(super) struct Calm {
    pub(super) ending: Ending,
    pub(super) calls: Vec<Call>,
    /// Steps in the order they were done, each with the number of calls until then.
    pub(super) ended: Vec<(StepId, u64)>,
    /// The world before it, line by line.
    pub(super) before: BTreeMap<String, String>,
}

/// What was seen of the steps of all applies.
#[derive(Default)]
struct Seen {
    ended: Vec<(StepId, u64)>,
    down: Downtimes,
    /// The longest of each service, in milliseconds.
    downtimes: BTreeMap<Address, u64>,
    undone: bool,
    /// Steps that were done since the last apply began.
    done: usize,
}

impl Seen {
    fn note(&mut self, plan: &Plan, event: &Event, world: &SimWorld) {
        for (forecast, milliseconds) in self.down.note(plan, event, world.true_ms()) {
            let longest = self.downtimes.entry(forecast.address.clone()).or_default();
            *longest = (*longest).max(milliseconds);
        }
        match event {
            Event::StepDone { step, .. } => {
                self.done += 1;
                self.ended.push((step.clone(), world.calls()));
            }
            Event::Undone { .. } => self.undone = true,
            _ => {}
        }
    }
}

impl Stage<'_> {
    fn world(&self) -> SimWorld {
        SimWorld::with_seed(self.facts, self.plan, self.seed)
    }

    /// One apply without any fault.
    pub(super) fn in_peace(&self) -> Calm {
        let world = self.world();
        let before = world.fingerprint();
        world.keep_log();
        let (ending, seen) = self.until_done(&world, None, u64::MAX);
        Calm { ending, calls: world.logged(), ended: seen.ended, before }
    }

    /// One apply that meets a fault, and those after it.
    pub(super) fn with_fault(&self, place: &Place, calm: &Calm) -> Ending {
        let world = self.world();
        world.inject(place.fault.clone());
        let limit_ms = calm.ending.milliseconds.saturating_mul(THROTTLE).saturating_add(APPLY_MAX_MS);
        self.until_done(&world, Some(calm), limit_ms).0
    }

    fn until_done(&self, world: &SimWorld, calm: Option<&Calm>, limit_ms: u64) -> (Ending, Seen) {
        let seen = RefCell::new(Seen::default());
        let tell = |event: Event| seen.borrow_mut().note(self.plan, &event, world);
        let began_ms = world.true_ms();
        let mut plan = Arc::clone(self.plan);
        let mut ledger = Ledger { plan: Arc::clone(self.plan), world, begins: vec![self.plan.serial + 1] };
        let mut violations = BTreeSet::new();
        let (mut story, mut unknown, mut problems) = (vec![], vec![], vec![]);
        let mut exit = Exit::PartWay;
        for number in 1..=APPLY_COUNT_MAX {
            // The clock stands inside the window, but a fault may lead out of it.
            let options = Options { by: "rehearsal".to_owned(), ignore_window: true, ..Options::default() };
            let stop = options.stop.clone();
            world.on_interrupt(move || stop.ask());
            world.give_up_at_ms(world.true_ms().saturating_add(limit_ms));
            let result = world.drive(apply(world, &plan, &options, &tell));
            let done = std::mem::take(&mut seen.borrow_mut().done);
            let is_stuck = done == 0 && number > MENDED_AFTER_APPLIES + 1;
            let is_dead = result.is_none();
            story.push(told(number, done, result.as_ref()));
            exit = match (result, is_dead.then(|| ledger.end()).flatten()) {
                (Some(result), _) => {
                    problems = result.problems;
                    result.exit
                }
                // It died when all was written.
                (None, Some(RunEnd::Done)) => Exit::Done,
                (None, Some(RunEnd::Undone)) => Exit::Undone,
                (None, _) => Exit::PartWay,
            };
            if matches!(exit, Exit::Done | Exit::NotVerified) || calm.is_none() || violations.len() + world.violations().len() > 0 {
                break;
            }
            if exit == Exit::Undone {
                seen.borrow_mut().undone = true;
                // Hosts that are away have to be back before it can be seen what is left of them.
                world.mend();
                world.wait_for_hosts();
                violations.extend(calm.into_iter().flat_map(|calm| judge::left_behind(self.plan, &calm.before, &world.fingerprint())));
                let state = ledger.state();
                ledger.begins.push(state.serial + 1);
                plan = Arc::new(Plan { serial: state.serial, head: state.head, ..(**self.plan).clone() });
            }
            unknown = self.unknown_once(&ledger);
            if !unknown.is_empty() {
                break;
            }
            if is_stuck {
                break;
            }
            if number >= MENDED_AFTER_APPLIES {
                world.mend();
                world.wait_for_hosts();
            }
            world.set_now_ms(world.true_ms() + APPLY_AGAIN_MS);
        }
        let seen = seen.into_inner();
        violations.extend(world.violations());
        violations.extend(self.done_twice(&ledger));
        let ending = Ending {
            exit,
            problems,
            applies: story.len(),
            story,
            undone: seen.undone,
            unknown,
            unstarted: world.unstarted(),
            world: end_of(world, &ledger),
            violations: violations.into_iter().collect(),
            downtimes: seen.downtimes.clone(),
            milliseconds: world.true_ms().saturating_sub(began_ms),
        };
        (ending, seen)
    }

    /// Steps that must not be done twice, that were begun and of which nothing is known.
    fn unknown_once(&self, ledger: &Ledger) -> Vec<StepId> {
        if !self.plan.steps.iter().any(|step| step.class == Class::Once) {
            return vec![];
        }
        let open = ledger.state().unfinished.map(|u| u.open).unwrap_or_default();
        let is_once = |id: &StepId| self.plan.step(id).is_some_and(|step| step.class == Class::Once);
        open.into_iter().filter(is_once).collect()
    }

    /// Steps that may be done once and were begun again although they may have acted.
    fn done_twice(&self, ledger: &Ledger) -> Vec<String> {
        let once: Vec<&Step> = self.plan.steps.iter().filter(|step| step.class == Class::Once).collect();
        if once.is_empty() {
            return vec![];
        }
        let records: Vec<Record> = ledger.entries().flat_map(|(entry, _)| entry.records).collect();
        let twice = |step: &&&Step| {
            let mut acted = false;
            records.iter().any(|record| match record {
                Record::Intent { step: id } if *id == step.id => std::mem::replace(&mut acted, true),
                Record::Outcome { step: id, outcome: Outcome::Failed { .. } } | Record::Undone { step: id, .. } if *id == step.id => {
                    acted = false;
                    false
                }
                _ => false,
            })
        };
        once.iter().filter(twice).map(|step| format!("`{}` was done twice", step.title)).collect()
    }
}

/// World and state in the end.
fn end_of(world: &SimWorld, ledger: &Ledger) -> BTreeMap<String, String> {
    let mut lines = world.fingerprint();
    let state = ledger.state();
    for (address, resource) in state.resources {
        lines.insert(format!("state: {address}"), format!("{} {} {:?}", resource.kind, resource.digest, resource.attributes));
    }
    lines.insert("state: unfinished run".to_owned(), state.unfinished.map_or_else(|| "none".to_owned(), |_| "one".to_owned()));
    lines
}

/// The journal of a simulated world, and the numbers of the entries by which a run begins.
///
/// Such an entry only holds the plan, which is known and long, so it is not read again.
struct Ledger<'a> {
    plan: Arc<Plan>,
    world: &'a SimWorld,
    begins: Vec<u64>,
}

impl Ledger<'_> {
    fn entries(&self) -> impl Iterator<Item = (Entry, Vec<u8>)> + '_ {
        let read = |(number, bytes): (u64, Vec<u8>)| {
            let entry = if self.begins.contains(&number) { Some(self.beginning(number)) } else { serde_json::from_slice(&bytes).ok() };
            Some((entry?, bytes))
        };
        (1..).map_while(|number| Some((number, self.world.entry(number)?))).map_while(read)
    }

    fn beginning(&self, number: u64) -> Entry {
        let started = Record::Started { plan: Arc::clone(&self.plan), by: String::new() };
        Entry { version: Entry::VERSION, number, previous: String::new(), run: String::new(), time_ms: 0, records: vec![started] }
    }

    /// The fold, with the digest of the last entry alone, which is the one that counts.
    fn state(&self) -> State {
        let mut fold = Fold::default();
        let mut last = vec![];
        for (entry, bytes) in self.entries() {
            fold.entry(&entry, "");
            last = bytes;
        }
        let mut state = fold.into_state();
        if !last.is_empty() {
            Digest::of_bytes(&last).as_str().clone_into(&mut state.head);
        }
        state
    }

    /// How the last run ended, if it did.
    fn end(&self) -> Option<RunEnd> {
        let last = (1..).map_while(|number| self.world.entry(number)).last()?;
        match serde_json::from_slice::<Entry>(&last).ok()?.records.last()? {
            Record::Ended { end } => Some(*end),
            _ => None,
        }
    }
}

/// `migc apply`, the first: 46 steps done, then …
fn told(number: usize, done: usize, result: Option<&crate::executor::ApplyResult>) -> String {
    let how = match result {
        None => "it died".to_owned(),
        Some(result) => {
            let problem = result.problems.first().map(|problem| format!(": {}", problem.message)).unwrap_or_default();
            format!("exit {}{problem}", result.exit.code())
        }
    };
    format!("apply {number}: {}; {how}", crate::executor::count(done, "step"))
}
