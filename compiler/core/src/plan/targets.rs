//! What is left of a plan that a person wants for some addresses only? Their steps, all that these need, and moves as a whole.

use super::{draft::Draft, is_below, lower::Lowering};
use mig_plan::{Partial, State};
use std::collections::BTreeSet;

impl Draft {
    /// What is meant by the targets, with all that it needs; everything, if there are none.
    pub(super) fn meant(&self, known: &State, targets: &[String]) -> Option<BTreeSet<String>> {
        if targets.is_empty() {
            return None;
        }
        let mut open: Vec<&str> = self.everything(known).filter(|address| is_target(address, targets)).collect();
        let mut out = BTreeSet::new();
        while let Some(address) = open.pop() {
            if !out.insert(address.to_owned()) {
                continue;
            }
            open.extend(self.resources.get(address).iter().flat_map(|r| &r.needs).map(String::as_str));
            if let Some(service) = self.services.get(address) {
                open.extend(service.needs.iter().map(String::as_str));
                // What is prepared on a host comes before its containers.
                open.extend(self.resources.values().filter(|r| r.host.as_ref() == Some(&service.on)).map(|r| r.address.as_str()));
            }
            open.extend(self.moves.iter().filter(|m| m.address == address).flat_map(|m| &m.services).map(String::as_str));
            if !self.addresses.contains(address) {
                // What was built on it goes before it.
                let built = |needs: &[String]| needs.iter().any(|need| need == address);
                let above = known.resources.iter().filter(|(_, r)| r.removal.as_ref().is_some_and(|removal| built(&removal.needs)));
                open.extend(above.map(|(above, _)| above.as_str()));
            }
        }
        Some(out)
    }

    /// Addresses of the program and of the state.
    pub(crate) fn everything<'d>(&'d self, state: &'d State) -> impl Iterator<Item = &'d str> {
        self.addresses.iter().chain(state.resources.keys()).map(String::as_str)
    }
}

/// Is it one of the targets, or in one?
pub(crate) fn is_target(address: &str, targets: &[String]) -> bool {
    targets.iter().any(|target| is_below(address, target))
}

impl Lowering<'_> {
    /// Leaves out what no target asks for.
    pub(super) fn only_targets(&mut self) {
        if self.targets.is_empty() {
            return;
        }
        let targets = self.targets;
        let left_out = self.graph.only(&|step| {
            let noted = step.sets.iter().map(|(address, _)| address).chain(&step.removes);
            noted.chain([&step.address]).chain(&step.of_move).any(|address| is_target(address, targets))
        });
        self.partial = Some(Partial { targets: targets.to_vec(), left_out });
        let graph = &self.graph;
        self.preconditions.retain(|p| graph.concerns(&p.address));
        self.moves.retain(|m| graph.concerns(&m.address));
        self.forecasts.retain(|f| graph.has(&f.down) && graph.has(&f.up));
    }
}
