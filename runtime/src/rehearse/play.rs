//! How is one apply played in a simulated world, with a fault or without, and what is left in the end?
//!
//! Somebody applies again as long as there is something to do, and mends between two applies what only a person can. Compares
//! nothing; that is done by whoever has two endings.

use super::{
    fault::Place,
    judge,
    ledger::{Ledger, Left},
};
use crate::{
    downtime::Downtimes,
    event::Event,
    executor::{ApplyResult, Exit, Options, apply_known, undo},
    journal::Known,
    preflight::Problem,
    sim::{Around, Call, SimWorld},
};
use mig_plan::{Class, Outcome, Plan, Record, RunEnd, Step, StepId, plan::Address};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
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

/// What a person does first after an apply that died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Apply,
    Undo,
}

/// A plan, and what is known of it and of the journal of an apply in peace.
pub(super) struct Stage {
    plan: Arc<Plan>,
    known: Known,
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
    /// World and state.
    pub(super) left: Left,
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

/// An apply that died, as it was at that moment.
pub(super) struct Death {
    world: SimWorld,
    seen: Seen,
}

/// What was seen of the steps of all applies.
#[derive(Clone, Default)]
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

impl Stage {
    /// Of a plan, after one apply without any fault in a world that nothing was done in.
    pub(super) fn with_calm(plan: &Arc<Plan>, world: &SimWorld) -> (Self, Calm) {
        let mut stage = Self { plan: Arc::clone(plan), known: Known::of(Arc::clone(plan)) };
        let calm = stage.in_peace(world);
        let entries = (1..).map_while(|number| Some((number, world.entry(number)?)));
        stage.known = stage.known.with_entries(entries);
        (stage, calm)
    }

    fn in_peace(&self, world: &SimWorld) -> Calm {
        let before = world.fingerprint();
        world.keep_log();
        let (ending, seen) = self.until_done(world, world.true_ms(), None, Next::Apply, None);
        Calm { ending, calls: world.logged(), ended: seen.ended, before }
    }

    /// One apply that meets a fault, and those after it.
    pub(super) fn with_fault(&self, world: &SimWorld, place: &Place, calm: &Calm) -> Ending {
        world.inject(place.fault.clone());
        self.until_done(world, world.true_ms(), None, place.next(), Some(calm)).0
    }

    /// The applies after one that died, in a world that began at that time.
    pub(super) fn after(&self, death: Death, began_ms: u64, next: Next, calm: &Calm) -> Ending {
        self.until_done(&death.world, began_ms, Some(death.seen), next, Some(calm)).0
    }

    /// One apply in peace, which could die anywhere: to each moment at which it is asked to, what it would leave is shown before it goes
    /// on. A program that dies leaves the world and the journal and nothing else, so this is how each of these deaths would be.
    pub(super) fn dying(&self, world: &SimWorld, is_asked: impl Fn((u64, Around)) -> Vec<usize> + 'static, show: impl Fn(usize, Death)) {
        let seen = Rc::new(RefCell::new(Seen::default()));
        let deaths = Rc::new(RefCell::new(vec![]));
        let (seen_then, all) = (Rc::clone(&seen), Rc::clone(&deaths));
        world.on_calls(move |world, moment| {
            for number in is_asked(moment) {
                all.borrow_mut().push((number, Death { world: world.fork(), seen: seen_then.borrow().clone() }));
            }
        });
        let tell = |event: Event| seen.borrow_mut().note(&self.plan, &event, world);
        let options = options();
        world.drive_by_turns(apply_known(world, &self.plan, &self.known, &options, &tell), || {
            for (number, death) in deaths.take() {
                show(number, death);
            }
        });
        for (number, death) in deaths.take() {
            show(number, death);
        }
    }

    /// Applies until there is nothing to do; the first one may have died already.
    fn until_done(&self, world: &SimWorld, began_ms: u64, death: Option<Seen>, next: Next, calm: Option<&Calm>) -> (Ending, Seen) {
        let limit_ms = calm.map_or(u64::MAX, |calm| calm.ending.milliseconds.saturating_mul(THROTTLE).saturating_add(APPLY_MAX_MS));
        let mut died = death.is_some();
        let seen = RefCell::new(death.unwrap_or_default());
        let tell = |event: Event| seen.borrow_mut().note(&self.plan, &event, world);
        let (mut plan, mut anew) = (Arc::clone(&self.plan), None);
        let mut ledger = Ledger::new(&self.plan, &self.known, world);
        let mut violations = BTreeSet::new();
        let (mut story, mut unknown, mut problems) = (vec![], vec![], vec![]);
        let mut exit = Exit::PartWay;
        for number in 1..=APPLY_COUNT_MAX {
            let options = options();
            let stop = options.stop.clone();
            world.on_interrupt(move || stop.ask());
            world.give_up_at_ms(world.true_ms().saturating_add(limit_ms));
            let known = anew.as_ref().unwrap_or(&self.known);
            let died_before = std::mem::take(&mut died);
            let verb = if number == 2 { next } else { Next::Apply };
            let result = match verb {
                _ if died_before => None,
                Next::Apply => world.drive(apply_known(world, &plan, known, &options, &tell)),
                Next::Undo => self.undone(world, &options, &tell),
            };
            let done = std::mem::take(&mut seen.borrow_mut().done);
            let is_stuck = done == 0 && number > MENDED_AFTER_APPLIES + 1;
            let is_dead = result.is_none();
            story.push(told(number, verb, done, result.as_ref()));
            exit = match (result, is_dead.then(|| ledger.run_end()).flatten()) {
                (Some(result), _) => {
                    problems = result.problems;
                    result.exit
                }
                // It died when all was written.
                (None, Some(RunEnd::Done)) => Exit::Done,
                (None, Some(RunEnd::Undone)) => Exit::Undone,
                (None, _) => Exit::PartWay,
            };
            if matches!(exit, Exit::Done | Exit::NotVerified) {
                violations.extend(world.still_armed().into_iter().map(|what| format!("done, and yet the undo of {what} is still armed")));
            }
            if matches!(exit, Exit::Done | Exit::NotVerified) || calm.is_none() || violations.len() + world.violations().len() > 0 {
                break;
            }
            if exit == Exit::Undone {
                seen.borrow_mut().undone = true;
                // Hosts that are away have to be back before it can be seen what is left of them.
                world.mend();
                world.wait_for_hosts();
                violations.extend(calm.into_iter().flat_map(|calm| judge::left_behind(&self.plan, &calm.before, &world.fingerprint())));
                let (serial, head) = ledger.end();
                ledger.expect_beginning(serial + 1);
                plan = Arc::new(Plan { serial, head, ..(*self.plan).clone() });
                anew = Some(self.known.for_plan(Arc::clone(&plan)));
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
            left: Left::new(world.take_end(), ledger.state()),
            violations: violations.into_iter().collect(),
            downtimes: seen.downtimes.clone(),
            milliseconds: world.true_ms().saturating_sub(began_ms),
        };
        (ending, seen)
    }

    /// A person goes back over the run that died. Where nothing was begun there is nothing to go back over.
    fn undone(&self, world: &SimWorld, options: &Options, tell: &dyn Fn(Event)) -> Option<ApplyResult> {
        let result = world.drive(undo(world, options, tell))?;
        let nothing = || ApplyResult::refused(&self.plan, vec![Problem::new("there is no run to go back over", "apply again")]);
        Some(match result {
            Ok(result) => result.unwrap_or_else(nothing),
            Err(error) => ApplyResult::refused(&self.plan, vec![Problem::new(error.to_string(), error.help())]),
        })
    }

    /// Steps that must not be done twice, that were begun and of which nothing is known.
    fn unknown_once(&self, ledger: &Ledger<'_>) -> Vec<StepId> {
        if !self.plan.steps.iter().any(|step| step.class == Class::Once) {
            return vec![];
        }
        let open = ledger.state().unfinished.map(|u| u.open).unwrap_or_default();
        let is_once = |id: &StepId| self.plan.step(id).is_some_and(|step| step.class == Class::Once);
        open.into_iter().filter(is_once).collect()
    }

    /// Steps that may be done once and were begun again although they may have acted.
    fn done_twice(&self, ledger: &Ledger<'_>) -> Vec<String> {
        let once: Vec<&Step> = self.plan.steps.iter().filter(|step| step.class == Class::Once).collect();
        if once.is_empty() {
            return vec![];
        }
        let entries = ledger.entries();
        let records = || entries.iter().flat_map(|entry| &entry.records);
        let twice = |step: &&&Step| {
            let mut acted = false;
            records().any(|record| match record {
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

/// The clock stands inside the window, but a fault may lead out of it.
fn options() -> Options {
    Options { by: "rehearsal".to_owned(), ignore_window: true, ..Options::default() }
}

/// `migc apply`, the first: 46 steps done, then …
fn told(number: usize, verb: Next, done: usize, result: Option<&crate::executor::ApplyResult>) -> String {
    let how = match result {
        None => "it died".to_owned(),
        Some(result) => {
            let problem = result.problems.first().map(|problem| format!(": {}", problem.message)).unwrap_or_default();
            format!("exit {}{problem}", result.exit.code())
        }
    };
    match verb {
        Next::Apply => format!("apply {number}: {}; {how}", crate::executor::count(done, "step")),
        Next::Undo => format!("undo: {how}"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use mig_plan::{Action, Class, Digest, Estimate, Host, Login, Origin, Phase, Plan, ResourceState, Step, Undo};
    use std::collections::BTreeMap;

    fn step(number: usize, action: Action, needs: &[usize]) -> Step {
        let id = |number: usize| format!("s{number:012}");
        Step {
            id: id(number),
            address: format!("one.r{number}"),
            of_move: None,
            phase: Phase::Prepare,
            title: format!("step {number}"),
            why: String::new(),
            action,
            needs: needs.iter().map(|&need| id(need)).collect(),
            class: Class::Keyed,
            estimate: Estimate::default(),
            undo: Undo::Nothing,
            point_of_no_return: false,
            after_no_return: false,
            before: None,
            sets: vec![(format!("one.r{number}"), ResourceState { kind: "test".to_owned(), ..ResourceState::default() })],
            removes: vec![],
            origin: Origin::default(),
        }
    }

    /// Tools and images for two hosts.
    pub(crate) fn plan() -> Plan {
        let host = |name: &str| Host { login: Login { host: name.to_owned(), ..Login::default() }, ..Host::default() };
        let install = |host: &str| Action::InstallTools { host: host.to_owned(), names: vec!["getfattr".to_owned()] };
        let bring = |to: &str, image: &str| Action::BringImage { from: None, to: to.to_owned(), image: image.to_owned() };
        Plan {
            version: Plan::VERSION,
            project: "test".to_owned(),
            sources: Digest::of_bytes(b"sources"),
            serial: 0,
            head: String::new(),
            hosts: ["a", "b"].map(|name| (name.to_owned(), host(name))).into(),
            preconditions: vec![],
            steps: vec![
                step(1, install("a"), &[]),
                step(2, install("b"), &[]),
                step(3, bring("a", "mysql:8.0"), &[1]),
                step(4, bring("b", "mysql:8.0"), &[2]),
                step(5, bring("a", "ldap:1"), &[3, 4]),
                step(6, Action::Note, &[5]),
            ],
            moves: vec![],
            forecasts: vec![],
            cost_per_day: BTreeMap::new(),
            secrets: vec![],
            unproven: vec![],
            outputs: BTreeMap::new(),
            observed: None,
            partial: None,
            reverses: None,
        }
    }
}
