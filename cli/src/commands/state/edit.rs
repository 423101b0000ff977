//! `migc state rm` and `migc state compact`: what may a person change in the state itself? Never while a run is unfinished.
//!
//! Asks no host; what is in the world stays as it is.

use super::super::{
    apply::agree,
    program::parse_env,
    store::{self, Kept, Place},
};
use crate::{exit::Failure, render, render::near::near, terminal::Terminal};
use mig_plan::{Record, State};
use mig_runtime::{
    journal::{Journal, SNAPSHOT_AFTER_ENTRIES},
    real::{self, RealWorld},
};

#[derive(Debug, clap::Args)]
pub(super) struct Rm {
    /// Addresses of resources, as `migc state list` prints them
    #[arg(value_name = "ADDRESS", required = true)]
    addresses: Vec<String>,
    #[command(flatten)]
    state: Place,
    /// The state that belongs to NAME.migvars
    #[arg(long, value_name = "NAME", value_parser = parse_env)]
    env: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Compact {
    #[command(flatten)]
    place: Kept,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Rm {
    pub(super) fn run(&self, terminal: &mut Terminal) -> Result<(), Failure> {
        let journal = self.state.without_program(self.env.as_deref())?;
        let state = store::read(&journal)?;
        store::is_over(&state)?;
        if let Some(unknown) = self.addresses.iter().find(|address| !state.resources.contains_key(*address)) {
            return Err(unknown_address(unknown, &state));
        }
        terminal.print(&render::history::forgetting(&self.addresses, &state));
        agree(self.yes, &format!("forget {}", render::count(self.addresses.len(), "resource")), terminal)?;
        let by = real::operator();
        let _held = store::hold(&journal, &by)?;
        let world = RealWorld::of(journal.clone());
        let forget = async {
            let mut journal = Journal::open(&world).await?;
            let is_same = journal.state().head == state.head;
            if is_same {
                journal.forget(self.addresses.clone(), &by);
                journal.flush().await?;
            }
            Ok(is_same)
        };
        let is_same = store::runtime()?.block_on(forget).map_err(|error| store::failed(&error, &journal))?;
        if !is_same {
            return Err(changed_meanwhile());
        }
        terminal.print("forgotten; `migc plan` shows what follows\n");
        Ok(())
    }
}

impl Compact {
    pub(super) fn run(&self, terminal: &mut Terminal) -> Result<(), Failure> {
        let journal = self.place.open()?;
        let mut newest = None;
        // Everything is proven once more before anything of it is removed.
        let state = store::walk(&journal, |entry, _| {
            if matches!(entry.records.first(), Some(Record::Snapshot { .. })) {
                newest = Some(entry.number);
            }
        })?;
        store::is_over(&state)?;
        let newest = newest.unwrap_or(1);
        let old = store::count_before(&journal, newest)?;
        if old == 0 {
            terminal.print(&nothing());
            return Ok(());
        }
        terminal.print(&format!(
            "{old} entries before entry {newest} would be removed: `migc state history` shows their runs no longer. \
             `migc state export` prints them, to be kept elsewhere\n"
        ));
        agree(self.yes, "remove them", terminal)?;
        let _held = store::hold(&journal, &real::operator())?;
        if store::read(&journal)?.head != state.head {
            return Err(changed_meanwhile());
        }
        let removed = store::remove_before(&journal, newest)?;
        terminal.print(&format!("removed {removed} entries; the journal begins with the snapshot in entry {newest}\n"));
        Ok(())
    }
}

fn nothing() -> String {
    format!(
        "nothing to remove: there are no entries before a snapshot. A run that begins {SNAPSHOT_AFTER_ENTRIES} entries after the last \
         snapshot writes another\n"
    )
}

fn changed_meanwhile() -> Failure {
    Failure::new("the state was changed by another run meanwhile, and nothing was done").help("look at it again, and type that again")
}

pub(super) fn unknown_address(address: &str, state: &State) -> Failure {
    let help = near(address, state.resources.keys().map(String::as_str))
        .map_or_else(|| "`migc state list` prints what is settled".to_owned(), |name| format!("did you mean `{name}`?"));
    Failure::new(format!("the state knows nothing of `{address}`")).help(help)
}
