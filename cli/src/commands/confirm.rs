//! `migc confirm`: say that moves stay as they are. Closes the way back and deletes nothing; no timer does it.
//!
//! Asks no host; only the state notes it.

use super::{
    apply::agree,
    program::parse_env,
    store::{self, Place},
};
use crate::{
    exit::{Failure, Outcome, Status},
    render::{self, count, json, near::near},
    terminal::Terminal,
    visible,
};
use mig_plan::State;
use mig_runtime::{
    journal::Journal,
    real::{self, RealWorld},
};
use serde::Serialize;

/// Close the way back of moves that are done, after showing them and asking
///
/// Until then `migc undo` moves back what the last run has moved. Nothing is deleted: what was moved from stays where it is, stopped, for
/// a person to remove. Without ADDRESS it is for every move that is done.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Moves, as `migc state list` prints them
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<String>,
    #[command(flatten)]
    state: Place,
    /// The state that belongs to NAME.migvars
    #[arg(long, value_name = "NAME", value_parser = parse_env)]
    env: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print one object; see docs/json.md
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Confirmed<'a> {
    version: u32,
    confirmed: &'a [String],
}

const VERSION: u32 = 1;

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let journal = args.state.without_program(args.env.as_deref())?;
    let state = store::read(&journal)?;
    store::is_over(&state)?;
    let moves = chosen(&args.addresses, &state)?;
    if moves.is_empty() {
        tell(args, &moves, "nothing to confirm: no move is done whose way back is open\n", terminal);
        return Ok(Status::Done);
    }
    if !args.json {
        terminal.print(&render::status::confirming(&moves, &state));
    }
    agree(args.yes, &format!("confirm {}", count(moves.len(), "move")), terminal)?;
    let by = real::operator();
    let _held = store::hold(&journal, &by)?;
    let world = RealWorld::of(journal.clone());
    let confirm = async {
        let mut journal = Journal::open(&world).await?;
        let is_same = journal.state().head == state.head;
        if is_same {
            journal.confirm(moves.clone(), &by);
            journal.flush().await?;
        }
        Ok(is_same)
    };
    let is_same = store::runtime()?.block_on(confirm).map_err(|error| store::failed(&error, &journal))?;
    if !is_same {
        let message = "the state was changed by another run meanwhile, and nothing was done";
        return Err(Failure::new(message).help("look at it again with `migc status`, and type that again"));
    }
    tell(args, &moves, "confirmed\n", terminal);
    Ok(Status::Done)
}

fn tell(args: &Args, moves: &[String], text: &str, terminal: &mut Terminal) {
    terminal.print(&if args.json { json::pretty(&Confirmed { version: VERSION, confirmed: moves }) } else { text.to_owned() });
}

/// Those that are named, or all whose way back is open.
fn chosen(addresses: &[String], state: &State) -> Result<Vec<String>, Failure> {
    let open: Vec<&String> = state.unconfirmed().map(|(address, _)| address).collect();
    if let Some(address) = addresses.iter().find(|address| !open.contains(address)) {
        let name = visible::line(address);
        if state.is_confirmed(address) {
            return Err(Failure::new(format!("`{name}` is confirmed already")).help("leave it away"));
        }
        let help = match near(address, open.iter().map(|known| known.as_str())) {
            Some(known) => format!("did you mean `{known}`?"),
            None if open.is_empty() => "no move is done whose way back is open".to_owned(),
            None => format!("these are: {}", open.iter().map(|known| visible::line(known)).collect::<Vec<_>>().join(", ")),
        };
        return Err(Failure::new(format!("`{name}` is no move that is done and not confirmed")).help(help));
    }
    Ok(open.into_iter().filter(|open| addresses.is_empty() || addresses.contains(open)).cloned().collect())
}
