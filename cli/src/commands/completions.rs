//! `migc completions`: how does a shell complete a command line?

use super::Cli;
use crate::{exit::Status, terminal::Terminal};
use clap::CommandFactory as _;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Status {
    let mut out = vec![];
    clap_complete::generate(args.shell, &mut Cli::command(), "migc", &mut out);
    terminal.print(&String::from_utf8_lossy(&out));
    Status::Done
}
