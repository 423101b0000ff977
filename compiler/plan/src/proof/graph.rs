//! Which steps come before a step in every order, and which are there to ask? Each looked up, because a plan may have thousands.

use crate::plan::{Action, ContainerSpec, Plan, Requirement, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Steps by id.
pub(super) type Steps<'p> = BTreeMap<&'p str, &'p Step>;

/// A plan's steps by what is asked of them.
#[derive(Default)]
pub(super) struct Graph<'p> {
    steps: Steps<'p>,
    followers: BTreeMap<&'p str, Vec<&'p str>>,
    of_service: BTreeMap<&'p str, Vec<&'p Step>>,
    of_move: BTreeMap<&'p str, Vec<&'p Step>>,
    copies_to: BTreeMap<&'p str, Vec<&'p Step>>,
    reads_of: BTreeMap<&'p str, Vec<&'p Step>>,
    looks_on: BTreeMap<&'p str, Vec<&'p Step>>,
    starts: BTreeMap<(&'p str, &'p str), Vec<&'p Step>>,
    containers: BTreeMap<(&'p str, &'p str), &'p ContainerSpec>,
    free: BTreeSet<(&'p str, &'p str)>,
}

impl<'p> Graph<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let mut graph = Self::default();
        for step in &plan.steps {
            graph.steps.insert(&step.id, step);
            for need in &step.needs {
                graph.followers.entry(need).or_default().push(&step.id);
            }
            graph.of_service.entry(&step.address).or_default().push(step);
            if let Some(of) = &step.of_move {
                graph.of_move.entry(of).or_default().push(step);
            }
            if let Action::CopyTrees { from, .. } | Action::VerifyTrees { from, .. } = &step.action {
                graph.reads_of.entry(from).or_default().push(step);
            }
            match &step.action {
                Action::CopyTrees { to, .. } => graph.copies_to.entry(to).or_default().push(step),
                Action::CheckFenced { host, .. } => graph.looks_on.entry(host).or_default().push(step),
                Action::StartContainer { host, container } => graph.starts.entry((host, container)).or_default().push(step),
                Action::CreateContainer { host, container } => drop(graph.containers.insert((host, &container.name), container)),
                _ => {}
            }
        }
        for precondition in &plan.preconditions {
            if let Requirement::PathFree { path } = &precondition.requirement {
                graph.free.insert((&precondition.host, path));
            }
        }
        graph
    }

    /// All that is done when the step begins; not the step itself.
    pub(super) fn before(&self, step: &'p Step) -> Steps<'p> {
        let mut found = Steps::new();
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            for need in step.needs.iter().filter_map(|need| self.steps.get(need.as_str())) {
                if found.insert(&need.id, need).is_none() {
                    open.push(need);
                }
            }
        }
        found
    }

    /// All that needs the step, at any depth.
    pub(super) fn after(&self, step: &'p Step) -> BTreeSet<&'p str> {
        let mut found = BTreeSet::new();
        let mut open = vec![step.id.as_str()];
        while let Some(id) = open.pop() {
            for follower in self.followers.get(id).into_iter().flatten() {
                if found.insert(*follower) {
                    open.push(follower);
                }
            }
        }
        found
    }

    /// What is done for a resource.
    pub(super) fn of_service(&self, address: &str) -> &[&'p Step] {
        self.of_service.get(address).map_or(&[], Vec::as_slice)
    }

    /// What belongs to a move.
    pub(super) fn of_move(&self, address: &str) -> &[&'p Step] {
        self.of_move.get(address).map_or(&[], Vec::as_slice)
    }

    /// Copies onto a host.
    pub(super) fn copies_to(&self, host: &str) -> &[&'p Step] {
        self.copies_to.get(host).map_or(&[], Vec::as_slice)
    }

    /// Copies and comparisons that read a host.
    pub(super) fn reads_of(&self, host: &str) -> &[&'p Step] {
        self.reads_of.get(host).map_or(&[], Vec::as_slice)
    }

    /// Looks at what writes on a host.
    pub(super) fn looks_on(&self, host: &str) -> &[&'p Step] {
        self.looks_on.get(host).map_or(&[], Vec::as_slice)
    }

    /// What starts a container.
    pub(super) fn starts(&self, host: &'p str, container: &'p str) -> &[&'p Step] {
        self.starts.get(&(host, container)).map_or(&[], Vec::as_slice)
    }

    /// How the plan creates a container.
    pub(super) fn container(&self, host: &'p str, name: &'p str) -> Option<&'p ContainerSpec> {
        self.containers.get(&(host, name)).copied()
    }

    /// Does a precondition look whether the path is free?
    pub(super) fn is_looked_at(&self, host: &'p str, path: &'p str) -> bool {
        self.free.contains(&(host, path))
    }
}
