//! `migc test`: do the tests of a program hold? Each is the program with the test's own declarations, and what is said of them.

use super::program;
use crate::{
    exit::{Outcome, Status},
    render::{json, short},
    terminal::Terminal,
    visible,
};
use mig_core::Tested;
use mig_plan::Report;
use serde::Serialize;

/// Run the `test`s of a program
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    /// Print one object
    #[arg(long)]
    json: bool,
}

/// One test as data.
#[derive(Serialize)]
struct Row<'t> {
    title: &'t str,
    file: &'t str,
    line: u32,
    passed: bool,
    failures: &'t [mig_plan::Diagnostic],
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let project = args.program.open()?;
    let loaded = args.program.load(&project)?;
    let report = loaded.compile().report;
    if report.has_errors() {
        args.program.warn(&report, &loaded, terminal);
    }
    let tests = loaded.test();
    let failed = tests.iter().filter(|t| !t.failures.is_empty()).count();
    if args.json {
        let row = |t| -> Row<'_> {
            let t: &Tested = t;
            Row { title: &t.title, file: &t.file, line: t.line, passed: t.failures.is_empty(), failures: &t.failures }
        };
        terminal.print(&json::pretty(&tests.iter().map(row).collect::<Vec<_>>()));
    } else {
        for test in &tests {
            let word = if test.failures.is_empty() { "ok    " } else { "FAILED" };
            terminal.print(&format!("{word} {}:{} {}\n", visible::line(&test.file), test.line, visible::line(&test.title)));
            for failure in &test.failures {
                for line in short::report(&Report::new(vec![failure.clone()], vec![])).lines() {
                    terminal.print(&format!("       {line}\n"));
                }
                if let Some(help) = &failure.help {
                    terminal.print(&format!("         {}\n", visible::line(help)));
                }
            }
        }
        terminal.print(&format!("{} passed, {failed} failed\n", tests.len() - failed));
    }
    Ok(if failed > 0 || report.has_errors() { Status::Refused } else { Status::Done })
}
