//! `migc undo`: go back over the run that is unfinished, or over the last one; show what that comes to, ask, and do it.
//!
//! What can be undone, in which order, and what is written down is the executor's. A run whose targets have accepted writes is gone back
//! over by a plan of its own, which is made in `mig_plan` and applied like any other.

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
use mig_plan::{
    State,
    journal::Unfinished,
    proof,
    reverse::{moves_past_return, reverse},
};
use mig_runtime::{
    executor::{Options, Undoable, undoable},
    journal::LastRun,
    real::{RealWorld, Store},
    validate::validate,
};

/// Go back over the run that is unfinished, or over the last one that was done, the last step first
///
/// Before the point of no return of a move its source is started again. After it the target has accepted writes: once the run is done,
/// a move the other way brings them back, and is shown and applied as a run of its own; what the run did beside its moves stays. An undo that
/// is interrupted goes on with `migc apply`. What `migc confirm` has confirmed stays.
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
    /// Where the data that this move, or this service, came from were changed since: write over them; what was changed there is lost
    #[arg(long, value_name = "ADDRESS", conflicts_with = "discard_writes_on")]
    overwrite: Vec<String>,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let journal = args.state.open(&args.program, &args.program.open()?)?;
    let state = store::read(&journal)?;
    if let Some(run) = &state.unfinished {
        known(run, &args.discard_writes_on)?;
        no_way_back(args, &run.run)?;
        return back(args, run, false, &journal, terminal);
    }
    let Some(last) = store::last_run(&journal)? else {
        let help = "only the run that is unfinished, or the last one if it was done, can be undone; see `migc state history`";
        return Err(Failure::new("there is no run to undo, and nothing was done").help(help));
    };
    known(&last.run, &args.discard_writes_on)?;
    known(&last.run, &args.overwrite)?;
    let past = moves_past_return(&last.run);
    let open: Vec<&String> = past.iter().filter(|address| !state.is_confirmed(address)).collect();
    if open.is_empty() && !past.is_empty() {
        return Err(confirmed(&past));
    }
    if past.is_empty() || !args.discard_writes_on.is_empty() {
        no_way_back(args, &last.run.run)?;
        is_whole(&last)?;
        return back(args, &last.run, true, &journal, terminal);
    }
    move_back(args, &last.run, &state, &journal, terminal)
}

/// Undoes steps, the last one first.
fn back(args: &Args, run: &Unfinished, is_over: bool, journal: &Store, terminal: &mut Terminal) -> Outcome {
    let found = undoable(run, &args.discard_writes_on);
    if found.steps.is_empty() || (is_over && !found.stays.is_empty()) {
        return Err(refused(run, &found));
    }
    if !args.json {
        terminal.print(&render::undo::undoable(run, &found, &args.discard_writes_on));
    }
    agree(args.yes, &format!("undo run {}", visible::line(&run.run)), terminal)?;
    let options = Options { discard_writes_on: args.discard_writes_on.clone(), ..Options::default() };
    act(&options, args.json, &args.program, &run.plan, Way::Undo, RealWorld::of(journal.clone()), terminal)
}

/// Brings back what was written since, by a run of its own.
fn move_back(args: &Args, run: &Unfinished, state: &State, journal: &Store, terminal: &mut Terminal) -> Outcome {
    let plan = reverse(run, state, &args.overwrite).map_err(|error| Failure::new(error.message).help(error.help))?;
    let wrong = validate(&plan).err().unwrap_or_else(|| proof::violations(&plan).into_iter().map(|violation| violation.message).collect());
    if let Some(first) = wrong.first() {
        let help = "migc made this plan, so the mistake is its own: nothing was done; please report it, with `migc state export`";
        return Err(Failure::new(format!("the way back over run {} is not proven: {first}", visible::line(&run.run))).help(help));
    }
    if !args.json {
        terminal.print(&render::plan::plan(&plan, terminal.look()));
    }
    agree(args.yes, &format!("move back by these {}", count(plan.steps.len(), "step")), terminal)?;
    act(&Options::default(), args.json, &args.program, &plan, Way::Begin, RealWorld::of(journal.clone()), terminal)
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

/// Nothing is written over where steps are only undone.
fn no_way_back(args: &Args, run: &str) -> Result<(), Failure> {
    if args.overwrite.is_empty() {
        return Ok(());
    }
    let message = format!("run {} is not gone back over by a move the other way, so nothing is overwritten", visible::line(run));
    Err(Failure::usage(message).help("leave `--overwrite` away"))
}

/// What was copied back in part must not be started.
fn is_whole(last: &LastRun) -> Result<(), Failure> {
    let Some(tried) = &last.tried else { return Ok(()) };
    let message = format!(
        "run {} cannot be undone without its newer writes: run {}, which was undone, has copied a part of them back, so the source's data are neither old nor new",
        visible::line(&last.run.run),
        visible::line(tried)
    );
    Err(Failure::new(message).help("`migc undo` without `--discard-writes-on` copies the rest and starts the source"))
}

fn confirmed(moves: &[String]) -> Failure {
    let list = moves.iter().map(|address| format!("`{}`", visible::line(address))).collect::<Vec<_>>().join(", ");
    let verb = if moves.len() == 1 { "is" } else { "are" };
    Failure::new(format!("{list} {verb} confirmed, which closed the way back, and nothing was done"))
        .help("declare a move the other way to have it back; nothing was deleted")
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
