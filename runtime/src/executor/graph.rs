//! Which steps may begin now? Those whose needs are done.
//!
//! Pure: knows nothing of hosts' limits, windows and failures; the caller filters by them.

use mig_plan::{Plan, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Steps that are not done, and what they wait for.
pub(super) struct Graph<'p> {
    /// By place in the plan, so that ready steps begin in the plan's order.
    steps: BTreeMap<usize, Waiting<'p>>,
    dependents: BTreeMap<&'p str, Vec<usize>>,
    ready: BTreeSet<usize>,
}

struct Waiting<'p> {
    step: &'p Step,
    needs: usize,
}

impl<'p> Graph<'p> {
    pub(super) fn new(plan: &'p Plan, is_done: impl Fn(&str) -> bool) -> Self {
        let mut graph = Self { steps: BTreeMap::new(), dependents: BTreeMap::new(), ready: BTreeSet::new() };
        for (place, step) in plan.steps.iter().enumerate().filter(|(_, step)| !is_done(&step.id)) {
            let needs: BTreeSet<&str> = step.needs.iter().map(String::as_str).filter(|need| !is_done(need)).collect();
            if needs.is_empty() {
                graph.ready.insert(place);
            }
            graph.steps.insert(place, Waiting { step, needs: needs.len() });
            for need in needs {
                graph.dependents.entry(need).or_default().push(place);
            }
        }
        graph
    }

    /// The ready steps that the filter lets through, in the plan's order; they are ready no longer.
    pub(super) fn take(&mut self, mut may_begin: impl FnMut(&'p Step) -> bool) -> Vec<&'p Step> {
        let steps = &self.steps;
        let chosen: Vec<usize> = self.ready.iter().copied().filter(|place| steps.get(place).is_some_and(|w| may_begin(w.step))).collect();
        for place in &chosen {
            self.ready.remove(place);
        }
        chosen.into_iter().filter_map(|place| self.steps.remove(&place)).map(|waiting| waiting.step).collect()
    }

    /// A step is done; what waited for it alone is ready.
    pub(super) fn done(&mut self, id: &str) {
        for place in self.dependents.remove(id).unwrap_or_default() {
            let Some(waiting) = self.steps.get_mut(&place) else { continue };
            waiting.needs -= 1;
            if waiting.needs == 0 {
                self.ready.insert(place);
            }
        }
    }

    /// Steps that never began, in the plan's order.
    pub(super) fn left(&self) -> impl Iterator<Item = &'p Step> {
        self.steps.values().map(|waiting| waiting.step)
    }
}
