//! `migc rehearse`: what if apply dies here, or there? The program's plan in a simulated world, with the executor that apply uses.
//!
//! Opens no socket and changes nothing; the state is taken to be empty, so that the whole way is rehearsed.

use super::program;
use crate::{
    exit::{Outcome, Status},
    render::{json, rehearsal},
    terminal::Terminal,
    visible,
};
use mig_plan::State;
use mig_runtime::rehearse::rehearse;

/// Rehearse an apply on simulated hosts, without a fault and with a crash around every step
///
/// Needs no network, no credential and no state. Exits 1 if a crash leads to another end than no crash does.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    /// Of the simulated world; the same seed gives the same result
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole)]
    seed: u64,
    /// Print one object
    #[arg(long)]
    json: bool,
}

fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number from 0 to {}", u64::MAX))
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let project = args.program.open()?;
    terminal.error(&format!("rehearsing {} on simulated hosts; nothing outside is touched\n", visible::line(&project.name())));
    let loaded = args.program.load(&project)?;
    let compilation = loaded.compile();
    if compilation.report.has_errors() {
        return Ok(args.program.refuse(&compilation.report, &loaded, args.json, terminal));
    }
    let plan = match compilation.plan(&State::default()) {
        Ok(plan) => plan,
        Err(report) => return Ok(args.program.refuse(&report, &loaded, args.json, terminal)),
    };
    args.program.warn(&compilation.report, &loaded, terminal);
    let done = rehearse(&plan, &compilation.facts, args.seed);
    terminal.print(&if args.json { json::pretty(&done) } else { rehearsal::rehearsal(&plan, &done) });
    Ok(if done.is_sound() { Status::Done } else { Status::Refused })
}
