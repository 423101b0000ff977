//! `migc plan`: what would be done? Reads the program, its facts and the state, looks at what is on the hosts, and changes nothing.
//!
//! What is required of hosts is looked at by `apply`, before its first change.

use super::{observing::Observing, program, store};
use crate::{
    exit::{Failure, Outcome, Status, reason},
    render::{self, json},
    terminal::Terminal,
    visible,
};
use clap::ValueEnum;
use mig_plan::Plan;
use std::path::PathBuf;

/// Show what would be done: each step with its reason, cost and way back, and the point of no return
///
/// Reads the program, its facts and the state, and asks the hosts what became of what was applied; changes nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    #[command(flatten)]
    state: store::Place,
    #[command(flatten)]
    observing: Observing,
    /// Print the plan as data; see docs/json.md
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// How the plan looks
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit with 2 if there is something to do or something drifted, and with 0 if there is nothing
    #[arg(long)]
    detailed_exitcode: bool,
    /// Write the plan to a file that only you may read, for `migc apply FILE --digest DIGEST`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Each step with its reason and way back
    #[default]
    Human,
    /// Tables for a review comment
    Markdown,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let project = args.program.open()?;
    let loaded = args.program.load(&project)?;
    let compilation = loaded.compile();
    if compilation.report.has_errors() {
        return Ok(args.program.refuse(&compilation.report, &loaded, args.json, terminal));
    }
    let journal = args.state.open(&args.program, &project)?;
    let state = store::read(&journal)?;
    store::is_over(&state)?;
    let asked = args.observing.ask(&args.program, &compilation, &state, &journal, terminal)?;
    let plan = match compilation.plan_on(&state, &asked.terms) {
        Ok(plan) => plan,
        Err(report) => return Ok(args.program.refuse(&report, &loaded, args.json, terminal)),
    };
    args.program.warn(&compilation.report, &loaded, terminal);
    args.program.warn(&compilation.remarks(&state), &loaded, terminal);
    if let Some(path) = &args.out {
        write(&plan, path)?;
    }
    terminal.print(&match args.format {
        _ if args.json => json::pretty(&plan),
        Format::Human => render::plan::plan(&plan, terminal.look()),
        Format::Markdown => render::markdown::plan(&plan),
    });
    if let Some(path) = &args.out {
        let shown = visible::line(&path.display().to_string());
        terminal.error(&format!("written to {shown}; apply it with\n  migc apply {shown} --digest {}\n", plan.digest()));
    }
    let drifted = plan.observed.as_ref().is_some_and(|observed| !observed.drift.is_empty());
    Ok(if args.detailed_exitcode && (drifted || !plan.steps.is_empty()) { Status::Changes } else { Status::Done })
}

/// Beside the file first, and then renamed, so that nobody reads half a plan.
#[allow(clippy::disallowed_methods)] // Writing a file the user asked for.
fn write(plan: &Plan, path: &std::path::Path) -> Result<(), Failure> {
    use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let failed = |error: std::io::Error| {
        Failure::new(format!("`{}` cannot be written: {}", path.display(), reason(&error)))
            .help("the plan was made and nothing was done; give another path")
    };
    let Some(name) = path.file_name() else {
        return Err(Failure::usage(format!("`{}` is not the path of a file", path.display())));
    };
    let mut beside = name.to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside);
    let mut open = fs::OpenOptions::new();
    let done = open.write(true).create_new(true).mode(0o600).open(&beside).and_then(|mut file| {
        file.write_all(json::pretty(plan).as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done.map_err(failed)
}
