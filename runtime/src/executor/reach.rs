//! How far can a run be undone? Never over a point of no return by itself, and nothing is taken from under what stays.
//!
//! Pure: reads a plan and which of its steps have acted. What undoing does is in `back`.

use crate::preflight::Problem;
use mig_plan::{Action, Plan, State, Step, StepId, Undo, journal::Unfinished, plan::Address};
use std::collections::BTreeSet;

/// What a person is shown before a run is undone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undoable {
    /// Steps that would be undone, the last one first.
    pub steps: Vec<StepId>,
    /// What would stay, why, and what to do about it.
    pub stays: Vec<Problem>,
}

/// What undoing a run would come to; `discarded` are moves, or services of moves, whose newer writes may be dropped.
pub fn undoable(run: &Unfinished, discarded: &[Address]) -> Undoable {
    let discarded = moves_of(&run.plan, discarded);
    of_run(run, &discarded, |reach| {
        let moves = reach.all_moves();
        Undoable {
            steps: reach.going(&moves, true).into_iter().map(|step| step.id.clone()).collect(),
            stays: reach.stays(&moves).into_iter().map(Reach::tell).collect(),
        }
    })
}

/// Why a run that was done stays although its writes may be dropped: a person has closed the way back of its moves.
pub(super) fn confirmed(run: &Unfinished, state: &State) -> Vec<Problem> {
    let closed = run.plan.moves.iter().filter(|summary| state.is_confirmed(&summary.address));
    closed.map(|summary| Problem::new(format!("{} is confirmed, which closed the way back", summary.address), CONFIRMED_HELP)).collect()
}

const CONFIRMED_HELP: &str = "declare a move the other way to have it back; nothing was deleted";

/// Has an undo begun that is not at its end?
pub(super) fn is_going_back(run: &Unfinished) -> bool {
    of_run(run, &run.discarded, |reach| !reach.going(&run.going_back, run.everything).is_empty())
}

fn of_run<T>(run: &Unfinished, discarded: &[Address], ask: impl FnOnce(Reach<'_>) -> T) -> T {
    let acted = |id: &str| run.done.contains_key(id) || run.open.iter().any(|open| open == id);
    ask(Reach { plan: &run.plan, acted: &acted, discarded })
}

/// Moves by their own addresses, or by those of what they carry.
pub(super) fn moves_of(plan: &Plan, addresses: &[Address]) -> Vec<Address> {
    let named = |step: &&Step| addresses.contains(&step.address) || step.of_move.as_ref().is_some_and(|of| addresses.contains(of));
    let moves = plan.steps.iter().filter(|step| step.point_of_no_return).filter(named).filter_map(|step| step.of_move.clone());
    moves.collect::<BTreeSet<_>>().into_iter().collect()
}

/// A plan, and what has become of it.
pub(super) struct Reach<'r> {
    pub(super) plan: &'r Plan,
    /// Has a step changed anything, or may it have?
    pub(super) acted: &'r dyn Fn(&str) -> bool,
    /// Moves whose newer writes a person lets go.
    pub(super) discarded: &'r [Address],
}

impl<'r> Reach<'r> {
    /// Is it the start of a target whose newer writes are let go? Then it is undone by a stop.
    pub(super) fn is_discarded(&self, step: &Step) -> bool {
        let of_move = step.of_move.as_ref().is_some_and(|of| self.discarded.contains(of));
        of_move && step.point_of_no_return && matches!(step.action, Action::StartContainer { .. })
    }

    fn is_final(&self, step: &Step) -> bool {
        matches!(step.undo, Undo::Impossible { .. }) && !self.is_discarded(step)
    }

    /// Has the step after which a move cannot go back been begun?
    pub(super) fn is_past_return(&self, of: &str) -> bool {
        let begun = |s: &&Step| s.point_of_no_return && s.of_move.as_deref() == Some(of) && (self.acted)(&s.id);
        self.plan.steps.iter().filter(begun).any(|step| !self.is_discarded(step))
    }

    /// The move and all that were built on it; `None` if one of them cannot go back.
    pub(super) fn group(&self, of: Address) -> Option<BTreeSet<Address>> {
        let mut group = BTreeSet::from([of]);
        loop {
            let in_group = |step: &Step| step.of_move.as_ref().is_some_and(|m| group.contains(m));
            let mut above = BTreeSet::<&str>::new();
            let mut wider = group.clone();
            for step in &self.plan.steps {
                let own = in_group(step);
                let acted = (self.acted)(&step.id);
                if own && acted && self.is_final(step) {
                    return None;
                }
                if own || step.needs.iter().any(|need| above.contains(need.as_str())) {
                    above.insert(&step.id);
                }
                if !own && acted && leaves_something(step) && above.contains(step.id.as_str()) {
                    wider.insert(step.of_move.clone()?);
                }
            }
            if group.iter().any(|m| self.is_past_return(m)) {
                return None;
            }
            if wider == group {
                return Some(group);
            }
            group = wider;
        }
    }

    /// All moves that have acted and can go back.
    fn all_moves(&self) -> Vec<Address> {
        let acted = self.plan.steps.iter().filter(|step| (self.acted)(&step.id)).filter_map(|step| step.of_move.clone());
        let moves: BTreeSet<Address> = acted.collect();
        moves.into_iter().filter_map(|of| self.group(of)).flatten().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The steps to undo, the last one first: those of the moves, and with `everything` those of no move on which nothing stands
    /// that stays.
    pub(super) fn going(&self, moves: &[Address], everything: bool) -> Vec<&'r Step> {
        let mut needed = BTreeSet::<&str>::new();
        let mut going = vec![];
        for step in self.plan.steps.iter().rev().filter(|step| (self.acted)(&step.id)) {
            let goes = match &step.of_move {
                Some(of) => moves.contains(of),
                None => everything && !self.is_final(step) && !needed.contains(step.id.as_str()),
            };
            if goes {
                going.push(step);
            } else {
                needed.extend(step.needs.iter().map(String::as_str));
            }
        }
        going
    }

    /// What stays for a reason of its own when everything that can goes back over these moves.
    pub(super) fn stays(&self, moves: &[Address]) -> Vec<&'r Step> {
        let goes = |step: &Step| step.of_move.as_ref().is_some_and(|of| moves.contains(of));
        self.plan.steps.iter().filter(|step| (self.acted)(&step.id) && self.is_final(step) && !goes(step)).collect()
    }

    /// Why a step stays, and what to do.
    pub(super) fn tell(step: &Step) -> Problem {
        match (&step.undo, &step.of_move) {
            (Undo::Impossible { why }, Some(of)) if step.point_of_no_return => {
                let help = format!(
                    "`migc undo --discard-writes-on {of}` goes back and drops those writes; to keep them, come to the end of the run with \
                     `migc apply` first, and then move back with `migc undo`"
                );
                Problem::of_step(step, &format!("is the point of no return of {of}: {why}"), &help)
            }
            (Undo::Impossible { why }, _) => Problem::of_step(step, "cannot be undone", why),
            _ => Problem::of_step(
                step,
                "cannot be undone: it took the place of another container of ours, which is gone",
                "apply the program as it was before to have that one again",
            ),
        }
    }
}

fn leaves_something(step: &Step) -> bool {
    matches!(step.undo, Undo::Act { .. } | Undo::Impossible { .. })
}
