//! Which commands are there? One file a command; this one lists them and hands over.

mod apply;
mod check;
mod checks;
mod completions;
mod confirm;
mod destroy;
mod explain;
mod fmt;
mod graph;
mod import;
mod init;
mod log;
mod lsp;
mod man;
mod observing;
mod output;
mod plan;
mod planfile;
mod printer;
mod program;
mod rehearse;
mod state;
mod status;
mod store;
mod survey;
mod test;
mod undo;
mod why;

use crate::{
    exit::{Outcome, Status},
    terminal::Terminal,
};
use clap::{Parser, Subcommand};

/// A compiler for infrastructure and its moves.
#[derive(Debug, Parser)]
#[command(name = "migc", version, max_term_width = 100, after_help = EXIT_STATUSES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,

    /// Log on standard error what is done on the way: connections and scripts; twice also the journal, three times all there is
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

const EXIT_STATUSES: &str = "\
Exit status:
    0  done; for `check`: no error
    1  errors, and nothing was done
    2  `plan --detailed-exitcode`: there is something to do
    3  somebody else holds the state
    4  stopped part-way; the next `migc apply` goes on
    5  done, and a verification failed
    6  a step failed, and all that was done was undone
   64  wrong usage
  130  interrupted before anything was started";

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Check(check::Args),
    Checks(checks::Args),
    Explain(explain::Args),
    Why(why::Args),
    Test(test::Args),
    Fmt(fmt::Args),
    Graph(graph::Args),
    Lsp(lsp::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Undo(undo::Args),
    Confirm(confirm::Args),
    Destroy(destroy::Args),
    Import(import::Args),
    Rehearse(rehearse::Args),
    Survey(survey::Args),
    Status(status::Args),
    State(state::Args),
    Output(output::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Cli {
    /// May it change hosts?
    pub fn acts(&self) -> bool {
        matches!(self.command, Command::Apply(_) | Command::Undo(_) | Command::Destroy(_) | Command::Import(_))
    }
}

/// Does what the command line says.
pub fn run(cli: &Cli, terminal: &mut Terminal) -> Outcome {
    if cli.verbose > 0 {
        log::begin(cli.verbose);
        terminal.expect_log();
    }
    match &cli.command {
        Command::Check(args) => check::run(args, terminal),
        Command::Checks(args) => checks::run(args, terminal),
        Command::Explain(args) => explain::run(args, terminal),
        Command::Init(args) => init::run(args, terminal),
        Command::Why(args) => why::run(args, terminal),
        Command::Graph(args) => graph::run(args, terminal),
        Command::Lsp(args) => lsp::run(args),
        Command::Test(args) => test::run(args, terminal),
        Command::Fmt(args) => Ok(fmt::run(args, terminal)),
        Command::Plan(args) => plan::run(args, terminal),
        Command::Apply(args) => apply::run(args, terminal),
        Command::Undo(args) => undo::run(args, terminal),
        Command::Confirm(args) => confirm::run(args, terminal),
        Command::Destroy(args) => destroy::run(args, terminal),
        Command::Import(args) => import::run(args, terminal),
        Command::Rehearse(args) => rehearse::run(args, terminal),
        Command::Survey(args) => survey::run(args, terminal),
        Command::Status(args) => status::run(args, terminal),
        Command::State(args) => state::run(args, terminal),
        Command::Output(args) => output::run(args, terminal),
        Command::Completions(args) => Ok(completions::run(args, terminal)),
        Command::Man(args) => man::run(args, terminal),
    }
}

/// The status of a command line that clap did not accept, or answered itself; printed.
pub fn refused(error: &clap::Error, terminal: &mut Terminal) -> Status {
    let text = error.render();
    let coloured = |look: crate::terminal::Look| if look.colour { text.ansi().to_string() } else { text.to_string() };
    if error.use_stderr() {
        terminal.error(&coloured(terminal.error_look()));
        Status::Usage
    } else {
        terminal.print(&coloured(terminal.look()));
        Status::Done
    }
}
