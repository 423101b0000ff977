//! Which moves go back after a failure, and how? Their steps are undone, the last one first.
//!
//! Never over a point of no return: from there on only a reverse move leads back, and that is a plan of its own.

use super::{
    reach::Reach,
    run::{Attempt, Run},
};
use crate::{
    World,
    actions::{Failure, Performed},
    event::Event,
    journal::JournalError,
    preflight::Problem,
    scripts,
};
use mig_plan::{Action, Class, Outcome, Record, Step, Undo, plan::Address};
use std::collections::{BTreeMap, BTreeSet};

/// A target whose writes are let go has so long to end by itself.
const DISCARDED_GRACE_SECONDS: u64 = 60;

impl<'a, W: World> Run<'a, W> {
    /// Asks how far this run can go back.
    pub(super) fn reach<T>(&self, ask: impl FnOnce(Reach<'_>) -> T) -> T {
        let acted = |id: &str| self.has_acted(id);
        ask(Reach { plan: self.plan, acted: &acted, discarded: &self.discarded })
    }

    /// The steps to undo, the last one first.
    pub(super) fn going(&self, moves: &[Address]) -> Vec<&'a Step> {
        let ids: Vec<_> = self.reach(|reach| reach.going(moves, self.everything).into_iter().map(|step| step.id.clone()).collect());
        ids.iter().filter_map(|id| self.plan.step(id)).collect()
    }

    /// The moves with such a step that has acted, if they can go back, and those that were built on them.
    pub(super) async fn moves_to_undo(&mut self, because_of: impl Fn(&Step) -> bool) -> Vec<Address> {
        self.forgive_starts_that_never_were().await;
        let forgiven = |step: &&Step| self.never_were.contains(&step.id);
        let steps = self.plan.steps.iter().filter(|step| because_of(step) && (self.has_acted(&step.id) || forgiven(step)));
        let candidates: BTreeSet<Address> = steps.filter_map(|step| step.of_move.clone()).collect();
        self.reach(|reach| candidates.into_iter().filter_map(|of| reach.group(of)).flatten().collect::<BTreeSet<_>>()).into_iter().collect()
    }

    /// A target that Docker created and never started has accepted no writes, so its move may still go back.
    async fn forgive_starts_that_never_were(&mut self) {
        let unsure = |step: &&Step| step.point_of_no_return && self.open.contains(&step.id) && !self.memory.contains(&step.id);
        for step in self.plan.steps.iter().filter(unsure).collect::<Vec<_>>() {
            let Action::StartContainer { host, container } = &step.action else { continue };
            let Ok(answers) = self.world.run(host, &[scripts::container_look(container)]).await else { continue };
            let line = answers.first().filter(|output| output.status == 0).map(crate::Output::text).unwrap_or_default();
            if line.split('\t').any(|field| field == "status=created") {
                self.open.remove(&step.id);
                self.never_were.push(step.id.clone());
            }
        }
    }

    /// Undoes all that these moves did, and with `everything` the rest. Answers whether all of it was; what was not is tried again by
    /// the next apply.
    pub(super) async fn back(&mut self, moves: &[Address]) -> Result<bool, JournalError> {
        let everything = self.everything;
        (self.emit)(Event::GoingBack { moves: moves.to_vec(), everything });
        self.journal.push(Record::GoingBack { moves: moves.to_vec(), everything, discarded: self.discarded.clone() });
        for step in std::mem::take(&mut self.never_were) {
            self.memory.settle(&step);
            let outcome = Outcome::Done { changed: false, values: BTreeMap::new(), milliseconds: 0 };
            self.journal.push(Record::Undone { step, outcome });
        }
        self.journal.flush().await?;
        let mut all = true;
        for step in self.going(moves) {
            if self.stopping() {
                all = false;
                break;
            }
            all &= self.undo(step).await?;
        }
        self.journal.flush().await?;
        Ok(all)
    }

    async fn undo(&mut self, step: &Step) -> Result<bool, JournalError> {
        let id = step.id.clone();
        (self.emit)(Event::Undoing { step: id.clone(), title: step.title.clone() });
        let began_ms = self.world.elapsed_ms();
        let outcome = match self.opposite(step).await {
            Ok(performed) => {
                self.memory.remove(&id);
                self.open.remove(&id);
                self.undone.insert(id.clone());
                (self.emit)(Event::Undone { step: id.clone(), changed: performed.changed });
                let milliseconds = self.world.elapsed_ms().saturating_sub(began_ms);
                Outcome::Done { changed: performed.changed, values: performed.values, milliseconds }
            }
            Err(Failure { message, help, certain, .. }) => {
                self.undo_failed.push(Problem::of_step(step, &format!("could not be undone: {message}"), &help));
                (self.emit)(Event::UndoFailed { step: id.clone(), message: message.clone(), help: help.clone() });
                if !certain {
                    return Ok(false);
                }
                Outcome::Failed { message, help }
            }
        };
        self.memory.settle(&id);
        let undone = matches!(outcome, Outcome::Done { .. });
        self.journal.push(Record::Undone { step: id, outcome });
        // An undo acts, so that it was is kept at once; what has nothing to undo may wait for others.
        if matches!(step.undo, Undo::Act { .. } | Undo::Impossible { .. }) {
            self.journal.flush().await?;
        }
        Ok(undone)
    }

    async fn opposite(&mut self, step: &Step) -> Result<Performed, Failure> {
        let attempt = Attempt { world: self.world, plan: self.plan, memory: self.memory, emit: self.emit };
        if let Action::StartContainer { host, container } = &step.action
            && self.reach(|reach| reach.is_discarded(step))
        {
            let (host, container) = (host.clone(), container.clone());
            let halt = Action::StopContainer { host, container, grace_seconds: DISCARDED_GRACE_SECONDS, clean: false };
            return attempt.perform(step, &halt).await;
        }
        match &step.undo {
            Undo::Nothing | Undo::Leave { .. } => Ok(Performed::default()),
            Undo::Impossible { why } => Err(Failure::certain(why.clone(), "see what this step left, and undo it by hand")),
            Undo::Act { action } => {
                let repeatable = step.class != Class::Once;
                if repeatable && !self.memory.contains(&step.id) && matches!(**action, Action::RestoreRestart { .. }) {
                    // The outcome that remembers the policy was lost; the same step, done again, learns it again.
                    let performed = attempt.perform(step, &step.action).await?;
                    self.memory.insert(&step.id, performed.values);
                }
                attempt.perform(step, action).await
            }
        }
    }
}
