//! Which steps may begin now? Those whose needs are done.
//!
//! Pure: knows nothing of hosts' limits, windows and failures; the caller filters by them.

use mig_plan::{HostId, Plan, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Steps that are not done, and what they wait for.
pub(super) struct Graph<'p> {
    /// By place in the plan, so that ready steps begin in the plan's order.
    steps: BTreeMap<usize, Waiting<'p>>,
    dependents: BTreeMap<&'p str, Vec<usize>>,
    /// By the hosts they act on: one host is full for all of its steps, and many may wait for it.
    ready: BTreeMap<Vec<&'p HostId>, BTreeSet<usize>>,
}

struct Waiting<'p> {
    step: &'p Step,
    hosts: Vec<&'p HostId>,
    needs: usize,
}

/// What the caller says of a ready step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Begin,
    /// Not now.
    Wait,
    /// Not now, nor any other step on the same hosts.
    Full,
}

impl<'p> Graph<'p> {
    pub(super) fn new(plan: &'p Plan, is_done: impl Fn(&str) -> bool) -> Self {
        let mut graph = Self { steps: BTreeMap::new(), dependents: BTreeMap::new(), ready: BTreeMap::new() };
        for (place, step) in plan.steps.iter().enumerate().filter(|(_, step)| !is_done(&step.id)) {
            let needs: BTreeSet<&str> = step.needs.iter().map(String::as_str).filter(|need| !is_done(need)).collect();
            let hosts = step.action.hosts();
            if needs.is_empty() {
                graph.ready.entry(hosts.clone()).or_default().insert(place);
            }
            graph.steps.insert(place, Waiting { step, hosts, needs: needs.len() });
            for need in needs {
                graph.dependents.entry(need).or_default().push(place);
            }
        }
        graph
    }

    /// The ready steps that may begin, in the plan's order; they are ready no longer.
    pub(super) fn take(&mut self, mut judge: impl FnMut(&'p Step, &[&'p HostId]) -> Verdict) -> Vec<&'p Step> {
        // The first step of each group, and those behind it.
        let firsts = self.ready.values().map(BTreeSet::iter).filter_map(|mut places| Some((*places.next()?, places)));
        let mut next: BTreeMap<usize, _> = firsts.collect();
        let mut chosen = vec![];
        while let Some((place, mut places)) = next.pop_first() {
            let verdict = self.steps.get(&place).map_or(Verdict::Wait, |waiting| judge(waiting.step, &waiting.hosts));
            if verdict == Verdict::Begin {
                chosen.push(place);
            }
            if verdict != Verdict::Full {
                next.extend(places.next().map(|behind| (*behind, places)));
            }
        }
        let taken = chosen.into_iter().filter_map(|place| Some((place, self.steps.remove(&place)?))).collect::<Vec<_>>();
        for (place, waiting) in &taken {
            if let Some(places) = self.ready.get_mut(&waiting.hosts) {
                places.remove(place);
            }
        }
        taken.into_iter().map(|(_, waiting)| waiting.step).collect()
    }

    /// A step is done; what waited for it alone is ready.
    pub(super) fn done(&mut self, id: &str) {
        for place in self.dependents.remove(id).unwrap_or_default() {
            let Some(waiting) = self.steps.get_mut(&place) else { continue };
            waiting.needs -= 1;
            if waiting.needs == 0 {
                self.ready.entry(waiting.hosts.clone()).or_default().insert(place);
            }
        }
    }

    /// Steps that never began, in the plan's order.
    pub(super) fn left(&self) -> impl Iterator<Item = &'p Step> {
        self.steps.values().map(|waiting| waiting.step)
    }
}
