//! `migc import`: take what is there already into the state. It is looked at, compared with its declaration, shown and noted; nothing on
//! the host is changed.

use super::{
    apply::{Way, act, agree},
    observing, program, store,
};
use crate::{
    exit::{Failure, Outcome},
    terminal::Terminal,
    visible,
};
use mig_core::{Import, Refused};
use mig_runtime::executor::Options;
use std::{fmt::Write as _, path::PathBuf};

/// Take what is there already into the state: look at it, show what differs from its declaration, and note it
///
/// Nothing on the host is changed. What differs is drift of the next `migc plan`, which sets it to what is declared. ADDRESS is a file, a
/// folder, a package, a command, a container that migc made, or of a kind with `read` over `ssh`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The declaration
    address: String,
    /// What it is called where it is; kinds over `ssh` are found by their fields and take none
    id: Option<String>,
    /// A folder whose program begins at its `main.mig`, or a single file
    #[arg(long, value_name = "PATH", default_value = ".")]
    project: PathBuf,
    /// Give a parameter its value
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::program::parse_set)]
    set: Vec<(String, String)>,
    /// Take parameters from NAME.migvars beside the program, and keep a state of its own
    #[arg(long, value_name = "NAME", value_parser = super::program::parse_env)]
    env: Option<String>,
    #[command(flatten)]
    state: store::Place,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print an event a line; see docs/json.md
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let program = program::Program { path: args.project.clone(), set: args.set.clone(), env: args.env.clone() };
    let shown = visible::line(&args.address);
    if let Some(id) = &args.id {
        let message = format!("`{shown}` is found by its fields on its host, and takes no id such as `{id}`");
        return Err(Failure::usage(message).help("leave the id away; a server is taken over by `@adopt(\"ID\")` above it"));
    }
    let project = program.open()?;
    let loaded = program.load(&project)?;
    let compilation = loaded.compile();
    if compilation.report.has_errors() {
        return Ok(program.refuse(&compilation.report, &loaded, args.json, terminal));
    }
    let journal = args.state.open(&program, &project)?;
    let state = store::read(&journal)?;
    store::is_over(&state)?;
    let said = |message: String, help: String| Failure::new(message).help(help);
    let reads = compilation.import_reads(&args.address).map_err(|(message, help)| said(message, help))?;
    let world = observing::world(&program, &compilation, &reads, &journal)?;
    let observed = observing::ask(&world, &reads)?;
    let import = match compilation.import(&state, &observed, &args.address) {
        Ok(import) => import,
        Err(Refused::Said(message, help)) => return Err(said(message, help)),
        Err(Refused::Report(report)) => return Ok(program.refuse(&report, &loaded, args.json, terminal)),
    };
    if !args.json {
        terminal.print(&told(&shown, &import));
    }
    agree(args.yes, &format!("take {shown} into the state"), terminal)?;
    act(&Options::default(), args.json, &program, &import.plan, Way::Begin, world, terminal)
}

/// What is there, beside what is declared.
fn told(address: &str, import: &Import) -> String {
    if import.differences.is_empty() {
        return format!("{address} is there as it is declared\n");
    }
    let mut out = format!("{address} is there, and otherwise than it is declared:\n");
    for one in &import.differences {
        let _ = writeln!(out, "  `{}` is {} and not {}", visible::line(&one.name), visible::line(&one.found), visible::line(&one.wished));
    }
    out.push_str("nothing of that is changed now; the next `migc plan` sets it to what is declared\n");
    out
}
