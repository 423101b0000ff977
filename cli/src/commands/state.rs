//! `migc state`: what does the journal hold? What is settled, which runs there were, and whether every entry is whole.
//!
//! What changes the state itself is in `edit`; the runtime proves each entry before it is shown.

mod edit;
mod rebuild;

use super::store;
use crate::{
    exit::{Failure, Outcome, Status},
    render::{self, history::Run, json},
    terminal::Terminal,
};
use clap::Subcommand;
use mig_plan::Entry;
use serde::Serialize;

/// Look into the state: what is settled, what every run did, and whether the journal is whole; forget resources and old entries
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print what is settled, an address a line
    List(Common),
    /// Print what is known of one resource
    Show {
        /// Its address: `kruskal`, `mysql`, `web["a"]`
        address: String,
        #[command(flatten)]
        common: Common,
    },
    /// Print every run: who, when, what it did, how it ended
    History(Common),
    /// Read every entry, and see that each is whole and names the one before
    Verify(Common),
    /// Print the whole journal as one object, to be kept elsewhere
    Export(store::Kept),
    /// Forget resources, which stay as they are in the world
    Rm(edit::Rm),
    /// Make a state anew that was lost, by what hosts keep of it and by what is there
    Rebuild(rebuild::Rebuild),
    /// Remove the entries before the newest snapshot, and with them the history of their runs
    Compact(edit::Compact),
}

#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    place: store::Kept,
    /// Print one object
    #[arg(long)]
    json: bool,
}

/// What `export` prints.
#[derive(Serialize)]
struct Export {
    version: u32,
    entries: Vec<Entry>,
}

/// What `verify --json` prints.
#[derive(Serialize)]
struct Verified<'s> {
    version: u32,
    project: &'s str,
    first: u64,
    entries: u64,
    head: &'s str,
}

const VERSION: u32 = 1;

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    match &args.what {
        What::List(common) => {
            let state = common.place.read()?;
            terminal.print(&if common.json { json::pretty(&state.resources) } else { render::history::list(&state) });
        }
        What::Show { address, common } => show(address, common, terminal)?,
        What::History(common) => {
            let mut runs: Vec<Run> = vec![];
            common.place.walk(|entry, state| render::history::add(&mut runs, entry, state))?;
            terminal.print(&if common.json { json::pretty(&runs) } else { render::history::runs(&runs) });
        }
        What::Verify(common) => verify(common, terminal)?,
        What::Export(place) => {
            let mut entries = vec![];
            place.walk(|entry, _| entries.push(entry.clone()))?;
            terminal.print(&json::pretty(&Export { version: VERSION, entries }));
        }
        What::Rm(rm) => rm.run(terminal)?,
        What::Rebuild(rebuild) => return rebuild.run(terminal),
        What::Compact(compact) => compact.run(terminal)?,
    }
    Ok(Status::Done)
}

fn show(address: &str, common: &Common, terminal: &mut Terminal) -> Result<(), Failure> {
    let state = common.place.read()?;
    let Some(resource) = state.resources.get(address) else {
        return Err(edit::unknown_address(address, &state));
    };
    terminal.print(&if common.json { json::pretty(resource) } else { render::history::resource(address, resource) });
    Ok(())
}

fn verify(common: &Common, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut first = None;
    let state = common.place.walk(|entry, _| {
        first.get_or_insert(entry.number);
    })?;
    let first = first.unwrap_or(1);
    let entries = state.serial + 1 - first;
    let verified = Verified { version: VERSION, project: &state.project, first, entries, head: &state.head };
    terminal.print(&if common.json { json::pretty(&verified) } else { render::history::verified(&state, first) });
    Ok(())
}
