//! Which hosts can be surveyed? Servers, the way to each, the file of its facts, and the paths that the program names there.

use super::draft::Draft;
use mig_plan::{Host, HostId};
use std::collections::{BTreeMap, BTreeSet};

/// A server, for one who surveys it.
#[derive(Debug, Clone)]
pub struct Surveyed {
    /// The way to it; without a host where neither a name nor an address is known.
    pub host: Host,
    /// Is it there already?
    pub existing: bool,
    /// Its file, from the project's folder, as `facts = survey("…")` names it.
    pub facts: Option<String>,
    /// Folders of volumes and moves on it.
    pub paths: BTreeSet<String>,
}

impl Draft {
    /// Every server, by its address.
    pub(crate) fn surveys(&self) -> BTreeMap<HostId, Surveyed> {
        let mut all: BTreeMap<HostId, Surveyed> = BTreeMap::new();
        for (address, server) in &self.servers {
            let one =
                Surveyed { host: server.host.clone(), existing: server.existing, facts: server.facts_path.clone(), paths: BTreeSet::new() };
            all.insert(address.clone(), one);
        }
        let volumes = self.services.values().flat_map(|s| s.spec.mounts.iter().map(|mount| (&s.on, &mount.source)));
        let moved = self.moves.iter().flat_map(|m| m.paths.iter().map(|path| (&m.from, path)));
        for (on, path) in volumes.chain(moved) {
            if let Some(one) = all.get_mut(on) {
                one.paths.insert(path.clone());
            }
        }
        all
    }
}
