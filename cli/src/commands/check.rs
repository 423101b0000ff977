//! `migc check`: is the program sound, as far as its sources and facts tell?
//!
//! Opens no socket, starts no process, and changes nothing.

use super::program;
use crate::{
    exit::{Outcome, Status},
    render::{self, human, json, short},
    terminal::Terminal,
};
use clap::ValueEnum;
use mig_plan::Report;

/// Check a program against its facts: every problem in one run, each at its line
///
/// Needs no network and no credential, and changes nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    /// How the answer looks
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Fail on this too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Vec<Deny>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Sources with marks, for people
    #[default]
    Human,
    /// A line for each problem
    Short,
    /// One object; see docs/json.md
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings
    Warnings,
    /// Checks that lacked a fact
    Unproven,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let project = args.program.open()?;
    let loaded = args.program.load(&project)?;
    let compilation = loaded.compile();
    let report = &compilation.report;
    match args.format {
        Format::Human => {
            let look = terminal.look();
            let summary = render::summary(report, &compilation.checks, compilation.facts.len());
            terminal.print(&format!("{}{summary}\n", human::report(report, &loaded.sources, look)));
        }
        Format::Short => terminal.print(&short::report(report)),
        Format::Json => terminal.print(&json::pretty(report)),
    }
    Ok(if fails(report, &args.deny) { Status::Refused } else { Status::Done })
}

fn fails(report: &Report, deny: &[Deny]) -> bool {
    report.has_errors()
        || deny.iter().any(|deny| match deny {
            Deny::Warnings => report.summary.warnings > 0,
            Deny::Unproven => report.summary.unproven > 0,
        })
}
