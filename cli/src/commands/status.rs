//! `migc status`: what is settled, which run is unfinished, and what is there to type?

use super::store;
use crate::{
    exit::{Outcome, Status},
    render::{self, json},
    terminal::Terminal,
};

/// Show the state: what is settled, which run is unfinished, where it stands, and how to go on
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: store::Kept,
    /// Print one object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let state = args.place.read()?;
    terminal.print(&if args.json { json::pretty(&state) } else { render::status::state(&state) });
    Ok(Status::Done)
}
