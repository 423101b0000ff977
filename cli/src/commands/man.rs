//! `migc man`: what does the manual say of migc and of each command? Packages take their pages from here.

use super::Cli;
use crate::{
    exit::{Failure, Outcome, Status},
    terminal::Terminal,
};
use clap::CommandFactory as _;

/// Print the manual page of migc or of a command, as `man -l -` reads it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A command; without one, the page of migc itself
    command: Option<String>,
    /// List the commands that have a page
    #[arg(long, conflicts_with = "command")]
    list: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let mut root = Cli::command();
    root.build();
    let commands = || root.get_subcommands().filter(|command| command.get_name() != "help");
    if args.list {
        let names: Vec<&str> = commands().map(clap::Command::get_name).collect();
        terminal.print(&(names.join("\n") + "\n"));
        return Ok(Status::Done);
    }
    let command = match &args.command {
        None => root.clone(),
        Some(name) => commands()
            .find(|command| command.get_name() == name)
            .cloned()
            .ok_or_else(|| Failure::usage(format!("migc has no command `{name}`")).help("`migc man --list` lists them"))?,
    };
    let mut out = vec![];
    let page = clap_mangen::Man::new(command).source(format!("migc {}", env!("CARGO_PKG_VERSION")));
    page.render(&mut out).map_err(|error| Failure::new(format!("the page cannot be made: {error}")))?;
    terminal.print(&String::from_utf8_lossy(&out));
    Ok(Status::Done)
}
