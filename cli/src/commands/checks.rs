//! `migc checks`: which checks are there?

use crate::{exit::Status, pages, render::json, terminal::Terminal, visible};
use serde::Serialize;
use std::fmt::Write as _;

/// List the checks: code, severity, name and what each finds
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct List {
    version: u32,
    checks: Vec<pages::Check>,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Status {
    let checks = pages::all();
    if args.json {
        terminal.print(&json::pretty(&List { version: 1, checks }));
        return Status::Done;
    }
    let width = checks.iter().map(|c| c.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for check in &checks {
        let _ = writeln!(out, "{}  {:<7}  {:width$}  {}", check.code, check.severity, check.name, visible::line(&check.summary));
    }
    terminal.print(&out);
    Status::Done
}
