//! How is a plan made that knows what is on the hosts? They are asked first, what they say is compared, and no host is changed.
//!
//! What `plan` and `apply` share.

use super::{program, store};
use crate::{
    exit::Failure,
    render::{count, near::near},
    terminal::Terminal,
};
use clap::ArgAction;
use mig_core::{Compilation, Terms, is_below};
use mig_plan::{Observed, Reads, State};
use mig_runtime::{
    observe,
    real::{RealWorld, Secrets, Store},
};
use std::collections::BTreeSet;

/// What is asked of hosts.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Observing {
    /// Ask the hosts what became of what was applied; `--refresh=false` believes the state, and needs no host
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    refresh: bool,
    /// Plan for this address only, with what it needs; can be given more than once
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<String>,
}

/// What was asked for a plan, and of whom.
pub(super) struct Asked {
    /// What hosts said, and what a plan is for.
    pub(super) terms: Terms,
    /// Whoever acts next goes on with its connections. Of no hosts, if none was asked.
    pub(super) world: RealWorld,
}

impl Observing {
    /// Was it said for what?
    pub(super) fn is_for_some(&self) -> bool {
        !self.target.is_empty()
    }

    /// Asks what a plan from the state to the program has to know.
    pub(super) fn ask(
        &self,
        program: &program::Program,
        compilation: &Compilation<'_>,
        state: &State,
        journal: &Store,
        terminal: &mut Terminal,
    ) -> Result<Asked, Failure> {
        self.are_known(compilation, state)?;
        let asked = |observed, world| Asked { terms: Terms { observed, targets: self.target.clone() }, world };
        if !self.refresh {
            return Ok(asked(None, RealWorld::of(journal.clone())));
        }
        let reads = compilation.reads(state, &self.target);
        if reads.list.is_empty() {
            return Ok(asked(Some(Observed::default()), RealWorld::of(journal.clone())));
        }
        terminal.error(&format!("asking {}\n", asked_whom(&reads)));
        let world = world(program, compilation, &reads, journal)?;
        Ok(asked(Some(ask(&world, &reads)?), world))
    }

    /// Nobody shall believe that a name that is wrong was planned for.
    fn are_known(&self, compilation: &Compilation<'_>, state: &State) -> Result<(), Failure> {
        let is_known = |target: &String| compilation.addresses(state).any(|address| is_below(address, target));
        let Some(unknown) = self.target.iter().find(|target| !is_known(target)) else { return Ok(()) };
        let near = near(unknown, compilation.addresses(state));
        let help = near.map_or_else(|| "`migc graph` draws what is declared".to_owned(), |name| format!("did you mean `{name}`?"));
        Err(Failure::usage(format!("neither the program nor the state knows `{unknown}`")).help(help))
    }
}

/// How many hosts and name servers.
fn asked_whom(reads: &Reads) -> String {
    let hosts: BTreeSet<_> = reads.list.iter().filter_map(|read| read.ask.host()).collect();
    let others: BTreeSet<_> = reads.list.iter().filter(|read| read.ask.host().is_none()).map(|read| read.ask.place()).collect();
    let counts = [(hosts.len(), "host"), (others.len(), "name server")];
    counts.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| count(number, what)).collect::<Vec<_>>().join(" and ")
}

/// The world that is asked, with what the questions need. What needs a secret that is not there stays unobserved, and says so.
pub(super) fn world(
    program: &program::Program,
    compilation: &Compilation<'_>,
    reads: &Reads,
    journal: &Store,
) -> Result<RealWorld, Failure> {
    let names = reads.secrets();
    let secrets = if names.is_empty() {
        Secrets::default()
    } else {
        let project = program.open()?;
        let found = store::runtime()?.block_on(Secrets::find(&names, compilation.secret_sources(), project.root()));
        found.unwrap_or_default()
    };
    store::to_observe(RealWorld::of(journal.clone()).with_secrets(secrets), &reads.hosts)
}

/// What the hosts say.
pub(super) fn ask(world: &RealWorld, reads: &Reads) -> Result<Observed, Failure> {
    Ok(store::runtime()?.block_on(observe::observe(world, reads)))
}
