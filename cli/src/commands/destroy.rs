//! `migc destroy`: take away all that migc made, after showing it and asking. What exists without migc and what containers mount stays.
//!
//! What goes, in which order, is the compiler's; what is written down is the executor's.

use super::{
    apply::{Way, act, agree, told},
    observing::Observing,
    program, store,
};
use crate::{
    exit::{Outcome, Status},
    render::{self, count},
    terminal::Terminal,
    visible,
};
use mig_runtime::executor::Options;

/// Take away all that migc made, or what `--target` names of it, after showing it and asking
///
/// Containers of services are stopped and removed, then what is on hosts is deleted as its kind says; what was built last goes first.
/// What containers mount, what exists without migc and what it took over stays. What `@keep` keeps is refused. An interrupted run goes
/// on with `migc apply`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    #[command(flatten)]
    state: store::Place,
    #[command(flatten)]
    observing: Observing,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print an event a line; see docs/json.md
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let project = args.program.open()?;
    let loaded = args.program.load(&project)?;
    // What a check forbids to make may still be taken away.
    let compilation = loaded.compile_unchecked();
    if compilation.report.has_errors() {
        return Ok(args.program.refuse(&compilation.report, &loaded, args.json, terminal));
    }
    let journal = args.state.open(&args.program, &project)?;
    let state = store::read(&journal)?;
    store::is_over(&state)?;
    let asked = args.observing.ask(&args.program, &compilation, &state, &journal, terminal)?;
    let plan = match compilation.destruction(&state, &asked.terms) {
        Ok(plan) => plan,
        Err(report) => return Ok(args.program.refuse(&report, &loaded, args.json, terminal)),
    };
    let name = visible::line(&plan.project);
    if plan.steps.is_empty() {
        told::nothing(&plan, "nothing to destroy: the state holds nothing", args.json, terminal);
        return Ok(Status::Done);
    }
    if !args.json {
        terminal.print(&format!("DESTROY: what migc made for {name} is taken away; what containers mount stays\n\n"));
        terminal.print(&render::plan::plan(&plan, terminal.look()));
    }
    agree(args.yes, &format!("destroy by these {}", count(plan.steps.len(), "step")), terminal)?;
    act(&Options::default(), args.json, &args.program, &plan, Way::Begin, asked.world, terminal)
}
