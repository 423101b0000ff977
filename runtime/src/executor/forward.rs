//! How do steps run? As many at once as their needs and their hosts allow; the intent before, the outcome after.
//!
//! A step that fails holds back what needs it, and the rest of its own move; going back is decided afterwards.

use super::{
    HOST_LOAD_MAX,
    attend::attended,
    graph::{Graph, Verdict},
    load_of,
    run::{Attempt, Run},
    window,
};
use crate::{
    World,
    actions::{Failure, Performed, is_recordable},
    event::Event,
    journal::JournalError,
};
use futures_util::{
    StreamExt,
    future::{Either, select},
    stream::FuturesUnordered,
};
use mig_plan::{Action, Class, HostId, Outcome, Phase, Record, Step, StepId, Undo};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
};

/// A step that has come to an end.
struct Ended<'a> {
    step: &'a Step,
    result: Result<Performed, Failure>,
    milliseconds: u64,
}

impl<'a, W: World> Run<'a, W> {
    /// Runs all that can run. Steps that failed or never began are known afterwards.
    pub(super) async fn forward(&mut self) -> Result<(), JournalError> {
        let mut graph = Graph::new(self.plan, |id| self.memory.contains(id));
        let mut active = BTreeMap::<StepId, &'a Step>::new();
        let mut running = FuturesUnordered::new();
        let attempt = Attempt { world: self.world, plan: self.plan, memory: self.memory, emit: self.emit };
        let result = loop {
            let wave = self.choose(&mut graph, &active);
            if let Err(error) = self.write_intents(&wave).await {
                break Err(error);
            }
            for step in wave {
                (self.emit)(Event::StepStarted { step: step.id.clone(), title: step.title.clone() });
                active.insert(step.id.clone(), step);
                running.push(act(attempt, step, self.start_again(step)));
            }
            if running.is_empty() {
                break self.journal.flush().await;
            }
            let ended = match self.journal.due_in() {
                None => running.next().await,
                Some(wait) => match select(running.next(), pin!(self.world.sleep(wait))).await {
                    Either::Left((ended, _)) => ended,
                    Either::Right(_) => match self.journal.flush().await {
                        Ok(()) => continue,
                        Err(error) => break Err(error),
                    },
                },
            };
            if let Some(ended) = ended {
                active.remove(&ended.step.id);
                self.settle(&ended, &mut graph);
            }
        };
        // Without a journal nothing more is begun, but what runs is not torn off.
        while running.next().await.is_some() {}
        self.tell_skipped(&graph);
        result
    }

    fn choose(&mut self, graph: &mut Graph<'a>, active: &BTreeMap<StepId, &'a Step>) -> Vec<&'a Step> {
        if self.stopping() {
            return vec![];
        }
        let mut load = BTreeMap::<&str, usize>::new();
        for step in active.values() {
            step.action.hosts().into_iter().for_each(|host| *load.entry(host).or_default() += load_of(step));
        }
        graph.take(|step, hosts| {
            let room = |host: &&HostId| load.get(host.as_str()).is_none_or(|taken| taken + load_of(step) <= HOST_LOAD_MAX);
            if !hosts.iter().all(room) {
                return Verdict::Full;
            }
            if self.away.waiting.contains_key(&step.id) || self.is_move_broken(step) || !self.is_window_open(step) {
                return Verdict::Wait;
            }
            for host in hosts {
                *load.entry(host).or_default() += load_of(step);
            }
            Verdict::Begin
        })
    }

    /// A host that lost its power meanwhile starts by itself only what its restart policy says. So what a run before has started, and
    /// what is waited for now, is started first; nothing happens if it runs.
    fn start_again(&self, step: &Step) -> Option<Action> {
        let Action::Await { host, container, .. } = &step.action else { return None };
        let start = Action::StartContainer { host: host.clone(), container: container.clone() };
        let was_started = |s: &Step| s.action == start && self.memory.contains(&s.id);
        (self.resumed && self.plan.steps.iter().any(was_started)).then_some(start)
    }

    /// Did another step of its move fail? Then the move may have to go back, and nothing more is done for it.
    fn is_move_broken(&self, step: &Step) -> bool {
        let failed = self.failed.keys().filter_map(|id| self.plan.step(id));
        step.of_move.is_some() && failed.into_iter().any(|f| f.of_move == step.of_move)
    }

    /// A cutover that was begun goes on whatever the time is.
    fn is_window_open(&mut self, step: &Step) -> bool {
        let summary = self.plan.moves.iter().find(|m| Some(&m.address) == step.of_move.as_ref());
        let Some(summary) = summary.filter(|_| step.phase == Phase::Cutover && !self.options.ignore_window) else { return true };
        let of_cutover = |s: &&Step| s.of_move == step.of_move && s.phase != Phase::Prepare;
        if self.plan.steps.iter().filter(of_cutover).any(|s| self.has_acted(&s.id)) {
            return true;
        }
        let closed = window::closed(self.world, self.plan, summary);
        if let Some(problem) = &closed {
            let problem = crate::preflight::Problem { address: Some(summary.address.clone()), ..problem.clone() };
            self.held.insert(summary.address.clone(), problem);
        }
        closed.is_none()
    }

    /// An intent is durable before its step acts if the step may not simply be done again, or if going back must know of it.
    async fn write_intents(&mut self, wave: &[&Step]) -> Result<(), JournalError> {
        let mut at_once = false;
        for step in wave {
            self.journal.push(Record::Intent { step: step.id.clone() });
            self.open.insert(step.id.clone());
            self.undone.remove(&step.id);
            at_once |= matches!(step.class, Class::Keyed | Class::Once) || matches!(step.undo, Undo::Act { .. } | Undo::Impossible { .. });
        }
        if at_once { self.journal.flush().await } else { Ok(()) }
    }

    fn settle(&mut self, ended: &Ended<'_>, graph: &mut Graph<'a>) {
        let Ended { step, result, milliseconds } = ended;
        let (id, milliseconds) = (step.id.clone(), *milliseconds);
        let outcome = match result {
            Ok(performed) => {
                self.open.remove(&id);
                self.memory.insert(&id, performed.values.clone());
                graph.done(&id);
                (self.emit)(Event::StepDone { step: id.clone(), changed: performed.changed, milliseconds });
                Outcome::Done { changed: performed.changed, values: performed.values.clone(), milliseconds }
            }
            Err(failure) => {
                let Failure { message, help, certain, .. } = failure.clone();
                self.failed.insert(id.clone(), failure.clone());
                (self.emit)(Event::StepFailed { step: id.clone(), message: message.clone(), help: help.clone() });
                // Without an outcome the step counts as begun and unknown, and the next apply asks for its record.
                if !certain && (step.class == Class::Once || is_recordable(&step.action)) {
                    return;
                }
                Outcome::Failed { message, help }
            }
        };
        self.memory.settle(&id);
        self.journal.push(Record::Outcome { step: id.clone(), outcome });
        if result.as_ref().is_err_and(|failure| failure.undone) {
            self.undone_by_host(id);
        }
    }

    /// It is as if it had been undone by us.
    fn undone_by_host(&mut self, id: StepId) {
        self.open.remove(&id);
        self.undone.insert(id.clone());
        self.memory.settle(&id);
        (self.emit)(Event::Undone { step: id.clone(), changed: true });
        self.journal.push(Record::Undone { step: id, outcome: Outcome::Done { changed: true, values: BTreeMap::new(), milliseconds: 0 } });
    }

    fn tell_skipped(&mut self, graph: &Graph<'a>) {
        let mut skipped = BTreeSet::<&str>::new();
        for step in graph.left() {
            let failed = step.needs.iter().any(|need| self.failed.contains_key(need) || skipped.contains(need.as_str()));
            let held = step.of_move.as_ref().is_some_and(|of| self.held.contains_key(of));
            let away = self.away.waiting.get(&step.id).map(|host| format!("{host} cannot be reached"));
            let why = if let Some(away) = &away {
                away
            } else if failed {
                "a step it needs failed"
            } else if self.is_move_broken(step) {
                "another step of its move failed"
            } else if held {
                "the window of its move is not open"
            } else if self.stopping() {
                "the run was interrupted"
            } else {
                "it waits for a step that was not begun"
            };
            skipped.insert(&step.id);
            (self.emit)(Event::Skipped { step: step.id.clone(), why: why.to_owned() });
        }
    }
}

async fn act<'a, W: World>(attempt: Attempt<'a, W>, step: &'a Step, first: Option<Action>) -> Ended<'a> {
    let began_ms = attempt.world.elapsed_ms();
    let work = async {
        if let Some(first) = &first {
            attempt.perform(step, first).await?;
        }
        attempt.perform(step, &step.action).await
    };
    let result = attended(attempt.world, &step.id, work).await;
    Ended { step, result, milliseconds: attempt.world.elapsed_ms().saturating_sub(began_ms) }
}
