//! What does a run know while it acts, and how does it end? Forward, then back if that is right, then the last record.
//!
//! The two directions are in `forward` and `back`; this file holds what they share.

use super::{
    ApplyResult, Exit, Options, RETRY_COUNT_MAX, RETRY_WAIT_MS,
    away::Away,
    outcome::count,
    reach::{Reach, moves_of},
};
use crate::{
    World,
    actions::{self, Done, Failure, Performed, Progress, perform},
    event::Event,
    journal::{Journal, JournalError},
    preflight::Problem,
};
use futures_util::future::{Either, select};
use mig_plan::{Action, Class, Phase, Plan, Record, RunEnd, Step, StepId, Undo, journal::Unfinished, plan::Address};
use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    rc::Rc,
    time::Duration,
};

/// The value of an outcome that names what could not be compared.
pub(super) const NOT_VERIFIED: &str = "not_verified";

type Values = BTreeMap<String, String>;

/// What steps that are done have learned; shared by steps that run at the same time.
#[derive(Default)]
pub(super) struct Memory {
    done: RefCell<BTreeMap<StepId, Values>>,
    /// Steps that were done by an apply before this one.
    earlier: BTreeSet<StepId>,
    attempts: RefCell<Attempts>,
    secret_lines: OnceCell<Rc<[String]>>,
}

/// What hosts' records are named by.
#[derive(Default)]
struct Attempts {
    run: String,
    epoch: u64,
    settled: BTreeMap<StepId, u32>,
}

impl Memory {
    pub(super) fn new(done: BTreeMap<StepId, Values>) -> Self {
        Self { earlier: done.keys().cloned().collect(), done: RefCell::new(done), ..Self::default() }
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.done.borrow().contains_key(id)
    }

    pub(super) fn insert(&self, id: &str, values: Values) {
        self.done.borrow_mut().insert(id.to_owned(), values);
    }

    pub(super) fn remove(&self, id: &str) {
        self.done.borrow_mut().remove(id);
    }

    /// Steps of that run will act.
    pub(super) fn begin(&self, run: &str, epoch: u64, settled: BTreeMap<StepId, u32>) {
        *self.attempts.borrow_mut() = Attempts { run: run.to_owned(), epoch, settled };
    }

    /// A step came to a known end.
    pub(super) fn settle(&self, id: &str) {
        *self.attempts.borrow_mut().settled.entry(id.to_owned()).or_default() += 1;
    }

    fn len(&self) -> usize {
        self.done.borrow().len()
    }
}

impl Done for Memory {
    fn value(&self, step: &str, name: &str) -> Option<String> {
        self.done.borrow().get(step)?.get(name).cloned()
    }

    fn attempt(&self, step: &str) -> Option<actions::Attempt> {
        let Attempts { run, epoch, settled } = &*self.attempts.borrow();
        let settled = settled.get(step).copied().unwrap_or_default();
        (*epoch > 0).then(|| actions::Attempt { run: run.clone(), epoch: *epoch, settled })
    }

    fn is_earlier(&self, step: &str) -> bool {
        self.earlier.contains(step)
    }

    fn secret_lines(&self, make: &dyn Fn() -> Vec<String>) -> Rc<[String]> {
        Rc::clone(self.secret_lines.get_or_init(|| make().into()))
    }
}

/// A run that acts.
pub(super) struct Run<'a, W> {
    pub(super) world: &'a W,
    pub(super) plan: &'a Plan,
    pub(super) journal: Journal<'a, W>,
    pub(super) memory: &'a Memory,
    pub(super) options: &'a Options,
    pub(super) emit: &'a dyn Fn(Event),
    /// Steps whose intent was written, and which are neither done nor undone.
    pub(super) open: BTreeSet<StepId>,
    pub(super) undone: BTreeSet<StepId>,
    pub(super) failed: BTreeMap<StepId, Failure>,
    /// Moves whose window is closed.
    pub(super) held: BTreeMap<Address, Problem>,
    /// Hosts that cannot be reached, and what waits for them.
    pub(super) away: Away,
    /// Moves to go back over, from a run before.
    pub(super) going_back: Vec<Address>,
    pub(super) undo_failed: Vec<Problem>,
    /// What cannot be undone when a person asks for it.
    stays: Vec<Problem>,
    /// Starts that failed before the container ran, so that there is nothing to undo.
    pub(super) never_were: Vec<StepId>,
    /// Do steps of no move go back too?
    pub(super) everything: bool,
    /// Moves whose newer writes a person lets go.
    pub(super) discarded: Vec<Address>,
    /// Did a person ask to go back?
    pub(super) asked_back: bool,
    same_plan: bool,
    pub(super) resumed: bool,
    stopped: bool,
    /// Was it left while steps ran?
    left: bool,
}

impl<'a, W: World> Run<'a, W> {
    pub(super) fn new(
        world: &'a W,
        plan: &'a Plan,
        journal: Journal<'a, W>,
        memory: &'a Memory,
        options: &'a Options,
        emit: &'a dyn Fn(Event),
    ) -> Self {
        Self {
            world,
            plan,
            journal,
            memory,
            options,
            emit,
            open: BTreeSet::new(),
            undone: BTreeSet::new(),
            failed: BTreeMap::new(),
            held: BTreeMap::new(),
            away: Away::default(),
            going_back: vec![],
            undo_failed: vec![],
            stays: vec![],
            never_were: vec![],
            everything: false,
            discarded: vec![],
            asked_back: false,
            same_plan: true,
            resumed: false,
            stopped: false,
            left: false,
        }
    }

    /// Takes up what a run before has left.
    pub(super) fn restore(&mut self, unfinished: &Unfinished, same_plan: bool) {
        self.open = unfinished.open.iter().cloned().collect();
        self.undone = unfinished.undone.iter().cloned().collect();
        self.going_back.clone_from(&unfinished.going_back);
        self.everything = unfinished.everything;
        self.discarded.clone_from(&unfinished.discarded);
        self.same_plan = same_plan;
        self.resumed = true;
    }

    /// All of it: to the end of the plan, or back, or to where it stops.
    pub(super) async fn execute(mut self) -> ApplyResult {
        let stop = self.options.stop.clone();
        let acted = match select(pin!(self.act()), pin!(stop.leaving())).await {
            Either::Left((acted, _)) => Some(acted),
            Either::Right(_) => None,
        };
        let acted = match acted {
            Some(acted) => acted,
            None => self.leave().await,
        };
        match acted {
            Ok(exit) => self.result(exit, None),
            Err(error) => self.result(if error.is_of_another() { Exit::Held } else { Exit::PartWay }, Some(&error)),
        }
    }

    async fn act(&mut self) -> Result<Exit, JournalError> {
        self.journal.flush().await?;
        let settled = self.journal.state().unfinished.as_ref().map(|run| run.settled.clone()).unwrap_or_default();
        self.memory.begin(self.journal.run(), self.journal.epoch(), settled);
        if self.asked_back {
            self.everything = true;
            self.discarded.extend(moves_of(self.plan, &self.options.discard_writes_on));
        }
        let moves = if self.asked_back {
            let further = self.moves_to_undo(|_| true).await;
            self.going_back.iter().cloned().chain(further).collect::<BTreeSet<_>>().into_iter().collect()
        } else if !self.going(&self.going_back).is_empty() || self.back_is_all_there_was() {
            self.going_back.clone()
        } else {
            // What a person wanted back before is over once it goes forward again.
            self.everything = false;
            self.discarded.clear();
            self.forward().await?;
            if self.left_to_do() == 0 {
                return self.end(RunEnd::Done).await;
            }
            // What a host began and nobody knows the end of is for a person, and so is going back over it.
            if self.failed.values().any(|failure| !failure.certain && !failure.lost) {
                return Ok(Exit::PartWay);
            }
            let failed: BTreeSet<StepId> = self.failed.keys().cloned().collect();
            self.moves_to_undo(|step| failed.contains(&step.id)).await
        };
        if self.asked_back {
            self.stays = self.reach(|reach| reach.stays(&moves).into_iter().map(Reach::tell).collect());
        }
        if moves.is_empty() && self.never_were.is_empty() && self.going(&moves).is_empty() && !self.back_is_all_there_was() {
            return if self.hosts_undid_all() { self.end(RunEnd::Undone).await } else { Ok(Exit::PartWay) };
        }
        let all_undone = self.back(&moves).await?;
        if all_undone && self.nothing_acted() { self.end(RunEnd::Undone).await } else { Ok(Exit::PartWay) }
    }

    /// What ran is torn off, and the journal says so; on their hosts its scripts may go on.
    async fn leave(&mut self) -> Result<Exit, JournalError> {
        self.left = true;
        self.journal.push(Record::Interrupted { steps: self.open.iter().cloned().collect() });
        self.journal.flush().await?;
        Ok(Exit::PartWay)
    }

    /// The last undo is written down, and the end of the run is not.
    fn back_is_all_there_was(&self) -> bool {
        (!self.going_back.is_empty() || self.everything) && self.nothing_acted()
    }

    /// Has the step changed anything, or may it have?
    pub(super) fn has_acted(&self, id: &str) -> bool {
        self.memory.contains(id) || self.open.contains(id)
    }

    /// Have hosts undone by themselves whatever failed, and nothing else is to be undone?
    fn hosts_undid_all(&self) -> bool {
        !self.failed.is_empty() && self.failed.values().all(|failure| failure.undone) && self.nothing_acted()
    }

    /// Is nothing left in the world that would have to be undone?
    fn nothing_acted(&self) -> bool {
        !self.plan.steps.iter().any(|s| self.has_acted(&s.id) && matches!(s.undo, Undo::Act { .. } | Undo::Impossible { .. }))
    }

    fn left_to_do(&self) -> usize {
        self.plan.steps.len().saturating_sub(self.memory.len())
    }

    async fn end(&mut self, end: RunEnd) -> Result<Exit, JournalError> {
        self.journal.push(Record::Ended { end });
        self.journal.flush().await?;
        Ok(match end {
            RunEnd::Undone => Exit::Undone,
            RunEnd::Done if self.not_verified().is_empty() => Exit::Done,
            RunEnd::Done => Exit::NotVerified,
            RunEnd::Abandoned => Exit::PartWay,
        })
    }

    fn not_verified(&self) -> Vec<Problem> {
        let of = |step: &'a Step| Some((step, self.memory.value(&step.id, NOT_VERIFIED).filter(|text| !text.is_empty())?));
        let tell = |(step, text): (&Step, String)| {
            Problem::of_step(step, &format!("not verified: {text}"), "compare it by hand, or make it comparable and apply again")
        };
        self.plan.steps.iter().filter_map(of).map(tell).collect()
    }

    /// Notes that a graceful stop was asked for, once anything had to wait for it.
    pub(super) fn stopping(&mut self) -> bool {
        self.stopped |= self.options.stop.is_asked();
        self.stopped
    }

    fn problems(&self, error: Option<&JournalError>) -> Vec<Problem> {
        let failed = self.failed.iter().filter_map(|(id, failure)| Some((self.plan.step(id)?, failure)));
        let mut problems: Vec<Problem> = failed.map(|(step, failure)| Problem::of_step(step, &failure.message, &failure.help)).collect();
        problems.extend(self.undo_failed.iter().cloned());
        problems.extend(self.stays.iter().cloned());
        problems.extend(self.held.values().cloned());
        problems.extend(self.away.problems.iter().cloned());
        problems.extend(error.map(|error| Problem::new(error.to_string(), error.help())));
        problems.extend(self.not_verified());
        problems
    }

    fn result(&self, exit: Exit, error: Option<&JournalError>) -> ApplyResult {
        let (steps, done) = (self.plan.steps.len(), self.memory.len());
        (self.emit)(Event::Ended { exit: exit.code(), done, steps });
        let mut summary = vec![];
        if !self.same_plan {
            summary.push(format!("run {} was unfinished, so its own plan counted, not the one given now", self.journal.run()));
        }
        summary.push(match exit {
            Exit::Done if self.resumed => format!("done: {}, some of them by an earlier apply", count(steps, "step")),
            Exit::Done => format!("done: {}", count(steps, "step")),
            Exit::NotVerified => format!("done: {}; not everything could be verified", count(steps, "step")),
            Exit::Undone if self.asked_back => format!("all that was done was undone ({})", count(self.undone.len(), "step")),
            Exit::Undone => format!("a step failed, and all that was done was undone ({})", count(self.undone.len(), "step")),
            Exit::Held => format!("{done} of {} done; another run writes this state now", count(steps, "step")),
            Exit::PartWay if self.left => format!("left at once, as the journal notes: {done} of {} done", count(steps, "step")),
            Exit::Refused | Exit::PartWay | Exit::Interrupted => format!("stopped part-way: {done} of {} done", count(steps, "step")),
        });
        if exit == Exit::PartWay {
            summary.extend(self.how_to_go_on());
        }
        ApplyResult {
            run: Some(self.journal.run().to_owned()),
            same_plan: self.same_plan,
            done,
            undone: self.undone.len(),
            ..ApplyResult::new(exit, self.plan, self.problems(error), summary)
        }
    }

    fn how_to_go_on(&self) -> Vec<String> {
        let mut lines = self.away.lines(self.plan);
        for summary in &self.plan.moves {
            let of_move = |step: &&Step| step.of_move.as_ref() == Some(&summary.address);
            let steps: Vec<&Step> = self.plan.steps.iter().filter(of_move).collect();
            let done = steps.iter().filter(|s| self.memory.contains(&s.id)).count();
            let begun = steps.iter().any(|s| s.phase != Phase::Prepare && self.has_acted(&s.id));
            if done == steps.len() {
                continue;
            }
            let undone = steps.iter().any(|s| self.undone.contains(&s.id));
            lines.push(match (self.reach(|reach| reach.is_past_return(&summary.address)), begun, undone) {
                (true, ..) => format!("{}: past its point of no return; nothing was undone, go on", summary.address),
                (false, true, _) => format!("{}: in its cutover; its source does not serve", summary.address),
                (false, false, true) => format!("{}: undone; its source is as it was", summary.address),
                (false, false, false) => format!("{}: its source is as it was", summary.address),
            });
        }
        lines.push("`migc apply` goes on from here".to_owned());
        lines
    }
}

/// What must not be done twice is asked for again where a host keeps a record of it.
pub(super) fn may_ask_again(step: &Step, action: &Action) -> bool {
    step.class != Class::Once || actions::is_recordable(action)
}

/// What every step that runs at the same time may use.
pub(super) struct Attempt<'a, W> {
    pub(super) world: &'a W,
    pub(super) plan: &'a Plan,
    pub(super) memory: &'a Memory,
    pub(super) emit: &'a dyn Fn(Event),
}

// Not derived: that would ask the world itself to be copied.
impl<W> Clone for Attempt<'_, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Attempt<'_, W> {}

impl<W: World> Attempt<'_, W> {
    /// Does an action of a step; again after a lost connection, if its class allows that.
    pub(super) async fn perform(&self, step: &Step, action: &Action) -> Result<Performed, Failure> {
        let report = |progress: Progress| {
            let Progress { step, bytes, total, text } = progress;
            (self.emit)(Event::Progress { step, bytes, total, text });
        };
        let mut wait_ms = RETRY_WAIT_MS;
        for _ in 0..RETRY_COUNT_MAX {
            match perform(self.world, self.plan, step, action, self.memory, &report).await {
                Err(failure) if failure.lost && may_ask_again(step, action) => {
                    let message = failure.message.clone();
                    (self.emit)(Event::Retrying { step: step.id.clone(), message, milliseconds: wait_ms });
                    self.world.sleep(Duration::from_millis(wait_ms)).await;
                    wait_ms *= 2;
                }
                settled => return settled,
            }
        }
        perform(self.world, self.plan, step, action, self.memory, &report).await
    }
}
