//! How does a graph of steps come about? Steps are added with what they need, get ids, and are put in an order.

use mig_plan::{Action, Before, Class, Digest, Estimate, Origin, Phase, ResourceState, Step, StepId, Undo, Verb};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::collections::{BTreeMap, BTreeSet};

/// A step that is being written.
#[derive(Debug)]
pub(super) struct Draw {
    pub(super) address: String,
    pub(super) of_move: Option<String>,
    pub(super) phase: Phase,
    pub(super) title: String,
    pub(super) why: String,
    pub(super) action: Action,
    pub(super) needs: Vec<StepId>,
    pub(super) class: Class,
    pub(super) estimate: Estimate,
    pub(super) undo: Undo,
    pub(super) before: Option<Before>,
    pub(super) sets: Vec<(String, ResourceState)>,
    pub(super) removes: Vec<String>,
    pub(super) origin: Origin,
    /// Does the target accept writes from here on?
    pub(super) no_return: bool,
    /// Tells apart two steps that do the same: the look before and the look after.
    pub(super) role: &'static str,
}

impl Draw {
    /// One short script that may be done again and leaves nothing to undo; the rest is said by whoever draws it.
    pub(super) fn new(address: &str, of_move: Option<&str>, phase: Phase, action: Action, origin: &Origin) -> Self {
        Self {
            address: address.to_owned(),
            of_move: of_move.map(str::to_owned),
            phase,
            title: String::new(),
            why: String::new(),
            action,
            needs: vec![],
            class: Class::Idempotent,
            estimate: super::estimate::seconds(super::estimate::SCRIPT_SECONDS),
            undo: Undo::Nothing,
            before: None,
            sets: vec![],
            removes: vec![],
            origin: origin.clone(),
            no_return: false,
            role: "",
        }
    }
}

/// Steps in the order they were added.
#[derive(Debug, Default)]
pub(super) struct Graph {
    steps: Vec<Step>,
    places: HashMap<StepId, usize>,
    noted: HashSet<String>,
}

impl Graph {
    /// Adds a step; its id says what it does and for what, so that the same program gives the same ids.
    pub(super) fn add(&mut self, draw: Draw) -> StepId {
        let identity = (&draw.address, &draw.of_move, draw.phase, &draw.action, draw.role);
        let id = format!("s{}", Digest::of(&identity).short(12));
        if self.places.contains_key(&id) {
            return id;
        }
        self.places.insert(id.clone(), self.steps.len());
        self.noted.extend(draw.sets.iter().map(|(address, _)| address.clone()));
        let mut needs = draw.needs;
        needs.sort();
        needs.dedup();
        self.steps.push(Step {
            id: id.clone(),
            address: draw.address,
            of_move: draw.of_move,
            phase: draw.phase,
            title: draw.title,
            why: draw.why,
            action: draw.action,
            needs,
            class: draw.class,
            estimate: draw.estimate,
            undo: draw.undo,
            point_of_no_return: draw.no_return,
            after_no_return: false,
            before: draw.before,
            sets: draw.sets,
            removes: draw.removes,
            origin: draw.origin,
        });
        id
    }

    /// Is there no step?
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Does a step note something of a resource?
    pub(super) fn sets(&self, address: &str) -> bool {
        self.noted.contains(address)
    }

    /// Leaves only steps that are wanted, what they need, and moves as a whole; gives the number of those that go.
    pub(super) fn only(&mut self, wanted: &dyn Fn(&Step) -> bool) -> usize {
        let mut open: Vec<usize> = (0..self.steps.len()).filter(|n| self.steps.get(*n).is_some_and(wanted)).collect();
        let mut of_move: HashMap<&str, Vec<usize>> = HashMap::default();
        for (number, step) in self.steps.iter().enumerate() {
            of_move.entry(step.of_move.as_deref().unwrap_or_default()).or_default().push(number);
        }
        let mut kept: BTreeSet<usize> = BTreeSet::new();
        while let Some(number) = open.pop() {
            let Some(step) = self.steps.get(number).filter(|_| kept.insert(number)) else { continue };
            open.extend(step.needs.iter().filter_map(|need| self.places.get(need)));
            open.extend(step.of_move.as_deref().and_then(|name| of_move.remove(name)).into_iter().flatten());
        }
        let all = std::mem::take(self).steps;
        let left_out = all.len() - kept.len();
        for (_, step) in all.into_iter().enumerate().filter(|(number, _)| kept.contains(number)) {
            self.places.insert(step.id.clone(), self.steps.len());
            self.noted.extend(step.sets.iter().map(|(address, _)| address.clone()));
            self.steps.push(step);
        }
        left_out
    }

    /// Steps that remove containers, by address, with the host.
    pub(super) fn removals(&self) -> BTreeMap<String, (String, StepId)> {
        let removal = |step: &Step| match &step.action {
            Action::RemoveContainer { host, .. } => Some((step.address.clone(), (host.clone(), step.id.clone()))),
            _ => None,
        };
        self.steps.iter().filter_map(removal).collect()
    }

    /// Steps that delete what is on a host.
    pub(super) fn deletions(&self, host: &str) -> Vec<StepId> {
        let deletes =
            |step: &&Step| matches!(&step.action, Action::Call(call) if call.verb == Verb::Delete && call.look.request.place() == host);
        self.steps.iter().filter(deletes).map(|s| s.id.clone()).collect()
    }

    /// Steps that copy from a host, or compare what was copied, by host.
    pub(super) fn reads(&self) -> BTreeMap<String, Vec<StepId>> {
        let mut reads: BTreeMap<String, Vec<StepId>> = BTreeMap::new();
        for step in &self.steps {
            if let Action::CopyTrees { from, .. } | Action::VerifyTrees { from, .. } = &step.action {
                reads.entry(from.clone()).or_default().push(step.id.clone());
            }
        }
        reads
    }

    /// Does a step forget that address?
    pub(super) fn forgets(&self, address: &str) -> bool {
        self.steps.iter().any(|s| s.removes.iter().any(|removed| removed == address))
    }

    /// Is a step done for that address?
    pub(super) fn concerns(&self, address: &str) -> bool {
        self.steps.iter().any(|s| s.address == address || s.of_move.as_deref() == Some(address))
    }

    /// Is the step there?
    pub(super) fn has(&self, step: &str) -> bool {
        self.places.contains_key(step)
    }

    /// Steps that no other needs.
    pub(super) fn last(&self) -> Vec<StepId> {
        let needed: BTreeSet<&StepId> = self.steps.iter().flat_map(|s| &s.needs).collect();
        self.steps.iter().map(|s| &s.id).filter(|id| !needed.contains(id)).cloned().collect()
    }

    /// Whatever is noted of what this step notes comes after it.
    pub(super) fn notes_first(&mut self, step: &StepId) {
        let Some(first) = self.places.get(step).and_then(|place| self.steps.get(*place)) else { return };
        let noted: BTreeSet<String> = first.sets.iter().map(|(a, _)| a).chain(&first.removes).cloned().collect();
        let touches = |s: &&mut Step| s.id != *step && s.sets.iter().map(|(a, _)| a).chain(&s.removes).any(|a| noted.contains(a));
        for other in self.steps.iter_mut().filter(touches) {
            if !other.needs.contains(step) {
                other.needs.push(step.clone());
                other.needs.sort();
            }
        }
    }

    /// Containers of a host come after what is prepared for them there.
    pub(super) fn before_containers(&mut self, host: &str, step: &StepId) {
        let made = |s: &&mut Step| matches!(&s.action, Action::CreateContainer { host: on, .. } if on == host);
        for other in self.steps.iter_mut().filter(made).filter(|s| !s.needs.contains(step)) {
            other.needs.push(step.clone());
            other.needs.sort();
        }
    }

    fn step(&mut self, id: &str) -> Option<&mut Step> {
        self.places.get(id).and_then(|place| self.steps.get_mut(*place))
    }

    /// How to go back over a step, where that names the step itself.
    pub(super) fn undo(&mut self, step: &str, undo: Undo) {
        if let Some(step) = self.step(step) {
            step.undo = undo;
        }
    }

    /// All steps for that address are part of a move and come after these of it.
    pub(super) fn of_move(&mut self, address: &str, of_move: &str, after: &[&StepId], why: &str) -> Vec<StepId> {
        let mut changed = vec![];
        for step in self.steps.iter_mut().filter(|step| step.address == address && step.of_move.is_none()) {
            step.phase = Phase::Finish;
            step.of_move = Some(of_move.to_owned());
            step.why = format!("{}; {why}", step.why);
            step.needs.extend(after.iter().map(|id| (*id).clone()));
            step.needs.sort();
            step.needs.dedup();
            changed.push(step.id.clone());
        }
        changed
    }

    /// Another reason than such steps mostly have.
    pub(super) fn why(&mut self, step: &str, why: &str) {
        if let Some(step) = self.step(step) {
            why.clone_into(&mut step.why);
        }
    }

    /// One more need of a step.
    pub(super) fn need(&mut self, step: &str, need: &StepId) {
        if let Some(step) = self.step(step)
            && step.id != *need
            && !step.needs.contains(need)
        {
            step.needs.push(need.clone());
            step.needs.sort();
        }
    }

    /// In an order that can be run: by phase where needs leave a choice, then as they were added. Steps that need each other
    /// are given back as the second part.
    pub(super) fn order(self) -> (Vec<Step>, Vec<Step>) {
        let place = self.places;
        let mut waiting: Vec<usize> = self.steps.iter().map(|s| s.needs.len()).collect();
        let mut followers: Vec<Vec<usize>> = vec![vec![]; self.steps.len()];
        for (number, step) in self.steps.iter().enumerate() {
            for need in step.needs.iter().filter_map(|n| place.get(n)) {
                if let Some(list) = followers.get_mut(*need) {
                    list.push(number);
                }
            }
        }
        let mut steps: Vec<Option<Step>> = self.steps.into_iter().map(Some).collect();
        let phase_of = |steps: &[Option<Step>], n: usize| steps.get(n).and_then(|s| s.as_ref()).map_or(Phase::Finish, |s| s.phase);
        let free = (0..steps.len()).filter(|n| waiting.get(*n) == Some(&0));
        let mut ready: BTreeSet<(Phase, usize)> = free.map(|n| (phase_of(&steps, n), n)).collect();
        let mut out = vec![];
        while let Some((_, number)) = ready.pop_first() {
            out.extend(steps.get_mut(number).and_then(Option::take));
            for follower in followers.get(number).into_iter().flatten() {
                if let Some(open) = waiting.get_mut(*follower) {
                    *open -= 1;
                    if *open == 0 {
                        ready.insert((phase_of(&steps, *follower), *follower));
                    }
                }
            }
        }
        mark(&mut out);
        (out, steps.into_iter().flatten().collect())
    }
}

/// The first start of a move is its point of no return; what its move does later is behind it. Other starts need it, so that
/// none comes first when steps run at the same time.
fn mark(steps: &mut [Step]) {
    let mut passed: BTreeMap<String, StepId> = BTreeMap::new();
    for step in steps.iter_mut() {
        let starts = std::mem::take(&mut step.point_of_no_return);
        let Some(of_move) = step.of_move.clone() else { continue };
        match passed.get(&of_move) {
            Some(first) => {
                step.after_no_return = true;
                if starts && !step.needs.contains(first) {
                    step.needs.push(first.clone());
                    step.needs.sort();
                }
            }
            None if starts => {
                step.point_of_no_return = true;
                passed.insert(of_move, step.id.clone());
            }
            None => {}
        }
    }
}
