//! `migc graph`: what refers to what? The declarations of a program as a graph that other programs draw.

use super::program;
use crate::{
    exit::{Outcome, Status},
    terminal::Terminal,
};

/// Print the declarations and what they refer to, in the DOT language: `migc graph | dot -Tsvg > graph.svg`
///
/// Servers hold their services, moves are bold arrows, networks stand apart, and what exists already is dashed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let loaded = args.program.load(&args.program.open()?)?;
    terminal.print(&loaded.graph());
    Ok(Status::Done)
}
