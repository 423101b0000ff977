//! `migc undo`: go back over the run that is unfinished, or over the last one; show what that comes to, ask, and do it.
//!
//! What can be undone, in which order, and what is written down is the executor's.

use super::{
    apply::{Way, act, agree},
    program, store,
};
use crate::{
    exit::{Failure, Outcome},
    render::{self, count},
    terminal::Terminal,
    visible,
};
use mig_plan::journal::Unfinished;
use mig_runtime::executor::{Options, Undoable, undoable};

/// Go back over the run that is unfinished, or over the last one that was done, the last step first
///
/// Before the point of no return of a move its source is started again. After it the target has accepted writes: then nothing is
/// undone, unless they may be dropped. An undo that is interrupted goes on with `migc undo` or `migc apply`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    #[command(flatten)]
    state: store::Place,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print an event a line; see docs/json.md
    #[arg(long)]
    json: bool,
    /// Go back over the point of no return of this move, or of the move of this service, and drop what was written since; the journal
    /// keeps that you said so
    #[arg(long, value_name = "ADDRESS")]
    discard_writes_on: Vec<String>,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let journal = args.state.open(&args.program, &args.program.open()?)?;
    let state = store::read(&journal)?;
    let is_over = state.unfinished.is_none();
    let run = state.unfinished.map_or_else(|| store::last_done(&journal), |run| Ok(Some(run)))?;
    let Some(run) = run else {
        let help = "only the run that is unfinished, or the last one if it was done, can be undone; see `migc state history`";
        return Err(Failure::new("there is no run to undo, and nothing was done").help(help));
    };
    known(&run, &args.discard_writes_on)?;
    let found = undoable(&run, &args.discard_writes_on);
    if found.steps.is_empty() || (is_over && !found.stays.is_empty()) {
        return Err(refused(&run, &found));
    }
    if !args.json {
        terminal.print(&render::undo::undoable(&run, &found, &args.discard_writes_on));
    }
    agree(args.yes, &format!("undo run {}", visible::line(&run.run)), terminal)?;
    let options = Options { discard_writes_on: args.discard_writes_on.clone(), ..Options::default() };
    act(&options, args.json, &args.program, &run.plan, Way::Undo, &journal, terminal)
}

/// An address that means nothing here would let a person believe that something is dropped.
fn known(run: &Unfinished, addresses: &[String]) -> Result<(), Failure> {
    let meant = |address: &String| {
        run.plan.steps.iter().any(|s| s.of_move.as_ref() == Some(address) || (s.of_move.is_some() && &s.address == address))
    };
    match addresses.iter().find(|address| !meant(address)) {
        None => Ok(()),
        Some(unknown) => {
            let moves: Vec<&str> = run.plan.moves.iter().map(|m| m.address.as_str()).collect();
            let help = if moves.is_empty() { "this run moves nothing".to_owned() } else { format!("it has {}", moves.join(", ")) };
            Err(Failure::usage(format!("run {} has no move `{unknown}`", run.run)).help(help))
        }
    }
}

fn refused(run: &Unfinished, found: &Undoable) -> Failure {
    let name = visible::line(&run.run);
    let Some(first) = found.stays.first() else {
        return Failure::new(format!("run {name} has done nothing that could be undone")).help("`migc status` shows where it stands");
    };
    let more = count(found.stays.len().saturating_sub(1), "further step");
    let more = if found.stays.len() > 1 { format!(" (and {more})") } else { String::new() };
    Failure::new(format!("run {name} cannot be undone, and nothing was done: {}{more}", first.message)).help(first.help.clone())
}
