//! How does a list of steps come about? Each is added after what it needs.

use crate::{
    digest::Digest,
    journal::ResourceState,
    plan::{Action, Address, Class, Estimate, Origin, Phase, Step, StepId, Undo},
};
use std::collections::{BTreeMap, BTreeSet};

/// A short script.
const SCRIPT_SECONDS: u64 = 1;

/// A step that is being written.
pub(super) struct Draw {
    pub(super) address: Address,
    pub(super) of_move: Address,
    pub(super) phase: Phase,
    pub(super) title: String,
    pub(super) why: String,
    pub(super) action: Action,
    pub(super) needs: Vec<StepId>,
    pub(super) class: Class,
    pub(super) estimate: Estimate,
    pub(super) undo: Undo,
    pub(super) sets: Vec<(Address, ResourceState)>,
    pub(super) removes: Vec<Address>,
    pub(super) origin: Origin,
    /// Does the source accept writes from here on?
    pub(super) no_return: bool,
    /// Tells apart two steps that do the same: the look before and the look after.
    pub(super) role: &'static str,
}

impl Draw {
    /// One short script that may be done again and leaves nothing to undo.
    pub(super) fn new(address: &str, of_move: &str, phase: Phase, action: Action, origin: &Origin) -> Self {
        Self {
            address: address.to_owned(),
            of_move: of_move.to_owned(),
            phase,
            title: String::new(),
            why: String::new(),
            action,
            needs: vec![],
            class: Class::Idempotent,
            estimate: Estimate { seconds: Some(SCRIPT_SECONDS), bytes: None },
            undo: Undo::Nothing,
            sets: vec![],
            removes: vec![],
            origin: origin.clone(),
            no_return: false,
            role: "",
        }
    }
}

/// The steps so far.
#[derive(Default)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// Adds one. The first start of a move is its point of no return, and the others need it.
    pub(super) fn add(&mut self, draw: Draw) -> StepId {
        let identity = ("reverse", &draw.address, &draw.of_move, draw.phase, &draw.action, draw.role);
        let id = format!("s{}", Digest::of(&identity).short(12));
        let point = self.0.iter().find(|step| step.point_of_no_return && step.of_move.as_ref() == Some(&draw.of_move));
        let point = point.map(|step| step.id.clone());
        let others = if draw.no_return { point.clone() } else { None };
        let needs: BTreeSet<StepId> = draw.needs.into_iter().chain(others).collect();
        self.0.push(Step {
            id: id.clone(),
            address: draw.address,
            of_move: Some(draw.of_move),
            phase: draw.phase,
            title: draw.title,
            why: draw.why,
            action: draw.action,
            needs: needs.into_iter().collect(),
            class: draw.class,
            estimate: draw.estimate,
            undo: draw.undo,
            point_of_no_return: draw.no_return && point.is_none(),
            after_no_return: point.is_some(),
            before: None,
            sets: draw.sets,
            removes: draw.removes,
            origin: draw.origin,
        });
        id
    }

    /// How to go back over a step, where that names the step itself.
    pub(super) fn undo(&mut self, id: &str, action: Action) {
        if let Some(step) = self.0.iter_mut().find(|step| step.id == id) {
            step.undo = Undo::Act { action: Box::new(action) };
        }
    }

    /// In an order that can be run: by phase where needs leave a choice, then as they were added.
    pub(super) fn list(self) -> Vec<Step> {
        let mut followers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut waiting: Vec<usize> = vec![];
        for (place, step) in self.0.iter().enumerate() {
            waiting.push(step.needs.len());
            step.needs.iter().for_each(|need| followers.entry(need).or_default().push(place));
        }
        let phase = |place: usize| self.0.get(place).map_or(Phase::Finish, |step| step.phase);
        let free = waiting.iter().enumerate().filter(|(_, needs)| **needs == 0).map(|(place, _)| place);
        let mut ready: BTreeSet<(Phase, usize)> = free.map(|place| (phase(place), place)).collect();
        let mut list = vec![];
        while let Some((_, place)) = ready.pop_first() {
            let Some(step) = self.0.get(place) else { continue };
            list.push(step.clone());
            for follower in followers.get(step.id.as_str()).into_iter().flatten() {
                let Some(needs) = waiting.get_mut(*follower) else { continue };
                *needs = needs.saturating_sub(1);
                if *needs == 0 {
                    ready.insert((phase(*follower), *follower));
                }
            }
        }
        list
    }
}
