//! `migc output`: what does the last run that was done give out?

use super::store;
use crate::{
    exit::{Failure, Outcome, Status},
    render::{json, near::near},
    terminal::Terminal,
    visible,
};

/// Print the outputs of the program as the last apply left them
///
/// A text is printed as it is, so that a script can take it: `$(migc output --name address)`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: store::Kept,
    /// Only this one
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Print one object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let state = args.place.read()?;
    let outputs = &state.outputs;
    let Some(name) = &args.name else {
        let lines = outputs.iter().map(|(name, value)| format!("{} = {}\n", visible::line(name), visible::line(&value.to_string())));
        terminal.print(&if args.json { json::pretty(outputs) } else { lines.collect() });
        return Ok(Status::Done);
    };
    let Some(value) = outputs.get(name) else {
        let near = near(name, outputs.keys().map(String::as_str));
        let help = near.map_or_else(
            || "`output NAME = …` declares one, and it is there after the next `migc apply`".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        return Err(Failure::new(format!("no apply gave out `{name}`")).help(help));
    };
    terminal.print(&match value.as_str().filter(|_| !args.json) {
        Some(text) => visible::text(text) + "\n",
        None => json::pretty(value),
    });
    Ok(Status::Done)
}
