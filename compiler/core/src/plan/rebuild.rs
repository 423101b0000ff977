//! How does a state that was lost become known again? All that is declared is looked at, and what is there is taken as it is.
//!
//! Whether a move is done no host can tell: a person says it, and what speaks against it is refused.

use super::{
    draft::Draft,
    import::{Refused, Untaken},
    lower::Lowering,
    moves,
    observed::Terms,
};
use mig_plan::{Difference, Observed, Reads, ResourceState, State, plan::Address};
use std::collections::BTreeMap;

/// What is known again.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// Whose state it is.
    pub project: String,
    /// What is there.
    pub resources: BTreeMap<Address, ResourceState>,
    /// What of that is otherwise than declared.
    pub differing: BTreeMap<Address, Vec<Difference>>,
    /// What is declared and not there.
    pub absent: Vec<Address>,
    /// What could not be taken, with the reason.
    pub untaken: BTreeMap<Address, String>,
}

impl Draft {
    /// What to ask: how each thing is that is declared on a host which can be reached.
    pub(crate) fn rebuild_reads(&self) -> Reads {
        let mut reads = Reads::default();
        let services = self.services.values().filter(|service| !service.existing).map(|service| &service.address);
        for address in self.resources.keys().chain(services) {
            if let Ok(one) = self.import_reads(address) {
                reads.hosts.extend(one.hosts);
                reads.list.extend(one.list);
            }
        }
        reads
    }

    /// What the state is to know; `done` are the moves that a person says are done.
    pub(crate) fn rebuild(&self, observed: &Observed, done: &[Address]) -> Result<Rebuilt, Refused> {
        let (state, terms) = (State::default(), Terms::default());
        let lowering = Lowering::new(self, &state, &terms, vec![]);
        let mut out = Rebuilt { project: self.project.clone(), ..Rebuilt::default() };
        for read in self.rebuild_reads().list {
            let Some(answer) = observed.answer(&read.ask) else {
                let why = observed.why_not(&read.ask).unwrap_or("it was not asked");
                out.untaken.insert(read.address, why.to_owned());
                continue;
            };
            match self.taken(&lowering, &read.address, &read.ask, answer) {
                Ok((resource, differences, _)) => {
                    if !differences.is_empty() {
                        out.differing.insert(read.address.clone(), differences);
                    }
                    out.resources.insert(read.address, resource);
                }
                Err(Untaken::Absent) => out.absent.push(read.address),
                Err(Untaken::Said(message, _)) => drop(out.untaken.insert(read.address, message)),
            }
        }
        if let Some(unknown) = done.iter().find(|address| !self.moves.iter().any(|m| m.address == **address)) {
            return Err(Refused::Said(format!("the program has no move `{unknown}`"), "`--done` takes the name of a move".to_owned()));
        }
        for migration in &self.moves {
            if done.contains(&migration.address) {
                let digest = moves::digest(migration, &str::to_owned);
                out.resources.insert(migration.address.clone(), lowering.moved(migration, &digest));
            } else if let Some(service) = migration.services.iter().find(|service| out.resources.contains_key(*service)) {
                let message = format!("`{service}` is on {} already, and `{}` is not said to be done", migration.to, migration.address);
                let help = format!(
                    "add `--done {}` if that move came to its end; if it did not, finish or undo it by hand first: what is on {} would be \
                     copied over",
                    migration.address, migration.to
                );
                return Err(Refused::Said(message, help));
            }
        }
        Ok(out)
    }
}
