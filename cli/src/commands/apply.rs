//! (being built)
use crate::{
    exit::{Outcome, Status},
    terminal::Terminal,
};
/// Not yet
#[derive(Debug, clap::Args)]
pub(super) struct Args {}
pub(super) fn run(_args: &Args, _terminal: &mut Terminal) -> Outcome {
    Ok(Status::Done)
}
