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
use mig_plan::{Observed, Plan, Reads, Report, State};
use mig_runtime::{
    observe,
    real::{Secrets, Store},
};

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

impl Observing {
    /// Was it said for what?
    pub(super) fn is_for_some(&self) -> bool {
        !self.target.is_empty()
    }

    /// The plan from the state to the program, with what hosts said.
    pub(super) fn plan(
        &self,
        program: &program::Program,
        compilation: &Compilation<'_>,
        state: &State,
        journal: &Store,
        terminal: &mut Terminal,
    ) -> Result<Result<Plan, Report>, Failure> {
        Ok(compilation.plan_on(state, &self.terms(program, compilation, state, journal, terminal)?))
    }

    /// What hosts said, and what a plan is for.
    pub(super) fn terms(
        &self,
        program: &program::Program,
        compilation: &Compilation<'_>,
        state: &State,
        journal: &Store,
        terminal: &mut Terminal,
    ) -> Result<Terms, Failure> {
        self.are_known(compilation, state)?;
        let observed = self.observe(program, compilation, state, journal, terminal)?;
        Ok(Terms { observed, targets: self.target.clone() })
    }

    /// Nobody shall believe that a name that is wrong was planned for.
    fn are_known(&self, compilation: &Compilation<'_>, state: &State) -> Result<(), Failure> {
        let is_known = |target: &String| compilation.addresses(state).any(|address| is_below(address, target));
        let Some(unknown) = self.target.iter().find(|target| !is_known(target)) else { return Ok(()) };
        let near = near(unknown, compilation.addresses(state));
        let help = near.map_or_else(|| "`migc graph` draws what is declared".to_owned(), |name| format!("did you mean `{name}`?"));
        Err(Failure::usage(format!("neither the program nor the state knows `{unknown}`")).help(help))
    }

    fn observe(
        &self,
        program: &program::Program,
        compilation: &Compilation<'_>,
        state: &State,
        journal: &Store,
        terminal: &mut Terminal,
    ) -> Result<Option<Observed>, Failure> {
        if !self.refresh {
            return Ok(None);
        }
        let reads = compilation.reads(state, &self.target);
        if reads.list.is_empty() {
            return Ok(Some(Observed::default()));
        }
        let hosts: std::collections::BTreeSet<_> = reads.list.iter().map(|read| read.ask.host()).collect();
        terminal.error(&format!("asking {}\n", count(hosts.len(), "host")));
        ask(program, compilation, &reads, journal).map(Some)
    }
}

/// What the hosts say. What needs a secret that is not there stays unobserved, and says so.
pub(super) fn ask(program: &program::Program, compilation: &Compilation<'_>, reads: &Reads, journal: &Store) -> Result<Observed, Failure> {
    let names = reads.secrets();
    let runtime = store::runtime()?;
    let secrets = if names.is_empty() {
        Secrets::default()
    } else {
        let project = program.open()?;
        let found = runtime.block_on(Secrets::find(&names, compilation.secret_sources(), project.root()));
        found.unwrap_or_default()
    };
    let world = store::world_to_observe(&reads.hosts, journal)?.with_secrets(secrets);
    Ok(runtime.block_on(async {
        let observed = observe::observe(&world, reads).await;
        world.close().await;
        observed
    }))
}
